"""Going through objects directories: which packs and loose objects there are, and what to read from where."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path

from keysieve.blob import NotRead
from keysieve.git.packs.arrange import DELTA, KEEP, Entries, arrange, drop_known, positions_of
from keysieve.git.packs.family import Families, find_families
from keysieve.git.packs.headers import TYPES
from keysieve.git.packs.index import CorruptIndexError, PackIndex, open_index
from keysieve.git.packs.loose import loose_oids
from keysieve.git.packs.store import pack_paths
from keysieve.git.packs.stored import VANISHED, UnreadableError
from keysieve.git.packs.walk import open_pack, stream_place

# Estimated nanoseconds: for an object, for a packed byte, for each byte of the whole object that a family
# starts with, of which each of its entries is taken to be a change.
_PER_OBJECT, _PER_PACKED_BYTE, _PER_BYTE = 3_000, 5, 1

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
        return sum(sum(pack.costs) for pack in self.packs) + sum(
            len(oids) * LOOSE_COST for _, oids in self.loose
        )


def take(
    directories: Sequence[Path], oid_length: int, kinds: frozenset[str], only: frozenset[bytes] | None
) -> Survey:
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
            oids = [
                oid for oid in loose_oids(directory, oid_length) if oid not in loose and _wants(survey, oid)
            ]
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
    positions, doubled = positions_of(index, families.ends.keys() | families.unread.keys())
    for place in doubled:
        survey.unread.setdefault(index.oid(place), "index names the entry of another object")
    for offset, reason in families.unread.items():
        survey.unread.setdefault(index.oid(positions[offset]), reason)
    survey.skipped += index.count - len(positions) - len(doubled)
    hidden = _hidden(survey, index, families, positions, is_only)
    entries = arrange(families, index, positions, hidden)
    costs = _costs(pack, entries)
    objects = len(entries.flags) - len(hidden & families.ends.keys())
    survey.packs.append(SurveyedPack(directory, pack_path, index, entries, costs, objects))


def _check_belongs(survey: Survey, pack: mmap, index: PackIndex, path: Path) -> None:
    """Note a pack that the index was not made for. What can be read of it is read all the same."""
    count = int.from_bytes(pack[8:12], "big")
    if count != index.count or pack[-index.oid_length :] != index.pack_checksum:
        survey.not_read.append(
            NotRead(os.fsencode(path), "pack is damaged, or its index belongs to another pack")
        )


def _hidden(
    survey: Survey, index: PackIndex, families: Families, positions: dict[int, int], is_only: bool
) -> set[int]:
    """Offsets of entries that another pack has given or nobody wants, if others are built from them."""
    if is_only and survey.only is None:
        return set()
    hidden: set[int] = set()
    for offset in families.ends:
        oid = index.oid(positions[offset])
        if oid in survey.seen or (survey.only is not None and oid not in survey.only):
            hidden.add(offset)
        else:
            survey.seen.add(oid)
    if hidden:
        drop_known(families, hidden)
    return hidden


def _costs(pack: mmap, entries: Entries) -> list[int]:
    costs = []
    size = 0
    for offset, end, flags in zip(entries.offsets, entries.ends, entries.flags, strict=True):
        if not flags & DELTA:
            size = _root_size(pack, offset) if flags & KEEP else 0
        costs.append(_PER_OBJECT + _PER_PACKED_BYTE * (end - offset) + _PER_BYTE * size)
    return costs


def _root_size(pack: mmap, offset: int) -> int:
    try:
        return stream_place(pack, offset, 0)[0]
    except UnreadableError:
        return 0
