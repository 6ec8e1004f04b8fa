"""The law of planning: what is read of many entries at once is what is read of each alone."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packing import BLOB, OFS_DELTA, REF_DELTA, HandmadePack, as_we_see, blob_id, copy_all, distance, entry_header

from keysieve.git.packs.arrange import HIDDEN, KEEP, KIND, LAST
from keysieve.git.packs.family import DELTA
from keysieve.git.packs.headers import CorruptEntryError, Header, read_header, read_headers
from keysieve.git.packs.plan import PackUnit, Plan, plan, planned

COMMIT, TREE = 1, 2
ALL = frozenset({"blob", "commit", "tag", "tree"})
TYPE = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def mapped(data: bytes) -> mmap.mmap:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def one_by_one(pack: mmap.mmap, offsets: list[int], oid_length: int) -> list[Header | str]:
    found: list[Header | str] = []
    for offset in offsets:
        try:
            found.append(read_header(pack, offset, oid_length))
        except CorruptEntryError as error:
            found.append(str(error))
    return found


def all_at_once(pack: mmap.mmap, offsets: list[int], oid_length: int) -> list[Header | str]:
    headers = read_headers(pack, np.array(offsets, np.int64), oid_length)
    damaged = dict(headers.damaged)
    found: list[Header | str] = []
    for row, (type_, size, start, base) in enumerate(
        zip(
            headers.types.tolist(), headers.sizes.tolist(), headers.starts.tolist(), headers.bases.tolist(), strict=True
        )
    ):
        name = pack[start - oid_length : start] if type_ == REF_DELTA else base or None
        assert (type_ == 0) == (row in damaged)
        found.append(damaged[row] if row in damaged else Header(type_, size, start, name))
    return found


sizes = st.integers(0, 2**60 - 1) | st.integers(0, 5000)
one_header = (
    st.builds(entry_header, st.sampled_from([1, 2, 3, 4, 0, 5]), sizes)
    | st.builds(lambda size, back: entry_header(OFS_DELTA, size) + distance(back), sizes, st.integers(0, 2**66))
    | st.builds(lambda size, back: entry_header(OFS_DELTA, size) + distance(back), sizes, st.integers(0, 300))
    | st.builds(lambda size, oid: entry_header(REF_DELTA, size) + oid, sizes, st.binary(min_size=20, max_size=20))
    | st.binary(max_size=30)
    | st.builds(lambda first, count: bytes([first]) + b"\xff" * count, st.integers(128, 255), st.integers(0, 25))
)


@settings(max_examples=400)
@given(st.lists(one_header, max_size=30), st.sampled_from([20, 32]), st.lists(st.integers(0, 2**63 - 1), max_size=3))
@example([entry_header(REF_DELTA, 1)], 20, [])
@example([entry_header(OFS_DELTA, 1) + b"\x80" * 19], 20, [12, 31, 32, 33])
def test_headers_at_once_are_those_one_by_one(parts: list[bytes], oid_length: int, more: list[int]) -> None:
    pack = mapped(b"PACK\0\0\0\2\0\0\0\0" + b"".join(parts) + bytes(range(100, 100 + oid_length)))
    offsets = sorted({*range(len(pack) + 2), *more})
    assert all_at_once(pack, offsets, oid_length) == one_by_one(pack, offsets, oid_length)


def oid_of(number: int) -> bytes:
    return blob_id(b"%d" % number)


Made = tuple[str, int, int]
"""What an entry is: its kind of base (`root`, `ofs`, `ref`, `odd`), a number that says which, the shape of its size."""

entries = st.lists(
    st.tuples(st.sampled_from(["root", "ofs", "ofs", "ofs", "ref", "odd"]), st.integers(0, 40), st.integers(0, 3)),
    max_size=40,
)


def make(objects: Path, made: list[Made], first: int = 0, name: str = "handmade") -> Path:
    """A pack whose deltas have bases before and behind them, themselves, in circles, and none."""
    pack = HandmadePack()
    places: list[int] = []
    for number, (kind, which, wide) in enumerate(made):
        size = 40 << 9 * wide
        if kind == "root" or (kind == "ofs" and not places):
            header = entry_header(1 + which % 4, size)
        elif kind == "ofs":
            back = len(pack.data) - places[which % len(places)] + (which == 39)
            header = entry_header(OFS_DELTA, size) + distance(back)
        elif kind == "ref":
            header = entry_header(REF_DELTA, size) + oid_of(first + which % (len(made) + 1))
        else:
            header = bytes([[0x00, 0x50, 0xFF][which % 3]] * (1 + which % 12))
        places.append(pack.add(oid_of(first + number), header, b""))
    if made and made[0][1] % 5 == 4:
        pack.entries[oid_of(first)] = places[-1]  # two objects in one place, and bases that are no entries
    return pack.write(objects, name)


def plainly(path: Path) -> tuple[dict[bytes, tuple[int, bytes | None]], set[bytes]]:
    """By reading entry after entry: the kind and the base of each object, and those that have no kind."""
    data = path.with_suffix(".pack").read_bytes()
    index = path.read_bytes()
    count = int.from_bytes(index[8 + 255 * 4 : 8 + 256 * 4], "big")
    at = 8 + 256 * 4
    oids = [index[at + 20 * n : at + 20 * n + 20] for n in range(count)]
    at += 24 * count
    offsets = [int.from_bytes(index[at + 4 * n : at + 4 * n + 4], "big") for n in range(count)]
    owner = dict(zip(offsets, oids, strict=True))
    headers: dict[int, Header] = {}
    for offset in owner:
        try:
            headers[offset] = read_header(mapped(data), offset, 20)
        except CorruptEntryError:
            continue
    kinds: dict[bytes, tuple[int, bytes | None]] = {}
    by_oid = dict(zip(oids, offsets, strict=True))
    for offset, oid in owner.items():
        chain = [offset]
        while len(chain) <= count and chain[-1] in headers and headers[chain[-1]].base is not None:
            base = headers[chain[-1]].base
            chain.append(base if isinstance(base, int) else by_oid.get(base or b"", -1))
        if len(chain) <= count and chain[-1] in headers:
            kinds[oid] = headers[chain[-1]].type, owner[chain[1]] if len(chain) > 1 else None
    return kinds, set(oids) - kinds.keys()


def as_planned(units: Iterable[PackUnit]) -> dict[bytes, tuple[int, bytes | None]]:
    """The kind and the base of each object that is not hidden, as the reader of the units would have it."""
    found: dict[bytes, tuple[int, bytes | None]] = {}
    for unit in units:
        oids = unit.entries.oids
        held: list[bytes] = []
        most = 0
        for number, flags in enumerate(unit.entries.flags):
            oid = oids[20 * number : 20 * number + 20]
            base = (held.pop() if flags & LAST else held[-1]) if flags & DELTA else None
            if flags & KEEP:
                held.append(oid)
            most = max(most, len(held))
            assert ((flags & KIND) == TREE) == unit.is_tree
            if not flags & HIDDEN:
                assert oid not in found
                found[oid] = flags & KIND, base
        assert most <= len(unit.entries.flags).bit_length()
    return found


def pack_units(planned_: Plan) -> list[PackUnit]:
    return [unit for unit in planned_.units if isinstance(unit, PackUnit)]


@settings(max_examples=300, deadline=None)
@given(entries, st.sets(st.sampled_from(sorted(ALL)), min_size=1), st.integers(1, 9))
def test_families_are_those_of_a_plain_reading(made: list[Made], kinds: set[str], parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        objects = make(Path(folder), made)
        expected, unread = plainly(objects / "pack" / "pack-handmade.idx")
        result = plan([objects], parts, kinds=frozenset(kinds))
    wanted = {TYPE[kind] for kind in kinds}
    assert as_planned(pack_units(result)) == {oid: one for oid, one in expected.items() if one[0] in wanted}
    assert {bytes.fromhex(one.what.decode()) for one in result.not_read} == unread
    assert result.objects + result.skipped == len(expected)
    assert sorted(result.presence) == sorted({*expected, *unread})


@settings(max_examples=100, deadline=None)
@given(st.lists(entries, min_size=2, max_size=4), st.none() | st.sets(st.integers(0, 60)))
def test_an_object_in_several_packs_is_read_from_one(packs: list[list[Made]], only: set[int] | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, made in enumerate(packs):
            make(Path(folder), made, first=10 * number, name=str(number))
        found = [plainly(path) for path in (Path(folder) / "pack").glob("*.idx")]
        chosen = None if only is None else frozenset(map(oid_of, only))
        result = plan([Path(folder)], 2, kinds=ALL, only=chosen)
    readable = {oid for kinds, _ in found for oid in kinds}
    given_ = as_planned(pack_units(result))
    assert given_.keys() == (readable if chosen is None else readable & chosen)
    assert result.objects == len(given_)
    for oid, one in given_.items():
        assert one in [kinds[oid] for kinds, _ in found if oid in kinds]
    unread = {oid for _, oids in found for oid in oids}
    assert {bytes.fromhex(one.what.decode()) for one in result.not_read} == unread - given_.keys()


@pytest.mark.parametrize("depth", [4095, 30_000])
def test_chains_of_any_length_are_read_and_cut(tmp_path: Path, depth: int) -> None:
    content = b"x" * 5000
    pack = HandmadePack()
    before = pack.add(blob_id(content), entry_header(BLOB, len(content)), content)
    delta = copy_all(len(content))
    for number in range(depth):
        header = entry_header(OFS_DELTA, len(delta)) + distance(len(pack.data) - before)
        before = pack.add(oid_of(number), header, delta, level=1)
    objects = pack.write(tmp_path)
    units = pack_units(plan([objects], 2))
    assert len(units) > 3
    assert sum(len(list(planned(unit))) for unit in units) == depth + 1
    if depth < 5000:
        found, unread = as_we_see([objects], verify=False)
        assert not unread
        assert len(found) == depth + 1


def test_units_cost_about_the_same_and_cut_between_families_where_one_ends_nearby(tmp_path: Path) -> None:
    pack = HandmadePack()
    starts = set()
    for family in range(300):
        root = pack.add(oid_of(100 * family), entry_header(COMMIT, 3000), b"x" * 3000)
        starts.add(oid_of(100 * family))
        for number in range(family % 7):
            header = entry_header(OFS_DELTA, 9) + distance(len(pack.data) - root)
            pack.add(oid_of(100 * family + number + 1), header, copy_all(3000))
    units = pack_units(plan([pack.write(tmp_path)], 1))
    assert len(units) > 1
    assert all(unit.entries.oids[:20] in starts for unit in units)
    costs = [unit.cost for unit in units][:-1]
    assert max(costs) < 2 * min(costs)
    assert costs == sorted(costs, reverse=True)
