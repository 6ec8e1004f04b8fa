"""Reads the advice that ships in `keysieve.rules`, strictly: a key that nobody knows is an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, cast

from keysieve.errors import ConfigurationError
from keysieve.remedies.advice import FAMILIES, SECTIONS, Advice, Conditions, Family, Part

_HINTS = ("paths", "folders", "contents", "contents_pattern", "languages")
_GATES = ("remedies", "rules", "commands", "kinds", "live", "pushed", "reachable")
_KEYS: Mapping[Family, tuple[str, ...]] = {
    "language": (
        *("paths", "contents", "contents_pattern", "weight", "syntax", "gitignore"),
        *("steps_remove", "steps_local", "replacement", "lookup"),
    ),
    "situation": (
        *(*_HINTS, *_GATES, "weight", "section"),
        *("steps_remove", "steps_local", "steps", "steps_also"),
    ),
    "credential": (
        "steps_remove",
        "steps_local",
        "steps",
        "replacement",
        "lookup_name",
        "ends_by_itself",
        "section",
    ),
    "place": (*_GATES, "weight", "steps", "lines", "note", "rotate"),
    "section": ("lines",),
}
_REQUIRED: Mapping[Family, tuple[str, ...]] = {
    "language": ("syntax", "steps_remove", "replacement"),
    "situation": ("weight",),
    "credential": ("steps", "section"),
    "place": ("steps", "lines"),
    "section": ("lines",),
}
_TEXTS = (
    "id",
    "title",
    "source",
    "contents_pattern",
    "syntax",
    "replacement",
    "lookup",
    "lookup_name",
    "note",
    "rotate",
)
_FLAGS = ("live", "pushed", "reachable", "ends_by_itself")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All advice, by family, in the order of the files."""

    languages: tuple[Advice, ...]
    situations: tuple[Advice, ...]
    credentials: Mapping[str, Advice]
    places: tuple[Advice, ...]
    sections: tuple[Advice, ...]


@cache
def catalogue() -> Catalogue:
    """The advice that ships with the package; read at the first call.

    Raises:
        ConfigurationError: A file is wrong.
    """
    from importlib.resources import files

    folder = files("keysieve.rules") / "remedies"
    texts = {item.name: item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".toml")}
    return build(advice for name in sorted(texts) for advice in read(name, texts[name]))


def all_advice() -> tuple[str, ...]:
    """Every piece of advice as `family:id`, for tests and documentation."""
    whole = catalogue()
    groups = (whole.languages, whole.situations, whole.credentials.values(), whole.places, whole.sections)
    return tuple(f"{advice.family}:{advice.id}" for group in groups for advice in group)


def build(advice: Iterable[Advice]) -> Catalogue:
    """Puts pieces of advice together and checks that they fit.

    Raises:
        ConfigurationError: Two have one name, or one names a language that does not exist.
    """
    by_family: dict[str, dict[str, Advice]] = {family: {} for family in FAMILIES}
    for item in advice:
        if item.id in by_family[item.family]:
            raise ConfigurationError(f"the {item.family} {item.id!r} stands twice in the remedies")
        by_family[item.family][item.id] = item
    for item in by_family["situation"].values():
        for language in item.when.languages:
            _known(language, by_family["language"], f"situation {item.id}", "language")
    groups = {family: tuple(items.values()) for family, items in by_family.items()}
    return Catalogue(
        groups["language"], groups["situation"], by_family["credential"], groups["place"], groups["section"]
    )


def read(name: str, text: str) -> tuple[Advice, ...]:
    """The pieces of advice in one file.

    Args:
        name: File name, `FAMILY-anything.toml`; the file holds tables of that family only.
        text: The file's TOML.

    Raises:
        ConfigurationError: Not TOML, an unknown or missing key, or a value of the wrong type.
    """
    import tomllib

    family = name.partition("-")[0]
    _known(family, FAMILIES, name, "family")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: {error}") from None
    for key in document:
        _known(key, (family,), name, "table")
    tables = document.get(family)
    if not isinstance(tables, list) or not tables:
        raise ConfigurationError(f"{name}: no [[{family}]] in it")
    return tuple(_advice(name, cast(Family, family), table) for table in tables)


def _advice(name: str, family: Family, table: dict[str, Any]) -> Advice:
    where = f"{name}, {family} {table.get('id', '?')}"
    _check_keys(where, table, ("id", "title", "source", *_KEYS[family]), ("id", "title", "source", *_REQUIRED[family]))
    values = {key: _value(where, key, value) for key, value in table.items() if key != "section"}
    known = {field.name for field in fields(Conditions)}
    conditions = {key: values.pop(key) for key in list(values) if key in known}
    parts = tuple(_part(where, part) for part in table.get("section", ()))
    return Advice(family=family, when=Conditions(**conditions), parts=parts, **values)


def _part(where: str, table: dict[str, Any]) -> Part:
    keys = ("id", "title", "lines")
    _check_keys(where, table, keys, keys)
    part = Part(**{key: _value(where, key, value) for key, value in table.items()})
    _known(part.id, SECTIONS, where, "section")
    return part


def _check_keys(where: str, table: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str]) -> None:
    for key in table:
        _known(key, tuple(allowed), where, "key")
    for key in required:
        if table.get(key) in (None, "", []):
            raise ConfigurationError(f"{where}: {key!r} is missing")


def _value(where: str, key: str, value: Any) -> Any:
    """A TOML value as the dataclass has it; snippets lose the newline that their quotes need."""
    if key in _TEXTS:
        if isinstance(value, str):
            return value.strip("\n") if key in ("replacement", "lookup") else value
        raise ConfigurationError(f"{where}: {key!r} is not a text")
    if key in _FLAGS or key == "weight":
        if type(value) is (bool if key in _FLAGS else int):
            return value
        raise ConfigurationError(f"{where}: {key!r} is not {'true or false' if key in _FLAGS else 'a whole number'}")
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return tuple(item.lower() for item in value) if key in ("paths", "folders") else tuple(value)
    raise ConfigurationError(f"{where}: {key!r} is not a list of texts")


def _known(name: str, names: Iterable[str], where: str, what: str) -> None:
    known = list(names)
    if name not in known:
        raise ConfigurationError(f"{where}: unknown {what} {name!r}", nearest(name, known))


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint that names the most similar of some names, else all of them."""
    from difflib import get_close_matches

    known = list(names)
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
