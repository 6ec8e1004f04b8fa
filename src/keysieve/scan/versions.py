"""Where the prefilter points in the versions of a file: what a version has from another is not read twice."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from keysieve.engine.prefilter import Prefilter
from keysieve.git.packs.delta import copied
from keysieve.git.packs.stored import StoredObject

PER_INSTRUCTION = 6000
"""Bytes that the prefilter reads in the time that an instruction of a delta takes."""
BETWEEN = b"\n" * 128
"""Put between pieces that are read together: more than an expression takes, so that it matches nothing across them."""
MOST = 10_000
"""Places in one version that are remembered at most; beyond, the next version is read anew."""


class Versions:
    """Follows the deltas of a pack's families, one family after the other.

    Args:
        prefilter: Points at places.
    """

    def __init__(self, prefilter: Prefilter) -> None:
        self._prefilter = prefilter
        self._known: dict[bytes, Sequence[int]] = {}

    def spots(self, item: StoredObject) -> Sequence[int]:
        """Offsets at which the prefilter points at something: those of `Prefilter.spots`, or more."""
        if item.base is None:
            self._known.clear()
        instructions = len(item.data) // PER_INSTRUCTION
        spots = self._carried(item, instructions) if instructions > 1 else None
        if spots is None:
            spots = self._prefilter.spots(item.data)
        if len(spots) <= MOST:
            self._known[item.oid] = spots
        return spots

    def _carried(self, item: StoredObject, instructions: int) -> Sequence[int] | None:
        """What the base's places and a look at what is new give; None where reading everything is quicker."""
        if item.base is None or item.delta is None:
            return None
        before, span = self._known.get(item.base), self._prefilter.span
        if before is None or span is None:
            return None
        kept = [one for one in copied(item.delta, instructions) if one[2] > 4 * span]
        found = self._spots_between(item.data, kept, span)
        if before:
            for at, source, size in kept:
                here = before[bisect_left(before, source + span) : bisect_right(before, source + size)]
                found += [spot + at - source for spot in here]
        return sorted(set(found)) if before else found

    def _spots_between(self, data: bytes, kept: Sequence[tuple[int, int, int]], span: int) -> list[int]:
        """What the prefilter points at in what is not kept, and `span` bytes around it. All that is one call."""
        pieces, starts = [], []
        for start, end in _between(kept, len(data)):
            first = max(0, start - span)
            starts.append(first)
            pieces.append(data[first : end + span])
        spots = self._prefilter.spots(BETWEEN.join(pieces))
        if not spots:
            return spots
        begins = [0, *accumulate(len(piece) + len(BETWEEN) for piece in pieces)]
        found = []
        for spot in spots:
            number = bisect_right(begins, spot, hi=len(pieces)) - 1
            found.append(starts[number] + min(spot - begins[number], len(pieces[number])))
        return found


def _between(kept: Sequence[tuple[int, int, int]], size: int) -> Iterator[tuple[int, int]]:
    """The stretches of a text of `size` bytes that are not kept, those of no length included: there, others meet."""
    end = 0
    for at, _, length in kept:
        yield end, at
        end = at + length
    yield end, size
