"""Pack indexes, `.idx` version 1 and 2, SHA-1 and SHA-256, mapped into memory.

Format: https://git-scm.com/docs/gitformat-pack#_pack_idx_files_have_the_following_format
"""

from __future__ import annotations

import mmap
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_MAGIC = b"\xfftOc"
_FANOUT = 256 * 4


class CorruptIndexError(Exception):
    """An index that is damaged or not an index."""


@dataclass(frozen=True, slots=True)
class PackIndex:
    """A mapped index.

    Attributes:
        path: The `.idx` file.
        oid_length: 20 for SHA-1, 32 for SHA-256.
        count: Number of objects.
        oids: All object ids in ascending order, one after the other.
        offsets: Where each object's entry starts in the pack, in the order of the ids.
        pack_checksum: The pack's last bytes, as the index knows them.
    """

    path: Path
    oid_length: int
    count: int
    oids: memoryview = field(repr=False)
    offsets: array[int] = field(repr=False)
    pack_checksum: bytes

    def oid(self, position: int) -> bytes:
        """The raw object id at `position` in the order of the ids."""
        length = self.oid_length
        return bytes(self.oids[position * length : (position + 1) * length])

    def position(self, oid: bytes) -> int | None:
        """Where `oid` (raw) stands among the ids; None when it does not."""
        at = bisect_left(range(self.count), oid, key=self.oid)
        return at if at < self.count and self.oid(at) == oid else None


def map_file(path: Path) -> memoryview:
    """The file's content, shared with every process that maps it.

    Raises:
        OSError: It cannot be opened.
    """
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:  # an empty file cannot be mapped
            return memoryview(b"")


def open_index(path: Path, oid_length: int) -> PackIndex:
    """Map and check an index.

    Raises:
        CorruptIndexError: It is cut off, too long, or its tables contradict each other.
        OSError: It cannot be opened.
    """
    view = map_file(path)
    if bytes(view[:4]) == _MAGIC:
        if bytes(view[4:8]) != b"\0\0\0\2":
            raise CorruptIndexError("unknown index version")
        return _open_version_2(path, view, oid_length)
    return _open_version_1(path, view, oid_length)


def _fanout_count(view: memoryview, start: int) -> int:
    """Number of objects by the table of first bytes."""
    fanout = _big_endian("I", view[start : start + _FANOUT])
    if len(fanout) != 256 or any(map(int.__gt__, fanout, fanout[1:])):
        raise CorruptIndexError("corrupt fan-out table")
    return fanout[255]


def _open_version_2(path: Path, view: memoryview, oid_length: int) -> PackIndex:
    count = _fanout_count(view, 8)
    ids = 8 + _FANOUT
    small = ids + count * (oid_length + 4)  # 4 bytes of CRC for each object stand between
    large = small + count * 4
    end = len(view) - 2 * oid_length
    if large > end or (end - large) % 8:
        raise CorruptIndexError("index does not have the size that its tables need")
    offsets = _large_offsets(_big_endian("I", view[small:large]), _big_endian("Q", view[large:end]))
    checksum = bytes(view[end : end + oid_length])
    oids = view[ids : ids + count * oid_length]
    return PackIndex(path, oid_length, count, oids, offsets, checksum)


def _large_offsets(offsets: array[int], large: array[int]) -> array[int]:
    """Offsets with the top bit set replaced by the entry of the 64-bit table that they name."""
    if not large and (not offsets or max(offsets) < 0x8000_0000):
        return offsets
    wide = array("Q", offsets)
    for position, offset in enumerate(offsets):
        if offset & 0x8000_0000:
            if offset & 0x7FFF_FFFF >= len(large):
                raise CorruptIndexError("offset outside the table of large offsets")
            wide[position] = large[offset & 0x7FFF_FFFF]
    return wide


def _open_version_1(path: Path, view: memoryview, oid_length: int) -> PackIndex:
    count = _fanout_count(view, 0)
    record = oid_length + 4
    end = _FANOUT + count * record
    if end + 2 * oid_length != len(view):
        raise CorruptIndexError("index does not have the size that its tables need")
    records = bytes(view[_FANOUT:end])
    oids = b"".join(records[at + 4 : at + record] for at in range(0, len(records), record))
    heads = b"".join(records[at : at + 4] for at in range(0, len(records), record))
    checksum = bytes(view[end : end + oid_length])
    return PackIndex(path, oid_length, count, memoryview(oids), _big_endian("I", heads), checksum)


def _big_endian(code: str, data: bytes | memoryview) -> array[int]:
    numbers: array[int] = array(code)
    numbers.frombytes(data[: len(data) // numbers.itemsize * numbers.itemsize])
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def pack_order(index: PackIndex) -> tuple[array[int], array[int]]:
    """The offsets in ascending order, and the position among the ids that each belongs to.

    Sorting positions by a key, or looking positions up later, takes two to three times as long as sorting
    plain numbers. So offset and position are packed into the mantissas of floating-point numbers, which sort
    as fast as small integers, thousands at once as one big integer. Where they need more than 52 bits, the
    keyed sort does it.
    """
    count = index.count
    bits = count.bit_length()
    if not count or max(index.offsets) >> (52 - bits):
        positions = array("Q", sorted(range(count), key=index.offsets.__getitem__))
        return array("Q", map(index.offsets.__getitem__, positions)), positions
    numbers: array[float] = array("d")
    for start in range(0, count, _STEP):
        part = array("Q", index.offsets[start : start + _STEP])
        places = array("Q", range(start, start + len(part)))
        pairs = _lanes(part) << bits | _lanes(places) | _every(_ONE_TO_THE_52, len(part))
        numbers.extend(_numbers("d", pairs, len(part)))
    numbers = array("d", sorted(numbers))
    offsets, positions = array("Q"), array("Q")
    for start in range(0, count, _STEP):
        sorted_part = numbers[start : start + _STEP]
        length = len(sorted_part)
        pairs = _lanes(sorted_part) & _every((1 << 52) - 1, length)
        positions.extend(_numbers("Q", pairs & _every((1 << bits) - 1, length), length))
        offsets.extend(_numbers("Q", pairs >> bits & _every((1 << 52 - bits) - 1, length), length))
    return offsets, positions


_STEP = 1 << 14
"""Numbers that are handled as one big integer: they fit the processor's cache."""

_ONE_TO_THE_52 = 0x433 << 52
"""The bits of the number 2^52: with the bits of a smaller integer they sort as that integer."""


@cache
def _every(number: int, count: int) -> int:
    return int.from_bytes(number.to_bytes(8, sys.byteorder) * count, sys.byteorder)


def _lanes(numbers: array[int] | array[float]) -> int:
    """64-bit numbers as one big integer."""
    return int.from_bytes(numbers.tobytes(), sys.byteorder)


def _numbers(code: str, lanes: int, count: int) -> array[Any]:
    """The reverse of `_lanes`."""
    numbers: array[Any] = array(code)
    numbers.frombytes(lanes.to_bytes(8 * count, sys.byteorder))
    return numbers
