"""Reading single objects by id from whichever copy is sound, for what the walk could not read."""

from __future__ import annotations

import mmap
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keysieve.blob import NotRead
from keysieve.git.packs.headers import KINDS, CorruptEntryError, Header, read_header
from keysieve.git.packs.index import CorruptIndexError, PackIndex, open_index
from keysieve.git.packs.loose import loose_path, read_loose
from keysieve.git.packs.stored import TOO_MUCH, Item, Limits, StoredObject, UnreadableError, not_read
from keysieve.git.packs.walk import apply_checked, has_its_id, open_pack, read_delta, read_whole

MAX_CHAIN = 1 << 14
"""Deltas in a row. git writes at most 4,095."""


@dataclass(frozen=True, slots=True)
class OpenPack:
    """A pack with its index, for reading at random."""

    pack: mmap.mmap
    index: PackIndex
    starts: list[int] = field(repr=False)

    def end(self, offset: int) -> int:
        """Where the entry behind the one at `offset` starts, or the pack's checksum."""
        at = bisect_right(self.starts, offset)
        return self.starts[at] if at < len(self.starts) else len(self.pack) - self.index.oid_length


def pack_paths(directory: Path) -> list[Path]:
    """The indexes in an objects directory, largest pack's first. Multi-pack indexes only repeat them.

    Raises:
        OSError: The directory cannot be listed.
    """
    with suppress(FileNotFoundError), os.scandir(directory / "pack") as files:
        found = [(file.stat().st_size, file.path) for file in files if file.name.endswith(".idx")]
        return [Path(path) for _, path in sorted(found, key=lambda entry: (-entry[0], entry[1]))]
    return []


def open_packs(directories: Iterable[Path], oid_length: int) -> Iterator[OpenPack]:
    """Every pack that can be opened."""
    for directory in directories:
        for path in pack_paths(directory):
            with suppress(CorruptIndexError, OSError, UnreadableError):
                index = open_index(path, oid_length)
                yield OpenPack(open_pack(path.with_suffix(".pack")), index, np.sort(index.offsets).tolist())


def read_single(
    directories: Iterable[Path], oids: Iterable[bytes], oid_length: int, kinds: frozenset[str], limits: Limits
) -> Iterator[Item]:
    """Every object of `oids` (raw) that some copy gives and that has a wanted kind; the others as not read.

    A delta's base may lie in another pack or be loose. Objects of other kinds are left out. Contents are
    checked against their ids.
    """
    places = list(directories)
    packs = list(open_packs(places, oid_length))
    allowed = limits.max_total
    for oid in oids:
        if allowed < 0:
            yield not_read(oid, TOO_MUCH)
            continue
        item = _read_any(places, packs, oid, limits)
        if isinstance(item, StoredObject):
            allowed -= len(item.data)
        if isinstance(item, NotRead) or item.kind in kinds:
            yield item


def _read_any(directories: list[Path], packs: list[OpenPack], oid: bytes, limits: Limits) -> Item:
    reason = "missing object"
    for pack in packs:
        position = pack.index.position(oid)
        if position is None:
            continue
        try:
            return _read_chain(directories, packs, pack, oid, int(pack.index.offsets[position]), limits)
        except UnreadableError as error:
            reason = str(error)
    item = _read_loose(directories, oid, limits)
    return item or not_read(oid, reason)


def _read_loose(directories: list[Path], oid: bytes, limits: Limits) -> Item | None:
    item: Item | None = None
    for directory in directories:
        if loose_path(directory, oid).exists():
            item = next(read_loose(directory, [oid], frozenset(KINDS.values()), limits), None)
        if item is not None and not isinstance(item, NotRead):
            return item
    return item


def _read_chain(
    directories: list[Path], packs: list[OpenPack], pack: OpenPack, oid: bytes, offset: int, limits: Limits
) -> StoredObject:
    """The object whose entry is at `offset` of `pack`, built from the end of its chain of bases."""
    chain: list[tuple[OpenPack, int]] = []
    while True:
        header = _header(pack, offset)
        if header.base is None:
            length = pack.index.oid_length
            data = read_whole(pack.pack, offset, pack.end(offset), length, limits.max_blob)
            kind = KINDS[header.type]
            break
        chain.append((pack, offset))
        if len(chain) > MAX_CHAIN:
            raise UnreadableError("deltas in a circle, or too many")
        if isinstance(header.base, int):
            offset = header.base
            continue
        place = _find([pack, *packs], header.base)
        if place is None:
            data, kind = _loose_base(directories, header.base, limits)
            break
        pack, offset = place
    return _build(oid, kind, data, chain, limits)


def _build(oid: bytes, kind: str, data: bytes, chain: list[tuple[OpenPack, int]], limits: Limits) -> StoredObject:
    for pack, offset in reversed(chain):
        delta = read_delta(pack.pack, offset, pack.end(offset), pack.index.oid_length, limits.max_blob)
        data = apply_checked(data, delta, limits.max_blob)
    item = StoredObject(oid, kind, data)
    if not has_its_id(item):
        raise UnreadableError("corrupt object: content does not match its id")
    return item


def _header(pack: OpenPack, offset: int) -> Header:
    try:
        return read_header(pack.pack, offset, pack.index.oid_length)
    except CorruptEntryError as error:
        raise UnreadableError(str(error)) from error


def _find(packs: list[OpenPack], oid: bytes) -> tuple[OpenPack, int] | None:
    for pack in packs:
        position = pack.index.position(oid)
        if position is not None:
            return pack, int(pack.index.offsets[position])
    return None


def _loose_base(directories: list[Path], oid: bytes, limits: Limits) -> tuple[bytes, str]:
    item = _read_loose(directories, oid, limits)
    if isinstance(item, StoredObject):
        return item.data, item.kind
    raise UnreadableError("delta base is missing" if item is None else "delta base cannot be read")
