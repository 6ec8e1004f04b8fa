"""Laws of the engine: looking only where the prefilter points finds the same as looking everywhere."""

from __future__ import annotations

import base64
import os
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keysieve.engine import Match, credentials, matches
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.matcher import Matcher, candidates, windows
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from shape_texts import plant

SHAPES = [
    text
    for texts in tomllib.loads((Path(__file__).parents[1] / "shapes.toml").read_text()).values()
    for text in texts.values()
]
FILLERS = [
    lambda chance, size: b"x = call(argument)  # words\n" * (size // 28),
    lambda chance, size: b" " * size,
    lambda chance, size: b"\n" * min(size, 200),
    lambda chance, size: base64.encodebytes(chance.randbytes(size)),
    lambda chance, size: chance.randbytes(size),
    lambda chance, size: chance.randbytes(size // 2).hex().encode(),
    lambda chance, size: b"",
]
EXAMPLES = int(os.environ.get("LAWS", "40"))
LAZY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def blobs(draw: st.DrawFn) -> bytes:
    """Shapes with anything between them, in UTF-8, UTF-16 or base64."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    data = b""
    for text in draw(st.lists(st.sampled_from(SHAPES), max_size=4)):
        filled = plant(text, chance.randrange(1000))[0]
        # Patches and quoted-printable text are known by their whole: not as a piece of UTF-16 in another text.
        is_known_by_its_whole = "@@ -" in text or "uoted-printable" in text
        ways = [str.encode, encode_base64] if is_known_by_its_whole else [str.encode, encode_base64, encode_utf_16]
        encode = draw(st.sampled_from(ways))
        data += draw(st.sampled_from(FILLERS))(chance, draw(st.sampled_from([0, 10, 500, 9_000, 30_000])))
        # UTF-16 that begins at an odd offset reads as big-endian from a window: the same value, a byte earlier.
        data += b"\n" + b"\n" * (len(data) % 2 == 0) + encode(filled) + b"\n"
    return data


def encode_base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def encode_utf_16(text: str) -> bytes:
    """With a line behind it: a block of base64 there would go on with a value for one who sees both as one text."""
    return text.encode("utf-16-le") + b"\n.\n"


def places(found: list[Match]) -> set[tuple[str, bytes, int, int]]:
    return {(one.rule, one.value, one.start, one.end) for one in found if not one.unlikely}


@pytest.mark.parametrize("is_large", [False, True], ids=["re", "hyperscan"])
def test_prefilter_path_is_plain_path(is_large: bool) -> None:
    prefilter = Prefilter(shipped_expressions(), is_large=is_large)

    @LAZY
    @given(blobs())
    def check(data: bytes) -> None:
        assert places(matches(data, shipped_rules(), prefilter)) == places(matches(data, shipped_rules()))

    check()


@LAZY
@given(blobs(), st.lists(st.floats(0, 1), max_size=3))
def test_any_windows_around_what_matters_give_the_same(data: bytes, more: list[float]) -> None:
    everywhere = {(one.rule.id, one.start, one.end) for one in candidates(data, shipped_rules())}
    spots = [start for _, start, _ in everywhere] + [int(share * len(data)) for share in more]
    stretches = windows(spots, len(data))
    assert {(one.rule.id, one.start, one.end) for one in candidates(data, shipped_rules(), stretches)} == everywhere


@LAZY
@given(blobs())
def test_offsets_and_lines_point_at_the_value(data: bytes) -> None:
    lines = data.split(b"\n")
    for one in (match for found in credentials(data, shipped_rules()) for match in found.matches):
        assert data[one.start : one.end] == one.raw
        if one.encoding == "plain" and one.raw == one.value:
            assert data[: one.start].count(b"\n") + 1 == one.line
            line = lines[one.line - 1].decode("utf-8", "surrogateescape")
            assert line[one.column - 1 :].encode("utf-8", "surrogateescape").startswith(one.value)


@LAZY
@given(blobs())
def test_matches_never_show_a_value(data: bytes) -> None:
    for one in matches(data, shipped_rules()):
        assert one.value.decode() not in repr(one)


def test_matcher_for_many_texts_finds_the_same() -> None:
    plain, vectorised = Matcher(shipped_rules()), Matcher(shipped_rules())
    vectorised.vectorise()

    @LAZY
    @given(blobs(), st.lists(st.integers(0, 60_000), max_size=3))
    def check(data: bytes, spots: list[int]) -> None:
        stretches = windows([min(spot, len(data)) for spot in spots], len(data))
        assert vectorised.candidates(data) == plain.candidates(data)
        assert vectorised.candidates(data, stretches) == plain.candidates(data, stretches)

    check()
