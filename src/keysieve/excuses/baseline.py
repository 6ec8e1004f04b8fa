"""The baseline file: one line for each credential that is known and accepted.

`ks1:… RULE [until=YYYY-MM-DD] REASON`, sorted. No secret, no path, no line number: a line stays true when files move,
are re-indented or rebased, and never covers another key that takes the place of the accepted one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from keysieve.errors import ConfigurationError
from keysieve.excuses.entry import FINGERPRINT, Entry

NAME = b".keysieve-baseline"
HEADER = """\
# Credentials that are known and accepted; keysieve baseline create, update, show and prune maintain this file.
# FINGERPRINT RULE [until=YYYY-MM-DD] REASON
"""
_LINE = re.compile(rf"({FINGERPRINT})\s+([a-z0-9][a-z0-9-]*)\s+(?:until=(\S+)\s+)?(.*\S)")
_EXAMPLE = "ks1:0123456789abcdef0123456789abcdef aws-access-key-pair until=2030-12-31 revoked, kept for the audit"


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One credential of a baseline."""

    fingerprint: str
    rule: str
    reason: str
    until: date | None = None

    def __str__(self) -> str:
        until = f"until={self.until.isoformat()} " if self.until else ""
        return f"{self.fingerprint} {self.rule} {until}{self.reason}"


def parse(data: bytes, source: str) -> tuple[Line, ...]:
    """The lines of a baseline, as they stand.

    Args:
        data: The file's bytes.
        source: Its name, for messages.

    Raises:
        ConfigurationError: A line is not valid; the message names it.
    """
    return tuple(_parse(data, source))


def _parse(data: bytes, source: str) -> Iterator[Line]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{source} is not UTF-8 text.", "Save it as UTF-8.") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            conflict = line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||"))
            raise ConfigurationError(
                f"{source}, line {number}: {'a merge conflict' if conflict else 'this is no line of a baseline'}.",
                "Keep the lines of both sides." if conflict else f"A line reads: {_EXAMPLE}",
            )
        yield Line(found[1], found[2], found[4], _until(found[3], f"{source}, line {number}"))


def _until(text: str | None, source: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigurationError(f"{source}: {text!r} is no date.", "Write it as until=2030-12-31") from None


def render(lines: Iterable[Line]) -> str:
    """The file's text: sorted, each credential once (the last line for it counts)."""
    unique = {line.fingerprint: line for line in lines}
    return HEADER + "".join(f"{line}\n" for line in sorted(unique.values(), key=lambda line: line.fingerprint))


def entries(lines: Iterable[Line], source: str) -> tuple[Entry, ...]:
    """The lines as excuses."""
    return tuple(Entry("baseline", line.reason, source, line.until, line.fingerprint) for line in lines)


def one_line(text: str) -> str:
    """A reason as a baseline can hold it."""
    return " ".join(text.split())
