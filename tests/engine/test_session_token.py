from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.engine.generator import Generator
from keysieve.engine.session_token import ISSUERS, session_token_issuer, session_token_region


@pytest.mark.parametrize("issuer", sorted(issuer.decode() for issuer in ISSUERS))
def test_issuer_of_made_up_tokens(issuer: str, keys: Generator) -> None:
    assert session_token_issuer(keys.session_token(issuer).encode()) == issuer


def test_region(keys: Generator) -> None:
    assert session_token_region(keys.session_token("origin_ec").encode()) == "us-east-1"


# Beginnings of tokens in AWS's manuals and SDKs.
@pytest.mark.parametrize(
    ("head", "issuer", "region"),
    [
        pytest.param(b"AQoDYXdzEJr", "aws", None, id="IAM user guide"),
        pytest.param(b"FQoGZXIvYXdzEBYaD", "er/aws", None, id="moto"),
        pytest.param(
            b"IQoJb3JpZ2luX2VjEOz//////////wEaCXVzLXdlc3QtMiJH", "origin_ec", "us-west-2", id="a number in between"
        ),
        pytest.param(b"AgoJb3JpZ2luX2VjEB4aCXVzLXdlc3QtMSJHMEXAMPLETOKEN", "origin_ec", "us-west-1", id="IAM, 2023"),
        pytest.param(b"AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT", None, None, id="placeholder"),
        pytest.param(b"", None, None, id="empty"),
        pytest.param(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, id="a secret"),
    ],
)
def test_heads(head: bytes, issuer: str | None, region: str | None) -> None:
    assert session_token_issuer(head) == issuer
    assert session_token_region(head) == region


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(token: bytes) -> None:
    assert session_token_issuer(token) is None or len(token) >= 8
    assert session_token_region(token) is None or session_token_issuer(token) is not None
