"""What reading objects gives: whole objects, objects too large for that, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from keysieve.blob import NotRead

MIB = 1 << 20
WANTED_KINDS = frozenset({"blob", "commit", "tag"})

VANISHED = "pack vanished"
"""Reason of objects whose pack was replaced while we read; planning again finds them."""

TOO_MUCH = "objects expand too much"
"""Reason of objects behind the point where a unit of work has given more bytes than a sound pack would."""


class StoredObject(NamedTuple):
    """One whole object.

    A tuple, because a history has millions and making a frozen dataclass takes three times as long.

    Attributes:
        oid: Raw object id.
        kind: `blob`, `commit`, `tag` or `tree`.
        data: The content, without git's header.
        base: Raw id of the object that the pack stores this one as a change of; None for an object stored
        whole.
            The base has been yielded before by the same unit of work, unless `base_elsewhere`.
        delta: The stored change, see `git.packs.delta`; None for an object stored whole.
        base_data: The base's content.
        base_elsewhere: Whether the base belongs to another unit of work, or was not wanted again.
    """

    oid: bytes
    kind: str
    data: bytes
    base: bytes | None = None
    delta: bytes | None = None
    base_elsewhere: bool = False
    base_data: bytes | None = None

    def __repr__(self) -> str:
        """Without the content, which may hold secrets."""
        return f"StoredObject({self.kind} {self.oid.hex()}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class LargeObject:
    """An object above the limit for whole objects, to be read in pieces.

    Attributes:
        oid: Raw object id.
        kind: `blob`, `commit` or `tag`.
        size: Bytes in all.
        pieces: The content in order, about 1 MiB each; raises `CorruptStreamError` while iterating where it
        is damaged.
            To be used before the next object is asked for.
    """

    oid: bytes
    kind: str
    size: int
    pieces: Iterator[bytes]


Item = StoredObject | LargeObject | NotRead


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an object, and all objects of a unit of work, may take.

    Attributes:
        max_blob: Largest object that is held whole. Above it a whole entry is streamed, a delta is reported.
        max_bases: Most bytes of delta bases that are held at a time.
        max_total: Bytes that the objects of one unit may have together …
        max_ratio: … plus this many for each byte of theirs in the pack. Real histories stay below 300.
    """

    max_blob: int = 512 * MIB
    max_bases: int = 2048 * MIB
    max_total: int = 16384 * MIB
    max_ratio: int = 1000


DEFAULT_LIMITS = Limits()


class UnreadableError(Exception):
    """An object that cannot be read, and why, in a few words."""


def not_read(oid: bytes, reason: str) -> NotRead:
    """The entry for the object with the raw id `oid`."""
    return NotRead(oid.hex().encode(), reason)
