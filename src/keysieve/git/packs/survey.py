"""Going through objects directories: which packs and loose objects there are, and what to read from where."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress
from mmap import mmap
from operator import sub
from pathlib import Path

from keysieve.blob import NotRead
from keysieve.git.packs.arrange import KEEP, Entries, arrange
from keysieve.git.packs.family import DELTA, Families, find_families
from keysieve.git.packs.headers import TYPES
from keysieve.git.packs.index import CorruptIndexError, PackIndex, open_index
from keysieve.git.packs.loose import loose_oids
from keysieve.git.packs.store import pack_paths
from keysieve.git.packs.stored import VANISHED, UnreadableError
from keysieve.git.packs.walk import open_pack, stream_place

# Estimated nanoseconds: for an object, for a packed byte, for each byte of the whole object that a family
# starts with, of which each of its entries is taken to be a change.
_PER_OBJECT, _PER_PACKED_BYTE, _PER_BYTE = 3_000, 5, 1

_IN_FAMILY = bytes(bool(flags & (KEEP | DELTA)) for flags in range(256))

LOOSE_COST = 60_000
"""Estimated nanoseconds to open and read a loose object."""


@dataclass(frozen=True, slots=True)
class SurveyedPack:
    """What to read from one pack.

    Attributes:
        directory: The objects directory.
        path: The pack file.
        index: Its index.
        entries: What to read.
        costs: Estimated nanoseconds for each entry.
        objects: Number of entries that are not hidden.
    """

    directory: Path
    path: Path
    index: PackIndex
    entries: Entries
    costs: list[int] = field(repr=False)
    objects: int


@dataclass(slots=True)
class Survey:
    """All that was found.

    Attributes:
        oid_length: Length of raw ids.
        kinds: Wanted kinds.
        only: Raw ids to restrict the survey to; None for all.
        packs: What to read from packs.
        loose: What to read from loose files: directory and raw ids.
        seen: Raw ids that are read from one of several packs.
        unread: Raw id → why its kind cannot be told.
        not_read: Packs and directories that cannot be read, or are damaged.
        skipped: Packed objects of unwanted kinds.
    """

    oid_length: int
    kinds: frozenset[str]
    only: frozenset[bytes] | None
    packs: list[SurveyedPack] = field(default_factory=list)
    loose: list[tuple[Path, list[bytes]]] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    unread: dict[bytes, str] = field(default_factory=dict)
    not_read: list[NotRead] = field(default_factory=list)
    skipped: int = 0

    @property
    def cost(self) -> int:
        """Estimated nanoseconds for everything."""
        return sum(sum(pack.costs) for pack in self.packs) + sum(len(oids) * LOOSE_COST for _, oids in self.loose)


def take(directories: Sequence[Path], oid_length: int, kinds: frozenset[str], only: frozenset[bytes] | None) -> Survey:
    """Go through the directories in order; a later copy of an object is not read."""
    survey = Survey(oid_length, kinds, only)
    paths: list[tuple[Path, Path]] = []
    for directory in directories:
        with _noting(survey, directory):
            paths.extend((directory, path) for path in pack_paths(directory))
    for directory, path in paths:
        with _noting(survey, path):
            _add_pack(survey, directory, path, is_only=len(paths) == 1)
    loose: set[bytes] = set()
    for directory in directories:
        with _noting(survey, directory):
            oids = [oid for oid in loose_oids(directory, oid_length) if oid not in loose and _wants(survey, oid)]
            loose.update(oids)
            survey.loose.append((directory, oids))
    survey.seen |= loose
    return survey


@contextmanager
def _noting(survey: Survey, path: Path) -> Iterator[None]:
    """Note why `path` cannot be read instead of stopping."""
    try:
        yield
    except FileNotFoundError:
        survey.not_read.append(NotRead(os.fsencode(path), VANISHED))
    except OSError as error:
        survey.not_read.append(NotRead(os.fsencode(path), error.strerror or "cannot be read"))
    except (CorruptIndexError, UnreadableError) as error:
        survey.not_read.append(NotRead(os.fsencode(path), str(error)))


def _wants(survey: Survey, oid: bytes) -> bool:
    """Whether to read a loose object: it is not packed, or the packed copy has an unreadable header."""
    if survey.only is not None and oid not in survey.only:
        return False
    return oid in survey.unread or all(pack.index.position(oid) is None for pack in survey.packs)


def _add_pack(survey: Survey, directory: Path, path: Path, *, is_only: bool) -> None:
    index = open_index(path, survey.oid_length)
    pack_path = path.with_suffix(".pack")
    pack = open_pack(pack_path)
    _check_belongs(survey, pack, index, pack_path)
    families = find_families(pack, index, frozenset(TYPES[kind] for kind in survey.kinds))
    for place, reason in families.unread:
        survey.unread.setdefault(index.oid(place), reason)
    survey.skipped += index.count - len(families.offsets) - len(families.unread)
    hidden = _hidden(survey, index, families, is_only)
    entries = arrange(families, index, hidden)
    objects = len(families.offsets) - sum(hidden)
    survey.packs.append(SurveyedPack(directory, pack_path, index, entries, _costs(pack, entries), objects))


def _check_belongs(survey: Survey, pack: mmap, index: PackIndex, path: Path) -> None:
    """Note a pack that the index was not made for. What can be read of it is read all the same."""
    count = int.from_bytes(pack[8:12], "big")
    if count != index.count or pack[-index.oid_length :] != index.pack_checksum:
        survey.not_read.append(NotRead(os.fsencode(path), "pack is damaged, or its index belongs to another pack"))


def _hidden(survey: Survey, index: PackIndex, families: Families, is_only: bool) -> bytes:
    """For every entry, whether another pack has given it or nobody wants it; empty when that cannot be."""
    if is_only and survey.only is None:
        return b""
    hidden = bytearray()
    for place in families.places:
        oid = index.oid(place)
        is_wanted = oid not in survey.seen and (survey.only is None or oid in survey.only)
        hidden.append(not is_wanted)
        if is_wanted:
            survey.seen.add(oid)
    return bytes(hidden)


def _costs(pack: mmap, entries: Entries) -> list[int]:
    sizes = map(sub, entries.ends, entries.offsets)
    costs = [_PER_OBJECT + _PER_PACKED_BYTE * size for size in sizes]
    of_root = 0
    for at in compress(range(len(costs)), entries.flags.translate(_IN_FAMILY)):
        if not entries.flags[at] & DELTA:
            of_root = _PER_BYTE * _root_size(pack, entries.offsets[at])
        costs[at] += of_root
    return costs


def _root_size(pack: mmap, offset: int) -> int:
    try:
        return stream_place(pack, offset, 0)[0]
    except UnreadableError:
        return 0
