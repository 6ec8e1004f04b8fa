"""Reads rules from TOML: the shipped ones in `keysieve.rules`, and users' own in the same format."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from keysieve.engine.shipped import shipped_text
from keysieve.errors import ConfigurationError
from keysieve.rule import SEVERITIES, Judge, Rule

_TEXT = {"id", "title", "description", "severity", "remedy"}
_TABLES: Mapping[str, Mapping[str, type]] = {
    "match": {
        "value": str,
        "is_secret": bool,
        "pattern": str,
        "literals": list,
        "literals_ignore_case": bool,
        "prefilter": list,
        "names": str,
        "weak_names": str,
        "context": str,
        "near": list,
        "within": int,
        "judge": str,
        "covers": bool,
        "stands_alone": bool,
        "lifetime": int,
    },
    "combine": {"parts": list, "optional": list, "severity_without_optional": str, "lifetime": int},
    "examples": {"match": list, "no_match": list},
}
_TOP: Mapping[str, type] = {**dict.fromkeys(_TEXT, str), "references": list, **dict.fromkeys(_TABLES, dict)}


@functools.cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules that ship with keysieve, in the order of `rules/index.txt`."""
    return tuple(parse_rule(shipped_text(f"{name}.toml"), f"{name}.toml") for name in shipped_names())


def shipped_names() -> tuple[str, ...]:
    """The ids of the shipped rules."""
    from importlib.resources import files

    names = (entry.name for entry in files("keysieve.rules").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.startswith("aws-")))


def parse_rule(text: str, source: str) -> Rule:
    """A rule from its TOML text.

    Args:
        text: The file's text.
        source: Its name, for messages.

    Raises:
        ConfigurationError: It is not valid; the message names the key and the nearest valid one.
    """
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is not valid TOML: {error}.", "Mend it at that line.") from None
    return rule_of(table, source)


def rule_of(table: Mapping[str, Any], source: str) -> Rule:
    """A rule from the table that its TOML makes.

    Args:
        table: As `tomllib` gives it.
        source: Where it stands, for messages.

    Raises:
        ConfigurationError: It is not valid; the message names the key and the nearest valid one.
    """
    _check(table, _TOP, source)
    for name, keys in _TABLES.items():
        _check(table.get(name, {}), keys, f"{source}, table [{name}]")
    rule = _rule(table, source)
    _check_sense(rule, source)
    return rule


def _rule(table: Mapping[str, Any], source: str) -> Rule:
    match, combine, examples = (table.get(name, {}) for name in ("match", "combine", "examples"))
    missing = sorted(_TEXT - table.keys())
    if missing:
        raise ConfigurationError(f"{source} has no {missing[0]!r}.", f"Add a line: {missing[0]} = …")
    return Rule(
        id=table["id"],
        title=table["title"],
        description=table["description"],
        severity=_one_of(table["severity"], SEVERITIES, "severity", source),
        remedy=table["remedy"],
        references=tuple(table.get("references", ())),
        value=match.get("value", ""),
        is_secret=match.get("is_secret", True),
        pattern=match.get("pattern", "").encode(),
        literals=tuple(_bytes(match.get("literals", ()))),
        literals_ignore_case=match.get("literals_ignore_case", False),
        prefilter=tuple(_bytes(match.get("prefilter", ()))),
        names=match.get("names", "").encode(),
        weak_names=match.get("weak_names", "").encode(),
        context=match.get("context", "").encode(),
        near=tuple(match.get("near", ())),
        within=match.get("within", 0),
        judge=_one_of(match.get("judge", "none"), get_args(Judge), "judge", source),
        covers=match.get("covers", False),
        stands_alone=match.get("stands_alone", True),
        lifetime=match.get("lifetime", combine.get("lifetime", 0)),
        parts=tuple(combine.get("parts", ())),
        optional=tuple(combine.get("optional", ())),
        severity_without_optional=combine.get("severity_without_optional"),
        examples=tuple(examples.get("match", ())),
        counter_examples=tuple(examples.get("no_match", ())),
    )


def _bytes(texts: Iterable[str]) -> Iterable[bytes]:
    return (text.encode() for text in texts)


def _one_of(word: str, words: Iterable[Any], key: str, source: str) -> Any:
    if word not in words:
        raise ConfigurationError(
            f"{source}: {key} = {word!r} is not one of {', '.join(words)}.",
            f"Did you mean {nearest(word, words)!r}?",
        )
    return word


def _check(table: Mapping[str, Any], keys: Mapping[str, type], source: str) -> None:
    for key, value in table.items():
        if key not in keys:
            raise ConfigurationError(f"{source}: there is no setting {key!r}.", f"Did you mean {nearest(key, keys)!r}?")
        if not isinstance(value, keys[key]) or (keys[key] is int and isinstance(value, bool)):
            raise ConfigurationError(
                f"{source}: {key} has to be {_KINDS[keys[key]]}, and is {_KINDS.get(type(value), 'something else')}.",
                f"Write it as {_KINDS[keys[key]]}.",
            )


_KINDS: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}


def nearest(word: str, words: Iterable[str]) -> str:
    """The word of `words` that looks most like `word`."""
    import difflib

    choice = sorted(words)
    return next(iter(difflib.get_close_matches(word, choice, n=1, cutoff=0.0)), choice[0])


def _check_sense(rule: Rule, source: str) -> None:
    if bool(rule.pattern) == rule.is_composite:
        raise ConfigurationError(
            f"{source}: a rule has either a [match] with a pattern or a [combine] with parts.",
            "Add one of the two tables, and not both.",
        )
    if rule.pattern and not (rule.value and rule.literals and rule.prefilter):
        raise ConfigurationError(
            f"{source}: a [match] needs a value, literals and a prefilter.",
            "Literals are what stands in every match; the prefilter finds all texts with a match, and may find more.",
        )
