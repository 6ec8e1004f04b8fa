"""Which commits can have moved some blobs: brought them to a path, or taken them from one.

Every tree gets a number that stands for where the blobs are in it: the sum, over its entries, of a number for the
entry's name times that of what it names. A commit whose tree has a parent's number has moved none of the blobs. The
numbers are made from what the packs store as changes, so that no tree is compared with another. They are random ones of
64 bits: that two are the same by chance is less likely than that an object id is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from keysieve.git.packs.columns import Compact, Rows, narrow
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject
from keysieve.git.packs.tree_changes import NAMED, Differences, Runs, Swaps
from keysieve.git.packs.tree_entries import Entries, digests_of, entries_of

if TYPE_CHECKING:
    from keysieve.git.packs.tree_changes import Flags, Numbers

    Weights = np.ndarray[Any, np.dtype[np.uint64]]
    Columns = tuple[Numbers, Numbers, Weights]

FOLDER = b"040000"


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
    def key(self) -> int:
        """From which the numbers of folders' names are made."""
        return self.digest(b"key")

    def digest(self, text: bytes) -> int:
        """The number of a blob, or of an entry's mode and name."""
        from hashlib import blake2b

        return int.from_bytes(blake2b(text, digest_size=8, key=self.seed).digest(), "big")


@dataclass(slots=True)
class Naming:
    """What a batch of trees names, as far as it can lead to the blobs. Objects are given by their places.

    Attributes:
        trees: The trees.
        bases: The tree that each one is a change of; -1 where its own entries are all there is.
        holders: For each entry that a tree has, or has not any more, which of `trees`; `named` is what the entry names.
        weights: The number of the entry's name, negative (modulo 2^64) where it is not there any more.
    """

    trees: Rows
    bases: Rows
    holders: Compact
    named: Rows
    weights: Weights


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
        self._may_begin = np.zeros(1 << 16, bool)  # the first 16 bits of the wanted ids
        self._may_begin[[int.from_bytes(oid[:2], "little") for oid in wanted.oids]] = True

    def take_down(
        self, trees: Sequence[StoredObject], found: Differences, runs: Runs, new: Entries, named: Numbers
    ) -> Naming:
        """What the trees name.

        Args:
            trees: In an order that has bases first.
            found: How they differ from their bases.
            runs: Of those that are more than swaps.
            new: The entries that the runs have.
            named: The places of what those name.
        """
        swaps = found.swaps
        weights, are_folders, are_clear = self._names(swaps)
        old = np.full(len(weights), -1)
        may_lead = are_folders | self._may_begin[swaps.old[:, :2].copy().view("<u2")[:, 0]]
        old[may_lead] = self._presence.places(swaps.old[may_lead].tobytes())
        doubtful = ~are_clear | self._are_wanted[swaps.places] | self._are_wanted[old]
        are_read = np.zeros(len(trees), bool)
        are_read[swaps.which[doubtful]] = True
        read = np.flatnonzero(are_read)
        kept = are_folders & ~are_read[swaps.which]
        had = kept & (old >= 0)
        is_change = ~are_read
        is_change[runs.which[~runs.replaces]] = False
        places = self._presence.places(b"".join([tree.oid for tree in trees]))
        bases = np.full(len(trees), -1)
        bases[is_change] = self._presence.places(
            b"".join([tree.base or b"" for tree, is_ in zip(trees, is_change.tolist(), strict=True) if is_])
        )
        gone = self._leading(runs.which[runs.replaces], *self._entries(runs.old))
        columns = [
            (swaps.which[kept], swaps.places[kept], weights[kept]),
            (swaps.which[had], old[had], np.uint64(0) - weights[had]),
            self._leading(read, *self._entries([trees[at].data for at in read.tolist()])),
            without_both(self._leading(runs.which, new, named), gone),
        ]
        holders, leading, weights = (np.concatenate(column) for column in zip(*columns, strict=True))
        holders = holders.astype(np.min_scalar_type(len(trees)))
        return Naming(narrow(places), narrow(bases), holders, narrow(leading), weights)

    def _entries(self, trees: Sequence[bytes]) -> tuple[Entries, Numbers]:
        """The entries that may lead to the blobs, with the places of what they name."""
        oid_length = self._presence.oid_length
        entries = entries_of(trees, oid_length)
        entries = entries.only(entries.have_mode(FOLDER) | self._may_begin[entries.begins()])
        return entries, self._presence.places(entries.ids(oid_length))

    def _names(self, swaps: Swaps) -> tuple[Weights, Flags, Flags]:
        """The numbers of the names before swapped ids, which of them are folders', and which could be made out."""
        window = swaps.before
        is_digit = window & 0xF8 == 0x30
        is_end = window[:, 5:] == 0x20
        for before in range(1, 6):
            is_end &= is_digit[:, 5 - before : NAMED - before]
        is_end &= ~np.logical_or.accumulate((window == 0)[:, :4:-1], axis=1)[:, ::-1]  # that is of the entry before
        column = NAMED - 1 - np.argmax(is_end[:, ::-1], axis=1)
        are_clear = is_end.sum(axis=1) == 1
        rows = np.arange(len(window))
        mode = window[rows[:, None], np.maximum(column[:, None] + np.arange(-5, 0), 0)]
        are_folders = are_clear & (mode == np.frombuffer(b"40000", np.uint8)).all(axis=1)
        weights = np.zeros(len(window), np.uint64)
        sizes = NAMED - 1 - column[are_folders]
        ends = (rows[are_folders] + 1) * NAMED
        weights[are_folders] = digests_of(window.tobytes() + bytes(8), ends - sizes, sizes, self._wanted.key)
        return weights, are_folders, are_clear

    def _leading(self, holders: Numbers, entries: Entries, named: Numbers) -> Columns:
        """The folders and the blobs among entries of the trees `holders`."""
        are_blobs = self._are_wanted[named]
        are_folders = entries.have_mode(FOLDER) & (named >= 0) & ~are_blobs
        folders, blobs = entries.only(are_folders), entries.only(are_blobs)
        weights = [
            folders.digests(self._wanted.key),
            np.fromiter(map(self._wanted.digest, blobs.headers()), np.uint64, len(blobs.which)),
        ]
        which = np.concatenate((folders.which, blobs.which))
        return holders[which], np.concatenate((named[are_folders], named[are_blobs])), np.concatenate(weights)


def without_both(here: Columns, gone: Columns) -> Columns:
    """Entries that trees have with those that they have not any more, and without those that are both: half of them."""
    holders, named = np.concatenate((here[0], gone[0])), np.concatenate((here[1], gone[1]))
    weights = np.concatenate((here[2], np.uint64(0) - gone[2]))
    keys = holders.astype(np.uint64) << np.uint64(32) | named.astype(np.uint64)
    order = np.argsort(keys)
    order = order[named[order] >= 0]
    keys = keys[order]
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    sums = np.add.reduceat(weights[order], first) if len(first) else weights[:0]
    kept = order[first[sums != 0]]
    return holders[kept], named[kept], sums[sums != 0]
