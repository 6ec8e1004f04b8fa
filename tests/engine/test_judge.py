from __future__ import annotations

import random
import string
from base64 import b32encode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keysieve.engine.generator import Generator
from keysieve.engine.judge import (
    is_base64_tail,
    judge_access_key_id,
    judge_random,
    judge_secret_access_key,
    key_id_confidence,
    log_likelihood_ratio,
)

TEXTS = [
    pytest.param(b"DescribeClusterSubnetGroupsRequestMarshal", "words or a path", id="CamelCase"),
    pytest.param(b"AwsEc2VpcPeeringConnectionVpcInfoDetails", "words or a path", id="CamelCase with a digit"),
    pytest.param(b"com/AmazonS3/latest/dev/ObjectOperations", "words or a path", id="path of a URL"),
    pytest.param(b"InfluxDBv2ParametersQueryMemoryBytesLong", "words or a path", id="acronyms and a digit"),
    pytest.param(b"da39a3ee5e6b4b0d3255bfef95601890afd80709", "hexadecimal digest", id="SHA-1"),
    pytest.param(b"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "hexadecimal digest", id="SHA-1 in capitals"),
    pytest.param(b"da39A3ee5E6b4B0d3255bfeF95601890aFD80709", "hexadecimal digest", id="mixed-case address"),
    pytest.param(b"TOKENVALUE" * 4, "repeated text", id="repeated word"),
    pytest.param(b"aXb1aXb2aXc1aXb1aXc2aXb1aXb1aXc2aXc1aXb2", "too few distinct characters", id="few characters"),
    pytest.param(b"abcdefghijklmnopqrstuvwxyzabcdefghijklmn", "alphabet run", id="alphabet of Ceph's tests"),
    pytest.param(b"zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONM", "alphabet run", id="alphabet backwards"),
    pytest.param(b"aK3/xW9+bR7zQ5mT1dYc" * 2, "repeated text", id="twice the same"),
    pytest.param(b"k3x9w7b2r5z1q8m4t6d0y/c+f5h2j9n7p3s1v8g6", "letters of one case only", id="no capitals"),
    pytest.param(b64encode("Täglich frisch".encode("utf-16-le") + b"x\0"), "encoded text", id="base64 of UTF-16"),
    pytest.param(b64encode(b'{"Version":"2012-10-17","State'), "encoded text", id="base64 of JSON"),
]


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(("value", "reason"), TEXTS)
def test_unlikely_secrets(value: bytes, reason: str, named: bool) -> None:
    assert judge_secret_access_key(value, named=named) == reason


@pytest.mark.parametrize("named", [True, False])
def test_random_secrets_are_likely(named: bool) -> None:
    chance = random.Random(3)
    secrets = [b64encode(chance.randbytes(30)) for _ in range(20_000)]
    lost = sum(judge_secret_access_key(secret, named=named) is not None for secret in secrets)
    assert lost <= (0 if named else 2)


def test_random_letters_are_likely() -> None:
    letters = "".join(random.Random(1).choices(string.ascii_letters, k=40)).encode()
    assert judge_secret_access_key(letters, named=False) is None


@pytest.mark.parametrize(
    "secret",
    [b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", b"je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"],
)
def test_documented_examples_look_like_secrets(secret: bytes) -> None:
    assert judge_secret_access_key(secret, named=False) is None


def test_ratio_parts_text_from_keys(keys: Generator) -> None:
    assert log_likelihood_ratio(b"DescribeClusterSubnetGroupsRequestMarshal") > 60
    assert log_likelihood_ratio(keys.secret_access_key().encode()) < -30
    assert log_likelihood_ratio(b"") == 0


@given(st.binary(max_size=80))
def test_any_bytes_are_judged(value: bytes) -> None:
    named, unnamed = (judge_secret_access_key(value, named=named) for named in (True, False))
    assert named is None or unnamed is not None, "without a name the test is the stricter one"
    assert isinstance(is_base64_tail(value, len(value) // 3, len(value) // 2), bool)


@pytest.mark.parametrize(
    ("key_id", "reason"),
    [
        pytest.param(b"AKIAIOSFODNN7EXAMPLE", "example", id="EXAMPLE"),
        pytest.param(b"AKIA" + b"SAMPLE7QWZKXRVTJ", "example", id="SAMPLE"),
        pytest.param(b"ACCA" + b"QFOXMPL6VW57M7AJP", "example", id="XMPL"),
        pytest.param(b"AKIA" + b"X" * 16, "placeholder", id="crossed out"),
        pytest.param(b"AKIA" + b"1234567890123456", "placeholder", id="digits"),
        pytest.param(b"AKIA" + b"QRTUWXYZ23456ZY8", "placeholder", id="a single 8"),
        pytest.param(b"AKIA" + b"ABCDEFGHIJKLMNOP", "placeholder", id="alphabet"),
        pytest.param(b"AKIA" + b"TESTTESTTESTTEST", "placeholder", id="repeated word"),
        pytest.param(b"AKIA" + b"YOURKEYQWZKRVTJP", "placeholder", id="YOURKEY"),
        pytest.param(b"AKIA" + b"QWZKRVTJ" * 2, "placeholder", id="twice the same"),
    ],
)
def test_made_up_ids(key_id: bytes, reason: str) -> None:
    judged = judge_access_key_id(key_id)
    assert judged is not None
    assert judged[0] == reason
    assert judged[1]


def test_random_ids_are_plausible() -> None:
    chance = random.Random(5)
    ids = [b"AKIA" + b32encode(chance.randbytes(10)) for _ in range(20_000)]
    assert sum(judge_access_key_id(key_id) is not None for key_id in ids) <= 2


@pytest.mark.parametrize("prefix", ["AKIA", "ASIA"])
def test_confidence_of_made_up_ids_that_decode(prefix: str, keys: Generator) -> None:
    assert key_id_confidence(keys.access_key_id(prefix).encode()) == "high"


@pytest.mark.parametrize(
    ("key_id", "confidence"),
    [
        pytest.param(b"AKIAIOSFODNN7EXAMPLE", "high", id="old generation"),
        pytest.param(b"AKIAL" + b"OSFODNN7EXAMPLE", "low", id="a letter that no id has there"),
        pytest.param(b"AKIA7" + b"OSFODNN7EXAMPLE", "low", id="account beyond twelve digits"),
        pytest.param(b"AKIA6" + b"777777777777777", "low", id="just beyond"),
        pytest.param(b"AKIAI44QH8DHBEXAMPLE", "low", id="no base32"),
        pytest.param(b"AKIA", "low", id="prefix only"),
    ],
)
def test_confidence(key_id: bytes, confidence: str) -> None:
    assert key_id_confidence(key_id) == confidence


def block(width: int, tail: bytes, before: str = "", after: str = "") -> bytes:
    """A wrapped base64 block, three lines and the tail, each line with something before and after."""
    chance = random.Random(7)
    lines = [b64encode(chance.randbytes(60))[:width] for _ in range(3)]
    return b"\n".join(before.encode() + line + after.encode() for line in [*lines, tail])


@pytest.mark.parametrize("width", [60, 64, 70, 72, 76])
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("    ", "\r"), ('    "', '\\n" +'), ("# ", ""), ("+", ""), ("> ", ""), ('"', '",'), ("\t'", "'")],
    ids=["bare", "indented, CRLF", "concatenated", "comment", "diff", "quoted mail", "list", "single quotes"],
)
def test_tails(width: int, before: str, after: str, keys: Generator) -> None:
    secret = keys.secret_access_key().encode()
    text = block(width, secret, before, after)
    assert is_base64_tail(text, text.index(secret), text.index(secret) + 40)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"", id="first line"),
        pytest.param(b"\n", id="empty line before"),
        pytest.param(b"secret\n", id="word before"),
        pytest.param(b"A" * 40 + b"\n", id="line of 40 before"),
        pytest.param(b"/".join([b"com/amazonaws/services"] * 3) + b"\n", id="path before"),
        pytest.param(b"0123456789abcdef" * 4 + b"\n", id="digest before"),
        pytest.param(block(76, b"") + b"\nsecret = ", id="label after a block"),
        pytest.param(b"-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n", id="after PEM"),
        pytest.param(b"begin = '-----BEGIN CERTIFICATE-----'\nsecret = '", id="code between PEM markers"),
    ],
)
def test_no_tails(before: bytes, keys: Generator) -> None:
    text = before + keys.secret_access_key().encode()
    assert not is_base64_tail(text + b"\n-----END CERTIFICATE-----", len(before), len(before) + 40)


