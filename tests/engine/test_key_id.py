from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.engine.generator import Generator
from keysieve.engine.key_id import account_id, generation


def joined(groups: str) -> bytes:
    """An id from groups of four characters: published ids that look real are never whole in a file."""
    return groups.replace(" ", "").encode()


KNOWN = [
    pytest.param("ASIA QAAA AAAA GMKE M7X5", "000000000000", id="LocalStack, accounts.py"),
    pytest.param("AKIA RZPU ZDIK GB2V ALC4", "123456789012", id="LocalStack, documentation account"),
    pytest.param("ASIA Y34F ZKBO KMUT VV7A", "609629065308", id="Steele and Be'ery"),
    pytest.param("ASIA QNZG KIQY 56JQ 7WML", "029608264753", id="Be'ery, leading zero"),
    pytest.param("AKIA SP2T PHJS QH3F JRUX", "171436882533", id="trufflehog, canary"),
    pytest.param("AKIA YVP4 CIPP ERUV IFXG", "595918472158", id="trufflehog README, canary"),
    pytest.param("AIDA YVP4 CIPP J5M5 4LRC Y", "595918472158", id="its user, 21 characters"),
    pytest.param("AKIA ZAVB 57H5 5F3T 4BKH", "619888638459", id="trufflehog, answer of STS"),
    pytest.param("AIDA ZAVB 57H5 V3Q4 ACRG M", "619888638459", id="its user"),
    pytest.param("ASIA R6OF QKMA FQII YZ5T", "134095065856", id="smithy-rs, account in the table's ARN"),
    pytest.param("AIPA QOHA THEG TGNQ 5THQ B", "030535792909", id="aws-c-auth, ARN next to it"),
    pytest.param("ACCA QAAA AAAA PBAF QJI5 W", "000000000000", id="LocalStack, service credential"),
]


@pytest.mark.parametrize(("groups", "account"), KNOWN)
def test_known_accounts(groups: str, account: str) -> None:
    assert account_id(joined(groups)) == account
    assert generation(joined(groups)) == "new"


@pytest.mark.parametrize(
    ("key_id", "expected"),
    [
        pytest.param(b"AKIAIOSFODNN7EXAMPLE", "old", id="old generation, a naive reading gives 581039954779"),
        pytest.param(b"AKIAI44QH8DHBEXAMPLE", None, id="8 is not base32"),
        pytest.param(b"AKIA" + b"7" * 16, None, id="account beyond twelve digits"),
        pytest.param(b"AKIAIOSFODNN7EXAMPL", None, id="too short"),
        pytest.param(b"AKIA" + b"Q" * 18, None, id="too long"),
        pytest.param(b"AKIA" + b"q" * 16, None, id="lower case"),
        pytest.param(b"AKIA" + b"\xff" * 16, None, id="not ASCII"),
        pytest.param(b"", None, id="empty"),
    ],
)
def test_ids_without_an_account(key_id: bytes, expected: str | None) -> None:
    assert generation(key_id) == expected
    assert account_id(key_id) is None


@given(st.integers(0, 2**32), st.integers(0, 999_999_999_999))
def test_every_account_comes_back(seed: int, number: int) -> None:
    account = f"{number:012d}"
    key_id = Generator(seed).access_key_id(account=account).encode()
    assert account_id(key_id) == account
    assert key_id[4:5] in b"QRSTUVWXYZ23456"


@given(st.binary(max_size=24))
def test_any_bytes_have_an_answer(key_id: bytes) -> None:
    assert (account_id(key_id) is not None) == (generation(key_id) == "new")
