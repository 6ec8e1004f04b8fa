"""Headers of pack entries: type, declared size, delta base; one at a time, and the bases of many at once.

Format: https://git-scm.com/docs/gitformat-pack#_pack_pack_files_have_the_following_format
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from mmap import mmap
from typing import NamedTuple

COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
KINDS = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}
TYPES = {kind: type_ for type_, kind in KINDS.items()}

HEAD = 8
"""Bytes of an entry that are looked at in bulk: up to three bytes of size and five of distance."""

TYPE_OF = bytes(byte >> 4 & 7 for byte in range(256))
"""The type in an entry's first byte, for `bytes.translate`."""

LANES = 1 << 14
"""Entries whose headers are looked at together: they fit the processor's cache."""


class CorruptEntryError(Exception):
    """A pack entry whose header makes no sense."""


class Header(NamedTuple):
    """What an entry says about itself.

    Attributes:
        type: `COMMIT` … `REF_DELTA`.
        size: Declared size of the inflated stream: of the object, or of the delta.
        start: Where the zlib stream starts in the pack.
        base: Offset of the delta's base (OFS deltas), its raw id (REF deltas), or None.
    """

    type: int
    size: int
    start: int
    base: int | bytes | None


def read_header(pack: mmap, offset: int, oid_length: int) -> Header:
    """The header of the entry at `offset`.

    Raises:
        CorruptEntryError: It is damaged, or the pack ends inside it.
    """
    try:
        byte = pack[offset]
        type_ = byte >> 4 & 7
        size = byte & 15
        shift = 4
        position = offset + 1
        while byte & 0x80:
            byte = pack[position]
            size |= (byte & 0x7F) << shift
            shift += 7
            position += 1
    except IndexError as error:
        raise CorruptEntryError("entry outside the pack") from error
    if shift > 64 or type_ in {0, 5}:
        raise CorruptEntryError("corrupt entry header")
    if type_ == REF_DELTA:
        base = pack[position : position + oid_length]
        return Header(type_, size, position + oid_length, base)
    if type_ == OFS_DELTA:
        distance, position = _read_distance(pack, position)
        if not 0 < distance < offset:
            raise CorruptEntryError("delta base outside the pack")
        return Header(type_, size, position, offset - distance)
    return Header(type_, size, position, None)


def _read_distance(pack: mmap, position: int) -> tuple[int, int]:
    """How far before the entry its base starts, and where the zlib stream starts."""
    try:
        byte = pack[position]
        distance = byte & 0x7F
        position += 1
        while byte & 0x80:
            byte = pack[position]
            distance = (distance + 1) << 7 | byte & 0x7F
            position += 1
            if distance >> 64:
                raise CorruptEntryError("corrupt entry header")
    except IndexError as error:
        raise CorruptEntryError("entry outside the pack") from error
    return distance, position


def read_heads(pack: mmap, offsets: Sequence[int]) -> list[bytes]:
    """The first `HEAD` bytes of every entry. Every offset is at least `HEAD` before the pack's end."""
    return [pack[offset : offset + HEAD] for offset in offsets]


@dataclass(frozen=True, slots=True)
class _Lanes:
    """Constants for arithmetic on `count` 64-bit numbers at once, which are the digits of one big integer."""

    ones: int
    sevens: int
    low_56: int
    top: int

    @classmethod
    def of(cls, count: int) -> _Lanes:
        ones = int.from_bytes(b"\1\0\0\0\0\0\0\0" * count, "little")
        return cls(ones, ones * 0x7F, ones * (2**56 - 1), ones << 63)


_lanes = cache(_Lanes.of)


def bases_of_ofs_deltas(pack: mmap, offsets: list[int], heads: bytes, oid_length: int) -> list[int]:
    """The base offset of every entry; all of them are OFS deltas.

    This runs for every tree and blob of a history, where a loop over the bytes would be most of the time. So
    all headers are one big integer, and each operation works on all of them: the numbers behind the
    variable-length fields are selected by masks, as a vector unit would.

    Args:
        pack: The pack.
        offsets: Where the entries start.
        heads: Their first bytes, as `read_heads` gives them, joined.
        oid_length: Length of raw ids.

    Raises:
        CorruptEntryError: A base is not before its delta.
    """
    count = len(offsets)
    lanes = _lanes(count) if count == LANES else _Lanes.of(count)
    fields, odd_sizes = _drop_sizes(int.from_bytes(heads, "little"), lanes)
    distances, odd_distances = _fold_distances(fields, lanes)
    starts = int.from_bytes(array("Q", offsets).tobytes(), sys.byteorder)
    bases = (starts | lanes.top) - distances  # the top bits keep one number from borrowing from the next
    sound = bases & distances + (lanes.top - lanes.ones) & lanes.top  # not before the pack, not zero away
    result = array("Q", (bases & ~lanes.top).to_bytes(8 * count, sys.byteorder)).tolist()
    odd = odd_sizes | odd_distances | (sound ^ lanes.top) >> 63
    if odd:
        for at in compress(range(count), odd.to_bytes(8 * count, "little")[::8]):
            result[at] = _base(pack, offsets[at], oid_length)
    return result


def _base(pack: mmap, offset: int, oid_length: int) -> int:
    base = read_header(pack, offset, oid_length).base
    if not isinstance(base, int):
        raise CorruptEntryError("no OFS delta")
    return base


def _drop_sizes(heads: int, lanes: _Lanes) -> tuple[int, int]:
    """The bytes behind the size fields, and a bit where that has more than three bytes."""
    more = heads >> 7 & lanes.ones
    fields = heads >> 8 & lanes.low_56
    for shift in (15, 23):
        shorter = fields >> 8 & lanes.low_56
        fields ^= (fields ^ shorter) & ((more << 64) - more)  # a bit times 2^64 - 1 is a mask
        more &= heads >> shift
    return fields, more


def _fold_distances(fields: int, lanes: _Lanes) -> tuple[int, int]:
    """The distances in the first bytes of `fields`, and a bit where one has more than five bytes."""
    distances = fields & lanes.sevens
    more = fields >> 7 & lanes.ones
    for shift in (8, 16, 24, 32):
        if not more:
            break
        longer = (distances + lanes.ones << 7) + (fields >> shift & lanes.sevens)
        distances ^= (distances ^ longer) & ((more << 64) - more)
        more &= fields >> shift + 7
    return distances, more
