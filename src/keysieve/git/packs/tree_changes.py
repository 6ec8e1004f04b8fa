"""How trees differ from the trees they are stored as changes of, found without reading what they share.

Nine of ten trees of a history are a change of another one, and most of those put new ids in the places of old ones. All
trees of a batch are looked at together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject
from keysieve.git.packs.tree_entries import entry_expression, joined

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.int64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Octets = np.ndarray[Any, np.dtype[np.uint8]]

STEPS = 32
"""Instructions of a delta that are looked at; behind them everything counts as changed."""
SHARED = 2
"""Bytes that a new id may have in common with the old one at its ends: what a delta then inserts is so much shorter."""
BEFORE = (96, 1024)
"""Bytes before a change in which a whole entry usually stands; names may be long."""
CLOSE = 128
"""Bytes between changes that are read with them."""


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
        text: All trees, one after the other, and some zeros.
        which: For each swap, which of the trees.
        begin: Where the new id stands in `text`; `at` is where it stands in the tree, and the old one in the base.
        places: Where the new id stands in the presence.
    """

    text: bytes
    which: Numbers
    begin: Numbers
    at: Numbers
    places: Numbers

    def only(self, are_meant: Flags | Numbers) -> Swaps:
        """Some of the swaps."""
        return Swaps(self.text, *(column[are_meant] for column in self[1:]))

    def ids(self, length: int) -> Octets:
        """The new ids, a row each."""
        rows: Octets = np.frombuffer(self.text, np.uint8)[self.begin[:, None] + np.arange(length)]
        return rows


class Changes(NamedTuple):
    """What deltas change, a stretch at a time.

    Attributes:
        which: In which of the trees.
        first: Where it begins in the tree; `last` is where it ends. The same where copies meet that did not.
        before: How much farther on in the base stands what is copied before it; `after` is for what is copied behind.
    """

    which: Numbers
    first: Numbers
    last: Numbers
    before: Numbers
    after: Numbers

    def joined(self) -> Changes:
        """Those in order, and those that are close together as one."""
        order = np.lexsort((self.first, self.which))
        which, first, last, before, after = (column[order] for column in self)
        is_new = np.ones(len(which), bool)
        is_new[1:] = (which[1:] != which[:-1]) | (first[1:] - last[:-1] > CLOSE)
        begins = np.flatnonzero(is_new)
        ends = np.append(begins, len(which))[1:] - 1
        return Changes(which[begins], first[begins], last[ends], before[begins], after[ends])


@dataclass(slots=True)
class Differences:
    """How trees differ from their bases.

    Attributes:
        are_swaps: Which trees are their bases but for `swaps`, where the new ids are those of objects that are there.
        changes: What is more than that in the others.
    """

    are_swaps: Flags
    swaps: Swaps
    changes: Changes

    def runs(self, trees: Sequence[StoredObject]) -> Iterator[Run]:
        """What is to be read of the trees that are more than swaps; all entries that they do not have from their bases.

        Together they take nothing from a tree, or its base, twice.
        """
        stretches = zip(*(column.tolist() for column in self.changes.joined()), strict=True)
        found = {which: list(group) for which, group in groupby(stretches, itemgetter(0))}
        for which in np.flatnonzero(~self.are_swaps).tolist():
            tree = trees[which]
            is_whole = tree.base_data is None or tree.base_elsewhere
            runs = None if is_whole else _runs(tree, found.get(which, []))
            if runs is None:
                yield Run(which, tree.data, None)
            else:
                yield from (Run(which, new, old) for new, old in runs)


def differences(trees: Sequence[StoredObject], presence: Presence) -> Differences:
    """How the trees differ from their bases.

    What is copied from a base is taken for what it is there: for an entry to become another, there would have to be a
    tree whose names hold the raw id of an object.

    Args:
        trees: Sound ones.
        presence: What the object database holds.
    """
    are_swaps, changes = _changes(trees)
    possible = are_swaps[changes.which]
    which, first = changes.which[possible], changes.first[possible]
    size = changes.last[possible] - first
    text, starts, ends = joined([tree.data for tree in trees], spare=presence.oid_length + 8)
    octets = np.frombuffer(text, np.uint8)
    length = presence.oid_length
    swaps = Swaps(text, which, starts[which] + first, first.copy(), np.full(len(which), -1))
    for shared in range(SHARED + 1):
        begin = starts[which] + first - shared
        fits = (swaps.places < 0) & (size >= length - SHARED) & (size <= length - shared) & (first > shared)
        tried = np.flatnonzero(fits & (begin + length <= ends[which]))
        tried = tried[octets[begin[tried] - 1] == 0]
        swaps.begin[tried], swaps.at[tried] = begin[tried], first[tried] - shared
        swaps.places[tried] = presence.places(swaps.only(tried).ids(length).tobytes())
    are_swaps[which[swaps.places < 0]] = False
    others = ~are_swaps[changes.which]
    return Differences(are_swaps, swaps.only(are_swaps[which]), Changes(*(column[others] for column in changes)))


