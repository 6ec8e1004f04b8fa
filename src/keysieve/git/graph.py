"""The graph of commits: their order, what refs reach, which commits contain which."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from keysieve.git import commits
from keysieve.git.packs.columns import Numbers, Rows, row_type
from keysieve.git.packs.oids import rows_of, separate
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject

Chosen = NDArray[np.bool_]
"""For each commit of a graph, whether it is meant."""


@dataclass(frozen=True, slots=True)
class Commits:
    """What some commits say, one column for each thing. Objects are given by their places in a `Presence`.

    Attributes:
        places: The commits.
        timestamps: Committer date in seconds since 1970.
        trees: -1 for one that is absent.
        counts: How many parents each has.
        parents: Those of one commit after those of the other; -1 for one that is absent.
        absent_trees: Raw ids, joined.
        absent_parents: Likewise, one for each -1 among the parents, in their order.
    """

    places: Rows = field(repr=False)
    timestamps: Numbers = field(repr=False)
    trees: Rows = field(repr=False)
    counts: Rows = field(repr=False)
    parents: Rows = field(repr=False)
    absent_trees: bytes = field(repr=False)
    absent_parents: bytes = field(repr=False)

    @classmethod
    def of(cls, items: Sequence[StoredObject], presence: Presence) -> Commits:
        """Of commits that are in the presence."""
        length = presence.oid_length
        said = commits.headers([item.data for item in items], 2 * length)
        trees = bytes.fromhex(b"".join([tree for tree, _, _ in said]).decode("ascii"))
        lines = [lines for _, lines, _ in said]
        parents = bytes.fromhex(b"".join(lines).replace(b"parent", b"").decode("ascii"))
        places = presence.places(b"".join([*(item.oid for item in items), trees, parents]))
        of_items, of_trees, of_parents = np.split(places, [len(items), 2 * len(items)])
        return cls(
            of_items,
            np.array([seconds for _, _, seconds in said], np.int64),
            of_trees,
            np.array([len(one) // (2 * length + 8) for one in lines], np.int32),
            of_parents,
            rows_of(trees, length)[of_trees < 0].tobytes(),
            rows_of(parents, length)[of_parents < 0].tobytes(),
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """All commits of an object database: each is a row of every column, in ascending order of their places.

    Attributes:
        presence: Gives places.
        places: The commits.
        timestamps: Committer date in seconds since 1970.
        trees: The places of the commits' trees; -1 for one that is absent.
        starts: Where each commit's parents begin in `parents`; in the end, how many there are.
        parents: The rows of one commit's parents after those of the other; -1 for one that is not there.
        missing: Those that are not there: the row of the child, the raw id.
    """

    presence: Presence
    places: Rows = field(repr=False)
    timestamps: Numbers = field(repr=False)
    trees: Rows = field(repr=False)
    starts: Rows = field(repr=False)
    parents: Rows = field(repr=False)
    missing: list[tuple[int, bytes]] = field(repr=False)

    @classmethod
    def of(cls, parts: Sequence[Commits], presence: Presence) -> Graph:
        """The graph of all commits in the parts, of which one may be there twice."""
        places, timestamps, trees, counts, parents = (
            np.concatenate([np.empty(0, np.int32), *(getattr(part, name) for part in parts)])
            for name in ("places", "timestamps", "trees", "counts", "parents")
        )
        places, chosen = np.unique(places, return_index=True)
        before = (np.cumsum(counts) - counts)[chosen]
        counts = counts[chosen]
        ends = np.cumsum(counts)
        starts = np.append(0, ends).astype(row_type(len(parents)))
        at = np.repeat(before - starts[:-1], counts) + np.arange(len(parents) and ends[-1])
        named = parents[at]
        graph = cls(presence, places, timestamps[chosen], trees[chosen], starts, _rows(places, named), [])
        absent = separate(b"".join(part.absent_parents for part in parts), presence.oid_length)
        numbers = np.cumsum(parents < 0)[at] - 1
        lost = np.flatnonzero(graph.parents < 0)
        for child, place, number in zip(graph.children[lost], named[lost], numbers[lost], strict=True):
            graph.missing.append((int(child), absent[number] if place < 0 else presence.at(np.array([place]))))
        return graph

    def __len__(self) -> int:
        return len(self.places)

    @property
    def children(self) -> Rows:
        """For each of `parents`, whose it is."""
        return np.repeat(np.arange(len(self), dtype=self.parents.dtype), np.diff(self.starts))

    def rows(self, oids: Sequence[str]) -> Rows:
        """The rows of the commits with these hexadecimal ids; -1 for what is not one of the commits."""
        return _rows(self.places, self.presence.places(b"".join([_raw(oid, self.presence.oid_length) for oid in oids])))

    def oids(self, rows: Rows) -> list[str]:
        """The hexadecimal ids of the commits in these rows."""
        length = self.presence.oid_length
        text = self.presence.at(self.places[rows]).hex()
        return [text[at : at + 2 * length] for at in range(0, len(text), 2 * length)]

    def chosen(self, oids: Collection[str], chosen: Chosen) -> set[str]:
        """Those of the hexadecimal ids that are chosen commits'."""
        named = list(oids)
        return set(compress(named, np.append(chosen, False)[self.rows(named)].tolist()))

    def others(self, oids: Sequence[str]) -> list[str]:
        """Those of the hexadecimal ids that are no commits'."""
        return list(compress(oids, (self.rows(oids) < 0).tolist()))

    def order(self) -> Rows:
        """Every commit after its parents; where that leaves a choice, the older first. Right under clock skew."""
        ids = rows_of(self.presence.at(self.places), self.presence.oid_length)
        dated = np.lexsort((ids, self.timestamps)).astype(self.parents.dtype)
        by_date, ranks = dated.data, np.argsort(dated).data
        starts, parents = self.starts.data, self.parents.data
        is_done = bytearray(len(self) + 1)
        is_done[-1] = True  # nothing waits for a parent that is not there
        waiting: dict[int, list[int]] = defaultdict(list)
        ordered = np.empty_like(dated)
        given = ordered.data
        count = 0
        for rank in range(len(self)):
            ready = [rank]
            while ready:
                row = by_date[heapq.heappop(ready)]
                for parent in parents[starts[row] : starts[row + 1]]:
                    if not is_done[parent]:
                        waiting[parent].append(row)
                        break
                else:
                    is_done[row] = True
                    given[count] = row
                    count += 1
                    for child in waiting.pop(row, ()):
                        heapq.heappush(ready, ranks[child])
        return ordered[:count]

    def ranks(self, oids: Collection[str], order: Rows) -> dict[str, int]:
        """Where in an order of all commits those with these hexadecimal ids stand; -1 for what is not one of them."""
        ranks = np.full(len(self) + 1, -1)
        ranks[order] = np.arange(len(order))
        named = list(oids)
        return dict(zip(named, ranks[self.rows(named)].tolist(), strict=True))

    def reachable(self, tips: Rows) -> Chosen:
        """The commits that the tips reach, themselves included."""
        starts, parents = self.starts.data, self.parents.data
        is_seen = bytearray(len(self) + 1)
        is_seen[-1] = True  # what is not there
        waiting = tips.tolist()
        while waiting:
            row = waiting.pop()
            if not is_seen[row]:
                is_seen[row] = True
                waiting += parents[starts[row] : starts[row + 1]]
        return np.frombuffer(is_seen, bool)[:-1]

    def missing_parents(self, children: Chosen) -> set[bytes]:
        """Raw ids of the parents of these commits that are not there."""
        return {oid for child, oid in self.missing if children[child]}

    def containing(self, order: Rows, marks: Mapping[int, int]) -> list[int]:
        """For each commit the marks of all commits that it reaches, itself included, as bits of one number.

        Args:
            order: From `order`.
            marks: Row of a commit → bits.

        Returns:
            A number for each row, and a last one that is 0, so that row -1 has one, too.
        """
        starts, parents = self.starts.data, self.parents.data
        held = [0] * (len(self) + 1)
        for row in order.data:
            bits = marks.get(row, 0)
            for parent in parents[starts[row] : starts[row + 1]]:
                before = held[parent]
                bits = before | bits if before | bits != before else before  # mostly one number for a line of commits
            held[row] = bits
        return held


def _rows(ordered: Rows, places: Rows) -> Rows:
    """Where the places stand among those in order; -1 for one that does not."""
    rows = np.searchsorted(ordered, places).astype(row_type(len(ordered)))
    return np.where(np.append(ordered, -2)[rows] == places, rows, -1)


def _raw(oid: str, length: int) -> bytes:
    """The raw id; zeros, which no object has, for what is none: a reflog may say anything."""
    try:
        raw = bytes.fromhex(oid)
    except ValueError:
        raw = b""
    return raw if len(raw) == length else bytes(length)
