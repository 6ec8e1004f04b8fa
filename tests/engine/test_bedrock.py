from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.engine.bedrock import LongTermKey, ShortTermKey, long_term_key, short_term_key
from keysieve.engine.generator import Generator

PREFIX = b"bedrock-api-key-"


def signed_url(key_id: str, **changes: str) -> bytes:
    query = {
        "Action": "CallWithBearerToken",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{key_id}%2F20250807%2Fus-west-2%2Fbedrock%2Faws4_request",
        "X-Amz-Date": "20250807T101112Z",
        "X-Amz-Expires": "43200",
        "Version": "1",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return b"bedrock.amazonaws.com/?" + "&".join(f"{name}={value}" for name, value in query.items()).encode()


def test_long_term_key_names_user_and_account(keys: Generator) -> None:
    found = long_term_key(keys.bedrock_key("171436882533").encode())
    assert found is not None
    assert found.account_id == "171436882533"
    assert found.user.startswith("BedrockAPIKey-")


def test_long_term_key_of_an_own_user() -> None:
    assert long_term_key(b"ABSK" + b64encode(b"ci.bot+2@x-at-210987654321:secret")) == LongTermKey(
        "ci.bot+2@x", "210987654321"
    )


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"ABSK", id="prefix only"),
        pytest.param(b"ABSK" + b64encode(b"BedrockAPIKey-1-at-12345:secret"), id="short account"),
        pytest.param(b"ABSK" + b64encode(b"BedrockAPIKey-1-at-210987654321:"), id="no secret"),
        pytest.param(b"ABSK" + b64encode(bytes(range(90))), id="random bytes"),
        pytest.param(b"ABSKA", id="no base64"),
        pytest.param(b64encode(b"BedrockAPIKey-1-at-210987654321:secret"), id="no prefix"),
    ],
)
def test_no_long_term_key(key: bytes) -> None:
    assert long_term_key(key) is None


def test_short_term_key_has_id_region_and_times(keys: Generator) -> None:
    key_id = keys.access_key_id("ASIA")
    found = short_term_key(PREFIX + b64encode(signed_url(key_id, X_Amz_Security_Token="abc")))
    signed, expires = datetime(2025, 8, 7, 10, 11, 12, tzinfo=UTC), datetime(2025, 8, 7, 22, 11, 12, tzinfo=UTC)
    assert found == ShortTermKey(key_id, "us-west-2", signed, expires, has_session_token=True)


def test_short_term_key_of_a_long_term_id_without_padding(keys: Generator) -> None:
    found = short_term_key(PREFIX + b64encode(signed_url(keys.access_key_id())).rstrip(b"="))
    assert found is not None
    assert not found.has_session_token


def test_short_term_key_of_the_generator(keys: Generator) -> None:
    assert short_term_key(keys.bedrock_short_term_key().encode()) is not None


@pytest.mark.parametrize(
    "changes",
    [{"X_Amz_Date": "yesterday"}, {"X_Amz_Expires": "soon"}, {"X_Amz_Expires": "9" * 30}, {"X_Amz_Credential": "a/b"}],
)
def test_broken_short_term_keys(changes: dict[str, str], keys: Generator) -> None:
    assert short_term_key(PREFIX + b64encode(signed_url(keys.access_key_id(), **changes))) is None


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(tail: bytes) -> None:
    assert short_term_key(PREFIX + tail) is None
    assert long_term_key(tail) is None
    assert long_term_key(b"ABSK" + tail) is None
