"""Which commits can have moved some blobs: brought them to a path, or taken them from one.

Every tree gets a number that stands for where the blobs are in it: the sum, over its entries, of a number for the
entry's name times that of what it names. A commit whose tree has its parents' number has moved none of the blobs. The
numbers are made from what the packs store as changes, so that no tree is compared with another. They are random ones of
64 bits: that two are the same by chance is less likely than that an object id is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from keysieve.git.graph import Graph
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject
from keysieve.git.packs.tree_changes import Differences, Run, Swaps
from keysieve.git.trees import named_ids

if TYPE_CHECKING:
    from keysieve.git.packs.tree_changes import Flags, Numbers, Octets

    Weights = np.ndarray[Any, np.dtype[np.uint64]]
    Entries = tuple[Numbers, Numbers, Weights]

REACH = 64
"""Bytes before an id in which its entry's mode and name are looked for; a tree with a longer one is read."""
DEEPEST = 4096
"""Levels of directories that are followed."""
FEW = 16
"""Blobs that are looked for one by one before a tree that may hold them is read."""
_BETWEEN_TREES = b"40000 /\0"
"""An entry that no tree has."""


@dataclass(frozen=True)
class Wanted:
    """The blobs.

    Attributes:
        oids: Raw ids.
        seed: From which the numbers are made; the same in all processes.
    """

    oids: frozenset[bytes]
    seed: bytes

    @cached_property
    def factors(self) -> Weights:
        """For a byte of a name, by its distance from the end."""
        numbers = np.random.default_rng(list(self.seed)).integers(1 << 63, size=REACH, dtype=np.uint64)
        return numbers << np.uint64(1) | np.uint64(1)

    def weight(self, name: bytes) -> int:
        """The number of a folder's name."""
        if len(name) > REACH - 6:
            return self.digest(name)
        return int((np.frombuffer(name, np.uint8)[::-1].astype(np.uint64) * self.factors[: len(name)]).sum())

    def digest(self, text: bytes) -> int:
        """The number of anything else."""
        return int.from_bytes(blake2b(text, digest_size=8, key=self.seed).digest(), "big")


@dataclass(slots=True)
class Naming:
    """What a batch of trees names, as far as it can lead to the blobs. All objects are given by their places.

    Attributes:
        trees: The trees.
        bases: The tree that each one is a change of; -1 where its own entries are all there is.
        holders: For each entry that a tree has, or has not any more, the tree; `named` is what the entry names.
        weights: The number of the entry's name, negative (modulo 2^64) where it is not there any more.
    """

    trees: Numbers
    bases: Numbers
    holders: Numbers
    named: Numbers
    weights: Weights


