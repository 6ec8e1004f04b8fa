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


def arrange(families: Families, index: PackIndex, hidden: bytes = b"") -> Entries:
    """Put the entries of all families into reading order: first what is in no family, then family by family.

    Args:
        families: The entries.
        index: Their index.
        hidden: For every entry, whether it only serves to build others; empty for none. Those that nothing
            else is built from are left out.
    """
    needed = _needed(families, hidden)
    deltas = [rank for rank in needed if families.bases[rank] >= 0]
    children, weights = _children(families, deltas)
    order = [rank for rank in needed if families.bases[rank] < 0 and not weights[rank]]
    flags = bytearray([families.types[rank] for rank in order])
    for root in [rank for rank in needed if families.bases[rank] < 0 and weights[rank]]:
        _descend(root, children, order, flags, families.types)
    length = index.oid_length
    oids = bytes(index.oids)
    starts = [families.places[rank] * length for rank in order]
    return Entries(
        array("Q", [families.offsets[rank] for rank in order]),
        array("Q", [families.ends[rank] for rank in order]),
        bytes([flag | HIDDEN * hidden[rank] for flag, rank in zip(flags, order, strict=True)])
        if hidden
        else bytes(flags),
        b"".join([oids[start : start + length] for start in starts]),
    )


def _needed(families: Families, hidden: bytes) -> Sequence[int]:
    """The entries that are not hidden, and what they are built from."""
    if not any(hidden):
        return range(len(families.offsets))
    needed = bytearray(not flag for flag in hidden)
    for rank in range(len(needed) - 1, -1, -1):
        if needed[rank] and families.bases[rank] >= 0:
            needed[families.bases[rank]] = 1
    return list(compress(range(len(needed)), needed))


def _children(families: Families, deltas: Sequence[int]) -> tuple[dict[int, list[int]], list[int]]:
    """Base → its deltas, the one with the most descendants first; and every entry's number of descendants."""
    children: dict[int, list[int]] = {}
    weights = [0] * len(families.offsets)
    bases = families.bases
    for rank in reversed(deltas):
        base = bases[rank]
        if base in children:
            children[base].append(rank)
        else:
            children[base] = [rank]
        weights[base] += weights[rank] + 1
    for of_one in children.values():
        if len(of_one) > 1:
            of_one.sort(key=weights.__getitem__, reverse=True)
    return children, weights


def _descend(
    root: int, children: dict[int, list[int]], order: list[int], flags: bytearray, types: bytearray
) -> None:
    """Add the family of `root` to the order."""
    kind = types[root]
    todo = [(root, kind)]
    while todo:
        rank, flag = todo.pop()
        order.append(rank)
        deltas = children.get(rank)
        if deltas is None:
            flags.append(flag)
            continue
        flags.append(flag | KEEP)
        todo.append((deltas[0], kind | DELTA | LAST))
        if len(deltas) > 1:
            todo.extend([(delta, kind | DELTA) for delta in deltas[1:]])


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