def _changes(trees: Sequence[StoredObject]) -> tuple[Flags, Changes]:
    """What deltas change, and which of them do nothing but insert as much as they leave out.

    All deltas are followed at once, one instruction of each at a time. The format is described in git's
    gitformat-pack, "Deltified representation".
    """
    text, starts, ends = joined([_delta(tree) for tree in trees], spare=16)
    octets = np.frombuffer(text, np.uint8)
    base_sizes, position = _varints(octets, starts)
    sizes, position = _varints(octets, position)
    made, shift = np.zeros(len(trees), np.int64), np.zeros(len(trees), np.int64)
    found: list[Changes] = []
    active = np.flatnonzero(position < ends)
    for _ in range(STEPS):
        code = octets[position[active]].astype(np.int64)
        is_insert = code < 0x80
        which, length = active[is_insert], code[is_insert]
        at = made[which]
        found.append(Changes(which, at, at + length, shift[which], shift[which]))
        made[which] += length
        position[which] += 1 + length
        which = active[~is_insert]
        offset, length, position[which] = _copies(octets, position[which], code[~is_insert])
        jump = offset - made[which]
        are_new = jump != shift[which]
        jumping = which[are_new]
        found.append(Changes(jumping, made[jumping], made[jumping], shift[jumping], jump[are_new]))
        shift[which] = jump
        made[which] += length
        active = active[position[active] < ends[active]]
        if not len(active):
            break
    odd = np.flatnonzero((made != sizes) | (made + shift != base_sizes))
    found.append(Changes(odd, np.minimum(made[odd], sizes[odd]), sizes[odd], shift[odd], (base_sizes - sizes)[odd]))
    changes = Changes(*(np.concatenate(column) for column in zip(*found, strict=True)))
    are_swaps = base_sizes == sizes
    are_swaps[changes.which[changes.before != changes.after]] = False
    are_swaps[odd] = False
    return are_swaps, changes


def _delta(tree: StoredObject) -> bytes:
    """The delta of a tree, or one that changes nothing and is no swap."""
    return b"\1\0" if tree.delta is None or tree.base_elsewhere else tree.delta


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


def _runs(tree: StoredObject, changes: Sequence[tuple[int, int, int, int, int]]) -> list[tuple[bytes, bytes]] | None:
    """The entries that changes of a tree touch, and what its base has instead; None if they cannot be made out."""
    data, base = tree.data, tree.base_data or b""
    found = []
    done = done_in_base = 0
    for _, first, last, before, after in changes:
        entries = _touched(data, first, last, len(tree.oid))
        if entries is None:
            return None
        start, end = entries
        if start < done or start + before < done_in_base or not start + before <= end + after <= len(base):
            return None
        found.append((data[start:end], base[start + before : end + after]))
        done, done_in_base = end, end + after
    return found


def _touched(data: bytes, first: int, last: int, oid_length: int) -> tuple[int, int] | None:
    """Where the entries begin and end that a stretch of a tree is part of; none if it lies between two."""
    entry = entry_expression(oid_length)
    for before in BEFORE:
        found = entry.search(data, max(0, first - before))
        while found is not None and found.end() <= first:
            start = found.end()
            found = entry.match(data, start)
            if found is None or found.end() > first:
                return _end(data, start, first, last, entry)
        if found is not None and found.start() == 0:
            return _end(data, 0, first, last, entry)
    return (0, 0) if not data else None


def _end(data: bytes, start: int, first: int, last: int, entry: re.Pattern[bytes]) -> tuple[int, int] | None:
    end = start
    while end < last or start == end < first:
        found = entry.match(data, end)
        if found is None:
            return None
        end = found.end()
    return start, end
