"""How trees differ from the trees they are stored as changes of, found without reading what they share.

Nine of ten trees of a history are a change of another one, and most of those put new ids in the places of old ones. All
trees of a batch are looked at together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.int64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Octets = np.ndarray[Any, np.dtype[np.uint8]]

STEPS = 32
"""Instructions of a delta that are looked at; behind them everything counts as changed."""
SHARED = 2
"""Bytes that a new id may have in common with the old one at its ends: what a delta then inserts is so much shorter."""
BEFORE = (96, 1024)
"""Bytes before and behind a change in which the end of a whole entry usually stands; names may be long."""


class Run(NamedTuple):
    """Whole entries of a tree, with all that its base does not have.

    Attributes:
        which: Which of the trees.
        new: The entries.
        old: What the base has in their place; None where they are the whole tree and the base plays no part.
    """

    which: int
    new: bytes
    old: bytes | None


class Swaps(NamedTuple):
    """Ids in the places of others, in trees that differ from their bases in nothing else.

    Attributes:
        octets: All trees, one after the other.
        which: For each swap, which of the trees.
        begin: Where the new id stands in `octets`; `at` is where it stands in the tree, and the old one in the base.
        places: Where the new id stands in the presence.
    """

    octets: Octets
    which: Numbers
    begin: Numbers
    at: Numbers
    places: Numbers

    def only(self, are_meant: Flags | Numbers) -> Swaps:
        """Some of the swaps."""
        return Swaps(self.octets, *(column[are_meant] for column in self[1:]))

    def ids(self, length: int) -> Octets:
        """The new ids, a row each."""
        rows: Octets = self.octets[self.begin[:, None] + np.arange(length)]
        return rows


@dataclass(slots=True)
class Differences:
    """What a batch of deltas does.

    Attributes:
        are_swaps: Which trees are their bases but for `swaps`, where the new ids are those of objects that are there.
        first: Where the first change begins in each tree; `last` is where the last one ends. Beyond the end and 0 for
            a tree without a base, or whose base is another unit's business.
    """

    first: Numbers
    last: Numbers
    are_swaps: Flags
    swaps: Swaps = field(init=False)

    def note(self, which: Numbers, start: Numbers, end: Numbers) -> None:
        """Take in a change of some of the trees."""
        self.first[which] = np.minimum(self.first[which], start)
        self.last[which] = np.maximum(self.last[which], end)

    def runs(self, trees: Sequence[StoredObject]) -> Iterator[Run]:
        """What is to be read of the trees that are more than swaps."""
        others = np.flatnonzero(~self.are_swaps)
        for which, first, last in zip(others.tolist(), self.first[others], self.last[others], strict=True):
            yield _run(which, trees[which], int(first), int(last))


def differences(trees: Sequence[StoredObject], presence: Presence) -> Differences:
    """How the trees differ from their bases.

    What is copied from a base is taken for what it is there: for an entry to become another, there would have to be a
    tree whose names hold the raw id of an object.

    Args:
        trees: Sound ones.
        presence: What the object database holds.
    """
    found, which, first, size = _inserts(trees)
    octets, starts, ends = _joined([tree.data for tree in trees], spare=presence.oid_length)
    length = presence.oid_length
    swaps = Swaps(octets, which, starts[which] + first, first.copy(), np.full(len(which), -1))
    for shared in range(SHARED + 1):
        begin = starts[which] + first - shared
        fits = (swaps.places < 0) & (size >= length - SHARED) & (size <= length - shared) & (first > shared)
        tried = np.flatnonzero(fits & (begin + length <= ends[which]))
        tried = tried[octets[begin[tried] - 1] == 0]
        swaps.begin[tried], swaps.at[tried] = begin[tried], first[tried] - shared
        swaps.places[tried] = presence.places(swaps.only(tried).ids(length).tobytes())
    found.are_swaps[which[swaps.places < 0]] = False
    found.swaps = swaps.only(found.are_swaps[which])
    return found


def _inserts(trees: Sequence[StoredObject]) -> tuple[Differences, Numbers, Numbers, Numbers]:
    """Where the trees change, and what is inserted in those that leave out as much: in which, where, how much.

    All deltas are followed at once, one instruction of each at a time. The format is described in git's
    gitformat-pack, "Deltified representation".
    """
    octets, starts, ends = _joined([_delta(tree) for tree in trees], spare=16)
    base_sizes, position = _varints(octets, starts)
    sizes, position = _varints(octets, position)
    made, source = np.zeros(len(trees), np.int64), np.zeros(len(trees), np.int64)
    found = Differences(np.full(len(trees), 1 << 62), np.zeros(len(trees), np.int64), base_sizes == sizes)
    none = np.zeros(0, np.int64)
    inserts = [(none, none, none)]
    active = np.flatnonzero(position < ends)
    for _ in range(STEPS):
        code = octets[position[active]].astype(np.int64)
        is_insert = code < 0x80
        which, length = active[is_insert], code[is_insert]
        at = made[which]
        inserts.append((which, at, length))
        found.note(which, at, at + length)
        made[which] += length
        source[which] += length
        position[which] += 1 + length
        which = active[~is_insert]
        offset, length, position[which] = _copies(octets, position[which], code[~is_insert])
        jumping = which[offset != source[which]]
        found.are_swaps[jumping] = False
        found.note(jumping, made[jumping], made[jumping])
        made[which] += length
        source[which] = offset + length
        active = active[position[active] < ends[active]]
        if not len(active):
            break
    odd = np.flatnonzero((source != base_sizes) | (made != sizes))
    found.are_swaps[odd] = False
    found.note(odd, np.minimum(made[odd], sizes[odd]), sizes[odd])
    which, at, length = (np.concatenate(column) for column in zip(*inserts, strict=True))
    kept = found.are_swaps[which]
    return found, which[kept], at[kept], length[kept]


def _delta(tree: StoredObject) -> bytes:
    """The delta of a tree, or one that changes nothing and is no swap."""
    return b"\1\0" if tree.delta is None or tree.base_elsewhere else tree.delta


def _joined(texts: Sequence[bytes], spare: int) -> tuple[Octets, Numbers, Numbers]:
    """Texts in one array, with zeros behind them, and where each starts and ends."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    return np.frombuffer(b"".join((*texts, bytes(spare))), np.uint8), starts, ends


