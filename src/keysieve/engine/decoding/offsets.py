"""Replacing pieces of a text while keeping, for each byte of the result, where it came from."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import accumulate

MAX_SIZE = (1 << 32) - 1
"""Bytes of the longest text whose offsets can be kept (they are 32-bit, to keep maps small)."""


Piece = tuple[int, int, int, int]
"""Of a rewritten text: where in the other text it begins, its bytes, and how many of these were made from how many."""


class OffsetMap:
    """Offsets of a rewritten text → offsets of the text that it was made from.

    Inside a piece, every so many bytes were made from so many: 1 and 1 for what was copied, 1 and 2 for ASCII that
    stood in UTF-16, 3 and 4 for base64, a piece's two lengths where finer is impossible.

    Args:
        pieces: Gives the rewritten text's pieces in order. Asked only when an offset is: in most texts nothing is
            found. By default nothing was replaced.
    """

    def __init__(self, pieces: Callable[[], Iterable[Piece]] = tuple) -> None:
        self._pieces = pieces

    def start(self, offset: int) -> int:
        """Where the unit that holds byte `offset` of the rewritten text begins."""
        outs, ins, out_units, in_units = self._segments
        at = bisect_right(outs, offset) - 1
        return ins[at] + (offset - outs[at]) // out_units[at] * in_units[at]

    def end(self, offset: int) -> int:
        """Where the unit that holds the byte before `offset` ends (half-open)."""
        outs, ins, out_units, in_units = self._segments
        at = max(bisect_left(outs, offset) - 1, 0)
        units = -((outs[at] - offset) // out_units[at])
        return ins[at] + units * in_units[at]

    @cached_property
    def _segments(self) -> tuple[array[int], array[int], array[int], array[int]]:
        """For each row of pieces that go on alike: where it begins in both texts, and its units."""
        outs, ins, out_units, in_units = (array("I", [first]) for first in (0, 0, 1, 1))
        made = 0
        for start, length, out_unit, in_unit in self._pieces():
            goes_on = out_units[-1] == out_unit and in_units[-1] == in_unit
            if not goes_on or ins[-1] + (made - outs[-1]) // out_unit * in_unit != start:
                outs.append(made)
                ins.append(start)
                out_units.append(out_unit)
                in_units.append(in_unit)
            made += length
        return outs, ins, out_units, in_units


class Turns(OffsetMap):
    """Of a text of pieces that were copied (the first, the third, …) and replaced (the others) by turns.

    Args:
        old: The pieces before.
        new: What they became.
    """

    def __init__(self, old: Sequence[bytes], new: Sequence[bytes]) -> None:
        self._old, self._new = old, new

    def start(self, offset: int) -> int:
        """Where the unit that holds byte `offset` of the rewritten text begins."""
        outs, ins = self._begins
        at = bisect_right(outs, offset) - 1
        return ins[at] if at % 2 else ins[at] + offset - outs[at]

    def end(self, offset: int) -> int:
        """Where the unit that holds the byte before `offset` ends (half-open)."""
        outs, ins = self._begins
        at = max(bisect_left(outs, offset) - 1, 0)
        return ins[at + 1] if at % 2 else ins[at] + offset - outs[at]

    @cached_property
    def _begins(self) -> tuple[array[int], array[int]]:
        """Where each piece begins in both texts, and where the last one ends."""
        outs, ins = (array("I", accumulate(map(len, pieces), initial=0)) for pieces in (self._new, self._old))
        return outs, ins


class Rewriter:
    """Replaces pieces of a text from left to right.

    Args:
        data: The text, at most `MAX_SIZE` bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts: list[bytes] = []
        self._pieces: list[Piece] = []
        self._taken = 0

    def replace(self, start: int, end: int, text: bytes, unit: tuple[int, int] | None = None) -> None:
        """Put `text` in the place of `data[start:end]`; `start` is not before the end of the last replacement.

        Args:
            start: Where the replaced piece begins.
            end: Where it ends (half-open).
            text: What it becomes; empty removes the piece.
            unit: How many bytes of `text` were made from how many bytes of the piece, over and over; `text` is a
                whole number of units long. The whole piece is one unit when None.
        """
        if start > self._taken:
            self._append(self._taken, self._data[self._taken : start], 1, 1)
        if text:
            out_unit, in_unit = unit or (len(text), end - start)
            self._append(start, text, out_unit, in_unit)
        self._taken = end

    def finish(self) -> tuple[bytes, OffsetMap] | None:
        """The rewritten text and its map; None when nothing was replaced."""
        if not self._taken:
            return None
        if self._taken < len(self._data):
            self._append(self._taken, self._data[self._taken :], 1, 1)
        return b"".join(self._parts), OffsetMap(lambda: self._pieces)

    def _append(self, start: int, text: bytes, out_unit: int, in_unit: int) -> None:
        self._parts.append(text)
        self._pieces.append((start, len(text), out_unit, in_unit))
