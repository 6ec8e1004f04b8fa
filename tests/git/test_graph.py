"""The graph of commits as columns says what dictionaries of ids say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.git import commits
from keysieve.git.graph import Commits, Graph
from keysieve.git.packs.oids import OidTable
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject

TREE = "7" * 64


def oid_of(number: int, length: int = 20) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()[: 2 * length]


def content(parents: list[str], seconds: object, tree: str) -> bytes:
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), "author A <a> 5 +0000"]
    return "\n".join([*lines, f"committer A <a> {seconds} +0000", "", "message"]).encode()


@dataclass(frozen=True)
class Plain:
    """Commits that were read: their parents, their dates. And an object database, which may hold more or less."""

    parents: dict[str, list[str]]
    seconds: dict[str, int]
    length: int
    presence: Presence

    def items(self) -> list[StoredObject]:
        tree = TREE[: 2 * self.length]
        made = ((oid, content(parents, self.seconds[oid], tree)) for oid, parents in self.parents.items())
        return [StoredObject(bytes.fromhex(oid), "commit", data) for oid, data in made]

    def graph(self, size: int) -> Graph:
        items = self.items()
        parts = [Commits.of(items[at : at + size], self.presence) for at in range(0, len(items), size)]
        return Graph.of(parts, self.presence)

    def order(self) -> list[str]:
        waiting, ordered = sorted(self.parents, key=lambda oid: (self.seconds[oid], oid)), []
        while waiting:
            done = {*ordered, *(parent for parents in self.parents.values() for parent in parents)} - set(waiting)
            ready = next((oid for oid in waiting if set(self.parents[oid]) <= done), None)
            if ready is None:
                break
            ordered.append(ready)
            waiting.remove(ready)
        return ordered

    def reached(self, tips: list[str]) -> set[str]:
        seen, waiting = set(), [tip for tip in tips if tip in self.parents]
        while waiting:
            oid = waiting.pop()
            if oid not in seen:
                seen.add(oid)
                waiting += [parent for parent in self.parents[oid] if parent in self.parents]
        return seen


@st.composite
def plain(draw: st.DrawFn) -> Plain:
    """Histories, and what none is: parents that are younger, absent, not read or named twice, commits in a circle."""
    length = draw(st.sampled_from([20, 32]))
    count = draw(st.integers(0, 25))
    parents: dict[str, list[str]] = {}
    for number in range(count):
        usual = st.integers(max(0, number - 3), max(0, number - 1))
        named = draw(st.lists(usual if number and draw(st.integers(0, 9)) else st.integers(0, count + 4), max_size=3))
        parents[oid_of(number, length)] = [oid_of(parent, length) for parent in named]
    seconds = {oid: draw(st.integers(-3, 3) | st.integers(0, 10**12)) for oid in parents}
    others = draw(st.sets(st.integers(count, count + 4)))
    held = sorted(bytes.fromhex(oid) for oid in [*parents, *(oid_of(other, length) for other in others)])
    cut = draw(st.integers(0, len(held)))
    chosen = draw(st.permutations(held))
    tables = [OidTable.of(b"".join(sorted(part)), length) for part in (chosen[:cut], chosen[cut:], chosen[:2])]
    return Plain(parents, seconds, length, Presence.of(length, tables))


@given(plain(), st.integers(1, 9))
def test_rows_lead_to_ids_and_back(plain: Plain, size: int) -> None:
    graph = plain.graph(size)
    assert sorted(graph.oids(np.arange(len(graph)))) == sorted(plain.parents)
    none = [oid_of(1000, plain.length), "no id", "12", ""]
    rows = graph.rows([*plain.parents, *none])
    assert graph.oids(rows[:-4]) == list(plain.parents)
    assert rows[-4:].tolist() == [-1] * 4
    assert graph.others([*none, *plain.parents, *none]) == none * 2


@given(plain(), st.integers(1, 9))
def test_order(plain: Plain, size: int) -> None:
    graph = plain.graph(size)
    assert graph.oids(graph.order()) == plain.order()


@given(plain(), st.integers(1, 9), st.lists(st.integers(0, 30)))
def test_reachable_and_missing(plain: Plain, size: int, tips: list[int]) -> None:
    graph = plain.graph(size)
    named = [oid_of(tip, plain.length) for tip in tips]
    reached = graph.reachable(graph.rows(named))
    expected = plain.reached(named)
    assert set(graph.oids(np.flatnonzero(reached))) == expected
    assert graph.chosen([*plain.parents, *named], reached) == expected
    missing = {parent for oid in expected for parent in plain.parents[oid] if parent not in plain.parents}
    assert {oid.hex() for oid in graph.missing_parents(reached)} == missing


@given(plain(), st.integers(1, 9), st.dictionaries(st.integers(0, 25), st.integers(1, 7)))
def test_containing(plain: Plain, size: int, marks: dict[int, int]) -> None:
    graph = plain.graph(size)
    of_oids = {oid_of(number, plain.length): bits for number, bits in marks.items()}
    rows = graph.rows(list(of_oids)).tolist()
    held = graph.containing(graph.order(), dict(zip(rows, marks.values(), strict=True)))
    assert held[-1] == 0
    for oid in plain.order():
        expected = 0
        for reached in plain.reached([oid]):
            expected |= of_oids.get(reached, 0)
        assert held[int(graph.rows([oid])[0])] == expected


def test_a_commit_that_was_read_twice_is_one() -> None:
    oids = [oid_of(number) for number in range(3)]
    presence = Presence.of(20, [OidTable.of(b"".join(sorted(map(bytes.fromhex, oids))), 20)])
    twice = Plain({oids[0]: [], oids[1]: [oids[0], oids[2]]}, {oids[0]: 2, oids[1]: 1}, 20, presence)
    graph = Graph.of([Commits.of(twice.items(), presence)] * 2, presence)
    assert graph.oids(graph.order()) == [oids[0], oids[1]]
    assert graph.missing_parents(np.ones(2, bool)) == {bytes.fromhex(oids[2])}


ONE, TWO = oid_of(1), oid_of(2)


def said_by(parents: list[str], seconds: object = 7, change: tuple[str, str] = ("", ""), end: str = "") -> bytes:
    """A commit, with something in it changed, and something behind it."""
    return content(parents, seconds, TREE[:40]).replace(change[0].encode(), change[1].encode(), 1) + end.encode()


def cut_at_date(committer: str) -> bytes:
    """A commit whose date stands across the end of what is looked at first."""
    data = said_by([], 12345, ("committer A", f"committer {committer}"))
    return data.replace(b"author A", b"author A" + b"a" * (512 - data.index(b"2345")))


ODD = {
    "usual": (said_by([ONE, TWO]), [ONE, TWO], 7),
    "root": (said_by([]), [], 7),
    "before 1970": (said_by([], -7), [], -7),
    "octopus": (said_by([oid_of(number) for number in range(40)]), [oid_of(number) for number in range(40)], 7),
    "long name": (said_by([ONE], 7, ("committer A", "committer A" + "a" * 600)), [ONE], 7),
    "date across the end": (cut_at_date("A"), [], 12345),
    "two dates, one across the end": (cut_at_date("A <b> 5 A"), [], 12345),
    "date of 30 digits": (said_by([ONE], 10**29), [ONE], 0),
    "date of 9,000 digits": (said_by([ONE], "1" * 9000), [ONE], 0),
    "upper case": (said_by([ONE.upper()]), [ONE], 7),
    "parent that is none": (said_by(["12", ONE]), [ONE], 7),
    "parent behind the author": (said_by([], 7, ("author A", f"author A\nparent {ONE}\nauthor A")), [ONE], 7),
    "NUL in the message": (said_by([ONE], end="\0tree"), [ONE], 7),
    "NUL in a name": (said_by([ONE], 7, ("author A", "author \0A")), [ONE], 7),
    "another commit in the message": (said_by([ONE], end="\0" + said_by([TWO], 8).decode()), [ONE], 7),
    "no committer": (f"tree {TREE[:40]}\nparent {ONE}\n\nx".encode(), [ONE], 0),
    "message like a header": (f"tree {TREE[:40]}\n\nparent {ONE}\n".encode(), [], 0),
    "nothing": (b"", [], 0),
}


@pytest.mark.parametrize("name", ODD)
def test_what_a_commit_says(name: str) -> None:
    data, parents, seconds = ODD[name]
    ((tree, lines, timestamp),) = commits.headers([data], 40)
    assert tree.decode() == (TREE[:40] if data else "0" * 40)
    assert lines.lower() == b"".join(b"parent %b\n" % parent.encode() for parent in parents)
    assert timestamp == seconds


@pytest.mark.parametrize("name", ODD)
def test_what_commits_say_together(name: str) -> None:
    alone = {other: commits.headers([data], 40)[0] for other, (data, _, _) in ODD.items()}
    for other in ODD:
        names = ["usual", name, other, "usual"]
        assert commits.headers([ODD[one][0] for one in names], 40) == [alone[one] for one in names]


def test_commits_without_a_sound_tree_name_none() -> None:
    for data in (b"", b"tree 12\n", b"parent %b\n" % ONE.encode()):
        assert commits.headers([data], 40)[0][0] == b"0" * 40
