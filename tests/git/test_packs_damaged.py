"""Damaged and hostile packs: everything is read or reported, nothing raises, hangs or takes the memory."""

from __future__ import annotations

import hashlib
import resource
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packing import (
    BLOB,
    OFS_DELTA,
    REF_DELTA,
    HandmadePack,
    as_git_sees,
    as_we_see,
    blob_id,
    copy_all,
    distance,
    entry_header,
    git,
    grow,
    make_repository,
    objects_of,
    varint,
)

from keysieve.git.packs import inflate
from keysieve.git.packs.delta import CorruptDeltaError, apply, copied, declared_sizes
from keysieve.git.packs.headers import CorruptEntryError, read_header, read_headers
from keysieve.git.packs.plan import plan
from keysieve.git.packs.stored import Limits, UnreadableError
from keysieve.git.packs.walk import open_pack, stream_place

MIB = 1 << 20
UNUSABLE = {"pack cannot be opened", "not a pack of a known version"}


def oid_of(number: int) -> bytes:
    return hashlib.sha1(b"%d" % number).digest()


def reasons(objects: Path, limits: Limits | None = None) -> dict[bytes, str]:
    return as_we_see([objects], limits=limits or Limits(), verify=False)[1]


def test_ref_deltas_in_a_circle(tmp_path: Path) -> None:
    pack = HandmadePack()
    for number in range(3):
        header = entry_header(REF_DELTA, len(copy_all(5))) + oid_of((number + 1) % 3)
        pack.add(oid_of(number), header, copy_all(5))
    found = reasons(pack.write(tmp_path))
    assert set(found) == {oid_of(number).hex().encode() for number in range(3)}
    assert set(found.values()) == {"deltas in a circle, or too many"}


def test_ref_delta_against_itself(tmp_path: Path) -> None:
    pack = HandmadePack()
    pack.add(oid_of(0), entry_header(REF_DELTA, len(copy_all(5))) + oid_of(0), copy_all(5))
    assert list(reasons(pack.write(tmp_path)).values()) == ["deltas in a circle, or too many"]


@pytest.mark.parametrize("elsewhere", ["loose", "other pack", "nowhere"])
def test_ref_delta_with_base_outside_its_pack(tmp_path: Path, elsewhere: str) -> None:
    repository = make_repository(tmp_path / "repository")
    base = b"a base of some length"
    if elsewhere != "nowhere":
        git(repository, "hash-object", "-w", "--stdin", stdin=base)
    if elsewhere == "other pack":
        git(repository, "repack", "-q", "-d", "--cruft", "--cruft-expiration=never")
    delta = copy_all(len(base), times=2)
    pack = HandmadePack()
    pack.add(blob_id(base * 2), entry_header(REF_DELTA, len(delta)) + blob_id(base), delta)
    pack.write(objects_of(repository))
    found, unread = as_we_see([objects_of(repository)])
    doubled = (blob_id(base * 2).hex(), "blob", hashlib.sha256(base * 2).hexdigest())
    assert (doubled in found) == (elsewhere != "nowhere")
    assert list(unread.values()) == (["delta base is missing"] if elsewhere == "nowhere" else [])


def test_ofs_delta_with_base_that_is_no_entry(tmp_path: Path) -> None:
    pack = HandmadePack()
    pack.add(blob_id(b"x" * 40), entry_header(BLOB, 40), b"x" * 40)
    pack.add(oid_of(1), entry_header(OFS_DELTA, len(copy_all(40))) + distance(5), copy_all(40))
    pack.add(oid_of(2), entry_header(OFS_DELTA, len(copy_all(40))) + distance(0), copy_all(40))
    pack.add(oid_of(3), entry_header(OFS_DELTA, len(copy_all(40))) + distance(10**9), copy_all(40))
    assert set(reasons(pack.write(tmp_path))) == {oid_of(number).hex().encode() for number in (1, 2, 3)}


def test_delta_bomb_by_declared_size(tmp_path: Path) -> None:
    content = bytes(0xFFFFFF)
    pack = HandmadePack()
    root = pack.add(blob_id(content), entry_header(BLOB, len(content)), content)
    delta = copy_all(len(content), times=4000)  # 67 GB
    here = len(pack.data)
    pack.add(oid_of(1), entry_header(OFS_DELTA, len(delta)) + distance(here - root), delta)
    assert list(reasons(pack.write(tmp_path)).values()) == [f"too large: {4000 * len(content)} bytes"]


def test_delta_bomb_by_number(tmp_path: Path) -> None:
    content = bytes(0xFFFFFF)
    pack = HandmadePack()
    root = pack.add(blob_id(content), entry_header(BLOB, len(content)), content)
    delta = copy_all(len(content))
    for number in range(200):
        here = len(pack.data)
        pack.add(oid_of(number), entry_header(OFS_DELTA, len(delta)) + distance(here - root), delta)
    found = reasons(pack.write(tmp_path), Limits(max_total=100 * MIB, max_ratio=1))
    assert set(found.values()) == {"objects expand too much"}
    assert 100 < len(found) < 200


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return zlib.compress(bytes(300 * MIB))


