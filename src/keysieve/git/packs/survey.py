"""Going through objects directories: which packs and loose objects there are, and what to read from where."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keysieve.blob import NotRead
from keysieve.git.packs.arrange import Arranged, arrange
from keysieve.git.packs.columns import Compact
from keysieve.git.packs.family import Families, find_families
from keysieve.git.packs.headers import TYPES
from keysieve.git.packs.index import CorruptIndexError, PackIndex, open_index
from keysieve.git.packs.loose import loose_oids
from keysieve.git.packs.oids import OidTable, repeated
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.store import pack_paths
from keysieve.git.packs.stored import VANISHED, UnreadableError, not_read
from keysieve.git.packs.walk import open_pack

# Estimated nanoseconds: for an object, for a packed byte, for each byte of the whole object that a family
# starts with, of which each of its entries is taken to be a change.
_PER_OBJECT, _PER_TREE, _PER_PACKED_BYTE, _PER_BYTE = 3_000, 10_000, 5, 1

_LARGEST = (1 << 32) - 1
"""The most that a whole object, and that an entry is taken to cost: a header can claim any size."""

LOOSE_COST = 60_000
"""Estimated nanoseconds to open and read a loose object."""


@dataclass(frozen=True, slots=True)
class SurveyedPack:
    """What to read from one pack.

    Attributes:
        directory: The objects directory.
        path: The pack file.
        index: Its index.
        arranged: What to read.
        costs: Estimated nanoseconds for each entry, in reading order.
        given: For every object of the index, whether it is read from this pack.
    """

    directory: Path
    path: Path
    index: PackIndex
    arranged: Arranged
    costs: Compact = field(repr=False)
    given: NDArray[np.bool_] = field(repr=False)


@dataclass(slots=True)
class Survey:
    """All that was found.

    Attributes:
        oid_length: Length of raw ids.
        kinds: Wanted kinds.
        only: Raw ids to restrict the survey to; None for all.
        packs: What to read from packs.
        loose: What to read from loose files: directory and raw ids.
        not_read: Packs and directories that cannot be read, or are damaged, and packed objects whose kind cannot be
            told, of which no other copy is read.
        skipped: Packed objects of unwanted kinds.
        presence: All ids, wanted or not.
    """

    oid_length: int
    kinds: frozenset[str]
    only: frozenset[bytes] | None
    packs: list[SurveyedPack] = field(default_factory=list)
    loose: list[tuple[Path, list[bytes]]] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    skipped: int = 0
    presence: Presence = field(init=False)

    @property
    def costs(self) -> tuple[int, int]:
        """Estimated nanoseconds for everything but packed trees, and for those, which are read by themselves."""
        trees = sum(int(pack.costs[pack.arranged.trees :].sum()) for pack in self.packs)
        packed = sum(int(pack.costs.sum()) for pack in self.packs)
        return packed - trees + sum(len(oids) for _, oids in self.loose) * LOOSE_COST, trees

    @property
    def objects(self) -> int:
        """How many are read."""
        return sum(int(pack.given.sum()) for pack in self.packs) + sum(len(oids) for _, oids in self.loose)


@dataclass(frozen=True, slots=True)
class _Found:
    directory: Path
    path: Path
    index: PackIndex
    families: Families


def take(directories: Sequence[Path], oid_length: int, kinds: frozenset[str], only: frozenset[bytes] | None) -> Survey:
    """Go through the directories in order; a later copy of an object is not read."""
    survey = Survey(oid_length, kinds, only)
    paths: list[tuple[Path, Path]] = []
    for directory in directories:
        with _noting(survey, directory):
            paths.extend((directory, path) for path in pack_paths(directory))
    found: list[_Found] = []
    for directory, path in paths:
        with _noting(survey, path):
            found.append(_find(survey, directory, path))
    for pack, hidden in zip(found, _hidden(survey, found), strict=True):
        survey.packs.append(_arranged(pack, hidden))
    unread = _unread(survey, found)
    survey.presence = Presence.of(oid_length, (pack.index.table for pack in found))
    seen: set[bytes] = set()
    for directory in directories:
        with _noting(survey, directory):
            seen |= _add_loose(survey, directory, unread.keys(), seen)
    survey.presence |= Presence.of(oid_length, [OidTable.of(b"".join(sorted(seen)), oid_length)])
    survey.not_read += (not_read(oid, reason) for oid, reason in unread.items() if oid not in seen)
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


def _find(survey: Survey, directory: Path, path: Path) -> _Found:
    index = open_index(path, survey.oid_length)
    pack_path = path.with_suffix(".pack")
    pack = open_pack(pack_path)
    _check_belongs(survey, pack, index, pack_path)
    families = find_families(pack, index, [TYPES[kind] for kind in survey.kinds])
    survey.skipped += index.count - len(families) - len(families.unread)
    return _Found(directory, pack_path, index, families)


def _check_belongs(survey: Survey, pack: mmap, index: PackIndex, path: Path) -> None:
    """Note a pack that the index was not made for. What can be read of it is read all the same."""
    count = int.from_bytes(pack[8:12], "big")
    if count != index.count or pack[-index.oid_length :] != index.pack_checksum:
        survey.not_read.append(NotRead(os.fsencode(path), "pack is damaged, or its index belongs to another pack"))


def _hidden(survey: Survey, packs: list[_Found]) -> Sequence[NDArray[np.bool_] | None]:
    """For each entry of each pack, whether another pack has given it or nobody wants it; None for no entry."""
    if len(packs) <= 1 and survey.only is None:
        return [None] * len(packs)
    oids = b"".join(pack.index.oids_at(pack.families.places) for pack in packs)
    hidden = repeated(oids, survey.oid_length)
    if survey.only is not None:
        hidden |= OidTable.of(b"".join(sorted(survey.only)), survey.oid_length).find(oids) < 0
    ends = np.cumsum([len(pack.families) for pack in packs])
    return np.split(hidden, ends)[: len(packs)]


def _arranged(pack: _Found, hidden: NDArray[np.bool_] | None) -> SurveyedPack:
    arranged = arrange(pack.families, hidden)
    given = np.zeros(pack.index.count, bool)
    given[pack.families.places if hidden is None else pack.families.places[~hidden]] = True
    return SurveyedPack(pack.directory, pack.path, pack.index, arranged, _costs(arranged), given)


def _costs(arranged: Arranged) -> Compact:
    families, order = arranged.families, arranged.order
    packed = np.maximum(families.ends, families.starts) - families.starts
    costs = packed[order].astype(np.int64)
    costs *= _PER_PACKED_BYTE
    costs += _PER_OBJECT
    costs[arranged.trees :] += _PER_TREE - _PER_OBJECT
    roots = np.flatnonzero(families.bases[order] < 0)
    members = np.diff(roots, append=len(order))
    sizes = np.minimum(families.sizes[order[roots]], _LARGEST).astype(np.int64)
    costs += np.repeat(np.where(members > 1, _PER_BYTE * sizes, 0), members)
    return np.minimum(costs, _LARGEST, out=costs).astype(np.uint32)


def _unread(survey: Survey, packs: list[_Found]) -> dict[bytes, str]:
    """Raw id → why its kind cannot be told, of objects that are read from no pack."""
    unread: dict[bytes, str] = {}
    for pack in packs:
        for place, reason in pack.families.unread:
            unread.setdefault(pack.index.oid(place), reason)
    oids = b"".join(unread)
    is_given = np.zeros(len(unread), bool)
    for surveyed in survey.packs:
        places = surveyed.index.table.find(oids)
        is_known = places >= 0
        is_given[is_known] |= surveyed.given[places[is_known]]
    return {oid: reason for (oid, reason), given in zip(unread.items(), is_given.tolist(), strict=True) if not given}


def _add_loose(survey: Survey, directory: Path, unread: Iterable[bytes], seen: set[bytes]) -> set[bytes]:
    """Raw ids of the directory's loose objects, and a note to read those of which there is no better copy."""
    oids = list(loose_oids(directory, survey.oid_length))
    wanted = {*survey.presence.absent(b"".join(oids)), *unread} - seen
    if survey.only is not None:
        wanted &= survey.only
    survey.loose.append((directory, [oid for oid in oids if oid in wanted]))
    return set(oids)
