"""Which objects there are, and how to split the work of reading them over processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import compress
from pathlib import Path

from keysieve.blob import NotRead
from keysieve.git.packs.arrange import HIDDEN, Entries, split
from keysieve.git.packs.loose import read_loose
from keysieve.git.packs.oids import separate
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.store import read_single
from keysieve.git.packs.stored import (
    DEFAULT_LIMITS,
    TOO_MUCH,
    VANISHED,
    WANTED_KINDS,
    Item,
    Limits,
)
from keysieve.git.packs.survey import LOOSE_COST, Survey, take
from keysieve.git.packs.walk import read_entries

UNITS_PER_PART, TREE_UNITS_PER_PART = 12, 64
"""Units of work per process: enough that the last one to finish does not keep the others waiting. What is told of trees
takes much memory until it has been handed over."""

SMALLEST_UNIT, SMALLEST_TREE_UNIT = 4_000_000, 60_000_000
"""Estimated nanoseconds below which splitting costs more than it gains. Trees are looked at by the thousand."""

_TREES = frozenset({"tree"})
_ATTEMPTS = 3
_SINGLES = 500
_LONGEST_KEPT = 32 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3), as in malloc.h."""
_SINGLE_COST = 1_000_000


@dataclass(frozen=True, slots=True)
class PackUnit:
    """Entries of one pack, to be read in order.

    Attributes:
        directory: The objects directory.
        pack: The pack file.
        cost: Estimated nanoseconds.
        is_tree: Whether all are trees; else none is.
    """

    directory: Path
    pack: Path
    oid_length: int
    entries: Entries = field(repr=False)
    cost: int
    is_tree: bool


@dataclass(frozen=True, slots=True)
class LooseUnit:
    """Loose objects of one directory; only those of the wanted `kinds` will be yielded."""

    directory: Path
    oids: bytes = field(repr=False)
    oid_length: int
    kinds: frozenset[str]
    cost: int


@dataclass(frozen=True, slots=True)
class SingleUnit:
    """Objects to look for in every pack and directory, one by one, because reading them in order failed."""

    directories: tuple[Path, ...]
    oids: bytes = field(repr=False)
    oid_length: int
    kinds: frozenset[str]
    cost: int


