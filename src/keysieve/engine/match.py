"""Matches and credentials: what the engine finds. They hold secrets, so they never show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keysieve.engine.pragma import Pragma


@dataclass(frozen=True, slots=True)
class Match:
    """One value of a rule in a blob.

    Attributes:
        rule: Id of the rule that found it.
        name: Name of the value, as in the report's `values`.
        is_secret: Whether the value opens something; false for identifiers.
        value: The decoded value; never in a representation.
        raw: The bytes as they stand in the blob, `data[start:end]`; never in a representation.
        start: Offset in the blob's bytes.
        end: Offset in the blob's bytes, exclusive.
        line: 1-based line of the start in the decoded text; `end_line` likewise.
        column: 1-based column of the start in code points; `end_column` likewise, exclusive.
        encoding: How it stood there: `plain`, `base64`, …
        is_named: Whether a label says what it is.
        unlikely: Why it is probably no key after all; empty when it is likely.
        order: Position among the matches of the decoded text; tells apart what one encoded run holds.
        pragma: The comment beside it that asks for it to be excused.
    """

    rule: str
    name: str
    value: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    encoding: str = "plain"
    is_named: bool = False
    unlikely: str = ""
    order: int = 0
    is_secret: bool = True
    pragma: Pragma | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """Matches that belong together, in the order in which they stand in the blob."""

    rule: str
    matches: tuple[Match, ...]

    @property
    def values(self) -> dict[str, bytes]:
        """Value name → value."""
        return {match.name: match.value for match in self.matches}

    @property
    def main(self) -> Match:
        """The match that names the credential: its secret, else the first."""
        return main_match(self.matches)

    @property
    def first(self) -> Match:
        """The match that stands first."""
        return self.matches[0]


def main_match(matches: Iterable[Match]) -> Match:
    """The match that names a credential of one or more matches: the secret key, else another secret, else the first."""
    return min(matches, key=lambda match: (match.name != "secret_access_key", not match.is_secret))
