from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keysieve.blob import NotRead, OutOfScope
from keysieve.sources.archives import Limits, Member, is_archive, members

TEXT = b"label = value\n" * 20
FILES = {"a.txt": TEXT, "inner/b.txt": b"second"}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def read(data: bytes, path: bytes = b"o", limits: Limits | None = None) -> tuple[dict[bytes, bytes], list[object]]:
    items = list(members(data, path, limits or Limits()))
    return {one.path: one.data for one in items if isinstance(one, Member)}, [
        one for one in items if not isinstance(one, Member)
    ]


BOTH = {b"o!/a.txt": TEXT, b"o!/inner/b.txt": b"second"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(zipped(FILES), id="zip"),
        pytest.param(zipped(FILES, zipfile.ZIP_STORED), id="zip stored"),
        pytest.param(zipped(FILES, zipfile.ZIP_LZMA), id="zip lzma"),
        pytest.param(tarred(FILES), id="tar"),
        pytest.param(tarred(FILES, "w:gz"), id="tar.gz"),
        pytest.param(tarred(FILES, "w:bz2"), id="tar.bz2"),
        pytest.param(tarred(FILES, "w:xz"), id="tar.xz"),
    ],
)
def test_members_with_their_paths(data: bytes) -> None:
    assert is_archive(data)
    assert read(data) == (BOTH, [])


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"])
@pytest.mark.parametrize("ending", ["gz", "bz2", "xz"])
def test_compressed_file_is_named_without_its_ending(compress: Callable[[bytes], bytes], ending: str) -> None:
    assert read(compress(TEXT), f"x/app.log.{ending}".encode()) == ({f"x/app.log.{ending}!/app.log".encode(): TEXT}, [])


@pytest.mark.parametrize("data", [b"", b"PK", b"BZh is a word", b"text", b"\x1f\x8b", bytes(600), b"7zXZ"])
def test_not_an_archive(data: bytes) -> None:
    assert not is_archive(data)
    assert read(data) == ({}, [])


def test_name_that_is_not_utf8() -> None:
    data = tarred({"caf\udce9": b"x"})
    assert read(data)[0] == {b"o!/caf\xe9": b"x"}


def test_nested_archives_and_limit_of_depth() -> None:
    inner = zipped({"d.txt": TEXT})
    three = zipped({"2.tar.gz": tarred({"3.zip": inner}, "w:gz")})
    assert read(three) == ({b"o!/2.tar.gz!/3.zip!/d.txt": TEXT}, [])
    found, others = read(zipped({"1.zip": three, "z.txt": b"z"}))
    assert found == {b"o!/z.txt": b"z"}
    assert others == [NotRead(b"o!/1.zip!/2.tar.gz!/3.zip", "archive limit: depth")]


def test_members_limit_keeps_what_was_read() -> None:
    found, others = read(zipped({str(n): b"x" for n in range(9)}), limits=Limits(members=5))
    assert len(found) == 5
    assert others == [NotRead(b"o", "archive limit: members")]


@pytest.mark.parametrize("make", [zipped, tarred, lambda files: tarred(files, "w:gz")], ids=["zip", "tar", "tar.gz"])
def test_member_size_limit_keeps_the_beginning_and_the_next(make: Callable[[dict[str, bytes]], bytes]) -> None:
    big = os.urandom(300_000)
    found, others = read(make({"big": big, "next": b"n"}), limits=Limits(member_size=1000))
    assert found == {b"o!/big": big[:1000], b"o!/next": b"n"}
    assert others == [NotRead(b"o!/big", "archive limit: member size")]


@pytest.mark.parametrize("make", [zipped, tarred, lambda files: tarred(files, "w:gz")], ids=["zip", "tar", "tar.gz"])
def test_total_size_limit_ends_the_whole(make: Callable[[dict[str, bytes]], bytes]) -> None:
    parts = {str(n): os.urandom(100_000) for n in range(9)}
    found, others = read(make(parts), limits=Limits(total_size=250_000))
    assert found[b"o!/0"] == parts["0"]
    assert sum(map(len, found.values())) <= 250_000 + (1 << 16)
    assert others
    assert {one.reason for one in others} == {"archive limit: total size"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        pytest.param(gzip.compress(bytes(158_000_000), 9), b"o!/o", id="gz"),
        pytest.param(zipped({"o": bytes(158_000_000)}), b"o!/o", id="zip"),
        pytest.param(tarred({"o": bytes(158_000_000)}, "w:gz"), b"o!/o", id="tar.gz"),
    ],
)
def test_bomb_stops_at_the_ratio(data: bytes, path: bytes) -> None:
    before = time.process_time()
    found, others = read(data)
    assert time.process_time() - before < 3
    assert len(found[path]) <= 64 << 20
    assert {one.reason for one in others} <= {"archive limit: ratio", "archive limit: member size"}  # type: ignore[attr-defined]
    assert others


