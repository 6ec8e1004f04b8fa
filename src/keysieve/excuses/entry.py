"""Excuses that a team has written down: entries of an allowlist, lines of a baseline, accepted gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

FINGERPRINT = r"ks1:[0-9a-f]{32}"
"""What `engine.redaction.fingerprint` gives, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One excuse; whatever it names has to agree.

    Attributes:
        kind: Which list it stands in; the reason of the report.
        reason: Why, in the team's words.
        origin: Where it is written, for messages.
        until: The last day on which it holds; None for no end.
        fingerprint: The value that it is for; empty for any.
        account: Twelve digits of the account that it is for; empty for any.
        rule: The rule that it is for, of the credential or of one of its values; empty for any.
        paths: Patterns in gitignore syntax, from the root of the repository; empty for any place.
    """

    kind: Literal["allowlist", "baseline"]
    reason: str
    origin: str
    until: date | None = None
    fingerprint: str = ""
    account: str = ""
    rule: str = ""
    paths: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The reason and its end."""
        return with_end(self.reason, self.until)

    def covers_path(self, path: bytes | None) -> bool:
        """Whether it is for a place with that path."""
        return not self.paths or (path is not None and matches_path(self.paths, path))

    @property
    def named(self) -> str:
        """What it is about, for messages."""
        about = [word for word in (self.fingerprint, self.account, self.rule, *self.paths) if word]
        return f"{self.origin}: {' '.join(about)} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that may stay unread.

    Attributes:
        what: Patterns in gitignore syntax, over paths and object ids.
        reason: Why, in the team's words.
        origin: Where it is written, for messages.
        until: The last day on which it holds; None for no end.
        because: The reason of `not_read` that it is for; empty for any.
    """

    what: tuple[str, ...]
    reason: str
    origin: str
    until: date | None = None
    because: str = ""

    @property
    def named(self) -> str:
        """What it is about, for messages."""
        return f"{self.origin}: {' '.join(self.what)} ({self.reason})"

    def covers(self, what: bytes, reason: str) -> bool:
        """Whether it is for something that was not read.

        Args:
            what: Path, object id, or path and object id in parentheses.
            reason: Why it was not read.
        """
        return self.because in ("", reason) and any(matches_path(self.what, name) for name in _names(what))


def _names(what: bytes) -> tuple[bytes, ...]:
    path, bracket, oid = what.rpartition(b" (")
    return (path, oid.removesuffix(b")")) if bracket else (what,)


def with_end(reason: str, until: date | None) -> str:
    """A reason with the day on which it ends."""
    return f"{reason} (until {until.isoformat()})" if until else reason


def is_over(until: date | None, today: date) -> bool:
    """Whether the last day is behind us."""
    return until is not None and until < today


def matches_path(patterns: tuple[str, ...], path: bytes) -> bool:
    """Whether gitignore patterns match a path, or the archive that its member lies in.

    Args:
        patterns: The later ones win, as in a `.gitignore` file.
        path: From the root of the repository, `/` between folders; `archive!/member` inside of one.
    """
    spec = _spec(patterns)
    text = path.decode("utf-8", "backslashreplace")  # as reports show it; pathspec takes no surrogates
    return bool(spec.match_file(text) or ("!/" in text and spec.match_file(text.partition("!/")[0])))


@cache
def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def by_fingerprint(entries: tuple[Entry, ...]) -> Mapping[str, list[Entry]]:
    """Fingerprint → the entries that name it; the empty one has those that name none."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.fingerprint, []).append(entry)
    return found
