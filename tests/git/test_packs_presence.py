"""Which of many ids are there: the same answer as a set of them gives, however the ids are distributed."""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packing import git, grow, make_repository, objects_of

from keysieve.git.packs.oids import OidTable, repeated, separate
from keysieve.git.packs.plan import plan
from keysieve.git.packs.presence import Presence


@st.composite
def ids(draw: st.DrawFn, length: int, max_size: int = 60) -> list[bytes]:
    """Ids many of which begin or end alike, and some of which end in zero bytes."""
    heads = st.sampled_from([bytes(8), b"\xff" * 8, b"12345678", b"12345679"]) | st.binary(min_size=8, max_size=8)
    rests = st.sampled_from([b"", b"\1", b"\0\1", b"abc"]) | st.binary(max_size=length - 8)
    made = st.builds(lambda head, rest: (head + rest).ljust(length, b"\0"), heads, rests)
    return draw(st.lists(made, max_size=max_size))


@given(st.data(), st.sampled_from([20, 32]), st.booleans())
def test_find_is_what_a_dictionary_finds(data: st.DataObject, length: int, in_order: bool) -> None:
    held = data.draw(ids(length))
    held = sorted(set(held)) if in_order else list(dict.fromkeys(held))
    wanted = data.draw(ids(length)) + data.draw(st.lists(st.sampled_from(held)) if held else st.just([]))
    table = OidTable.of(b"".join(held), length)
    places = {oid: place for place, oid in enumerate(held)}
    assert table.find(b"".join(wanted)).tolist() == [places.get(oid, -1) for oid in wanted]
    assert table.without(b"".join(wanted)) == b"".join(oid for oid in wanted if oid not in places)


@given(st.data(), st.sampled_from([20, 32]))
def test_repeated_is_what_a_set_says(data: st.DataObject, length: int) -> None:
    oids = data.draw(ids(length))
    seen: set[bytes] = set()
    expected = [oid in seen or bool(seen.add(oid)) for oid in oids]
    assert repeated(b"".join(oids), length).tolist() == expected


@given(st.data(), st.sampled_from([20, 32]))
def test_absent_is_the_difference_of_sets(data: st.DataObject, length: int) -> None:
    held = [data.draw(ids(length, 20)) for _ in range(3)]
    wanted = data.draw(ids(length)) * 2
    tables = [OidTable.of(b"".join(oids), length) for oids in held]
    presence = Presence.of(length, tables[:1]) | Presence.of(length, tables[1:])
    expected = sorted(set(wanted).difference(*held))
    assert presence.absent(b"".join(wanted)) == expected
    assert pickle.loads(pickle.dumps(presence)).absent(b"".join(wanted)) == expected
    assert sorted(presence) == sorted(oid for oids in held for oid in oids)


@given(st.data(), st.sampled_from([20, 32]))
def test_places_lead_back_to_ids(data: st.DataObject, length: int) -> None:
    held = [data.draw(ids(length, 20)) for _ in range(3)]
    every = [oid for oids in held for oid in oids]
    wanted = data.draw(st.lists(st.sampled_from(every))) if every else []
    presence = Presence.of(length, [OidTable.of(b"".join(oids), length) for oids in held])
    places = presence.places(b"".join(wanted))
    assert presence.at(places) == b"".join(wanted)
    assert len(set(places.tolist())) == len(set(wanted))
    assert pickle.loads(pickle.dumps(presence)).places(b"".join(wanted)).tolist() == places.tolist()


@pytest.mark.parametrize("shape", ["spread evenly", "one bucket", "one head"])
def test_many_ids(shape: str) -> None:
    chance = random.Random(1)
    start = {"spread evenly": b"", "one bucket": b"\x77" * 6, "one head": b"\x77" * 8}[shape]
    made = [(start + chance.randbytes(20))[:20] for _ in range(40_000)]
    held, other = made[:20_000], made[20_000:]
    table = OidTable.of(b"".join(sorted(held)), 20)
    assert set(separate(table.without(b"".join(made)), 20)) == set(other)


def test_nothing_is_there_of_nothing() -> None:
    assert Presence(20).absent(bytes(20) + bytes(20)) == [bytes(20)]
    assert Presence(20).absent(b"") == []


@pytest.fixture(params=["sha1", "sha256"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    repository = make_repository(tmp_path / "repository", request.param)
    grow(repository, 6)
    git(repository, "repack", "-q", "-d")
    grow(repository, 4, seed=2)
    git(repository, "repack", "-q", "-d")
    grow(repository, 3, seed=3)
    return repository


def all_oids(repository: Path) -> list[bytes]:
    lines = git(repository, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").decode().split()
    return [bytes.fromhex(line) for line in lines]


@pytest.mark.parametrize("only", [None, frozenset[bytes]()], ids=["everything planned", "nothing planned"])
def test_a_plan_knows_what_is_there(repository: Path, only: frozenset[bytes] | None) -> None:
    oids = all_oids(repository)
    length = len(oids[0])
    presence = plan([objects_of(repository)], 2, oid_length=length, kinds=frozenset({"tag"}), only=only).presence
    strange = [hashlib.sha256(oid).digest()[:length] for oid in oids]
    assert presence.absent(b"".join(oids + strange)) == sorted(strange)
    assert set(presence) == set(oids)


def test_what_cannot_be_read_is_there(repository: Path) -> None:
    oids = all_oids(repository)
    for pack in (objects_of(repository) / "pack").glob("*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:12] + b"\xff" * (pack.stat().st_size - 12))
    planned = plan([objects_of(repository)], 2, oid_length=len(oids[0]))
    assert planned.not_read
    assert planned.presence.absent(b"".join(oids)) == []


def absent_elsewhere(presence: Presence, oids: bytes) -> list[bytes]:
    return presence.absent(oids)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_know_it_when_the_packs_are_gone(repository: Path, method: str) -> None:
    oids = all_oids(repository)
    presence = plan([objects_of(repository)], 1, oid_length=len(oids[0])).presence
    git(repository, "repack", "-q", "-a", "-d", "-f")
    strange = oids[0][::-1]
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(absent_elsewhere, (presence, b"".join(oids) + strange)) == [strange]
