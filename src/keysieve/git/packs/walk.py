"""Reading a pack's entries in the arranged order: inflate, apply deltas, hold bases only while needed."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from keysieve.blob import NotRead
from keysieve.git.packs.arrange import HIDDEN, KEEP, KIND, LAST, Entries
from keysieve.git.packs.delta import CorruptDeltaError, apply, declared_sizes, size_from
from keysieve.git.packs.family import DELTA
from keysieve.git.packs.headers import KINDS, OFS_DELTA, REF_DELTA
from keysieve.git.packs.inflate import SMALL, CorruptStreamError, inflate, inflate_in_pieces
from keysieve.git.packs.oids import separate
from keysieve.git.packs.stored import (
    MIB,
    TOO_MUCH,
    VANISHED,
    Item,
    LargeObject,
    Limits,
    StoredObject,
    UnreadableError,
    not_read,
)

_NO_BASE = "delta base cannot be read"


def open_pack(path: Path) -> mmap.mmap:
    """Map a pack.

    Raises:
        UnreadableError: It is gone, may not be read, or is no pack.
    """
    try:
        with path.open("rb") as file:
            pack = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise UnreadableError(VANISHED) from error
    except (OSError, ValueError) as error:
        raise UnreadableError("pack cannot be opened") from error
    if pack[:4] != b"PACK" or pack[4:8] not in {b"\0\0\0\2", b"\0\0\0\3"}:
        raise UnreadableError("not a pack of a known version")
    return pack


def read_entries(
    path: Path, entries: Entries, oid_length: int, limits: Limits, *, verify: bool = False
) -> Iterator[Item]:
    """Every entry that is not hidden, whole, in pieces, or as not read.

    Args:
        path: The pack.
        entries: What to read, as arranged.
        oid_length: Length of raw ids.
        limits: What an object may take.
        verify: Hash every object and compare with its id; zlib's checksum is checked in any case.
    """
    try:
        pack = open_pack(path)
    except UnreadableError as error:
        yield from _none_read(entries, oid_length, str(error))
        return
    packed = int(entries.ends.sum()) - int(entries.starts.sum())
    allowed = limits.max_total + limits.max_ratio * max(packed, 0)
    max_blob = limits.max_blob
    bases: list[Item] = []
    hidden: set[bytes] = set()
    oids = separate(entries.oids, oid_length)
    columns = (oids, entries.starts.tolist(), entries.ends.tolist(), entries.sizes.tolist(), entries.flags)
    item: Item
    base: Item | None
    for oid, start, end, size, flags in zip(*columns, strict=True):
        base = None
        if flags & DELTA:
            base = bases.pop() if flags & LAST else bases[-1]
        try:
            if size > max_blob or (base is not None and type(base) is not StoredObject):
                item = _read_other(pack, oid, start, end, size, flags & KIND, base)
            else:
                # Here and not in functions of their own, as a call takes a tenth of what a small object does.
                data = inflate(pack[start:end] if end - start < SMALL else memoryview(pack)[start:end], size)
                if base is None:
                    item = _stored((oid, KINDS[flags & KIND], data, None, None, False, None))
                else:
                    before, base_oid = base.data, base.oid
                    after = apply_checked(before, data, max_blob)
                    item = _stored((oid, base.kind, after, base_oid, data, base_oid in hidden, before))
                    data = after
                allowed -= len(data)
            if allowed < 0 or verify:
                _check(item, allowed)
        except CorruptStreamError as error:
            item = not_read(oid, f"corrupt object: {error}")
        except UnreadableError as error:
            item = not_read(oid, str(error))
        if flags & KEEP:
            is_small = type(item) is StoredObject and len(item.data) <= MIB
            bases.append(item if is_small else _fit_as_base(item, oid, bases, limits.max_bases))
        if flags & HIDDEN:
            hidden.add(oid)
        else:
            yield item


_stored = partial(tuple.__new__, StoredObject)
"""A `StoredObject` of all its fields: a third of the time that calling the class takes."""


def _none_read(entries: Entries, oid_length: int, reason: str) -> Iterator[Item]:
    for oid, flags in zip(separate(entries.oids, oid_length), entries.flags, strict=True):
        if not flags & HIDDEN:
            yield not_read(oid, reason)


def _check(item: Item, allowed: int) -> None:
    if allowed < 0:
        raise UnreadableError(TOO_MUCH)
    if isinstance(item, StoredObject) and not has_its_id(item):
        raise UnreadableError("corrupt object: content does not match its id")


def _fit_as_base(item: Item, oid: bytes, bases: list[Item], max_bases: int) -> Item:
    """What is held for the deltas of `item`: the item, or why it cannot be."""
    if isinstance(item, LargeObject):
        return not_read(oid, "too large")
    if isinstance(item, StoredObject):
        held = sum(len(base.data) for base in bases if isinstance(base, StoredObject))
        if held + len(item.data) > max_bases:
            return not_read(oid, "too large together with others")
    return item


def _read_other(
    pack: mmap.mmap, oid: bytes, start: int, end: int, size: int, type_: int, base: Item | None
) -> LargeObject:
    """An object that is too large to be held, or one that cannot be read."""
    if base is None:
        return LargeObject(oid, KINDS[type_], size, inflate_in_pieces(memoryview(pack)[start:end], size))
    if isinstance(base, StoredObject):
        raise UnreadableError(f"too large: a delta of {size} bytes")
    reason = base.reason if isinstance(base, NotRead) else "too large"
    raise UnreadableError(reason if reason.startswith(_NO_BASE) else f"{_NO_BASE}: {reason}")


def stream_place(pack: mmap.mmap, offset: int, oid_length: int) -> tuple[int, int]:
    """Declared size of an entry's stream, and where that starts. Looks at nothing else in the header.

    Raises:
        UnreadableError: The header is damaged, or the pack ends inside it.
    """
    try:
        kind = pack[offset] & 0x70
        size, offset = size_from(pack, offset, 4)
        if kind == OFS_DELTA << 4:
            while pack[offset] & 0x80:
                offset += 1
            offset += 1
        elif kind == REF_DELTA << 4:
            offset += oid_length
    except OverflowError as error:
        raise UnreadableError("corrupt entry header") from error
    except IndexError as error:
        raise UnreadableError("entry outside the pack") from error
    return size, offset


def read_delta(pack: mmap.mmap, offset: int, end: int, oid_length: int, max_blob: int) -> bytes:
    """The delta in the entry at `offset`.

    Raises:
        UnreadableError: It is damaged or too large.
    """
    size, start = stream_place(pack, offset, oid_length)
    if size > max_blob:
        raise UnreadableError(f"too large: a delta of {size} bytes")
    return _inflate(pack, start, end, size)


def read_whole(pack: mmap.mmap, offset: int, end: int, oid_length: int, max_blob: int) -> bytes:
    """The object in the entry at `offset`, which is no delta.

    Raises:
        UnreadableError: It is damaged or too large.
    """
    size, start = stream_place(pack, offset, oid_length)
    if size > max_blob:
        raise UnreadableError(f"too large: {size} bytes")
    return _inflate(pack, start, end, size)


def _inflate(pack: mmap.mmap, start: int, end: int, size: int) -> bytes:
    """The stream at `start`. Copying a small one costs less than a view of it."""
    data = pack[start:end] if end - start < SMALL else memoryview(pack)[start:end]
    try:
        return inflate(data, size)
    except CorruptStreamError as error:
        raise UnreadableError(f"corrupt object: {error}") from error


def apply_checked(base: bytes, delta: bytes, max_blob: int) -> bytes:
    """The object that `delta` makes of `base`, after a look at the sizes that it declares.

    Raises:
        UnreadableError: They do not fit or are too large, or the delta is damaged.
    """
    try:
        base_size, size, _ = declared_sizes(delta)
        if base_size != len(base):
            raise UnreadableError("corrupt object: delta of another base")
        if size > max_blob:
            raise UnreadableError(f"too large: {size} bytes")
        return apply(base, delta)
    except CorruptDeltaError as error:
        raise UnreadableError(f"corrupt object: {error}") from error


def has_its_id(item: StoredObject) -> bool:
    """Whether the content hashes to the object id."""
    from hashlib import sha1, sha256  # which loads OpenSSL; most scans hash nothing

    hasher = (sha1 if len(item.oid) == 20 else sha256)(f"{item.kind} {len(item.data)}\0".encode())
    hasher.update(item.data)
    return hasher.digest() == item.oid
