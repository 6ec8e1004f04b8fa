"""Delta families: which entries of a pack are of the wanted kinds, and which are made from which.

A delta has the kind of the whole object at the end of its chain of bases. Trees are most of a history and
are not wanted, so an entry costs next to nothing until it is known to descend from a wanted object.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import compress
from mmap import mmap

from keysieve.git.packs.headers import (
    HEAD,
    LANES,
    OFS_DELTA,
    REF_DELTA,
    TYPE_OF,
    CorruptEntryError,
    Header,
    bases_of_ofs_deltas,
    read_header,
    read_heads,
)
from keysieve.git.packs.index import PackIndex, pack_order

DELTA = 8
"""Flag of an entry that is a delta, next to its type."""

_PACK_HEADER = 12


@dataclass(slots=True)
class Families:
    """The wanted entries of one pack, in an order that has bases before their deltas.

    Attributes:
        offsets: Where each entry starts in the pack.
        ends: Where the next entry of the pack starts.
        places: Position of its id in the index.
        types: `COMMIT`, `BLOB`, …: a delta's is that of its family, with the flag `DELTA`.
        bases: Which of these entries is its base; -1 for a whole object.
        unread: Position in the index of entries whose kind cannot be told, and why.
    """

    offsets: list[int] = field(default_factory=list, repr=False)
    ends: list[int] = field(default_factory=list, repr=False)
    places: list[int] = field(default_factory=list, repr=False)
    types: bytearray = field(default_factory=bytearray, repr=False)
    bases: list[int] = field(default_factory=list, repr=False)
    unread: list[tuple[int, str]] = field(default_factory=list)


def find_families(pack: mmap, index: PackIndex, wanted: frozenset[int]) -> Families:
    """Group the entries of `pack` whose type (`COMMIT`, `BLOB`, …) is wanted into families."""
    offsets, places = pack_order(index)
    limit = len(pack) - index.oid_length
    if offsets and offsets[0] >= _PACK_HEADER and offsets[-1] + HEAD <= limit:
        with suppress(CorruptEntryError):
            return _in_order(pack, offsets, places, limit, wanted, index.oid_length)
    return _in_any_order(pack, offsets, places, limit, wanted, index)


def _in_order(
    pack: mmap,
    offsets: array[int],
    places: array[int],
    limit: int,
    wanted: frozenset[int],
    oid_length: int,
) -> Families:
    """Families of a sound pack without REF deltas, where every base comes before its deltas.

    Raises:
        CorruptEntryError: The pack is not like that.
    """
    families = Families()
    ranks: dict[int, int] = {}
    bases_before: set[int] = set()
    offsets.append(limit)
    for start in range(0, len(places), LANES):
        part = offsets[start : start + LANES + 1].tolist()
        nexts = part[1:]
        del part[LANES:]
        part = part[: len(nexts)]
        heads = read_heads(pack, part)
        types = b"".join(heads)[::HEAD].translate(TYPE_OF)
        if types.translate(None, b"\1\2\3\4\6"):
            raise CorruptEntryError("no plain pack")
        columns = (part, nexts, places[start : start + LANES])
        for type_ in wanted:
            _add_roots(
                families,
                ranks,
                type_,
                *(compress(column, types.translate(_select(type_))) for column in columns),
            )
        mask = types.translate(_select(OFS_DELTA))
        deltas = list(compress(part, mask))
        bases = bases_of_ofs_deltas(pack, deltas, b"".join(compress(heads, mask)), oid_length)
        _add_deltas(families, ranks, deltas, bases, *(compress(column, mask) for column in columns[1:]))
        others = set(bases)
        others.difference_update(part)
        bases_before |= others
    bases_before.difference_update(offsets)
    if bases_before:
        raise CorruptEntryError("delta base is no entry")
    return families


def _select(type_: int) -> bytes:
    return bytes(code == type_ for code in range(256))


def _add_roots(
    families: Families,
    ranks: dict[int, int],
    type_: int,
    offsets: Iterable[int],
    ends: Iterable[int],
    places: Iterable[int],
) -> None:
    before = len(families.offsets)
    families.offsets.extend(offsets)
    families.ends.extend(ends)
    families.places.extend(places)
    count = len(families.offsets) - before
    families.types.extend(bytes([type_]) * count)
    families.bases.extend([-1] * count)
    ranks.update(zip(families.offsets[before:], range(before, before + count), strict=True))


def _add_deltas(
    families: Families,
    ranks: dict[int, int],
    deltas: list[int],
    bases: list[int],
    ends: Iterable[int],
    places: Iterable[int],
) -> None:
    """Add the deltas that descend from wanted entries."""
    is_wanted = bytearray(len(deltas))
    rank = len(families.offsets)
    for at, base in enumerate(bases):
        if base in ranks:
            is_wanted[at] = 1
            ranks[deltas[at]] = rank
            rank += 1
    families.offsets.extend(compress(deltas, is_wanted))
    families.ends.extend(compress(ends, is_wanted))
    families.places.extend(compress(places, is_wanted))
    of_wanted = list(map(ranks.__getitem__, compress(bases, is_wanted)))
    families.bases.extend(of_wanted)
    types = families.types
    for base in of_wanted:
        types.append(types[base] | DELTA)


def _in_any_order(
    pack: mmap, offsets: array[int], places: array[int], limit: int, wanted: frozenset[int], index: PackIndex
) -> Families:
    """Families of any pack, entry by entry: REF deltas may precede their bases, anything may be damaged."""
    families = Families()
    del offsets[len(places) :]
    place_at = dict(zip(offsets, places, strict=True))
    if len(place_at) < len(places):
        doubled = set(places).difference(place_at.values())
        families.unread.extend((place, "index names the entry of another object") for place in doubled)
    starts = list(place_at)
    end_at = dict(zip(starts, [*starts[1:], limit], strict=True))
    children: dict[int, list[int]] = {}
    roots: list[tuple[int, int, int]] = []
    by_oid: dict[bytes, int] = {}
    for offset, place in place_at.items():
        try:
            header = _checked_header(pack, offset, limit, index.oid_length)
        except CorruptEntryError as error:
            families.unread.append((place, str(error)))
            continue
        if header.type == REF_DELTA and not by_oid:
            by_oid = _offsets_by_oid(index)
        if header.base is None:
            roots.append((offset, header.type, -1))
        else:
            base = header.base if isinstance(header.base, int) else by_oid.get(header.base, -1)
            children.setdefault(base, []).append(offset)
    _descend(families, roots, children, end_at, place_at, wanted)
    for deltas in children.values():
        families.unread.extend((place_at[delta], "delta base cannot be found") for delta in deltas)
    return families


def _checked_header(pack: mmap, offset: int, limit: int, oid_length: int) -> Header:
    if not _PACK_HEADER <= offset < limit:
        raise CorruptEntryError("entry outside the pack")
    return read_header(pack, offset, oid_length)


def _offsets_by_oid(index: PackIndex) -> dict[bytes, int]:
    length = index.oid_length
    oids = bytes(index.oids)
    starts = range(0, len(oids), length)
    return {oids[start : start + length]: offset for start, offset in zip(starts, index.offsets, strict=True)}


def _descend(
    families: Families,
    roots: list[tuple[int, int, int]],
    children: dict[int, list[int]],
    end_at: dict[int, int],
    place_at: dict[int, int],
    wanted: frozenset[int],
) -> None:
    """Give every delta the type of its family, from the roots down. What stays in `children` has no root."""
    todo = roots[::-1]
    while todo:
        offset, type_, base = todo.pop()
        deltas = children.pop(offset, ())
        rank = len(families.offsets)
        todo.extend((delta, type_, rank) for delta in deltas)
        if type_ in wanted:
            families.offsets.append(offset)
            families.ends.append(end_at[offset])
            families.places.append(place_at[offset])
            families.types.append(type_ if base < 0 else type_ | DELTA)
            families.bases.append(base)