def test_compresses_well_but_is_small() -> None:
    assert read(gzip.compress(bytes(900_000)))[1] == []


def test_encrypted_member_is_out_of_scope() -> None:
    data = bytearray(zipped(FILES))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag says so; nothing else is looked at
        at = data.index(magic)
        data[at + offset] |= 1
    found, others = read(bytes(data))
    assert found == {b"o!/inner/b.txt": b"second"}
    assert others == [OutOfScope(b"o!/a.txt", "encrypted archive")]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(gzip.compress, id="gz"),
        pytest.param(bz2.compress, id="bz2"),
        pytest.param(lzma.compress, id="xz"),
        pytest.param(lambda data: tarred({"o": data}), id="tar"),
        pytest.param(lambda data: tarred({"o": data}, "w:gz"), id="tar.gz"),
        pytest.param(lambda data: zipped({"o": data}), id="zip"),
        pytest.param(lambda data: zipped({"o": data}, zipfile.ZIP_STORED), id="zip stored"),
    ],
)
def test_truncated_archive_gives_what_is_there(make: Callable[[bytes], bytes]) -> None:
    content = TEXT + os.urandom(1_500_000)
    data = make(content)
    found, others = read(data[: len(data) * 7 // 10])
    assert content.startswith(found[b"o!/o"])
    assert len(found[b"o!/o"]) > (800_000 if make is not bz2.compress else 1)
    assert {one.reason for one in others} == {"damaged archive"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["tar", "tar.gz"])
@pytest.mark.parametrize("cut", [1536, 1636, 2058], ids=["at a header", "in a header", "in a member"])
def test_tar_without_its_end_is_reported(cut: int, compress: Callable[[bytes], bytes]) -> None:
    found, others = read(compress(tarred({"a": b"x" * 600, "b": b"y" * 600})[:cut]))
    assert found[b"o!/a"] == b"x" * 600
    assert others[-1] == NotRead(b"o", "damaged archive")


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["tar", "tar.gz"])
def test_bad_header_in_the_middle_is_reported(compress: Callable[[bytes], bytes]) -> None:
    data = bytearray(tarred({"a": b"x" * 600, "b": b"y" * 60_000, "c": b"z"}))
    data[1536] ^= 255
    assert read(compress(bytes(data))) == ({b"o!/a": b"x" * 600}, [NotRead(b"o", "damaged archive")])


def test_unsupported_compression() -> None:
    data = bytearray(zipped({"o": TEXT}))
    for magic, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(magic) + offset, 99)
    assert read(bytes(data)) == ({}, [NotRead(b"o!/o", "unsupported compression")])


def test_representation_does_not_show_the_content() -> None:
    assert "label" not in repr(next(members(zipped(FILES), b"o")))


SEEDS = [
    zipped(FILES),
    tarred(FILES),
    tarred(FILES, "w:gz"),
    gzip.compress(TEXT),
    bz2.compress(TEXT),
    lzma.compress(TEXT),
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damage_never_raises(seed: bytes, draw: st.DataObject) -> None:
    data = bytearray(seed)
    for _ in range(draw.draw(st.integers(0, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(data)))
    for item in members(bytes(data[:cut]), b"o"):
        assert item is not None


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh91AY&SY", b"\xfd7zXZ\x00", bytes(257) + b"ustar"]),
    st.binary(),
)
def test_noise_after_a_magic_never_raises(magic: bytes, noise: bytes) -> None:
    found, others = read(magic + noise)
    assert sum(map(len, found.values())) <= Limits().total_size
    assert found or others or magic.endswith(b"ustar")
