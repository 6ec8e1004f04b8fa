from __future__ import annotations

import base64
import re

import pytest

from keysieve.engine.generator import ACCOUNT, Generator

FORMS = {
    "access_key_id": r"AKIA[Q-Z2-6][A-Z2-7]{15}",
    "temporary_access_key_id": r"ASIA[Q-Z2-6][A-Z2-7]{15}",
    "secret_access_key": r"[A-Za-z0-9/+]{40}",
    "session_token": r"IQoJb3JpZ2luX2Vj[A-Za-z0-9/+]{250,}={0,2}",
    "bedrock_api_key": r"ABSKQmVkcm9ja0FQSUtleS[A-Za-z0-9/+]{109}=",
    "bedrock_short_term_key": r"bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9/+]{300,}={0,2}",
    "mws_auth_token": r"amzn\.mws\.[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
    "ses_smtp_password": r"B[A-P][A-Za-z0-9/+]{42}",
    "appsync_api_key": r"da2-[a-z0-9]{26}",
    "service_password": r"[A-Za-z0-9/+]{59}=",
    "account_id": ACCOUNT,
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", FORMS)
def test_value_has_the_form_of_its_kind(kind: str, seed: int) -> None:
    text, values = Generator(seed).fill(f"<{{{kind}}}>")
    assert text == f"<{values[kind]}>"
    assert re.fullmatch(FORMS[kind], values[kind])


def test_same_seed_same_values() -> None:
    template = "".join(f"{{{kind}}}" for kind in FORMS)
    assert Generator(3).fill(template) == Generator(3).fill(template)
    assert Generator(3).fill(template) != Generator(4).fill(template)


def test_placeholder_keeps_its_value_and_numbers_tell_apart() -> None:
    text, values = Generator(1).fill("{access_key_id} {access_key_id} {access_key_id_2}")
    first, again, second = text.split()
    assert first == again == values["access_key_id"]
    assert second == values["access_key_id_2"] != first


@pytest.mark.parametrize("text", ["{}", "{other}", "{access_key_id", "{ access_key_id }", '{"a": {"b": 1}}'])
def test_other_braces_stay(text: str) -> None:
    assert Generator(1).fill(text) == (text, {})


def test_key_id_carries_its_account() -> None:
    bits = int.from_bytes(base64.b32decode(Generator(1).access_key_id(account="123")[4:]), "big")
    assert bits >> 79 == 1
    assert bits >> 39 & (1 << 40) - 1 == 123


def test_smtp_password_of_the_documented_secret() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert Generator(1).ses_smtp_password(secret).startswith("BLBM/9hSUELf")
    assert Generator(1).ses_smtp_password(secret, "us-west-2").startswith("BF2PynzbSCAj")


def test_smtp_password_belongs_to_the_secret_of_its_number() -> None:
    _, values = Generator(1).fill("{ses_smtp_password_2} {secret_access_key} {secret_access_key_2}")
    assert values["ses_smtp_password_2"] == Generator(9).ses_smtp_password(values["secret_access_key_2"])


@pytest.mark.parametrize("issuer", ["aws", "er/aws", "origin", "origin_ec"])
def test_session_token_header(issuer: str) -> None:
    token = Generator(1).session_token(issuer, size=300)
    assert base64.b64decode(token)[1:3] == bytes((10, len(issuer)))
    assert base64.b64decode(token)[3:].startswith(issuer.encode())
    assert len(token) == 400