class _Weights(dict[bytes, int]):
    """The numbers of folders' names, each made once."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, name: bytes) -> int:
        weight = self[name] = self._wanted.weight(name)
        return weight


class Namer:
    """Takes down what trees name.

    Args:
        presence: Gives objects their places.
        wanted: The blobs.
    """

    def __init__(self, presence: Presence, wanted: Wanted) -> None:
        self._presence = presence
        self._wanted = wanted
        self._are_wanted = np.zeros(presence.size + 1, bool)  # the last one is that of what is absent
        self._are_wanted[presence.places(b"".join(sorted(wanted.oids)))] = True
        self._weights = _Weights(wanted)
        # This matches in the name of a file, too: as it does wherever that entry is read, sums stay comparable.
        self._folders = re.compile(rb"(?s)40000 ([^\0]+)\0(.{%d})" % presence.oid_length)
        self._entries = re.compile(rb"(?s)([0-7]{5,6} [^\0]+)\0(.{%d})" % presence.oid_length)

    def take_down(self, trees: Sequence[StoredObject], found: Differences, runs: Sequence[Run]) -> Naming:
        """What the trees name.

        Args:
            trees: In an order that has bases first.
            found: How they differ from their bases.
            runs: Of those that are more than swaps.
        """
        swaps = found.swaps
        old = self._presence.places(self._old_ids(trees, swaps))
        weights, are_folders, are_clear = self._names(swaps)
        doubtful = ~are_clear | self._are_wanted[swaps.places] | self._are_wanted[old]
        are_read = np.zeros(len(trees), bool)
        are_read[swaps.which[doubtful]] = True
        runs = [*runs, *(Run(at, trees[at].data, None) for at in np.flatnonzero(are_read).tolist())]
        kept = are_folders & ~are_read[swaps.which]
        which = np.fromiter((run.which for run in runs if run.old is None), np.int64)
        is_change = np.ones(len(trees), bool)
        is_change[which] = False
        places = self._presence.places(b"".join([tree.oid for tree in trees]))
        bases = np.full(len(trees), -1)
        bases[is_change] = self._presence.places(
            b"".join([tree.base or b"" for tree, is_ in zip(trees, is_change.tolist(), strict=True) if is_])
        )
        new = [(int(places[run.which]), run.new) for run in runs]
        gone = [(int(places[run.which]), run.old) for run in runs if run.old is not None]
        holders = places[swaps.which[kept]]
        columns = [
            (holders, swaps.places[kept], weights[kept]),
            (holders, old[kept], np.uint64(0) - weights[kept]),
            self._folders_in(new),
            self._blobs_in(new),
            _without(self._folders_in(gone)),
            _without(self._blobs_in(gone)),
        ]
        return Naming(places, bases, *(np.concatenate(column) for column in zip(*columns, strict=True)))

    def _old_ids(self, trees: Sequence[StoredObject], swaps: Swaps) -> bytes:
        length = self._presence.oid_length
        spans = zip(swaps.which.tolist(), swaps.at.tolist(), strict=True)
        return b"".join([(trees[which].base_data or b"")[at : at + length] for which, at in spans])

    def _names(self, swaps: Swaps) -> tuple[Weights, Flags, Flags]:
        """The numbers of the names before swapped ids, which of them are folders', and which could be made out."""
        ends = swaps.begin - 1
        window = swaps.octets[np.maximum(ends[:, None] + np.arange(-REACH, 0), 0)]
        is_digit = window & 0xF8 == 0x30
        is_end = window[:, 5:] == 0x20
        for before in range(1, 6):
            is_end &= is_digit[:, 5 - before : REACH - before]
        column = REACH - 1 - np.argmax(is_end[:, ::-1], axis=1)
        are_clear = is_end.any(axis=1)
        rows = np.arange(len(window))
        mode = window[rows[:, None], np.maximum(column[:, None] + np.arange(-5, 0), 0)]
        are_folders = are_clear & (mode == np.frombuffer(b"40000", np.uint8)).all(axis=1)
        weights = np.zeros(len(window), np.uint64)
        folders = np.flatnonzero(are_folders)
        in_name = np.arange(REACH) > column[folders, None]
        octets: Octets = np.where(in_name, window[folders], 0)
        weights[folders] = octets[:, ::-1].astype(np.uint64) @ self._wanted.factors
        return weights, are_folders, are_clear

    def _folders_in(self, runs: Sequence[tuple[int, bytes]]) -> Entries:
        """The folders in runs of whole entries."""
        between = _BETWEEN_TREES + bytes(self._presence.oid_length)
        runs = [run for run in runs if b"40000 " in run[1]]
        found = self._folders.findall(between.join([*(entries for _, entries in runs), b""]))
        names = [name for name, _ in found]
        are_ends = np.fromiter((name == b"/" for name in names), bool, len(names))
        which = (np.cumsum(are_ends) - are_ends)[~are_ends]
        holders = np.fromiter((place for place, _ in runs), np.int64, len(runs))[which]
        named = self._presence.places(b"".join([oid for _, oid in found]))[~are_ends]
        weights = np.fromiter(map(self._weights.__getitem__, names), np.uint64, len(names))[~are_ends]
        return holders, named, weights

    def _blobs_in(self, runs: Sequence[tuple[int, bytes]]) -> Entries:
        """The blobs in runs of whole entries."""
        found: list[tuple[int, bytes, int]] = []
        wanted = self._wanted.oids
        every = b"".join([entries for _, entries in runs])
        if len(wanted) > FEW:
            here = wanted.intersection(named_ids(every, self._presence.oid_length))
        else:
            here = frozenset(oid for oid in wanted if oid in every)
        for place, entries in runs if here else ():
            if len(here) > FEW or any(oid in entries for oid in here):  # a search is quicker than a look at each
                for header, oid in self._entries.findall(entries):
                    if oid in here:
                        found.append((place, oid, self._wanted.digest(header)))
        return (
            np.fromiter((place for place, _, _ in found), np.int64, len(found)),
            self._presence.places(b"".join([oid for _, oid, _ in found])),
            np.fromiter((weight for _, _, weight in found), np.uint64, len(found)),
        )


def _without(entries: Entries) -> Entries:
    """The entries as those that are not there any more."""
    holders, named, weights = entries
    return holders, named, np.uint64(0) - weights


def numbers(namings: Collection[Naming], presence: Presence, wanted: Wanted) -> Weights:
    """The number of every object, by its place: 0 for what holds none of the blobs."""
    result = np.zeros(presence.size + 1, np.uint64)  # the last one is that of what is absent
    for oid in sorted(wanted.oids):
        result[presence.places(oid)] = wanted.digest(oid)
    if not namings:
        return result
    trees, bases, holders, named, weights = (
        np.concatenate([getattr(naming, name) for naming in namings]) for name in Naming.__slots__
    )
    ranks = np.full(presence.size, -1, np.int64)
    ranks[trees] = np.arange(len(trees))
    holders = ranks[holders]
    levels = _levels(np.where(bases < 0, -1, ranks[bases]))
    for _ in range(DEEPEST):
        sums = np.zeros(len(trees), np.uint64)
        leading = np.flatnonzero(result[named])
        np.add.at(sums, holders[leading], weights[leading] * result[named[leading]])
        for level, above in levels:
            sums[level] += sums[above]
        sums = sums[ranks[trees]]  # an object of which there are several copies may have been taken down twice
        if np.array_equal(sums, result[trees]):
            break
        result[trees] = sums
    return result


def moving(order: Sequence[str], graph: Graph, of_places: Weights) -> list[str]:
    """Those of the commits whose trees do not have the number of all their parents' trees, in their order.

    Args:
        order: Commits.
        graph: Knows their parents and the places of their trees.
        of_places: From `numbers`.
    """
    of_commits = {oid: int(of_places[place]) for oid, place in graph.trees.items()}
    found = []
    for oid in order:
        number = of_commits[oid]
        before = [of_commits.get(parent, 0) for parent in graph.parents[oid]] or [0]
        if any(one != number for one in before):
            found.append(oid)
    return found


def _levels(bases: Numbers) -> list[tuple[Numbers, Numbers]]:
    """Trees that are changes of others, and those others, in an order that has those done before."""
    is_done = bases < 0
    waiting = np.flatnonzero(~is_done)
    levels = []
    while len(waiting):
        is_ready = is_done[bases[waiting]]
        level = waiting[is_ready]
        if not len(level):
            break
        levels.append((level, bases[level]))
        is_done[level] = True
        waiting = waiting[~is_ready]
    return levels
