from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.engine.generator import Generator
from keysieve.engine.implied import literals
from keysieve.engine.literals import Literals
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.engine.shipped import shipped_text

ENCODED = [
    lambda text: text,
    lambda text: text.decode().encode("utf-16-le"),
    lambda text: text.decode().encode("utf-32-be"),
    lambda text: text.hex().upper().encode(),
    lambda text: b"".join(b"%%%02x" % byte for byte in text),
    lambda text: b"".join(b"\\\\u00%02x" % byte for byte in text),
]


@pytest.fixture(params=["little text", "much text", "much text without Hyperscan"])
def shipped(request, monkeypatch) -> Literals:
    literals = Literals()
    if "without" in request.param:
        monkeypatch.setitem(sys.modules, "hyperscan", None)
    if "much" in request.param:
        literals.prepare()
    return literals


def test_file_is_what_the_expressions_imply() -> None:
    lines = shipped_text("literals.txt").splitlines()[1:]
    assert lines == [" ".join(literals(expression)) for expression in shipped_expressions()]


@pytest.mark.parametrize(
    ("expression", "implied"),
    [
        pytest.param(rb"AKIA[A-Z]{4}", ["=AKIA"], id="in front"),
        pytest.param(rb"[A-Z]{4}-key-ab?", ["=-key-a"], id="behind, up to what is optional"),
        pytest.param(rb"(?i)se[ck]ret[a-z]", ["~secret", "~sekret"], id="in any case"),
        pytest.param(rb"(?:AKIA|ASIA)[A-Z]", ["=AKIA", "=ASIA"], id="alternatives"),
        pytest.param(rb"one_way|[a-z]an(?:other)", ["=one_way", "=another"], id="alternatives in a row"),
        pytest.param(rb"a\x00{3}b\x00{3}", ["=a\\0\\0\\0b\\0\\0\\0"], id="counted"),
        pytest.param(rb"41(?:%|\\+x)?4[bB](?:%)?49(?:%)?41", ["#41-4b-49-41"], id="hexadecimal"),
        pytest.param(
            rb"2[dD](?:\\{1,9}x|%|u00)61(?:\\{1,9}x|%)74(?:\\{1,9}x|%)2[dD]", ["#2d-61-74-2d"], id="always separated"
        ),
    ],
)
def test_what_an_expression_implies(expression, implied) -> None:
    assert sorted(literals(expression)) == sorted(implied)


@pytest.mark.parametrize("expression", [rb"[a-z]{4}", rb"(?:long_enough)?", rb"long_enough|x", rb"ab"])
def test_nothing_is_implied(expression) -> None:
    with pytest.raises(ValueError, match="implies no literal"):
        literals(expression)


@given(st.data())
def test_every_match_holds_an_implied_literal(data) -> None:
    number, expression = data.draw(st.sampled_from(list(enumerate(shipped_expressions()))))
    text = data.draw(st.from_regex(re.compile(expression)))
    assert number in Literals().suspects(text)


@pytest.mark.parametrize("encode", ENCODED)
@pytest.mark.parametrize("before", [b"", b"x" * 200_000], ids=["short", "long"])
def test_no_key_is_silent(shipped, encode, before) -> None:
    text = Generator(5).fill("key: {access_key_id}, secret: {secret_access_key}")[0].encode()
    assert not shipped.are_silent([b"nothing", before + encode(text)])


def test_silent_pieces_are_those_that_no_expression_matches(shipped) -> None:
    prefilter = Prefilter(shipped_expressions())
    texts = [path.read_bytes() for path in sorted(Path(__file__).parents[2].rglob("src/**/*.py"))]
    assert [shipped.are_silent([text]) for text in texts] == [not prefilter.may_match(text) for text in texts]
