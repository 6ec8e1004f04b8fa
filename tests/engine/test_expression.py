"""What is read off an expression is what `re` does with it, and what speed is won by it changes nothing."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given
from test_engine_laws import LAZY, blobs

from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.expression import Literal, Run, beginning, for_re, reach
from keysieve.engine.pattern import Pattern, Stretch, value_span

PATTERNS = [pytest.param(rule.pattern, id=rule.id) for rule in shipped_rules() if rule.pattern]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param(rb"abc", 3, id="literal"),
        pytest.param(rb"ab|cde|f", 3, id="literals"),
        pytest.param(rb"a\+|\\\||b\\c", 3, id="literals with escapes"),
        pytest.param(rb"", 0, id="nothing"),
        pytest.param(rb"a(?:b|cde)f{2,7}?", 11, id="alternatives and repeats"),
        pytest.param(rb"(?<=ab)c(?!def)", 6, id="what is looked at counts"),
        pytest.param(rb"a(?!b{9})c{3}", 10, id="what is looked at is not taken yet"),
        pytest.param(rb"a(?!b)c{3}", 4, id="what is taken goes farther"),
        pytest.param(rb"(?>ab)[\s\S]{0,90}\b", 93, id="atomic group, class, boundary"),
        pytest.param(rb"(?<name>ab)(?P<other>c)", 3, id="names of both kinds"),
        pytest.param(rb"ab+", None, id="no bound"),
        pytest.param(rb"^ab", None, id="begin of the text"),
        pytest.param(rb"ab$", None, id="end of the text"),
        pytest.param(rb"(a)\1", None, id="what a group held"),
        pytest.param(rb"(a", None, id="no expression"),
    ],
)
def test_reach(expression, expected) -> None:
    assert reach(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param(rb"(?<![a-z])(?<value>AKIA[A-Z]{16})", (Literal(b"AKIA", 0, 0),), id="behind what only looks"),
        pytest.param(rb"[a-z]\dab", (Literal(b"ab", 2, 2),), id="behind a class"),
        pytest.param(rb"[a-z]{1,9}-at-", (Literal(b"-at-", 1, 9),), id="behind what varies"),
        pytest.param(rb"(?:abc|x[yz]ab)", (Literal(b"abc", 0, 0), Literal(b"ab", 2, 2)), id="alternatives"),
        pytest.param(rb"(?i:aBc)", (Literal(b"abc", 0, 0, ignores_case=True),), id="whatever case"),
        pytest.param(rb"x[ab]{30}", Run(b"ab", 30, 1, 1), id="run"),
        pytest.param(rb"(?:a|bc)[ab]{30}", Run(b"ab", 30, 1, 2), id="run behind what varies"),
        pytest.param(rb"([ab]{30})(?![abc]|\.x)", Run(b"ab", 30, 0, 0, is_last=True), id="end of a run"),
        pytest.param(rb"[ab]{30}(?![bc])", Run(b"ab", 30, 0, 0), id="run that may go on"),
        pytest.param(rb"[ab]{30,31}(?![abc])", Run(b"ab", 30, 0, 0), id="end of a run of several lengths"),
        pytest.param(rb"[ab]{30}c?(?![abc])", Run(b"ab", 30, 0, 0), id="run and more"),
        pytest.param(rb"[ab]{30}(?!ab|)", Run(b"ab", 30, 0, 0), id="run before what has no bytes"),
        pytest.param(rb"[ab]{30}(?!ab|bb)", Run(b"ab", 30, 0, 0), id="run before what has several bytes"),
        pytest.param(rb"[ab]{300}(?![ab])", Run(b"ab", 256, 0, 0), id="end of a run that is too long to look for"),
        pytest.param(rb"[a-z]{4}", None, id="short run"),
        pytest.param(rb"[a-z]+abc", None, id="behind what has no bound"),
        pytest.param(rb"(?:abc|[a-z]{3})", None, id="not every alternative"),
    ],
)
def test_beginning(expression, expected) -> None:
    assert beginning(expression) == expected


def test_look_behind_of_varying_width_becomes_fixed() -> None:
    source = rb"(?<=\x1b\[[0-9;]{0,8}m)x"
    texts = [b"\x1b[" + b"1" * count + end + b"x" for count in range(11) for end in (b"m", b"n")]
    assert [bool(re.search(for_re(source), text)) for text in texts] == [
        bool(regex.search(source, text)) for text in texts
    ]


def test_every_shipped_pattern_begins_with_something_to_look_for() -> None:
    assert [rule.id for rule in shipped_rules() if rule.pattern and beginning(rule.pattern) is None] == []


@pytest.mark.parametrize("source", PATTERNS)
def test_fast_form_of_a_shipped_pattern_finds_the_same(source) -> None:
    fast, plain = Pattern(source, is_trusted=True), regex.compile(source)

    @LAZY
    @given(blobs())
    def check(data: bytes) -> None:
        found = [value_span(match) for match in fast.beginning_in(Stretch(data, 0, len(data)))]
        assert found == [match.span("value") for match in plain.finditer(data)]

    check()


@pytest.mark.parametrize("source", PATTERNS)
def test_fast_form_finds_what_begins_between_two_offsets(source, keys) -> None:
    text = "\n".join(
        example for rule in shipped_rules() if rule.pattern == source for example in rule.examples
    )  # fmt: skip
    data = keys.fill(f"{text}\n{text}")[0].encode()
    fast = Pattern(source, is_trusted=True)
    begins = [match.start() for match in fast.beginning_in(Stretch(data, 0, len(data)))]
    assert len(begins) >= 2
    for cut in begins:
        assert [match.start() for match in fast.beginning_in(Stretch(data, 0, cut))] == [
            at for at in begins if at < cut
        ]
        assert [match.start() for match in fast.beginning_in(Stretch(data, cut, len(data)))] == [
            at for at in begins if at >= cut
        ]


def test_users_pattern_stays_under_a_time_limit() -> None:
    assert [match.group() for match in Pattern(rb"ab+", is_trusted=False).beginning_in(Stretch(b"xabbab", 0, 3))] == [
        b"abb"
    ]