def _varints(octets: Octets, starts: Numbers) -> tuple[Numbers, Numbers]:
    """The variable-length numbers at `starts`, and where what follows them starts. Trees are not beyond 2^35 bytes."""
    position = starts.copy()
    values = np.zeros(len(starts), np.int64)
    more = np.arange(len(starts))
    for shift in range(0, 35, 7):
        octet = octets[position[more]].astype(np.int64)
        values[more] |= (octet & 0x7F) << shift
        position[more] += 1
        more = more[octet >= 0x80]
        if not len(more):
            break
    return values, position


def _copies(octets: Octets, position: Numbers, code: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Offsets and sizes of copy instructions, and where what follows them starts."""
    position = position + 1
    fields = []
    for first, bits in ((0, 4), (4, 3)):
        value = np.zeros(len(code), np.int64)
        for bit in range(bits):
            has = code >> first + bit & 1
            value |= octets[position] * has << 8 * bit
            position += has
        fields.append(value)
    offset, size = fields
    size[size == 0] = 0x10000
    return offset, size, position


def _run(which: int, tree: StoredObject, first: int, last: int) -> Run:
    """The entries that overlap a stretch of a tree, and maybe others; the whole tree if they cannot be made out."""
    data, base = tree.data, tree.base_data
    if base is None or tree.base_elsewhere or last < first:
        return Run(which, data, None)
    entry, entries = _patterns(len(tree.oid))
    for before in BEFORE:
        found = entries.search(data, max(0, first - before), last + before)
        if found is None or (found.end() < last and found.end() < len(data)):
            continue
        one = entry.match(data, found.start())
        if found.start() == 0 or (one is not None and one.end() <= first):
            return Run(which, found[0], base[found.start() : found.end() + len(base) - len(data)])
    return Run(which, data, None)


@cache
def _patterns(oid_length: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """One entry, and a run of them, as they stand in a tree object (git-mktree, "The tree object")."""
    entry = rb"[0-7]{5,6} [^\0]+\0[\s\S]{%d}" % oid_length
    return re.compile(entry), re.compile(b"(?:%b)+" % entry)
