"""Headers of pack entries: type, declared size, delta base; one at a time, and many at once.

Format: https://git-scm.com/docs/gitformat-pack#_pack_pack_files_have_the_following_format
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from mmap import mmap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keysieve.git.packs.columns import Compact, compact
from keysieve.git.packs.delta import size_from

if sys.platform != "win32":
    from mmap import MADV_DONTNEED

COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
KINDS = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}
TYPES = {kind: type_ for type_, kind in KINDS.items()}

PACK_HEADER = 12
"""Where the first entry of a pack starts."""

BLOCK = 1 << 14
"""Entries whose headers are read together: what that takes fits the processor's cache."""

_LONG = 8
"""Bytes of a variable-length number that are read in bulk. Longer ones no sound pack has: each is read alone."""


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
    if not PACK_HEADER <= offset < len(pack) - oid_length:
        raise CorruptEntryError("entry outside the pack")
    try:
        type_ = pack[offset] >> 4 & 7
        size, position = size_from(pack, offset, 4)
    except OverflowError as error:
        raise CorruptEntryError("corrupt entry header") from error
    except IndexError as error:
        raise CorruptEntryError("entry outside the pack") from error
    if type_ in {0, 5}:
        raise CorruptEntryError("corrupt entry header")
    if type_ == REF_DELTA:
        base = pack[position : position + oid_length]
        if len(base) < oid_length:
            raise CorruptEntryError("entry outside the pack")
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


@dataclass(slots=True)
class Headers:
    """What many entries say about themselves: one column for each field of `Header`, one row for each entry.

    Attributes:
        types: 0 for a damaged header.
        sizes: As declared.
        starts: Where the zlib streams start in the pack.
        bases: Where the bases of OFS deltas start in the pack; 0 for other entries.
        damaged: Row of each damaged header, and what is wrong with it.
    """

    types: NDArray[np.uint8] = field(repr=False)
    sizes: Compact = field(repr=False)
    starts: Compact = field(repr=False)
    bases: Compact = field(repr=False)
    damaged: list[tuple[int, str]] = field(default_factory=list)


def read_headers(pack: mmap, offsets: NDArray[np.integer], oid_length: int) -> Headers:
    """The headers of the entries at `offsets`, the same as `read_header` gives one by one.

    A history has millions. So each step is done for all entries of a block, before the next byte of all those
    whose header goes on is looked at.
    """
    data = np.frombuffer(pack, np.uint8)
    count, in_pack = len(offsets), np.uint32 if len(pack) < 1 << 32 else np.uint64
    headers = Headers(np.zeros(count, np.uint8), np.zeros(0, np.uint32), *np.zeros((2, count), in_pack))
    sizes = [headers.sizes]
    for at in range(0, count, BLOCK):
        block = offsets[at : at + BLOCK].astype(np.int64)
        columns = _read_block(data, block, oid_length)
        for row in np.flatnonzero(columns[0] == 0).tolist():
            header, reason = _read_alone(pack, int(block[row]), oid_length)
            for column, number in zip(columns, header, strict=True):
                column[row] = number if isinstance(number, int) else 0
            if reason:
                headers.damaged.append((at + row, reason))
        rows = slice(at, at + BLOCK)
        headers.types[rows], headers.starts[rows], headers.bases[rows] = columns[0], columns[2], columns[3]
        sizes.append(compact(columns[1]))
        _release(pack)
    headers.sizes = np.concatenate(sizes)
    return headers


def _read_alone(pack: mmap, offset: int, oid_length: int) -> tuple[Header, str]:
    """A header, and what is wrong with it."""
    try:
        return read_header(pack, offset, oid_length), ""
    except CorruptEntryError as error:
        return Header(0, 0, 0, None), str(error)


def _release(pack: mmap) -> None:
    """Give back what of the pack is mapped by now: the whole of it would count as memory of this process."""
    if sys.platform != "win32":
        pack.madvise(MADV_DONTNEED)


def _read_block(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], oid_length: int
) -> tuple[NDArray[np.integer], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The columns of `Headers`. A row with type 0 is to be read alone, the rest of it means nothing."""
    starts = offsets + 1
    first = data.take(offsets, mode="clip")
    types = first >> 4 & 7
    sizes = (first & 15).astype(np.int64)
    more = np.flatnonzero(first & 0x80)
    for shift in range(4, 4 + 7 * _LONG, 7):
        if not len(more):
            break
        byte = data.take(starts[more], mode="clip")
        starts[more] += 1
        sizes[more] |= (byte & 0x7F).astype(np.int64) << shift
        more = more[byte >= 0x80]
    types[more] = 0
    bases = np.zeros_like(offsets)
    deltas = np.flatnonzero(types == OFS_DELTA)
    distances, starts[deltas] = _read_distances(data, starts[deltas])
    bases[deltas] = offsets[deltas] - distances
    starts[types == REF_DELTA] += oid_length
    is_inside = (offsets >= PACK_HEADER) & (offsets < len(data) - oid_length) & (starts <= len(data))
    types[~is_inside | (types == 5)] = 0
    types[deltas[(distances <= 0) | (bases[deltas] <= 0)]] = 0
    return types, sizes, starts, bases


def _read_distances(
    data: NDArray[np.uint8], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distances to bases, 0 where one is too long to be read in bulk, and where the zlib streams start."""
    byte = data.take(positions, mode="clip")
    ends = positions + 1
    distances = (byte & 0x7F).astype(np.int64)
    more = np.flatnonzero(byte & 0x80)
    for _ in range(_LONG - 1):
        if not len(more):
            break
        byte = data.take(ends[more], mode="clip")
        ends[more] += 1
        distances[more] = (distances[more] + 1 << 7) | (byte & 0x7F)
        more = more[byte >= 0x80]
    distances[more] = 0
    return distances, ends
