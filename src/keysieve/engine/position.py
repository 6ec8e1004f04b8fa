"""From offsets in bytes to lines and columns."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property


class Lines:
    """The lines of a text.

    Args:
        data: Bytes; read as UTF-8, a byte that is not counts as one code point.
        first: 1-based number of its first line.
    """

    def __init__(self, data: bytes, first: int = 1) -> None:
        self._data = data
        self._first = first

    @cached_property
    def _starts(self) -> list[int]:
        starts, found = [0], self._data.find(b"\n")
        while found >= 0:
            starts.append(found + 1)
            found = self._data.find(b"\n", found + 1)
        return starts

    def number(self, offset: int) -> int:
        """The 1-based line that holds `offset`."""
        return bisect_right(self._starts, offset) - 1 + self._first

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line, and the 1-based column in code points, of a byte offset."""
        index = bisect_right(self._starts, offset) - 1
        start = self._starts[index]
        before = self._data[start:offset].removeprefix(b"\xef\xbb\xbf" if start == 0 else b"")
        return index + self._first, len(before.decode("utf-8", "surrogateescape")) + 1

    def span(self, start: int, end: int, margin: int) -> tuple[int, int]:
        """Byte offsets of the lines that reach from `margin` lines before `start` to `margin` lines after `end`."""
        first = max(0, bisect_right(self._starts, start) - 1 - margin)
        last = bisect_right(self._starts, end) + margin
        return self._starts[first], self._starts[last] if last < len(self._starts) else len(self._data)
