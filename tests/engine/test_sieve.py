"""The sieve remembers what stretches decode to: whatever came before, a text gives what it gives alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_engine_laws import LAZY, blobs, places

from keysieve.engine import credentials
from keysieve.engine import decoded as decoded_module
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.decoded import Memory
from keysieve.engine.matcher import Matcher
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.engine.sieve import Sieve

PREFILTER = Prefilter(shipped_expressions(), is_large=True)


@st.composite
def versions(draw: st.DrawFn) -> list[bytes]:
    """A text, and what becomes of it: moved, edited, cut, doubled."""
    texts = [draw(blobs())]
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 4))):
        data = texts[-1]
        at = chance.randrange(len(data) + 1)
        changes = [
            b"x" * chance.randrange(1, 9) + data,
            data[:at] + b"\n# note\n" + data[at:],
            data[:at] + data[at + chance.randrange(1, 200) :],
            data[:at] + bytes(chance.randrange(256) for _ in range(3)) + data[at:],
            data + b"\n" + data,
            data[at:] + data[:at],
        ]
        texts.append(draw(st.sampled_from(changes)))
    return texts


@LAZY
@given(versions())
def test_what_came_before_does_not_matter(texts: list[bytes]) -> None:
    sieve = Sieve(is_large=True)
    for data in (*texts, *texts):
        assert sieve.sift(data) == credentials(data, shipped_rules(), PREFILTER)


@LAZY
@given(st.lists(blobs(), max_size=3), st.lists(st.floats(0, 1), max_size=3))
def test_more_spots_do_no_harm(texts: list[bytes], more: list[float]) -> None:
    sieve = Sieve(is_large=True)
    for data in texts:
        spots = sorted({*PREFILTER.spots(data), *(int(share * len(data)) for share in more)})
        found = [match for one in sieve.look(data, spots) for match in one.matches]
        alone = [match for one in credentials(data, shipped_rules()) for match in one.matches]
        assert places(found) == places(alone)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_same_bytes_at_another_alignment_are_another_text(keys, codec) -> None:
    text = keys.fill("aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n")[0]
    sieve = Sieve(is_large=True)
    for before in (0, 1, 2, 3, 4, 5_001, 5_002, 5_003, 5_004):
        data = b"\n" * before + text.encode(codec)
        assert sieve.sift(data) == credentials(data, shipped_rules(), PREFILTER) != ()


def test_no_spots_no_look() -> None:
    assert Sieve().look(b"AKIA", ()) == ()


def test_limits_are_told_each_time(monkeypatch) -> None:
    monkeypatch.setattr("keysieve.engine.decoding.layer.MAX_SIZE", 10)
    sieve, told = Sieve(), []
    for _ in range(2):
        sieve.look(b"x" * 100, [50], told.append)
    assert told == ["decoding limit: size"] * 2


def test_memory_has_a_bound(monkeypatch, keys) -> None:
    monkeypatch.setattr(decoded_module, "MOST", 100_000)
    memory = Memory(Matcher(shipped_rules()))
    sizes = []
    for number in range(400):
        text = keys.fill('{"id": \\"{access_key_id}\\"}\n')[0].encode() + b"%d" % number
        assert memory.decoded(text).layers
        sizes.append(memory.size)
    assert max(sizes) <= 100_000
    assert sizes[-1] > 0


def test_memory_never_shows_a_value(keys) -> None:
    text = keys.fill('x = \\"{access_key_id}\\"')[0].encode()
    memory = Memory(Matcher(shipped_rules()))
    found = memory.decoded(text)
    (value,) = {place.candidate.value for places in found.layers for place in places}
    assert value in text
    assert value.decode() not in repr(memory) + repr(found)


def test_warm_sieve_finds_the_same(keys) -> None:
    data = keys.fill("aws_secret_access_key = {secret_access_key}")[0].encode()
    cold, warm = Sieve(), Sieve()
    warm.warm()
    assert cold.sift(data) == warm.sift(data) != ()


def test_thousands_of_credentials_in_one_text(keys) -> None:
    text = "".join(
        keys.fill("aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n")[0]
        for _ in range(2_000)
    )
    assert len(Sieve().sift(text.encode())) == 2_000
    assert len(Sieve().sift(text.replace("\n", " ; ").encode("utf-16"))) == 2_000


def test_terminal_colours_say_nothing_of_the_byte_order(keys) -> None:
    text = keys.fill("\x1b[32m{access_key_id}\x1b[0m \x1b[33m{secret_access_key}\x1b[0m")[0]
    data = b"\n\n" + text.encode("utf-16-le") + b"\n" + b"x = call(argument)\n" * 400
    found = [match for one in Sieve().sift(data) for match in one.matches]
    alone = [match for one in credentials(data, shipped_rules()) for match in one.matches]
    assert places(found) == places(alone)
    assert {one.start % 2 for one in found} == {0}
