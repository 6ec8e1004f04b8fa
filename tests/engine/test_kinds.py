"""Kinds of credentials beside access keys: each found once, as what it is, and what it holds not in addition."""

from __future__ import annotations

import pytest

from keysieve.engine import credentials
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.generator import ACCOUNT, Generator
from keysieve.engine.knowledge import knowledge
from keysieve.engine.prefilter import Prefilter, shipped_expressions

SIGNED = (
    "X-Amz-Date=20250102T030405Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "3f9a1c5be07d2468" * 4
)
V4 = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEYID%2F20250102%2Fus-east-1%2Fs3%2Faws4_request&"

KINDS = [
    ("long-term Bedrock key", "AWS_BEARER_TOKEN_BEDROCK={bedrock_api_key}", ["aws-bedrock-api-key"]),
    ("short-term Bedrock key", 'token = "{bedrock_short_term_key}"', ["aws-bedrock-short-term-key"]),
    (
        "MWS token beside a pair",
        "{access_key_id} {secret_access_key}\n{mws_auth_token}",
        ["aws-access-key-pair", "aws-mws-auth-token"],
    ),
    ("AppSync key", '"x-api-key": "{appsync_api_key}"', ["aws-appsync-api-key"]),
    (
        "CodeCommit URL",
        "https://ci-at-{account_id}:{service_password}@git-codecommit.eu-west-1.amazonaws.com/v1/repos/a",
        ["aws-service-credentials"],
    ),
    (
        "netrc",
        "machine git-codecommit.us-east-1.amazonaws.com\nlogin ci+1-at-{account_id}\npassword {service_password}\n",
        ["aws-service-credentials"],
    ),
    ("CodeCommit CSV", "User Name,Password\nci-at-{account_id},{service_password}", ["aws-service-credentials"]),
    ("Keyspaces", "username = ci-at-{account_id}\npassword = {service_password}", ["aws-service-credentials"]),
    ("service user alone", "login ci-at-{account_id}", []),
    ("ECR", '{"auths": {"r": {"auth": "QVdTOmV5SndZWGxz{session_token}"}}}', ["aws-ecr-authorization"]),
    (
        "docker login",
        "docker login -u AWS -p eyJwYXlsb2Fk{session_token} https://210987654321.dkr.ecr.us-east-1.amazonaws.com",
        ["aws-ecr-authorization"],
    ),
    (
        "console sign-in",
        "https://signin.aws.amazon.com/federation?Action=login&Destination=x&SigninToken={session_token}",
        ["aws-console-federation-url"],
    ),
    (
        "URL of version 4",
        "https://b.s3.amazonaws.com/k?" + V4.replace("KEYID", "{access_key_id}") + SIGNED,
        ["aws-presigned-url"],
    ),
    (
        "URL with a session token",
        "https://b.s3.amazonaws.com/k?"
        + V4.replace("KEYID", "{temporary_access_key_id}")
        + "X-Amz-Security-Token={session_token}&"
        + SIGNED,
        ["aws-presigned-url"],
    ),
    (
        "URL in JSON",
        '{"url": "https://b.s3.amazonaws.com/k?'
        + (V4.replace("KEYID", "{access_key_id}") + SIGNED).replace("&", "\\u0026")
        + '"}',
        ["aws-presigned-url"],
    ),
    (
        "URL in HTML",
        '<a href="https://b.s3.amazonaws.com/k?'
        + (V4.replace("KEYID", "{access_key_id}") + SIGNED).replace("&", "&amp;")
        + '">',
        ["aws-presigned-url"],
    ),
    (
        "URL of version 2",
        "https://b.s3.amazonaws.com/k?AWSAccessKeyId={access_key_id}&Expires=1735786800&Signature=kPq3rTx8Zb%2F0aWc5VdNf7LhYs2U%3D",
        ["aws-presigned-url"],
    ),
    (
        "URL beside the key that signed it",
        "{access_key_id} {secret_access_key}\nhttps://b.s3.amazonaws.com/k?"
        + V4.replace("KEYID", "{access_key_id}")
        + SIGNED,
        ["aws-access-key-pair", "aws-presigned-url"],
    ),
    ("SMTP alone", "SMTP_PASSWORD = {ses_smtp_password}", ["aws-ses-smtp-password"]),
    ("SMTP with its user", "user: {access_key_id}\npass: {ses_smtp_password}", ["aws-ses-smtp-credentials"]),
    (
        "tfstate with a derived password",
        '"id": "{access_key_id}",\n"secret": "{secret_access_key}",\n"ses_smtp_password_v4": "{ses_smtp_password}"',
        ["aws-access-key-pair", "aws-ses-smtp-password"],
    ),
    ("role id", "role {principal_id}", []),
    ("role id in a list", "['{principal_id}','{principal_id_2}']", []),
    ("session token alone", "token: {session_token}", ["aws-session-token"]),
]


