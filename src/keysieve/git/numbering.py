"""The number of every tree, from what batches of trees name (see `containment`), and the commits that it tells of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keysieve.git.containment import Naming, Wanted
from keysieve.git.graph import Graph
from keysieve.git.packs.columns import Compact, Rows, row_type
from keysieve.git.packs.family import ancestors
from keysieve.git.packs.presence import Presence

if TYPE_CHECKING:
    from keysieve.git.containment import Weights

DEEPEST = 4096
"""Levels of directories that are followed."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A naming in a quarter of its bytes: nearly every tree has one name, whose number is kept once for all entries.

    Attributes:
        trees: Their places.
        bases: The places of those that they are changes of; -1 for none.
        holders: For each entry, which of `trees` has it, or has it not any more.
        named: The place of what it names.
        gone: Where the entries begin that a tree has not any more.
        odd: Where those begin whose names are not what the tree that they name is mostly called.
        weights: The numbers of the names of the odd ones.
    """

    trees: Rows = field(repr=False)
    bases: Rows = field(repr=False)
    holders: Compact = field(repr=False)
    named: Rows = field(repr=False)
    gone: int
    odd: int
    weights: Weights = field(repr=False)


class Numbering:
    """Numbers trees by where the blobs are in them.

    Args:
        presence: Gives objects their places.
        wanted: The blobs.
    """

    def __init__(self, presence: Presence, wanted: Wanted) -> None:
        self.wanted = wanted
        self._presence = presence
        self._parts: list[_Part] = []
        self._usual = np.zeros(presence.size + 1, np.uint64)  # the last one is that of what is absent

    def add(self, naming: Naming) -> None:
        """Take note of what some trees name."""
        is_new = self._usual[naming.named] == 0
        self._usual[naming.named[is_new]] = naming.weights[is_new]
        usual = self._usual[naming.named]
        is_here, is_gone = naming.weights == usual, naming.weights == np.uint64(0) - usual
        here, gone, odd = (np.flatnonzero(are) for are in (is_here, is_gone & ~is_here, ~(is_here | is_gone)))
        entries = np.concatenate((here, gone, odd))
        places = row_type(self._presence.size)
        self._parts.append(
            _Part(
                naming.trees.astype(places),
                naming.bases.astype(places),
                naming.holders[entries],
                naming.named[entries].astype(places),
                len(here),
                len(here) + len(gone),
                naming.weights[odd],
            )
        )

    def numbers(self) -> Weights:
        """The number of every object, by its place: 0 for what holds none of the blobs, and for what is absent."""
        result = np.zeros(self._presence.size + 1, np.uint64)
        for oid in sorted(self.wanted.oids):
            result[self._presence.places(oid)] = self.wanted.digest(oid)
        result[-1] = 0
        levels = list(self._levels())
        more = result.copy()
        for _ in range(DEEPEST):
            has_more = more != 0
            if not has_more.any():
                break
            more = self._above(more, has_more)
            for level, bases in levels:
                more[level] += more[bases]
            result += more
        return result

    def _above(self, more: Weights, has_more: NDArray[np.bool_]) -> Weights:
        """How much the numbers of trees grow by what they name having grown, which is what `has_more` says of it."""
        above = np.zeros_like(more)
        for part in self._parts:
            entries = np.flatnonzero(has_more[part.named])
            named = part.named[entries]
            weights = self._usual[named]
            gone, odd = np.searchsorted(entries, (part.gone, part.odd))
            weights[gone:odd] = np.uint64(0) - weights[gone:odd]
            weights[odd:] = part.weights[entries[odd:] - part.odd]
            np.add.at(above, part.trees[part.holders[entries]], weights * more[named])
        return above

    def _levels(self) -> Iterator[tuple[Rows, Rows]]:
        """Trees that are changes of others, and those others, in an order that has those done before."""
        bases = np.full(self._presence.size, -1, row_type(self._presence.size))
        for part in self._parts:
            bases[part.trees] = part.bases
        depths = (bases >= 0).astype(bases.dtype)
        for here, there in ancestors(bases):
            depths[here] += depths[there]
        changes = np.flatnonzero(depths).astype(bases.dtype)
        changes = changes[np.argsort(depths[changes], kind="stable")]
        for level in np.split(changes, np.flatnonzero(np.diff(depths[changes])) + 1):
            yield level, bases[level]


def moving(order: Rows, graph: Graph, numbers: Weights) -> Rows:
    """Those of the commits whose trees have the number of none of their parents' trees, in their order.

    So a merge that has taken one side's state of the blobs is none of them.

    Args:
        order: Commits, by their rows in the graph.
        graph: Knows their parents and the places of their trees.
        numbers: By place.
    """
    of_commits = np.append(numbers[graph.trees], np.uint64(0))  # the last one is that of what is not there
    children = graph.children
    is_moving = (np.diff(graph.starts) > 0) | (of_commits[:-1] != 0)
    is_moving[children[of_commits[graph.parents] == of_commits[children]]] = False
    found: Rows = order[is_moving[order]]
    return found
