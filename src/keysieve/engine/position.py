"""From offsets in bytes to lines and columns."""

from __future__ import annotations

import sys

BLOCK = 65_536
"""Bytes between places whose line and column are kept."""
MANY = 2048
"""Bytes from which numpy counts faster than Python, where something else has loaded it."""

_CONTINUATION = range(0x80, 0xC0)


class Lines:
    """The lines of a text. What a question costs depends neither on the text's length nor on that of its lines.

    Args:
        data: Bytes; read as UTF-8, a byte that is not counts as one code point.
        first: 1-based number of its first line.
    """

    def __init__(self, data: bytes, first: int = 1) -> None:
        self._data = data
        # For each block an offset at or before its begin where a character begins, its line and its column.
        self._marks = [(0, first, 1 - data.startswith(b"\xef\xbb\xbf"))]

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line, and the 1-based column in code points, of a byte offset."""
        wanted = min(offset, len(self._data) - 1) // BLOCK
        while len(self._marks) <= wanted:
            here = _character(self._data, len(self._marks) * BLOCK)
            self._marks.append((here, *_advanced(self._data, here, *self._marks[-1])))
        line, column = _advanced(self._data, offset, *self._marks[max(wanted, 0)])
        return line, max(column, 1)


def _advanced(data: bytes, end: int, start: int, line: int, column: int) -> tuple[int, int]:
    """Line and column at `end`, from those at `start`."""
    lines = _line_feeds(data, start, end)
    if lines:
        start, column = data.rfind(b"\n", start, end) + 1, 1
    return line + lines, column + len(data[start:end].decode("utf-8", "surrogateescape"))


def _line_feeds(data: bytes, start: int, end: int) -> int:
    if end - start < MANY or "numpy" not in sys.modules:
        return data.count(b"\n", start, end)
    import numpy as np

    end = min(end, len(data))
    return int(np.count_nonzero(np.frombuffer(data, np.uint8, end - start, start) == ord("\n")))


def _character(data: bytes, offset: int) -> int:
    """Where the character begins that may hold the byte at an offset."""
    for back in range(4):
        if data[offset - back] not in _CONTINUATION:
            return offset - back
    return offset


def lines_around(text: bytes, start: int, end: int, margin: int, most: int) -> tuple[int, int]:
    """Offsets of the lines from `margin` before `start` to `margin` behind `end`, but at most `most` bytes away."""
    lowest, highest = max(0, start - most), min(len(text), end + most)
    first, last = start, end - 1
    for _ in range(margin + 1):
        first = text.rfind(b"\n", lowest, first)
        if first < 0:
            break
    for _ in range(margin + 1):
        last = text.find(b"\n", last + 1, highest)
        if last < 0:
            break
    return (first + 1 if first >= 0 else lowest), (last + 1 if last >= 0 else highest)
