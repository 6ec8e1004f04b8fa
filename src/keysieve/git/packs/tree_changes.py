"""How trees differ from the trees they are stored as changes of, found without reading what they share.

Nine of ten trees of a history are a change of another one, and most of those put new ids in the places of old ones. All
trees of a batch are looked at together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject
from keysieve.git.packs.tree_entries import boundaries, joined

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.int64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Octets = np.ndarray[Any, np.dtype[np.uint8]]

STEPS = 32
"""Instructions of a delta that are looked at; behind them everything counts as changed."""
SHARED = 2
"""Bytes that a new id may have in common with the old one at its ends: what a delta then inserts is so much shorter."""
NAMED = 64
"""Bytes before the NUL before an id that are kept with it: a mode and a name, in most entries."""
AROUND = 192
"""Bytes before and behind a change in which whole entries begin and end; a tree with a longer name is read whole."""
CLOSE = 128
"""Bytes between changes that are read with them."""


class Runs(NamedTuple):
    """Whole entries of trees, with all that their bases do not have.

    Attributes:
        which: For each run, which of the trees.
        new: The entries.
        replaces: Whether `old` says what the base has in their place; otherwise they are the whole tree, and the base
            plays no part.
        old: For those that replace something, what.
    """

    which: Numbers
    new: list[bytes]
    replaces: Flags
    old: list[bytes]


class Swaps(NamedTuple):
    """Ids in the places of others, in trees that differ from their bases in nothing else. A row each.

    Attributes:
        which: Which of the trees.
        places: Where the new id stands in the presence.
        new: The new ids.
        old: The old ones.
        before: What stands before the NUL before the id, `NAMED` bytes; zeros before a tree's begin.
    """

    which: Numbers
    places: Numbers
    new: Octets
    old: Octets
    before: Octets

    def only(self, are_meant: Flags | Numbers) -> Swaps:
        """Some of the swaps."""
        return Swaps(
            self.which[are_meant],
            self.places[are_meant],
            self.new[are_meant],
            self.old[are_meant],
            self.before[are_meant],
        )


class Changes(NamedTuple):
    """What deltas change, a stretch at a time.

    Attributes:
        which: In which of the trees.
        first: Where it begins in the tree; `last` is where it ends. The same where copies meet that did not.
        before: How much farther on in the base stands what is copied before it; `after` is for what is copied behind.
        source: Where what is inserted stands in the text of all deltas; 0 where it is more, or nothing.
    """

    which: Numbers
    first: Numbers
    last: Numbers
    before: Numbers
    after: Numbers
    source: Numbers

    def only(self, are_meant: Flags | Numbers) -> Changes:
        """Some of the changes."""
        return Changes(*(column[are_meant] for column in self))

    def joined(self) -> Changes:
        """Those in order, and those that are close together as one."""
        ordered = self.only(np.lexsort((self.first, self.which)))
        which, first, last = ordered[:3]
        is_new = np.ones(len(which), bool)
        is_new[1:] = (which[1:] != which[:-1]) | (first[1:] - last[:-1] > CLOSE)
        begins = np.flatnonzero(is_new)
        ends = np.append(begins, len(which))[1:] - 1
        return ordered.only(begins)._replace(last=last[ends], after=ordered.after[ends])


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

    def runs(self, trees: Sequence[StoredObject]) -> Runs:
        """What is to be read of the trees that are more than swaps; all entries that they do not have from their bases.

        Together they take nothing from a tree, or its base, twice.
        """
        are_whole = np.fromiter((tree.delta is None or tree.base_elsewhere for tree in trees), bool, len(trees))
        changes = self.changes.only(~are_whole[self.changes.which]).joined()
        which = changes.which
        start, end = _touched(trees, changes)
        start_in_base, end_in_base = start + changes.before, end + changes.after
        base_sizes = np.fromiter((len(trees[at].base_data or b"") for at in which.tolist()), np.int64, len(which))
        is_sound = (start >= 0) & (start_in_base >= 0) & (start_in_base <= end_in_base) & (end_in_base <= base_sizes)
        is_apart = (start[1:] >= end[:-1]) & (start_in_base[1:] >= end_in_base[:-1])
        is_sound[1:] &= is_apart | (which[1:] != which[:-1])
        are_whole[which[~is_sound]] = True
        kept = np.flatnonzero(~are_whole[which] & ((end > start) | (end_in_base > start_in_base)))
        columns = (which[kept], start[kept], end[kept], start_in_base[kept], end_in_base[kept])
        spans = list(zip(*(column.tolist() for column in columns), strict=True))
        whole = np.flatnonzero(are_whole)
        return Runs(
            np.concatenate((which[kept], whole)),
            [trees[at].data[first:last] for at, first, last, _, _ in spans] + [trees[at].data for at in whole.tolist()],
            np.repeat((True, False), (len(kept), len(whole))),
            [(trees[at].base_data or b"")[first:last] for at, _, _, first, last in spans],
        )


def differences(trees: Sequence[StoredObject], presence: Presence) -> Differences:
    """How the trees differ from their bases.

    What is copied from a base is taken for what it is there: for an entry to become another, there would have to be a
    tree whose names hold the raw id of an object.

    Args:
        trees: Sound ones.
        presence: What the object database holds.
    """
    are_swaps, changes, octets = _changes(trees)
    swapping = changes.only(are_swaps[changes.which])
    swaps = _swaps(trees, swapping, octets, presence)
    are_swaps[swapping.which[swaps.places < 0]] = False
    return Differences(are_swaps, swaps.only(are_swaps[swaps.which]), changes.only(~are_swaps[changes.which]))


def _swaps(trees: Sequence[StoredObject], changes: Changes, octets: Octets, presence: Presence) -> Swaps:
    """What the changes do to ids; the place is -1 where that is something else, or the new id is not there."""
    length = presence.oid_length
    lead = NAMED + 1 + SHARED
    width = lead + length + SHARED
    count = len(changes.which)
    around = b"".join(
        [
            _around(trees[which].base_data or b"", first - lead, width)
            for which, first in zip(changes.which.tolist(), changes.first.tolist(), strict=True)
        ]
    )
    old = np.frombuffer(around, np.uint8).reshape(count, width)
    new = old.copy()
    sizes = changes.last - changes.first
    may_be = (sizes >= length - SHARED) & (sizes <= length) & (changes.source > 0)
    for size in range(length - SHARED, length + 1):
        rows = np.flatnonzero(may_be & (sizes == size))
        new[rows, lead : lead + size] = octets[changes.source[rows, None] + np.arange(size)]
    swaps = Swaps(
        changes.which,
        np.full(count, -1),
        new[:, lead : lead + length].copy(),
        old[:, lead : lead + length].copy(),
        old[:, lead - 1 - NAMED : lead - 1].copy(),
    )
    for shared in range(SHARED + 1):
        fits = may_be & (swaps.places < 0) & (sizes <= length - shared) & (changes.first > shared)
        tried = np.flatnonzero(fits & (old[:, lead - shared - 1] == 0))
        begin = lead - shared
        if shared:
            swaps.new[tried] = new[tried, begin : begin + length]
            swaps.old[tried] = old[tried, begin : begin + length]
            swaps.before[tried] = old[tried, begin - 1 - NAMED : begin - 1]
        swaps.places[tried] = presence.places(swaps.new[tried].tobytes())
    return swaps


def _around(text: bytes, start: int, size: int) -> bytes:
    """So many bytes from a place on, with zeros for what lies outside the text."""
    if start >= 0:
        return text[start : start + size].ljust(size, b"\0")
    end = max(0, start + size)
    return text[:end].ljust(end, b"\0").rjust(size, b"\0")


def _changes(trees: Sequence[StoredObject]) -> tuple[Flags, Changes, Octets]:
    """What deltas change, which of them do nothing but insert as much as they leave out, and the text of all deltas.

    All deltas are followed at once, one instruction of each at a time. The format is described in git's
    gitformat-pack, "Deltified representation".
    """
    text, starts, ends = joined([_delta(tree) for tree in trees], spare=32)
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
        found.append(Changes(which, at, at + length, shift[which], shift[which], position[which] + 1))
        made[which] += length
        position[which] += 1 + length
        which = active[~is_insert]
        offset, length, position[which] = _copies(octets, position[which], code[~is_insert])
        jump = offset - made[which]
        are_new = jump != shift[which]
        jumping = which[are_new]
        at = made[jumping]
        found.append(Changes(jumping, at, at, shift[jumping], jump[are_new], np.zeros_like(jumping)))
        shift[which] = jump
        made[which] += length
        active = active[position[active] < ends[active]]
        if not len(active):
            break
    odd = np.flatnonzero((made != sizes) | (made + shift != base_sizes))
    at, nothing = np.minimum(made[odd], sizes[odd]), np.zeros_like(odd)
    found.append(Changes(odd, at, sizes[odd], shift[odd], (base_sizes - sizes)[odd], nothing))
    changes = Changes(*(np.concatenate(column) for column in zip(*found, strict=True)))
    are_swaps = base_sizes == sizes
    are_swaps[changes.which[changes.before != changes.after]] = False
    are_swaps[odd] = False
    return are_swaps, changes, octets


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


def _touched(trees: Sequence[StoredObject], changes: Changes) -> tuple[Numbers, Numbers]:
    """Where the entries begin and end that changes of trees are part of; -1 where they cannot be made out.

    They are none where a change lies between two entries.
    """
    count = len(changes.which)
    low = np.maximum(changes.first - AROUND, 0)
    spans = zip(changes.which.tolist(), low.tolist(), (changes.last + AROUND).tolist(), strict=True)
    texts = [trees[which].data[start:end] for which, start, end in spans]
    sizes = np.fromiter((len(trees[which].data) for which in changes.which.tolist()), np.int64, count)
    ends = np.minimum(changes.last + AROUND, sizes)
    found, starts = boundaries(texts, low == 0, ends == sizes, len(trees[0].oid) if trees else 0)
    start, end = np.full(count, -1), np.full(count, -1)
    if len(found):
        moved = starts - low
        first = np.searchsorted(found, changes.first + moved, "right") - 1
        last = np.minimum(np.searchsorted(found, changes.last + moved), len(found) - 1)
        of_text = np.searchsorted(starts, found, "right") - 1
        are_clear = (found[first] <= changes.first + moved) & (changes.last + moved <= found[last])
        are_clear &= (of_text[first] == np.arange(count)) & (of_text[last] == np.arange(count))
        start[are_clear], end[are_clear] = (found[first] - moved)[are_clear], (found[last] - moved)[are_clear]
    return start, end
