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
from keysieve.git.packs.index import PackIndex

_PACK_HEADER = 12


@dataclass(slots=True)
class Families:
    """The wanted entries of one pack.

    Attributes:
        ends: Offset of every wanted entry → where the next entry starts, shifted left by three, and its type.
        bases: Offset of every wanted delta → offset of its base, in an order that has bases before deltas.
        unread: Offset of entries whose kind cannot be told → why.
    """

    ends: dict[int, int] = field(default_factory=dict)
    bases: dict[int, int] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)


def find_families(pack: mmap, index: PackIndex, wanted: frozenset[int]) -> Families:
    """Group the entries of `pack` whose type (`COMMIT`, `BLOB`, …) is wanted into families."""
    # An array again, because the sorted list's integers lie all over the memory and every look at one would
    # miss the processor's cache.
    offsets = array("Q", sorted(index.offsets))
    limit = len(pack) - index.oid_length
    if offsets and offsets[0] >= _PACK_HEADER and offsets[-1] + HEAD <= limit:
        with suppress(CorruptEntryError):
            return _in_order(pack, offsets, limit, wanted, index.oid_length)
    return _in_any_order(pack, offsets.tolist(), limit, wanted, index)


def _in_order(
    pack: mmap, offsets: array[int], limit: int, wanted: frozenset[int], oid_length: int
) -> Families:
    """Families of a sound pack without REF deltas, where every base comes before its deltas.

    Raises:
        CorruptEntryError: The pack is not like that.
    """
    families = Families()
    bases_before: set[int] = set()
    for start in range(0, len(offsets), LANES):
        part = offsets[start : start + LANES].tolist()
        nexts = offsets[start + 1 : start + LANES + 1].tolist()
        if len(nexts) < len(part):
            nexts.append(limit)
        heads = read_heads(pack, part)
        types = b"".join(heads)[::HEAD].translate(TYPE_OF)
        if types.translate(None, b"\1\2\3\4\6"):
            raise CorruptEntryError("no plain pack")
        _add_roots(families, part, nexts, types, wanted)
        mask = types.translate(_select(OFS_DELTA))
        deltas = list(compress(part, mask))
        bases = bases_of_ofs_deltas(pack, deltas, b"".join(compress(heads, mask)), oid_length)
        _add_deltas(families, deltas, bases, compress(nexts, mask))
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
    families: Families, part: list[int], nexts: list[int], types: bytes, wanted: frozenset[int]
) -> None:
    for type_ in wanted:
        mask = types.translate(_select(type_))
        ends = [end << 3 | type_ for end in compress(nexts, mask)]
        families.ends.update(zip(compress(part, mask), ends, strict=True))


def _add_deltas(families: Families, deltas: list[int], bases: list[int], nexts: Iterable[int]) -> None:
    """Add the deltas that descend from wanted entries."""
    ends = families.ends
    base_of = families.bases
    for delta, base, end in zip(deltas, bases, nexts, strict=True):
        if base in ends:
            ends[delta] = end << 3 | ends[base] & 7
            base_of[delta] = base


def _in_any_order(
    pack: mmap, offsets: list[int], limit: int, wanted: frozenset[int], index: PackIndex
) -> Families:
    """Families of any pack, entry by entry: REF deltas may precede their bases, anything may be damaged."""
    families = Families()
    nexts = dict(zip(offsets, [*offsets[1:], limit], strict=True))
    children: dict[int, list[int]] = {}
    found: list[tuple[int, int]] = []
    by_oid: dict[bytes, int] = {}
    for offset in nexts:
        try:
            header = _checked_header(pack, offset, limit, index.oid_length)
        except CorruptEntryError as error:
            families.unread[offset] = str(error)
            continue
        if header.base is None:
            found.append((offset, header.type))
        elif header.type == REF_DELTA and not by_oid:
            by_oid = _offsets_by_oid(index)
        if isinstance(header.base, int):
            children.setdefault(header.base, []).append(offset)
        elif header.base is not None:
            children.setdefault(by_oid.get(header.base, -1), []).append(offset)
    _descend(families, found, children, nexts, wanted)
    for base, deltas in children.items():
        reason = (
            "delta base cannot be read, or is a delta of this"
            if base in nexts
            else "delta base is not in its pack"
        )
        families.unread |= dict.fromkeys(deltas, reason)
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
    found: Iterable[tuple[int, int]],
    children: dict[int, list[int]],
    nexts: dict[int, int],
    wanted: frozenset[int],
) -> None:
    """Give every delta the type of its family, from the roots down. What stays in `children` has no root."""
    todo = list(found)
    while todo:
        offset, type_ = todo.pop()
        deltas = children.pop(offset, ())
        if type_ in wanted:
            families.ends[offset] = nexts[offset] << 3 | type_
            families.bases.update(dict.fromkeys(deltas, offset))
        todo.extend((delta, type_) for delta in deltas)
