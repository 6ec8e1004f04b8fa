"""Pack indexes, `.idx` version 1 and 2, SHA-1 and SHA-256, mapped into memory.

Format: https://git-scm.com/docs/gitformat-pack#_pack_idx_files_have_the_following_format
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keysieve.git.packs.columns import Compact, Rows
from keysieve.git.packs.oids import OidTable, rows_of

_MAGIC = b"\xfftOc"
_FANOUT = 256 * 4
_FARTHEST = np.uint64(2**63 - 1)
"""No file is longer: stands for any larger offset, so that every offset fits a number with a sign."""


class CorruptIndexError(Exception):
    """An index that is damaged or not an index."""


@dataclass(frozen=True)
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
    offsets: Compact = field(repr=False)
    pack_checksum: bytes

    def oid(self, position: int) -> bytes:
        """The raw object id at `position` in the order of the ids."""
        length = self.oid_length
        return bytes(self.oids[position * length : (position + 1) * length])

    @property
    def rows(self) -> NDArray[np.bytes_]:
        """An array of the ids."""
        return rows_of(self.oids, self.oid_length)

    def oids_at(self, positions: Rows) -> bytes:
        """The raw object ids at all of `positions`, joined."""
        return self.rows[positions].tobytes()

    def position(self, oid: bytes) -> int | None:
        """Where `oid` (raw) stands among the ids; None when it does not."""
        at = bisect_left(range(self.count), oid, key=self.oid)
        return at if at < self.count and self.oid(at) == oid else None

    @cached_property
    def table(self) -> OidTable:
        """The ids, to find many at once."""
        return OidTable.of(self.oids, self.oid_length)


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
    fanout = _big_endian("u4", view[start : start + _FANOUT])
    if len(fanout) != 256 or np.any(fanout[:-1] > fanout[1:]):
        raise CorruptIndexError("corrupt fan-out table")
    return int(fanout[255])


def _open_version_2(path: Path, view: memoryview, oid_length: int) -> PackIndex:
    count = _fanout_count(view, 8)
    ids = 8 + _FANOUT
    small = ids + count * (oid_length + 4)  # 4 bytes of CRC for each object stand between
    large = small + count * 4
    end = len(view) - 2 * oid_length
    if large > end or (end - large) % 8:
        raise CorruptIndexError("index does not have the size that its tables need")
    offsets = _large_offsets(_big_endian("u4", view[small:large]), _big_endian("u8", view[large:end]))
    checksum = bytes(view[end : end + oid_length])
    oids = view[ids : ids + count * oid_length]
    return PackIndex(path, oid_length, count, oids, offsets, checksum)


def _large_offsets(offsets: Compact, large: Compact) -> Compact:
    """Offsets with the top bit set replaced by the entry of the 64-bit table that they name."""
    is_large = offsets >= 0x8000_0000
    if not is_large.any():
        return offsets
    places = offsets[is_large] & 0x7FFF_FFFF
    if places.max() >= len(large):
        raise CorruptIndexError("offset outside the table of large offsets")
    offsets = offsets.astype(np.uint64)
    offsets[is_large] = np.minimum(large[places], _FARTHEST)
    return offsets


def _open_version_1(path: Path, view: memoryview, oid_length: int) -> PackIndex:
    count = _fanout_count(view, 0)
    end = _FANOUT + count * (4 + oid_length)
    if end + 2 * oid_length != len(view):
        raise CorruptIndexError("index does not have the size that its tables need")
    records = np.frombuffer(view[_FANOUT:end], [("offset", ">u4"), ("oid", f"S{oid_length}")])
    oids = memoryview(records["oid"].tobytes())
    checksum = bytes(view[end : end + oid_length])
    return PackIndex(path, oid_length, count, oids, records["offset"].astype(np.uint32), checksum)


def _big_endian(code: str, data: memoryview) -> Compact:
    """The numbers where they are mapped, to be converted where they are used."""
    return np.frombuffer(data[: len(data) // int(code[1]) * int(code[1])], f">{code}")
