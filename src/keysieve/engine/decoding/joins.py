r"""Text that was taken apart: strings put together by an operator, lines continued, diffs with their first column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keysieve.engine.decoding.offsets import OffsetMap, Rewriter

_SPACE = rb"(?:\s|[\\`_]\r?\n){0,200}+"
_OPERATOR = rb"(?:\+\+?|\.\.?|&|<>|~|\|\||\^)"
_JOINED = rb"(?:" + _SPACE + _OPERATOR + _SPACE + rb"|(?:\s|\\\r?\n)" + _SPACE + rb")[bBfFrRuUL@]{0,2}[\"'`]"
_JOINS = [re.compile(quote + _JOINED) for quote in (b'"', b"'", b"`")]
"""One for each quote before a join: `re` finds a pattern fast that begins with a letter."""
_CONTINUED = rb"[\\`^](?<=[A-Za-z0-9/+=].)\r?\n[ \t]{0,200}(?=[A-Za-z0-9/+=])"
_HUNK = rb"(?:^|\n)[+ -]{0,3}@@ -[0-9]"
_MARKED_VALUE = rb"(?:^|\n)[+-][A-Za-z0-9/+]{40}(?:[\r\n]|$)"


def concatenations(data: bytes) -> tuple[bytes, OffsetMap] | None:
    r"""Join `"abc" + "def"` and its like, and values continued over lines.

    The operators are those of the common languages: `+` `.` `..` `&` `<>` `~` `||` `^` `++`, or none (Python, C,
    shell); a backslash, a backtick (PowerShell), `^` (cmd) or `_` (Basic) may continue the line. Inside a value,
    such a mark at the end of a line goes together with the indentation that follows.
    """
    spans = list(_joins(data))
    if any(mark in data and (mark + b"\n" in data or mark + b"\r" in data) for mark in (b"\\", b"`", b"^")):
        spans += [match.span() for match in re.finditer(_CONTINUED, data)]
    return _without(data, sorted(spans))


def _joins(data: bytes) -> Iterator[tuple[int, int]]:
    """Where strings are joined: of joins that overlap, the first."""
    found = [join.search(data) for join in _JOINS]
    while matches := [match for match in found if match]:
        start, end = min(match.span() for match in matches)
        yield start, end
        found = [
            join.search(data, end) if match and match.start() < end else match
            for join, match in zip(_JOINS, found, strict=True)
        ]


def diff_markers(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Take the first column off a patch: a `+` glued to a 40-character value looks like a 41st character.

    A text counts as a patch when it has a hunk header, or a line that is a mark and 40 characters of base64.
    """
    has_marks = b"\n+" in data or b"\n-" in data or data[:1] in (b"+", b"-")
    if (b"@@ -" in data and re.search(_HUNK, data)) or (has_marks and re.search(_MARKED_VALUE, data)):
        return _without(data, [match.span(1) for match in re.finditer(rb"(?:^|\n)([+ -])", data)])
    return None


def _without(data: bytes, spans: list[tuple[int, int]]) -> tuple[bytes, OffsetMap] | None:
    rewriter = Rewriter(data)
    last = 0
    for start, end in spans:
        if start >= last:
            rewriter.replace(start, end, b"")
            last = end
    return rewriter.finish()
