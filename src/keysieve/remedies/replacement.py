"""What takes the place of a value, by language: data in `rules/replacements/`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from keysieve.errors import ConfigurationError
from keysieve.remedies.catalogue import nearest
from keysieve.remedies.choice import components, path_score


@dataclass(frozen=True, slots=True)
class LineRule:
    """A line that changes as a whole.

    Attributes:
        match: Regular expression that the line matches, without its line break; `{value}` and `{name}` are filled in.
        becomes: What it becomes, with groups as for `re.sub`; None takes the line out.
        unless: Regular expression that nothing in the line's section (from one `[` to the next) may match.
        also: Expression and replacement for the rest of the section.
    """

    match: str
    becomes: str | None = None
    unless: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """How a language does without a literal. `{name}` is the environment variable, `{lower}` its name in lower case.

    Attributes:
        languages: Ids of the languages of remedies that it is for.
        source: Address of the document that it follows.
        paths: Patterns of which the path matches one; empty for any.
        quoted: Expression in the place of a whole string, its quotes included.
        quoted_with_prefix: The same for strings with certain letters before them.
        inside: By delimiter, what takes the value's place within a longer string.
        joined: Operator between the pieces that a longer string is taken apart into; None where that cannot be done.
        bare: What takes the value's place outside of strings, and everywhere in languages without.
        prefixes: Letters that may stand right before a string and belong to it.
        escape: Character that takes the next one's meaning away.
        strings: Delimiters of strings that end with the line; `long_strings` of those that do not; in `raw_strings`
            the escape means nothing.
        comments: What begins a comment up to the end of the line; `block_comments` have an end of their own.
        line: Lines that change as a whole; the first that fits is taken, before anything else.
        adjust: Expressions and replacements for the rest of the line of a string that was replaced.
        adjust_block: The same for the text before that line.
        by_hand: Expressions for lines that cannot be changed, and why; `by_hand_after` for the text before the line.
        imports: Expressions and replacements of which the first that matches brings in what `quoted` needs.
        import_present: Expression that says that nothing has to be brought in.
        append: Text for the end of the file, when `append_if` matches and `append_unless` does not.
    """

    languages: tuple[str, ...]
    source: str
    paths: tuple[str, ...] = ()
    quoted: str = ""
    quoted_with_prefix: tuple[tuple[str, str], ...] = ()
    inside: tuple[tuple[str, str], ...] = ()
    joined: str | None = None
    bare: str = ""
    prefixes: str = ""
    escape: str = "\\"
    strings: tuple[str, ...] = ()
    long_strings: tuple[str, ...] = ()
    raw_strings: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    line: tuple[LineRule, ...] = ()
    adjust: tuple[tuple[str, str], ...] = ()
    adjust_block: tuple[tuple[str, str], ...] = ()
    by_hand: tuple[tuple[str, str], ...] = ()
    by_hand_after: tuple[tuple[str, str], ...] = ()
    imports: tuple[tuple[str, str], ...] = ()
    import_present: str = ""
    append: str = ""
    append_if: str = ""
    append_unless: str = ""


def replacement_in(language: str, path: bytes | None) -> Replacement | None:
    """How a language does without a literal; None where that is not known.

    Args:
        language: Id of a language of the remedies.
        path: The file's.
    """
    parts = components(path)
    for one in replacements():
        if language in one.languages and (not one.paths or path_score(one.paths, parts)):
            return one
    return None


@cache
def replacements() -> tuple[Replacement, ...]:
    """All that ship, in the order in which they are tried.

    Raises:
        ConfigurationError: A file is wrong.
    """
    from importlib.resources import files

    folder = files("keysieve.rules") / "replacements"
    texts = {item.name: item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".toml")}
    return tuple(one for name in sorted(texts) for one in read(name, texts[name]))


def read(name: str, text: str) -> tuple[Replacement, ...]:
    """The replacements in one file.

    Raises:
        ConfigurationError: Not TOML, or an unknown or missing key.
    """
    import tomllib

    try:
        tables = tomllib.loads(text)["replacement"]
        return tuple(_replacement(name, table) for table in tables)
    except (tomllib.TOMLDecodeError, LookupError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{name}: {error}") from None


def _replacement(name: str, table: Mapping[str, Any]) -> Replacement:
    where = f"{name}, {' '.join(table.get('languages', ['?']))}"
    values = {key: _frozen(value) for key, value in _checked(where, table, Replacement).items() if key != "line"}
    rules = (_checked(where, rule, LineRule) for rule in table.get("line", ()))
    return Replacement(
        **values, line=tuple(LineRule(**{key: _frozen(value) for key, value in rule.items()}) for rule in rules)
    )


def _checked(where: str, table: Mapping[str, Any], shape: type) -> Mapping[str, Any]:
    known = [field.name for field in fields(shape)]
    for key in table:
        if key not in known:
            raise ConfigurationError(f"{where}: unknown key {key!r}", nearest(key, known))
    return table


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
