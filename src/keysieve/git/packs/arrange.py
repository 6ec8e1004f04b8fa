"""The order in which a pack's entries are read: family by family, depth first, the largest branch last.

With the largest branch last a base is free before its longest line of descendants is read, so no more bases
are held at a time than the family's size has binary digits, however long its chains are.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress
from operator import itemgetter, or_

from keysieve.git.packs.family import DELTA, Families
from keysieve.git.packs.index import PackIndex

KIND = 0b111
KEEP, LAST, HIDDEN = 16, 32, 64
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


def arrange(families: Families, index: PackIndex, hidden: bytes = b"") -> Entries:
    """Put the entries of all families into reading order: first what is in no family, then family by family.

    Args:
        families: The entries.
        index: Their index.
        hidden: For every entry, whether it only serves to build others; empty for none. Those that nothing
            else is built from are left out.
    """
    flags = bytearray(families.types)
    if hidden:
        flags = bytearray(map(or_, flags, hidden.translate(_AS_HIDDEN)))
    children = _children(families, flags)
    for base, deltas in children.items():
        flags[base] |= KEEP
        flags[deltas[0]] |= LAST
    alone = flags.translate(_IS_ALONE)
    order = _depth_first(list(compress(range(len(flags)), flags.translate(_IS_ROOT)))[::-1], children)
    places = [*compress(families.places, alone), *_pick(families.places, order)]
    oids = bytes(index.oids)
    length = index.oid_length
    return Entries(
        array("Q", [*compress(families.offsets, alone), *_pick(families.offsets, order)]),
        array("Q", [*compress(families.ends, alone), *_pick(families.ends, order)]),
        bytes(compress(flags, alone)) + bytes(_pick(flags, order)),
        b"".join([oids[place * length : (place + 1) * length] for place in places]),
    )


_AS_HIDDEN = bytes([0, HIDDEN]) + bytes(254)
_IS_ALONE = bytes(not flags & (DELTA | KEEP | HIDDEN) for flags in range(256))
_IS_ROOT = bytes(flags & (DELTA | KEEP) == KEEP for flags in range(256))


def _pick(values: Sequence[int], places: list[int]) -> Sequence[int]:
    """The values at `places`."""
    return itemgetter(*places)(values) if len(places) > 1 else [values[place] for place in places]


def _children(families: Families, flags: bytearray) -> dict[int, list[int]]:
    """Base → its deltas, the one with the most descendants first; without hidden ones that nothing needs."""
    children: dict[int, list[int]] = {}
    weights = [0] * len(flags)
    bases = families.bases
    for rank in range(len(flags) - 1, -1, -1):
        base = bases[rank]
        if base < 0 or (flags[rank] & HIDDEN and rank not in children):
            continue
        if base in children:
            children[base].append(rank)
        else:
            children[base] = [rank]
        weights[base] += weights[rank] + 1
    for deltas in children.values():
        if len(deltas) > 1:
            deltas.sort(key=weights.__getitem__, reverse=True)
    return children


def _depth_first(todo: list[int], children: dict[int, list[int]]) -> list[int]:
    """The families of the roots `todo`, from the last root to the first."""
    order: list[int] = []
    while todo:
        rank = todo.pop()
        order.append(rank)
        if rank in children:
            todo += children[rank]
    return order


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
