"""The law: the pack reader sees the objects that git sees, however the repository stores them."""

from __future__ import annotations

import multiprocessing
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import as_git_sees, as_we_see, copy, git, grow, make_repository, objects_of, varint

from keysieve.blob import NotRead
from keysieve.git.packs.delta import apply, copied, is_compiled
from keysieve.git.packs.directories import with_alternates
from keysieve.git.packs.plan import PackUnit, WorkUnit, plan, plan_again, read
from keysieve.git.packs.stored import VANISHED, LargeObject, Limits, StoredObject

REPACK = ("repack", "-q", "-a", "-d", "-f")


def assert_same(repository: Path, directories: list[Path] | None = None, oid_length: int = 20) -> None:
    found, unread = as_we_see(directories or [objects_of(repository)], oid_length)
    assert unread == {}
    assert found == as_git_sees(repository)
    assert len(found) > 10


def leave_loose(_: Path) -> None:
    pass


def pack(*options: str) -> Callable[[Path], None]:
    def store(repository: Path) -> None:
        git(repository, *REPACK, *options)

    return store


def pack_with(*configuration: str) -> Callable[[Path], None]:
    def store(repository: Path) -> None:
        git(repository, *configuration, *REPACK)

    return store


def pack_with_ref_deltas(repository: Path) -> None:
    pack_with("-c", "repack.useDeltaBaseOffset=false")(repository)


def pack_in_steps(repository: Path) -> None:
    git(repository, "repack", "-q", "-d")
    grow(repository, 6, seed=2)
    git(repository, "repack", "-q", "-d")
    git(repository, "repack", "-q", "-a")  # the same objects a second and third time
    grow(repository, 3, seed=3)
    git(repository, "multi-pack-index", "write")


def pack_cruft(repository: Path) -> None:
    grow(repository, 4, seed=2)
    git(repository, "update-ref", "refs/heads/main", "main~3")
    git(repository, "tag", "-d", "v2")
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "repack", "-q", "-d", "--cruft")
    assert list((objects_of(repository) / "pack").glob("*.mtimes"))


def pack_with_64_bit_offsets(repository: Path) -> None:
    pack()(repository)
    (index,) = (objects_of(repository) / "pack").glob("*.idx")
    git(
        repository,
        "index-pack",
        "--index-version=2,0x100",
        "-o",
        f"{index}.new",
        str(index.with_suffix(".pack")),
    )
    assert Path(f"{index}.new").stat().st_size > index.stat().st_size
    Path(f"{index}.new").replace(index)


def pack_and_keep_loose(repository: Path) -> None:
    git(repository, "repack", "-q", "-a")


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(leave_loose, id="loose only"),
        pytest.param(pack(), id="one pack"),
        pytest.param(pack_and_keep_loose, id="packed and loose"),
        pytest.param(pack("--depth=4095", "--window=20"), id="long chains"),
        pytest.param(pack("--depth=0"), id="no deltas"),
        pytest.param(pack_with("-c", "pack.indexVersion=1"), id="index version 1"),
        pytest.param(pack_with_64_bit_offsets, id="64-bit offsets"),
        pytest.param(pack_with_ref_deltas, id="REF deltas"),
        pytest.param(pack_in_steps, id="several packs, overlapping, multi-pack index"),
        pytest.param(pack_cruft, id="cruft pack"),
    ],
)
def test_sees_what_git_sees(tmp_path: Path, store: Callable[[Path], None]) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 12)
    store(repository)
    assert_same(repository)


@pytest.mark.parametrize("store", [leave_loose, pack(), pack_with_ref_deltas], ids=["loose", "packed", "REF deltas"])
def test_sha256(tmp_path: Path, store: Callable[[Path], None]) -> None:
    repository = make_repository(tmp_path / "repository", "sha256")
    grow(repository, 6)
    store(repository)
    assert_same(repository, oid_length=32)


