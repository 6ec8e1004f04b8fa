"""Indexes: what they say is taken at its word where it makes sense, and refused where it does not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from packing import BLOB, HandmadePack, as_we_see, blob_id, entry_header

from keysieve.git.packs.index import CorruptIndexError, open_index

CONTENTS = [b"%d" % number * 20 for number in range(300)]
FANOUT = 256 * 4


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    pack = HandmadePack()
    for content in CONTENTS:
        pack.add(blob_id(content), entry_header(BLOB, len(content)), content)
    return pack.write(tmp_path)


def rewrite(objects: Path, offsets: dict[int, int], large: list[int]) -> Path:
    """Replace offsets in the index, by position, and add a table of 64-bit ones."""
    (path,) = (objects / "pack").glob("*.idx")
    data = bytearray(path.read_bytes())
    table = 8 + FANOUT + 24 * len(CONTENTS)
    for position, offset in offsets.items():
        data[table + 4 * position : table + 4 * position + 4] = struct.pack(">I", offset)
    data[-40:-40] = struct.pack(f">{len(large)}Q", *large)
    path.write_bytes(data)
    return path


def test_64_bit_offsets(objects: Path) -> None:
    (path,) = (objects / "pack").glob("*.idx")
    offsets = open_index(path, 20).offsets.tolist()
    rewrite(objects, {n: 1 << 31 | len(CONTENTS) - 1 - n for n in range(len(CONTENTS))}, offsets[::-1])
    assert open_index(path, 20).offsets.tolist() == offsets
    found, unread = as_we_see([objects])
    assert not unread
    assert len(found) == len(CONTENTS)


@pytest.mark.parametrize("offset", [2**31, 2**32, 2**48, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
def test_offset_behind_the_end_of_any_file(objects: Path, offset: int) -> None:
    path = rewrite(objects, {7: 1 << 31}, [offset])
    oid = open_index(path, 20).oid(7)
    found, unread = as_we_see([objects])
    assert unread == {oid.hex().encode(): "entry outside the pack"}
    assert len(found) == len(CONTENTS) - 1


def test_two_offsets_behind_the_end_of_any_file(objects: Path) -> None:
    path = rewrite(objects, {7: 1 << 31, 8: 1 << 31 | 1}, [2**63 + 5, 2**64 - 1])
    index = open_index(path, 20)
    found, unread = as_we_see([objects])
    assert set(unread) == {index.oid(7).hex().encode(), index.oid(8).hex().encode()}
    assert len(found) == len(CONTENTS) - 2


def test_offset_outside_the_table_of_large_ones(objects: Path) -> None:
    path = rewrite(objects, {7: 1 << 31 | 1}, [12])
    with pytest.raises(CorruptIndexError, match="outside the table"):
        open_index(path, 20)


@pytest.mark.parametrize("size", [0, 3, 4, 8, 500, 8 + FANOUT, 8 + FANOUT + 30, -40, -41, -1])
def test_cut_off(objects: Path, size: int) -> None:
    (path,) = (objects / "pack").glob("*.idx")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CorruptIndexError):
        open_index(path, 20)


def test_ids_out_of_order_are_read_and_known_to_be_there(objects: Path) -> None:
    (path,) = (objects / "pack").glob("*.idx")
    data = bytearray(path.read_bytes())
    first, second = 8 + FANOUT, 8 + FANOUT + 20 * 200
    data[first : first + 20], data[second : second + 20] = data[second : second + 20], data[first : first + 20]
    path.write_bytes(data)
    index = open_index(path, 20)
    assert index.table.find(bytes(index.oids)).tolist() == list(range(len(CONTENTS)))
    found, _ = as_we_see([objects], verify=False)
    assert len(found) == len(CONTENTS)