WorkUnit = PackUnit | LooseUnit | SingleUnit


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be read.

    Attributes:
        units: Independent pieces of work, the most expensive first. They pickle, and hold ids and offsets,
        no content.
        not_read: What is known by now to be unreadable. Ids among it may be sound in another copy: see
        `plan_again`.
        skipped: Packed objects of unwanted kinds.
        objects: Objects that the units will yield or report; loose objects of unwanted kinds are among them.
        presence: All objects of the directories, wanted or not.
    """

    units: list[WorkUnit]
    not_read: list[NotRead]
    skipped: int
    objects: int
    directories: tuple[Path, ...]
    oid_length: int
    kinds: frozenset[str]
    presence: Presence


def plan(
    directories: Iterable[Path],
    parts: int,
    *,
    oid_length: int = 20,
    kinds: frozenset[str] = WANTED_KINDS,
    only: frozenset[bytes] | None = None,
) -> Plan:
    """Find every object in `directories` (see `with_alternates`) and split the work of reading them.

    An object that several packs hold, or a pack and a loose file, is in one unit only, the first directory's.
    Multi-pack indexes are not needed; cruft packs and promisor packs are packs.

    Args:
        directories: Objects directories, `.git/objects` and the like.
        parts: Processes that will work on it.
        oid_length: Length of raw object ids: 20 for SHA-1, 32 for SHA-256.
        kinds: Kinds of objects that are wanted.
        only: Raw ids to restrict the plan to; None for all.
    """
    places = tuple(directories)
    survey = Survey(oid_length, kinds, only)
    for _ in range(_ATTEMPTS):
        survey = take(places, oid_length, kinds, only)
        if all(entry.reason != VANISHED for entry in survey.not_read):
            break
    pieces = UNITS_PER_PART * max(parts, 1), TREE_UNITS_PER_PART * max(parts, 1)
    least = SMALLEST_UNIT, SMALLEST_TREE_UNIT
    targets = [max(low, cost // count) for low, cost, count in zip(least, survey.costs, pieces, strict=True)]
    units = _units(survey, *targets)
    return Plan(units, survey.not_read, survey.skipped, survey.objects, places, oid_length, kinds, survey.presence)


def plan_again(before: Plan, failed: Iterable[NotRead], parts: int) -> Plan:
    """A plan for what could not be read by `before`, where another try may help.

    Objects of packs that were replaced meanwhile are looked for in the present packs, damaged ones in other
    copies. What this plan's units report is final.

    Args:
        before: The plan whose units have been read.
        failed: What they reported.
        parts: Processes that will work on it.
    """
    final: list[NotRead] = []
    vanished: set[bytes] = set()
    damaged: list[bytes] = []
    for entry in {entry.what: entry for entry in [*before.not_read, *failed]}.values():
        oid = _as_oid(entry.what, before.oid_length)
        if oid is None or "too large" in entry.reason or entry.reason == TOO_MUCH:
            final.append(entry)
        elif entry.reason == VANISHED:
            vanished.add(oid)
        else:
            damaged.append(oid)
    again = plan(
        before.directories, parts, oid_length=before.oid_length, kinds=before.kinds, only=frozenset(vanished)
    ) if vanished else None  # fmt: skip
    units = list(again.units) if again else []
    singles = sorted({*damaged, *vanished.difference(*map(planned, units))})
    units.extend(_single_units(before, singles))
    known = {entry.what for entry in before.not_read}
    if again:
        final.extend(
            entry
            for entry in again.not_read
            if _as_oid(entry.what, before.oid_length) is None and entry.what not in known
        )
    presence = again.presence if again else before.presence
    objects = len(vanished) + len(damaged)
    return Plan(units, final, 0, objects, before.directories, before.oid_length, before.kinds, presence)


def read(unit: WorkUnit, limits: Limits = DEFAULT_LIMITS, *, verify: bool = False) -> Iterator[Item]:
    """Read a unit of work, in this process.

    Every object of the unit is yielded as `StoredObject`, `LargeObject` or `NotRead`, or is of an unwanted
    kind.
    """
    match unit:
        case PackUnit():
            if not unit.is_tree:
                _keep_freed_memory()
            return read_entries(unit.pack, unit.entries, unit.oid_length, limits, verify=verify)
        case LooseUnit():
            return read_loose(unit.directory, separate(unit.oids, unit.oid_length), unit.kinds, limits)
        case SingleUnit():
            oids = separate(unit.oids, unit.oid_length)
            return read_single(unit.directories, oids, unit.oid_length, unit.kinds, limits)


@cache
def _keep_freed_memory() -> None:
    """Have glibc keep the memory of an object for the next one, up to 32 MiB; elsewhere this does nothing.

    Fresh pages for every object above 128 KiB take a tenth of the time that a history of large blobs takes to be read.
    """
    with suppress(ImportError, OSError, TypeError, AttributeError):
        import ctypes

        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LONGEST_KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, 2 * _LONGEST_KEPT)


def _as_oid(what: bytes, oid_length: int) -> bytes | None:
    with suppress(ValueError):
        oid = bytes.fromhex(what.decode("ascii", "replace"))
        return oid if len(oid) == oid_length and len(what) == 2 * oid_length else None
    return None


def planned(unit: WorkUnit) -> Iterator[bytes]:
    """Raw ids of the objects that a unit yields or reports."""
    if isinstance(unit, PackUnit):
        visible = [not flags & HIDDEN for flags in unit.entries.flags]
        return compress(separate(unit.entries.oids, unit.oid_length), visible)
    return iter(separate(unit.oids, unit.oid_length))


def parts(units: Iterable[WorkUnit], *, are_trees: bool) -> list[WorkUnit]:
    """What of the units reads trees, or what reads anything else."""
    found: list[WorkUnit] = []
    for unit in units:
        if not isinstance(unit, PackUnit):
            found.append(replace(unit, kinds=unit.kinds & _TREES if are_trees else unit.kinds - _TREES))
        elif unit.is_tree == are_trees:
            found.append(unit)
    return found


def _single_units(plan: Plan, oids: list[bytes]) -> Iterator[SingleUnit]:
    for at in range(0, len(oids), _SINGLES):
        part = oids[at : at + _SINGLES]
        cost = len(part) * _SINGLE_COST
        yield SingleUnit(plan.directories, b"".join(part), plan.oid_length, plan.kinds, cost)


def _units(survey: Survey, target: int, target_of_trees: int) -> list[WorkUnit]:
    units: list[WorkUnit] = []
    for pack in survey.packs:
        for entries, cost, is_tree in split(pack.arranged, pack.index, pack.costs, (target, target_of_trees)):
            units.append(PackUnit(pack.directory, pack.path, survey.oid_length, entries, cost, is_tree))
    count = max(1, target // LOOSE_COST)
    for directory, oids in survey.loose:
        for at in range(0, len(oids), count):
            part = oids[at : at + count]
            joined = b"".join(part)
            units.append(LooseUnit(directory, joined, survey.oid_length, survey.kinds, len(part) * LOOSE_COST))
    units.sort(key=lambda unit: -unit.cost)
    return units


def read_all(
    directories: Iterable[Path],
    *,
    oid_length: int = 20,
    kinds: frozenset[str] = WANTED_KINDS,
    limits: Limits = DEFAULT_LIMITS,
    verify: bool = False,
) -> Iterator[Item]:
    """Everything in `directories` in this process: plan, read, and try again what could not be read."""
    first = plan(directories, 1, oid_length=oid_length, kinds=kinds)
    failed: list[NotRead] = []
    for unit in first.units:
        for item in read(unit, limits, verify=verify):
            if isinstance(item, NotRead):
                failed.append(item)
            else:
                yield item
    second = plan_again(first, failed, 1)
    yield from second.not_read
    for unit in second.units:
        yield from read(unit, limits, verify=verify)