def test_long_chain_is_really_long_and_cut_into_units(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    blobs = [b"".join(b"%d\n" % (n + (n < 3 * turn)) for n in range(3000)) for turn in range(1300)]
    stream = b"".join(b"blob\ndata %d\n%s\n" % (len(blob), blob) for blob in blobs)
    git(repository, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--depth=4095", stdin=stream)
    first = plan([objects_of(repository)], 2)
    assert len(first.units) > 3
    assert any(unit.entries.flags.count(64 | 3 | 8 | 16 | 32) > 100 for unit in first.units)  # hidden bases
    assert_same(repository)


def read_unit(unit: WorkUnit) -> list[tuple[str, str, int]]:
    return [(item.oid.hex(), item.kind, len(item.data)) for item in read(unit) if isinstance(item, StoredObject)]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_units_work_in_other_processes(tmp_path: Path, method: str) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 8)
    pack()(repository)
    grow(repository, 2, seed=2)
    units = plan([objects_of(repository)], 2).units
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = [entry for part in pool.imap_unordered(read_unit, units) for entry in part]
    assert sorted(oid for oid, _, _ in found) == sorted(oid for oid, _, _ in as_git_sees(repository))


def test_units_pickle_without_content(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    (repository / "file").write_bytes(b"unmistakable content " * 9)
    git(repository, "add", "file")
    pack_dir = objects_of(repository)
    units = plan([pack_dir], 1).units
    assert units
    assert b"unmistakable" not in pickle.dumps(units)


@pytest.mark.parametrize("most", [1, 2, 1000])
def test_bases_come_before_deltas_and_what_is_copied_is_the_same(tmp_path: Path, most: int) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 25)
    pack()(repository)
    known: dict[bytes, bytes] = {}
    saved = 0
    for unit in plan([objects_of(repository)], 1).units:
        for item in read(unit):
            assert isinstance(item, StoredObject)
            known[item.oid] = item.data
            if item.base is None or item.delta is None:
                continue
            for at, source, size in copied(item.delta, most):
                assert item.data[at : at + size] == known[item.base][source : source + size]
                saved += size
    assert saved > 5_000


BASE = random.Random(5).randbytes(1 << 18)
OFFSETS = st.integers(0, len(BASE)) | st.sampled_from([0x100, 0x10000, 0x20000, 0x20100])
SIZES = st.integers(1, 5000) | st.sampled_from([0x100, 0x1000, 0x10000, 0x10005, 0x10100, 0x20000])


@given(st.lists(st.binary(min_size=1, max_size=127) | st.tuples(OFFSETS, SIZES), max_size=30))
def test_every_copy_of_a_delta_is_told(steps: list[bytes | tuple[int, int]]) -> None:
    wanted: list[tuple[int, int, int]] = []
    instructions, result = b"", b""
    for step in steps:
        if isinstance(step, bytes):
            instructions += bytes([len(step)]) + step
            result += step
            continue
        source, size = step[0], min(step[1], len(BASE) - step[0])
        if size:
            wanted.append((len(result), source, size))
            instructions += copy(source, size)
            result += BASE[source : source + size]
    delta = varint(len(BASE)) + varint(len(result)) + instructions
    assert apply(BASE, delta) == result
    found = copied(delta, len(steps))
    assert all(result[at : at + size] == BASE[source : source + size] for at, source, size in found)
    told = [range(at, at + size) for at, _, size in found]
    assert all(any(at in row and at + size - 1 in row for row in told) for at, _, size in wanted)
    assert sum(map(len, told)) == sum(size for _, _, size in wanted)


def test_alternates(tmp_path: Path) -> None:
    far = make_repository(tmp_path / "far")
    grow(far, 4, seed=1)
    pack()(far)
    near = make_repository(tmp_path / 'near "quoted"')
    grow(near, 4, seed=2)
    repository = make_repository(tmp_path / "repository")
    grow(repository, 4, seed=3)
    objects = objects_of(repository)
    (objects / "info" / "alternates").write_text(
        '# comment\n"../../../near \\"quoted\\"/.git/\\157bjects"\n../../../gone\n'
    )
    (objects_of(near) / "info" / "alternates").write_text(f"{objects_of(far)}\n{objects}\n")  # and back: a loop
    directories, missing = with_alternates(objects)
    assert [place.resolve() for place in directories] == [objects, objects_of(near), objects_of(far)]
    assert [entry.reason for entry in missing] == ["alternate objects directory is missing"]
    (objects / "info" / "alternates").write_text('"../../../near \\"quoted\\"/.git/\\157bjects"\n')
    assert_same(repository, directories)


def test_packs_replaced_after_planning_are_found_again(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 10)
    pack()(repository)
    grow(repository, 3, seed=2)
    first = plan([objects_of(repository)], 2)
    expected = {oid for oid, _, _ in as_git_sees(repository)}
    pack()(repository)
    failed = [item for unit in first.units for item in read(unit)]
    assert {item.reason for item in failed if isinstance(item, NotRead)} == {VANISHED}
    again = plan_again(first, [item for item in failed if isinstance(item, NotRead)], 2)
    found = [item for unit in again.units for item in read(unit)]
    assert again.not_read == []
    assert all(isinstance(item, StoredObject) for item in found)
    assert {item.oid.hex() for item in found if isinstance(item, StoredObject)} == expected
    assert len(found) == len(expected)


def test_objects_pruned_after_planning_are_reported(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 3)
    first = plan([objects_of(repository)], 1)
    shutil.rmtree(objects_of(repository))
    objects_of(repository).mkdir()
    failed = [item for unit in first.units for item in read(unit) if isinstance(item, NotRead)]
    again = plan_again(first, failed, 1)
    reported = [item for unit in again.units for item in read(unit)]
    assert {item.reason for item in reported if isinstance(item, NotRead)} == {"missing object"}
    assert len(reported) == len(failed) > 5


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_large_blobs_come_in_pieces(tmp_path: Path, packed: bool) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 3)
    git(repository, "hash-object", "-w", "--stdin", stdin=bytes(range(256)) * 20_000)
    if packed:
        git(repository, "repack", "-q", "-a", "-d", "--cruft", "--cruft-expiration=never")
    limits = Limits(max_blob=1_000_000)
    large = [
        item
        for unit in plan([objects_of(repository)], 1).units
        for item in read(unit, limits)
        if isinstance(item, LargeObject)
    ]
    assert [item.size for item in large] == [5_120_000]
    found, unread = as_we_see([objects_of(repository)], limits=limits)
    assert unread == {}
    assert found == as_git_sees(repository)


def test_wanted_kinds_only(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 5)
    pack()(repository)
    grow(repository, 2, seed=2)
    wanted = frozenset({"tag", "tree"})
    units = plan([objects_of(repository)], 1, kinds=wanted).units
    kinds = {item.kind for unit in units for item in read(unit, verify=True) if isinstance(item, StoredObject)}
    assert kinds == wanted


def test_no_objects_at_all(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    assert plan([objects_of(repository)], 4).units == []


def test_deltas_are_applied_by_compiled_code() -> None:
    assert is_compiled()


def test_objects_do_not_show_their_content() -> None:
    assert "words" not in repr(StoredObject(b"\1" * 20, "blob", b"secret words"))


def test_pack_units_name_their_directory(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 2)
    pack()(repository)
    (unit,) = plan([objects_of(repository)], 1).units
    assert isinstance(unit, PackUnit)
    assert unit.directory == objects_of(repository)
