"""Numbers of trees from batches of what they name are those from a plain sum over entries."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keysieve.git.containment import Naming, Wanted, without_both
from keysieve.git.numbering import Numbering
from keysieve.git.packs.oids import OidTable
from keysieve.git.packs.presence import Presence

SIZE = 24
BLOBS = 3
"""The first ones in the presence are the wanted blobs, those behind them trees; the last tree is never taken down."""
OIDS = sorted(hashlib.sha1(b"%d" % number).digest() for number in range(SIZE))
PRESENCE = Presence.of(20, [OidTable.of(b"".join(OIDS), 20)])
WANTED = Wanted(frozenset(OIDS[:BLOBS]), bytes(16))
NAMES = [
    1,
    2**63,
    2**64 - 1,
    *(int.from_bytes(hashlib.sha1(b"name %d" % number).digest()[:8], "big") for number in range(3)),
]


@st.composite
def tree(draw: st.DrawFn, place: int) -> tuple[int, int, list[tuple[int, int, int]]]:
    """A tree, its base, and entries: what they name, the number of the name, whether they are there or gone."""
    below = st.integers(-1, place - 1)
    base = draw(st.just(-1) | st.integers(BLOBS, place - 1)) if place > BLOBS else -1
    signs = st.sampled_from([1, 1, -1]) if base >= 0 else st.just(1)
    return place, base, draw(st.lists(st.tuples(below, st.sampled_from(NAMES), signs), max_size=4))


def naming(trees: list[tuple[int, int, list[tuple[int, int, int]]]]) -> Naming:
    entries = [(number, *entry) for number, (_, _, entries) in enumerate(trees) for entry in entries]
    holders, named, weights, signs = zip(*entries, strict=True) if entries else ((), (), (), ())
    places, bases, _ = zip(*trees, strict=True)
    signed = [weight * sign % 2**64 for weight, sign in zip(weights, signs, strict=True)]
    columns = (np.array(column, np.int64) for column in (places, bases, holders, named))
    return Naming(*columns, np.array(signed, np.uint64))


@given(st.tuples(*map(tree, range(BLOBS, SIZE - 1))).flatmap(st.permutations), st.integers(1, 9))
def test_numbers(trees: list[tuple[int, int, list[tuple[int, int, int]]]], batch: int) -> None:
    numbering = Numbering(PRESENCE, WANTED)
    for at in range(0, len(trees), batch):
        numbering.add(naming(trees[at : at + batch]))
    by_place = {place: (base, entries) for place, base, entries in trees}

    @cache
    def number(place: int) -> int:
        if 0 <= place < BLOBS:
            return WANTED.digest(OIDS[place])
        base, entries = by_place.get(place, (-1, []))
        above = number(base) if base >= 0 else 0
        return (above + sum(weight * sign * number(named) for named, weight, sign in entries)) % 2**64

    assert numbering.numbers().tolist() == [*map(number, range(SIZE)), 0]


def test_what_is_there_and_gone_again_is_left_out() -> None:
    here = ([5, 5, 5, 6, 6], [0, 1, -1, 0, 0], [7, 8, 9, 7, 8])
    gone = ([5, 4], [0, 2], [7, 1])
    made = without_both(*((np.array(a), np.array(b), np.array(c, np.uint64)) for a, b, c in (here, gone)))
    assert [column.tolist() for column in made] == [[4, 5, 6], [2, 1, 0], [2**64 - 1, 8, 15]]


def test_nothing_is_numbered_without_trees() -> None:
    assert Numbering(PRESENCE, WANTED).numbers()[BLOBS:].tolist() == [0] * (SIZE + 1 - BLOBS)
    assert Numbering(Presence(20), WANTED).numbers().tolist() == [0]
