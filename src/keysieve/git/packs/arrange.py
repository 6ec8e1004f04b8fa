"""The order in which a pack's entries are read: family by family, depth first, the largest branch last.

With the largest branch last a base is free before its longest line of descendants is read, so no more bases
are held at a time than the family's size has binary digits, however long its chains are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, compress

from keysieve.git.packs.family import Families
from keysieve.git.packs.index import PackIndex

KIND = 0b111
DELTA, KEEP, LAST, HIDDEN = 8, 16, 32, 64
"""Flags of an entry: it is a delta of the base held last; deltas of it follow; it is the last of its base's
deltas; it is only there to build others."""


@dataclass(slots=True)
class Entries:
    """Entries of one pack in reading order.

    Attributes:
        offsets: Where each entry starts in the pack.
        ends: Where the next one starts.
        flags: Type in the low three bits, and `DELTA`, `KEEP`, `LAST`, `HIDDEN`.
        oids: Raw ids, joined.
    """

    offsets: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    ends: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    flags: bytes = field(default=b"", repr=False)
    oids: bytes = field(default=b"", repr=False)


def positions_of(index: PackIndex, offsets: Container[int]) -> tuple[dict[int, int], list[int]]:
    """Offset → position in the index for those of its objects that lie at `offsets`.

    Returns:
        The positions, and those left over because the index has two objects at one offset.
    """
    selected = bytes([offset in offsets for offset in index.offsets])
    places = list(compress(range(index.count), selected))
    positions = dict(zip(compress(index.offsets, selected), places, strict=True))
    if len(positions) == len(places):
        return positions, []
    kept = set(positions.values())
    return positions, [place for place in places if place not in kept]


def drop_known(families: Families, known: set[int]) -> None:
    """Take out the entries at the offsets `known`, unless an entry that stays is built from them."""
    needed = families.ends.keys() - known
    for delta, base in reversed(families.bases.items()):
        if delta in needed:
            needed.add(base)
    families.ends = {offset: end for offset, end in families.ends.items() if offset in needed}
    families.bases = {delta: base for delta, base in families.bases.items() if delta in needed}


def arrange(
    families: Families, index: PackIndex, positions: dict[int, int], hidden: Container[int]
) -> Entries:
    """Put the entries of all families into reading order.

    Args:
        families: The entries.
        index: Their index.
        positions: Offset → position in the index, for every entry.
        hidden: Offsets of entries that only serve to build others.
    """
    children = _children(families)
    order: list[int] = []
    last: set[int] = set()
    for root in sorted(families.ends.keys() - families.bases.keys()):
        if root in children:
            _descend(root, children, order, last)
        else:
            order.append(root)
    length = index.oid_length
    oids = bytes(index.oids)
    entries = Entries(array("Q", order))
    entries.ends.extend([families.ends[offset] >> 3 for offset in order])
    entries.flags = bytes(
        [
            families.ends[offset] & KIND
            | (DELTA if offset in families.bases else 0)
            | (KEEP if offset in children else 0)
            | (LAST if offset in last else 0)
            | (HIDDEN if offset in hidden else 0)
            for offset in order
        ]
    )
    starts = [positions[offset] * length for offset in order]
    entries.oids = b"".join([oids[start : start + length] for start in starts])
    return entries


def _children(families: Families) -> dict[int, list[int]]:
    """Base → its deltas, the one with the most descendants first."""
    children: dict[int, list[int]] = {}
    weights: dict[int, int] = {}
    for delta, base in reversed(families.bases.items()):
        weights[base] = weights.get(base, 0) + weights.get(delta, 0) + 1
        if base in children:
            children[base].append(delta)
        else:
            children[base] = [delta]
    for deltas in children.values():
        if len(deltas) > 1:
            deltas.sort(key=lambda delta: -weights.get(delta, 0))
    return children


def _descend(root: int, children: dict[int, list[int]], order: list[int], last: set[int]) -> None:
    """Add the family of `root` to the order, and the last delta of each base to `last`."""
    todo = [root]
    while todo:
        offset = todo.pop()
        order.append(offset)
        deltas = children.get(offset)
        if deltas:
            last.add(deltas[0])
            todo.extend(deltas)


def split(entries: Entries, costs: list[int], target: int) -> Iterator[tuple[Entries, int]]:
    """Cut entries into parts of about the cost `target`, each with what its first entry is built from.

    Cuts between families where one ends nearby, else through a family: the bases of the part's first entry
    are read again, hidden, in front of it.
    """
    sums = list(accumulate(costs, initial=0))
    roots = [at for at, flags in enumerate(entries.flags) if not flags & DELTA]
    start = 0
    while start < len(costs):
        stop = bisect_left(sums, sums[start] + target, start + 1)
        stop = _near_root(min(stop, len(costs)), start, roots, sums, target)
        yield _part(entries, start, stop), sums[stop] - sums[start]
        start = stop


def _near_root(stop: int, start: int, roots: list[int], sums: list[int], target: int) -> int:
    """The next start of a family where it costs at most half a target more, else `stop`."""
    at = bisect_left(roots, stop)
    following = roots[at] if at < len(roots) else len(sums) - 1
    return following if sums[following] - sums[start] <= target * 3 // 2 else stop


def _part(entries: Entries, start: int, stop: int) -> Entries:
    ancestors = _ancestors(entries.flags, start)
    length = len(entries.oids) // len(entries.offsets)
    offsets = array("Q", [entries.offsets[at] for at in ancestors])
    ends = array("Q", [entries.ends[at] for at in ancestors])
    return Entries(
        offsets + entries.offsets[start:stop],
        ends + entries.ends[start:stop],
        bytes([entries.flags[at] | HIDDEN for at in ancestors]) + entries.flags[start:stop],
        b"".join([entries.oids[at * length : (at + 1) * length] for at in ancestors])
        + entries.oids[start * length : stop * length],
    )


def _ancestors(flags: bytes, at: int) -> list[int]:
    """The bases that the entry `at` is built from, the whole object first."""
    start = at
    while flags[start] & DELTA:
        start -= 1
    parents: dict[int, int] = {}
    held: list[int] = []
    for here in range(start, at + 1):
        if flags[here] & DELTA:
            parents[here] = held.pop() if flags[here] & LAST else held[-1]
        if flags[here] & KEEP:
            held.append(here)
    path: list[int] = []
    while at in parents:
        at = parents[at]
        path.append(at)
    return path[::-1]