def test_inside_pem(keys: Generator) -> None:
    head = b"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nshort\n"
    text = head + keys.secret_access_key().encode() + b"\n-----END CERTIFICATE-----\n"
    assert is_base64_tail(text, len(head), len(head) + 40)


@pytest.mark.parametrize(
    ("after", "is_head"),
    [
        pytest.param(b"\n" + b"M8tJJg6HRG6PYSas" * 4, True, id="a longer line goes on"),
        pytest.param(b"\r\n" + b"M8tJJg6HRG6PYSas" * 4, True, id="with CRLF"),
        pytest.param(b"\n" + b"M8tJJg6HRG6PYSasM8tJ" * 2 + b"\n", False, id="another of 40"),
        pytest.param(b"\nsecret2 = " + b"M8tJJg6HRG6PYSas" * 4, False, id="a label"),
        pytest.param(b"\n", False, id="the end"),
        pytest.param(b"\nIQoJb3JpZ2luX2Vj" + b"M8tJJg6HRG6PYSas" * 20, False, id="a session token"),
    ],
)
def test_heads(after: bytes, is_head: bool, keys: Generator) -> None:
    assert is_base64_tail(b"x=" + keys.secret_access_key().encode() + after, 2, 42) is is_head


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(b"da2-" + b"abc" * 8 + b"ab", "too few", id="few"),
        pytest.param(b"da2-12345678" + b"q7x3m9k1w5z8c2v6b4", "alphabet run", id="run"),
        pytest.param(b"a1B2c3D4e5F6g7H8i9J0kL" * 2, "repeated", id="repeated"),
        pytest.param(b"BedrockRuntimeClientConfigurationProviderFac", "words", id="words"),
    ],
)
def test_not_drawn_at_random(value: bytes, reason: str) -> None:
    assert reason in (judge_random(value) or "")


def test_drawn_at_random() -> None:
    for seed in range(500):
        keys = Generator(seed)
        for value in (keys.appsync_api_key(), keys.ses_smtp_password(), keys.service_password(), keys.bedrock_key()):
            assert judge_random(value.encode()) is None
