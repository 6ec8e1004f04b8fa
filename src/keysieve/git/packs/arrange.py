"""The order in which a pack's entries are read: family by family, depth first, the largest branch last.

With the largest branch last a base is free before its longest line of descendants is read, so no more bases
are held at a time than the family's size has binary digits, however long its chains are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keysieve.git.packs.columns import Compact, Rows, compact
from keysieve.git.packs.family import Families, ancestors
from keysieve.git.packs.headers import TREE
from keysieve.git.packs.index import PackIndex

KIND = 0b111
KEEP, LAST, HIDDEN = 16, 32, 64
"""Flags of an entry: it is a delta of the base held last; deltas of it follow; it is the last of its base's
deltas; it is only there to build others."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries of one pack in reading order.

    Attributes:
        starts: Where each entry's zlib stream starts in the pack.
        ends: Where the next entry starts.
        sizes: Declared size of the stream: of the object, or of the delta.
        flags: Type in the low three bits, and `DELTA`, `KEEP`, `LAST`, `HIDDEN`.
        places: Where each entry's id stands in `rows`.
        rows: Raw ids, in the index as a rule, which is mapped and takes no memory.
    """

    starts: Compact = field(repr=False)
    ends: Compact = field(repr=False)
    sizes: Compact = field(repr=False)
    flags: bytes = field(repr=False)
    places: Rows = field(repr=False)
    rows: NDArray[np.bytes_] = field(repr=False)

    @property
    def oids(self) -> bytes:
        """Raw ids of the entries, joined."""
        return self.rows[self.places].tobytes()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with nothing but its own ids, which need not be those of a file that is still there."""
        places = np.arange(len(self.places), dtype=self.places.dtype)
        return Entries, (self.starts, self.ends, self.sizes, self.flags, places, self.rows[self.places])


@dataclass(frozen=True, slots=True)
class Arranged:
    """The families of one pack and the order in which their entries are read.

    Attributes:
        families: The entries.
        flags: Of each entry, as in `Entries`.
        order: Their rows in reading order: first all that are no trees.
        trees: Where in `order` the trees begin.
    """

    families: Families
    flags: NDArray[np.uint8] = field(repr=False)
    order: Rows = field(repr=False)
    trees: int


def arrange(families: Families, hidden: NDArray[np.bool_] | None = None) -> Arranged:
    """Put the entries into reading order.

    Args:
        families: The entries.
        hidden: For every entry, whether it only serves to build others; None for none. Those that nothing else
            is built from are left out.
    """
    if hidden is not None:
        is_needed = _sums(families.bases, ~hidden) > 0
        families, hidden = families.of(is_needed), hidden[is_needed]
    sizes = _sums(families.bases, np.ones(len(families), bool))
    flags = families.types.copy()
    flags[sizes > 1] |= KEEP
    if hidden is not None:
        flags[hidden] |= HIDDEN
    positions, last = _steps(families.bases, sizes)
    flags[last] |= LAST
    is_root = families.bases < 0
    is_tree = families.types & KIND == TREE
    roots = np.concatenate([np.flatnonzero(is_root & ~is_tree), np.flatnonzero(is_root & is_tree)])
    positions[roots] = np.cumsum(sizes[roots]) - sizes[roots]
    for here, there in ancestors(families.bases):
        positions[here] += positions[there]
    order = np.empty_like(positions)
    order[positions] = np.arange(len(order), dtype=order.dtype)
    return Arranged(families, flags, order, int(np.count_nonzero(~is_tree)))


def _sums(bases: Rows, counted: NDArray[np.bool_]) -> Rows:
    """How many of the entries that are built from each one, itself included, are counted."""
    sums = counted.astype(bases.dtype)
    for here, there in ancestors(bases):
        np.add.at(sums, there, sums[here])
    return sums


def _steps(bases: Rows, sizes: Rows) -> tuple[Rows, Rows]:
    """How far behind its base each delta is read, 0 for whole objects; and which deltas are the last of their base.

    In between is what is built from the base's smaller deltas.
    """
    steps = (bases >= 0).astype(bases.dtype)
    deltas = np.flatnonzero(steps)
    number = np.bincount(bases[deltas], minlength=len(bases))
    has_siblings = number[bases[deltas]] > 1
    alone, deltas = deltas[~has_siblings], deltas[has_siblings]
    deltas = deltas[np.lexsort((sizes[deltas], bases[deltas]))]
    before = np.cumsum(sizes[deltas]) - sizes[deltas]
    is_first = np.diff(bases[deltas], prepend=-1) != 0
    firsts = np.flatnonzero(is_first)
    steps[deltas] += before - np.repeat(before[firsts], np.diff(firsts, append=len(deltas)))
    return steps, np.concatenate([alone, deltas[np.roll(is_first, -1)]])


def split(
    arranged: Arranged, index: PackIndex, costs: Compact, targets: tuple[int, int]
) -> Iterator[tuple[Entries, int, bool]]:
    """Cut entries into parts of about a cost, each with what its first entry is built from.

    Cuts between families where one ends nearby, else through a family: the bases of the part's first entry
    are read again, hidden, in front of it. Trees are never in one part with others.

    Args:
        arranged: The entries.
        index: Their index.
        costs: Of each entry in reading order.
        targets: The cost of a part, in the same unit: of those without trees, and of those with nothing but trees.

    Yields:
        The entries of a part, their cost, whether they are trees.
    """
    count = len(costs)
    sums = np.zeros(count + 1, np.int64)
    np.cumsum(costs, out=sums[1:])
    roots = np.append(np.flatnonzero(arranged.families.bases[arranged.order] < 0), count)
    start = 0
    while start < count:
        target = targets[start >= arranged.trees]
        stop = min(max(int(np.searchsorted(sums, sums[start] + target)), start + 1), count)
        root = int(roots[np.searchsorted(roots, stop)])
        if sums[root] - sums[start] <= target * 3 // 2:
            stop = root
        if start < arranged.trees < stop:
            stop = arranged.trees
        yield _part(arranged, index, start, stop), int(sums[stop] - sums[start]), start >= arranged.trees
        start = stop


def _part(arranged: Arranged, index: PackIndex, start: int, stop: int) -> Entries:
    families = arranged.families
    bases: list[int] = []
    base = int(families.bases[arranged.order[start]])
    while base >= 0:
        bases.append(base)
        base = int(families.bases[base])
    rows = np.concatenate([np.array(bases[::-1], np.int64), arranged.order[start:stop]])
    flags = arranged.flags[rows]
    flags[: len(bases)] |= HIDDEN
    starts, ends, sizes = (compact(column[rows]) for column in (families.starts, families.ends, families.sizes))
    return Entries(starts, ends, sizes, flags.tobytes(), families.places[rows], index.rows)