@pytest.mark.parametrize("size", [0, 10, 100, 100_000], ids=lambda size: f"declares {size}")
def test_zlib_bomb_stops_at_the_declared_size(tmp_path: Path, bomb: bytes, size: int) -> None:
    sound, pack = HandmadePack(), HandmadePack()
    sound.add(blob_id(b"x"), entry_header(BLOB, 1), b"x")
    assert not reasons(sound.write(tmp_path / "sound"))  # what a process does once has been done
    pack.add(oid_of(0), entry_header(BLOB, size) + bomb, b"")
    objects = pack.write(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    found = reasons(objects)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[oid_of(0).hex().encode()].startswith("corrupt object")
    assert peak < 8 * MIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024


@pytest.mark.parametrize(
    ("delta", "reason"),
    [
        pytest.param(b"", "delta is cut off", id="empty"),
        pytest.param(b"\x80", "delta is cut off", id="cut in the base size"),
        pytest.param(varint(39) + varint(39) + b"\x90\x27", "delta of another base", id="other base"),
        pytest.param(varint(40) + varint(41) + b"\x90\x28", "corrupt delta", id="result too short"),
        pytest.param(varint(40) + varint(20) + b"\x90\x14\x02ab", "corrupt delta", id="result too long"),
        pytest.param(varint(40) + varint(300) + b"\x90\x28", "corrupt delta", id="result much too short"),
        pytest.param(varint(40) + varint(40) + b"\x90\x29", "corrupt delta", id="copies beyond the base"),
        pytest.param(varint(40) + varint(40) + b"\x91\x01", "corrupt delta", id="cut in a copy"),
        pytest.param(varint(40) + varint(40) + b"\x28ab", "corrupt delta", id="cut in an insertion"),
        pytest.param(varint(40) + varint(40) + b"\x00", "corrupt delta", id="reserved instruction"),
        pytest.param(varint(40) + varint(2**62), "too large", id="result of exabytes"),
    ],
)
def test_corrupt_deltas(tmp_path: Path, delta: bytes, reason: str) -> None:
    pack = HandmadePack()
    root = pack.add(blob_id(b"x" * 40), entry_header(BLOB, 40), b"x" * 40)
    here = len(pack.data)
    middle = pack.add(oid_of(1), entry_header(OFS_DELTA, len(delta)) + distance(here - root), delta)
    here = len(pack.data)
    follower = copy_all(40)
    pack.add(oid_of(2), entry_header(OFS_DELTA, len(follower)) + distance(here - middle), follower)
    found = reasons(pack.write(tmp_path))
    assert set(found) == {oid_of(1).hex().encode(), oid_of(2).hex().encode()}
    assert all(reason in text for text in found.values())


def test_sound_copy_in_another_pack_is_used(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 5)
    git(repository, "repack", "-q", "-a", "-d")
    (pack,) = (objects_of(repository) / "pack").glob("*.pack")
    sound = {path.name: path.read_bytes() for path in pack.parent.iterdir()}
    git(repository, "repack", "-q", "-a", "-d", "-f", "--depth=0")
    (other,) = (path for path in pack.parent.glob("*.pack") if path.name not in sound)
    damaged = bytearray(other.read_bytes())
    for at in range(200, len(damaged) - 20, 150):
        damaged[at] ^= 0x55
    other.chmod(0o600)
    other.write_bytes(damaged)
    for name, content in sound.items():
        (pack.parent / name).write_bytes(content)
    expected = as_git_sees(repository)
    found, unread = as_we_see([objects_of(repository)])
    assert {entry[0] for entry in found} == {entry[0] for entry in expected}
    assert all(what.startswith(b"/") for what in unread)  # the damaged pack itself is reported


def test_index_without_its_pack_is_reported(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 3)
    git(repository, "repack", "-q", "-a", "-d")
    (pack,) = (objects_of(repository) / "pack").glob("*.pack")
    pack.unlink()
    found, unread = as_we_see([objects_of(repository)])
    assert not found
    assert list(unread.values()) == ["pack vanished"]


@pytest.mark.parametrize("content", [b"", b"junk", zlib.compress(b"blob x\0"), zlib.compress(b"blob 9\0short")])
def test_corrupt_loose_objects(tmp_path: Path, content: bytes) -> None:
    repository = make_repository(tmp_path / "repository")
    grow(repository, 2)
    place = objects_of(repository) / "00"
    place.mkdir(exist_ok=True)
    (place / ("1" * 38)).write_bytes(content)
    (place / "tmp_obj_1").write_bytes(b"not an object")
    found, unread = as_we_see([objects_of(repository)])
    assert set(unread) == {b"00" + b"1" * 38}
    assert len(found) > 4


def test_index_of_another_pack_is_reported(tmp_path: Path) -> None:
    objects = []
    expected = set()
    for seed in (1, 2):
        repository = make_repository(tmp_path / f"repository{seed}")
        grow(repository, 6, seed)
        git(repository, "repack", "-q", "-a", "-d")
        objects.append(objects_of(repository))
        expected |= {entry[2] for entry in as_git_sees(repository)}
    (mine,) = (objects[0] / "pack").glob("*.idx")
    (theirs,) = (objects[1] / "pack").glob("*.idx")
    mine.chmod(0o600)
    mine.write_bytes(theirs.read_bytes())
    found, unread = as_we_see([objects[0]])
    assert "pack is damaged, or its index belongs to another pack" in unread.values()
    assert {entry[2] for entry in found} <= expected
    assert len(unread) > 10


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], int]:
    """An objects directory with one pack, its files, and the number of its objects."""
    repository = make_repository(tmp_path_factory.mktemp("fuzz") / "repository")
    grow(repository, 12)
    git(repository, "repack", "-q", "-a", "-d", "-f")
    objects = objects_of(repository)
    files = {path.suffix: path.read_bytes() for path in (objects / "pack").iterdir()}
    for path in (objects / "pack").iterdir():
        path.unlink()
    found, unread = as_we_see_files(objects, files)
    assert not unread
    return objects, files, len(found) + plan([objects], 1).skipped


