"""Replacing pieces of a text while keeping, for each byte of the result, where it came from."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

MAX_SIZE = (1 << 32) - 1
"""Bytes of the longest text whose offsets can be kept (they are 32-bit, to keep maps small)."""


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Offsets of a rewritten text → offsets of the text that it was made from.

    The rewritten text is a row of segments; segment n begins at `outs[n]` and was made from what begins at `ins[n]`.
    Inside it, every `out_units[n]` bytes were made from `in_units[n]` bytes: 1 and 1 for what was copied, 1 and 2 for
    ASCII that stood in UTF-16, 3 and 4 for base64, a piece's two lengths where finer is impossible.
    """

    outs: array[int] = field(repr=False)
    ins: array[int] = field(repr=False)
    out_units: array[int] = field(repr=False)
    in_units: array[int] = field(repr=False)

    def start(self, offset: int) -> int:
        """Where the unit that holds byte `offset` of the rewritten text begins."""
        at = bisect_right(self.outs, offset) - 1
        return self.ins[at] + (offset - self.outs[at]) // self.out_units[at] * self.in_units[at]

    def end(self, offset: int) -> int:
        """Where the unit that holds the byte before `offset` ends (half-open)."""
        at = max(bisect_left(self.outs, offset) - 1, 0)
        units = -((self.outs[at] - offset) // self.out_units[at])
        return self.ins[at] + units * self.in_units[at]


class Rewriter:
    """Replaces pieces of a text from left to right.

    Args:
        data: The text, at most `MAX_SIZE` bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parts: list[bytes] = []
        self._taken = 0
        self._made = 0
        self._map = OffsetMap(array("I", [0]), array("I", [0]), array("I", [1]), array("I", [1]))

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
        return b"".join(self._parts), self._map

    def _append(self, start: int, text: bytes, out_unit: int, in_unit: int) -> None:
        segments = self._map
        if not (
            segments.out_units[-1] == out_unit
            and segments.in_units[-1] == in_unit
            and segments.ins[-1] + (self._made - segments.outs[-1]) // out_unit * in_unit == start
        ):
            segments.outs.append(self._made)
            segments.ins.append(start)
            segments.out_units.append(out_unit)
            segments.in_units.append(in_unit)
        self._parts.append(text)
        self._made += len(text)
