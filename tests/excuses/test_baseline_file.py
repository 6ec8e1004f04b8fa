from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.errors import ConfigurationError
from keysieve.excuses.baseline import Line, one_line, parse, render

FINGERPRINTS = st.text("0123456789abcdef", min_size=32, max_size=32).map("ks1:{}".format)
REASONS = st.text(min_size=1).map(one_line).filter(lambda text: text and not text.startswith("until="))
LINES = st.builds(
    Line,
    FINGERPRINTS,
    st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    REASONS,
    st.none() | st.dates(date(2000, 1, 1)),
)


@given(st.lists(LINES, unique_by=lambda line: line.fingerprint))
def test_what_is_written_is_read(lines) -> None:
    assert parse(render(lines).encode(), "b") == tuple(sorted(lines, key=lambda line: line.fingerprint))


@given(st.lists(LINES, unique_by=lambda line: line.fingerprint), st.randoms())
def test_the_order_of_lines_does_not_matter(lines, random) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert render(shuffled) == render(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("garbage", "line 1: this is no line of a baseline", id="garbage"),
        pytest.param("#\nks1:{} aws-access-key-id", "line 2: this is no line", id="no reason"),
        pytest.param("ks1:{} aws-x until=soon x", "'soon' is no date", id="no date"),
        pytest.param("<<<<<<< HEAD\nks1:{} a b", "line 1: a merge conflict", id="conflict"),
        pytest.param("ks1:00 aws-x x", "line 1: this is no line", id="short fingerprint"),
    ],
)
def test_errors(text, said) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text.format("0" * 32).encode(), ".keysieve-baseline")
    assert said in caught.value.message
    assert caught.value.hint


def test_not_utf_8() -> None:
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        parse(b"\xff", "b")


def test_windows_line_ends() -> None:
    assert parse(f"ks1:{'0' * 32} aws-x why\r\n".encode(), "b")[0].reason == "why"