def as_we_see_files(objects: Path, files: dict[str, bytes]) -> tuple[set[tuple[str, str, str]], dict[bytes, str]]:
    for suffix, content in files.items():
        (objects / "pack" / f"pack-fuzz{suffix}").write_bytes(content)
    return as_we_see([objects], verify=False)


damage = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=5000)
@given(
    suffix=st.sampled_from([".pack", ".idx"]),
    flips=damage,
    cut=st.none() | st.floats(0, 1),
    grown=st.just(b"") | st.binary(max_size=9),
)
def test_fuzz(
    packed: tuple[Path, dict[str, bytes], int],
    suffix: str,
    flips: list[tuple[float, int]],
    cut: float | None,
    grown: bytes,
) -> None:
    objects, files, count = packed
    content = bytearray(files[suffix])
    for place, bits in flips:
        content[int(place * len(content))] ^= bits
    if cut is not None:
        content = content[: int(cut * len(content))]
    found, unread = as_we_see_files(objects, {**files, suffix: bytes(content + grown)})
    if suffix == ".pack":
        skipped = plan([objects], 1).skipped
        assert UNUSABLE & set(unread.values()) or len(found) + len(unread) + skipped >= count


@settings(max_examples=300)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_fuzz_deltas(base: bytes, instructions: bytes) -> None:
    for size in (0, 5, 60):
        delta = varint(len(base)) + varint(size) + instructions
        try:
            result = apply(base, delta)
        except CorruptDeltaError:
            continue
        assert len(result) == size
        end = 0
        for at, source, length in copied(delta, 100):
            assert end <= at
            end = at + length
            assert result[at:end] == base[source : source + length]
            assert end <= size


@given(st.binary(max_size=30))
def test_fuzz_declared_sizes(delta: bytes) -> None:
    try:
        sizes = declared_sizes(delta)
    except CorruptDeltaError:
        return
    assert sizes[2] <= len(delta)


def test_sizes_without_end_are_told_at_once(tmp_path: Path) -> None:
    endless = b"\xff" * 100_000_000  # to take all of it for a number would take days
    for delta in (endless, b"\x05" + endless):
        with pytest.raises(CorruptDeltaError):
            declared_sizes(delta)
    (tmp_path / "x.pack").write_bytes(b"PACK\0\0\0\2\0\0\0\1" + endless)
    pack = open_pack(tmp_path / "x.pack")
    with pytest.raises(CorruptEntryError):
        read_header(pack, 12, 20)
    for oid_length in (20, 32):
        with pytest.raises(UnreadableError):
            stream_place(pack, 12, oid_length)
    assert read_headers(pack, np.array([12, 13]), 20).types.tolist() == [0, 0]


@pytest.mark.parametrize("size", [0, 1, 1000, MIB, 3 * MIB + 1])
@pytest.mark.parametrize("level", [0, 9], ids=["stored", "compressed"])
def test_inflate_whole_and_in_pieces(size: int, level: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    stream = zlib.compress(content, level) + b"what follows"
    assert inflate.inflate(memoryview(stream), size) == content
    assert b"".join(inflate.inflate_in_pieces(memoryview(stream), size)) == content
    for wrong in {size + 1, max(size - 1, 0)} - {size}:
        with pytest.raises(inflate.CorruptStreamError):
            inflate.inflate(stream, wrong)
        with pytest.raises(inflate.CorruptStreamError):
            list(inflate.inflate_in_pieces(stream, wrong))
    with pytest.raises(inflate.CorruptStreamError):
        inflate.inflate(stream[:-15], size)
    with pytest.raises(inflate.CorruptStreamError):
        list(inflate.inflate_in_pieces(stream[:-15], size))