@pytest.mark.parametrize(("text", "rules"), [pytest.param(*kind[1:], id=kind[0]) for kind in KINDS])
def test_kind(text: str, rules: list[str]) -> None:
    for seed in range(10):
        data = Generator(seed).fill(text)[0].encode()
        found = credentials(data, shipped_rules(), Prefilter(shipped_expressions()))
        assert sorted(one.rule for one in found if not any(match.unlikely for match in one.matches)) == rules, seed


@pytest.mark.parametrize("issuer", ["aws", "er/aws", "origin", "origin_ec"])
@pytest.mark.parametrize("size", [210, 300, 700, 1500])
def test_session_tokens_of_every_version_and_length(issuer: str, size: int) -> None:
    token = Generator(size).session_token(issuer, size)
    (found,) = credentials(f"x={token}\n".encode(), shipped_rules(), Prefilter(shipped_expressions()))
    assert found.values == {"session_token": token.encode()}


TEMPORARY = Generator(2).access_key_id("ASIA", account="029608264753")

KNOWN = [
    ("id", {"access_key_id": TEMPORARY.encode()}, "029608264753", []),
    ("old id", {"access_key_id": b"AKIA" + b"IOSFODNN7EXAMPLE"}, None, ["before about 2019"]),
    ("no id", {"secret_access_key": b"x" * 40}, None, []),
    ("service user", {"user_name": b"ci+2-at-210987654321"}, "210987654321", ["the IAM user ci."]),
    (
        "URL",
        {"presigned_url": (V4.replace("KEYID", TEMPORARY) + SIGNED).encode()},
        "029608264753",
        ["Signed with the key ASIA", "2025-01-02 04:04 UTC"],
    ),
    (
        "URL of version 2",
        {"presigned_url": b"AWSAccessKeyId=x&Signature=y&Expires=1735786800"},
        None,
        ["2025-01-02 03:00 UTC"],
    ),
    ("URL without a date", {"presigned_url": b"X-Amz-Date=20259902T030405Z&X-Amz-Expires=3"}, None, []),
]


@pytest.mark.parametrize(("values", "account", "notes"), [pytest.param(*known[1:], id=known[0]) for known in KNOWN])
def test_knowledge(values: dict[str, bytes], account: str | None, notes: list[str]) -> None:
    known = knowledge(values)
    assert known.account_id == account
    assert bool(known.notes) == bool(notes)
    assert all(note in " ".join(known.notes) for note in notes)


def test_knowledge_of_bedrock_keys() -> None:
    keys = Generator(1)
    long_term = knowledge({"bedrock_api_key": keys.bedrock_key().encode()})
    assert long_term.account_id == ACCOUNT
    assert "the IAM user BedrockAPIKey-" in long_term.notes[0]
    short_term = knowledge({"bedrock_api_key": keys.bedrock_short_term_key().encode()})
    assert short_term.account_id == ACCOUNT
    assert short_term.ends is not None
    assert "us-east-1" in short_term.notes[0]
