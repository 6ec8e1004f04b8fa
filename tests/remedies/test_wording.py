from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keysieve.remedies.situation import Situation
from keysieve.remedies.wording import fill, known_values, quoted, words_for


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name))
def test_bash_reads_back_a_quoted_name(name: bytes) -> None:
    word = quoted(name)
    read = subprocess.run(["bash", "-c", f"printf %s {word}"], check=True, capture_output=True).stdout
    assert read.removeprefix(b"./" if name[:1] in (b"-", b":") else b"") == name
    assert word.isprintable()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        pytest.param(b"a.py", "a.py", id="plain"),
        pytest.param(b"a b", "'a b'", id="blank"),
        pytest.param(b"-rf", "./-rf", id="option"),
        pytest.param(b"\x1b[2J", "$'\\033\\1332J'", id="escape sequence"),
        pytest.param("‮".encode(), "$'\\342\\200\\256'", id="direction override"),
    ],
)
def test_name_is_quoted(name: bytes, word: str) -> None:
    assert quoted(name) == word


def test_unknown_braces_stay() -> None:
    assert fill('{"Version": {account_id}, {x}}', {"account_id": "1"}) == '{"Version": 1, {x}}'


@pytest.mark.parametrize("account", ["12345678901", "123456789012;", "", None])
def test_account_that_is_none_counts_as_unknown(account: str | None) -> None:
    assert "account_id" not in known_values(Situation("r", "access-key", account_id=account))


def test_owner_is_used_only_where_it_is_asked_for() -> None:
    assert words_for({}, ["owner=$(aws …)"])["user_name"] == '"$owner"'
    assert words_for({}, ["aws …"])["user_name"] == "USER_NAME"
    assert words_for({"user_name": "ci"}, ["owner=$(aws …)"])["user_name"] == "ci"
