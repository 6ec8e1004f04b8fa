"""Loose objects: `objects/xx/yyyy…`, one zlib stream of a header and the content each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from keysieve.git.packs.headers import TYPES
from keysieve.git.packs.index import map_file
from keysieve.git.packs.inflate import CHUNK, CorruptStreamError, inflate, inflate_head, inflate_in_pieces
from keysieve.git.packs.stored import (
    TOO_MUCH,
    VANISHED,
    Item,
    LargeObject,
    Limits,
    StoredObject,
    UnreadableError,
    not_read,
)

_SUBDIRECTORY = re.compile(r"[0-9a-f]{2}")


def loose_path(directory: Path, oid: bytes) -> Path:
    """Where the objects directory `directory` keeps the object with the raw id `oid`."""
    name = oid.hex()
    return directory / name[:2] / name[2:]


def loose_oids(directory: Path, oid_length: int) -> Iterator[bytes]:
    """Raw ids of the loose objects of an objects directory, ascending. Other files are none of ours.

    Raises:
        OSError: A directory cannot be listed.
    """
    digits = re.compile(rf"[0-9a-f]{{{2 * oid_length - 2}}}")
    for first in sorted(filter(_SUBDIRECTORY.fullmatch, os.listdir(directory))):
        for rest in sorted(filter(digits.fullmatch, os.listdir(directory / first))):
            yield bytes.fromhex(first + rest)


def read_loose(directory: Path, oids: list[bytes], kinds: frozenset[str], limits: Limits) -> Iterator[Item]:
    """The loose objects of the wanted kinds; those of other kinds are left out."""
    allowed = limits.max_total
    for oid in oids:
        try:
            item = _read(loose_path(directory, oid), oid, kinds, limits.max_blob)
        except UnreadableError as error:
            yield not_read(oid, str(error))
            continue
        if isinstance(item, StoredObject):
            allowed -= len(item.data)
        if allowed < 0:
            yield not_read(oid, TOO_MUCH)
        elif item is not None:
            yield item


def _read(path: Path, oid: bytes, kinds: frozenset[str], max_blob: int) -> StoredObject | LargeObject | None:
    try:
        stream = map_file(path)
    except FileNotFoundError as error:
        raise UnreadableError(VANISHED) from error
    except OSError as error:
        raise UnreadableError("loose object cannot be opened") from error
    try:
        kind, size, start = _header(inflate_head(stream, 64))
        if kind not in kinds:
            return None
        if size > max_blob:
            return LargeObject(oid, kind, size, _behind_header(stream, start, size))
        return StoredObject(oid, kind, _content(stream, start, size))
    except CorruptStreamError as error:
        raise UnreadableError(f"corrupt object: {error}") from error


def _header(head: bytes) -> tuple[str, int, int]:
    """Kind, size, and where the content starts."""
    match = re.match(rb"(blob|tree|commit|tag) (\d{1,19})\0", head)
    if not match:
        raise CorruptStreamError("no header of a loose object")
    kind = match[1].decode()
    assert kind in TYPES  # noqa: S101 - the expression lists them
    return kind, int(match[2]), match.end()


def _content(stream: memoryview, start: int, size: int) -> bytes:
    """All behind the header; in pieces where a second copy with the header in front would take much memory."""
    if size <= CHUNK:
        return inflate(stream, start + size)[start:]
    content = BytesIO()
    for piece in _behind_header(stream, start, size):
        content.write(piece)
    return content.getvalue()


def _behind_header(stream: memoryview, start: int, size: int) -> Iterator[bytes]:
    pieces = inflate_in_pieces(stream, start + size)
    yield next(pieces)[start:]
    yield from pieces
