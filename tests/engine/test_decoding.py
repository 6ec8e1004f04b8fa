from __future__ import annotations

import base64
import binascii
import html
import json
import quopri
import random
import re
import time
import tracemalloc
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keysieve.engine.decoding import (
    KEY_LITERALS,
    NAME_LITERALS,
    Layer,
    LimitReached,
    encoded_pattern,
    escapes,
    joins,
    layers,
)
from keysieve.engine.generator import Generator


def secret_with(characters: str) -> tuple[str, str]:
    """An id, and the first secret of the seeds that holds all the characters inside."""
    for seed in range(500):
        generator = Generator(seed)
        key_id, secret = generator.access_key_id(), generator.secret_access_key()
        if all(character in secret[5:35] for character in characters) and secret[0].isalnum() and secret[-1].isalnum():
            return key_id, secret
    raise AssertionError


KEY_ID, SECRET = secret_with("/+")
PAIR = f"AWS_ACCESS_KEY_ID: {KEY_ID}\nAWS_SECRET_ACCESS_KEY: {SECRET}\n"
JSON = json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET})


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def decoded(data: bytes | str) -> list[Layer]:
    found = list(layers(data.encode() if isinstance(data, str) else data))
    assert all(isinstance(one, Layer) for one in found), found
    return [one for one in found if isinstance(one, Layer)]


def per_value(encode: Callable[[str], str]) -> str:
    return f"first = {encode(KEY_ID)}\nsecond = {encode(SECRET)}\nlast = 1\n"


def wrapped(text: str, width: int, indent: str = "") -> str:
    lines = [b64(text)[at : at + width] for at in range(0, len(b64(text)), width)]
    return "".join(f"{indent}{line}\n" for line in lines)


def everywhere(pattern: str) -> Callable[[str], str]:
    return lambda text: "".join(pattern.format(byte) for byte in text.encode())


ENCODED = [
    pytest.param(PAIR.encode("utf-16-le"), "utf-16-le", id="utf-16-le"),
    pytest.param(b"\xff\xfe" + PAIR.encode("utf-16-le"), "utf-16-le", id="utf-16-le with mark"),
    pytest.param(PAIR.encode("utf-16-be"), "utf-16-be", id="utf-16-be"),
    pytest.param(b"\xfe\xff" + PAIR.encode("utf-16-be"), "utf-16-be", id="utf-16-be with mark"),
    pytest.param(PAIR.encode("utf-32-le"), "utf-32-le", id="utf-32-le"),
    pytest.param(PAIR.encode("utf-32"), "utf-32-le", id="utf-32-le with mark"),
    pytest.param(PAIR.encode("utf-32-be"), "utf-32-be", id="utf-32-be"),
    pytest.param(b"\0\0\xfe\xff" + PAIR.encode("utf-32-be"), "utf-32-be", id="utf-32-be with mark"),
    pytest.param(("密钥备注" * 9 + PAIR).encode("utf-16-le"), "utf-16-le", id="utf-16 with other scripts"),
    pytest.param(
        b"\xff\xfe\x00\xd8" + PAIR.encode("utf-16-le") + b"\x00\xdc\x00\xd8", "utf-16-le", id="lone surrogates"
    ),
    pytest.param(b"plain log\n" * 99 + b"." + PAIR.encode("utf-16-le"), "utf-16", id="utf-16 after text"),
    pytest.param(
        bytes(range(256)) * 9 + b"\x07" + PAIR.encode("utf-16-be") + b"\x01", "utf-16", id="utf-16-be inside binary"
    ),
    pytest.param(per_value(b64), "base64", id="base64 of each value"),
    pytest.param(per_value(lambda text: b64(text + "\n")), "base64", id="base64 with newline inside"),
    pytest.param("x: " + b64(PAIR), "base64", id="base64 of a file"),
    pytest.param(wrapped(PAIR * 3, 76), "base64", id="base64 in 76 columns"),
    pytest.param("cert: |\n" + wrapped(PAIR * 3, 64, "    "), "base64", id="base64 in a YAML block"),
    pytest.param(wrapped(PAIR * 3, 70).replace("\n", "\r\n"), "base64", id="base64 in 70 columns, CRLF"),
    pytest.param("x=" + base64.urlsafe_b64encode(("???>>>~~~" + PAIR).encode()).decode(), "base64", id="base64url"),
    pytest.param("x=" + base64.urlsafe_b64encode(PAIR.encode()).decode().rstrip("="), "base64", id="without padding"),
    *(
        pytest.param(f"x={'Q' * glued}{b64(PAIR)}", "base64", id=f"base64 with {glued} characters glued in front")
        for glued in (1, 2, 3)
    ),
    *(pytest.param("x=" + b64(PAIR)[cut:], "base64", id=f"base64 without its first {cut}") for cut in (1, 2, 3)),
    pytest.param("x=" + b64(bytes(range(256)) * 9 + PAIR.encode()), "base64", id="base64 of binary with a key inside"),
    pytest.param(per_value(lambda text: b64(b64(text))), "base64+base64", id="base64 of base64"),
    pytest.param("x=" + b64(PAIR.encode("utf-16-le")), "base64+utf-16", id="base64 of utf-16"),
    pytest.param(per_value(lambda text: text.encode().hex()), "hex", id="hex"),
    pytest.param(per_value(lambda text: text.encode().hex().upper()), "hex", id="hex upper case"),
    pytest.param(per_value(everywhere("\\x{:02x}")), "json-escape", id="backslash x"),
    pytest.param(per_value(everywhere("\\{:03o}")), "json-escape", id="octal"),
    pytest.param(per_value(everywhere("%{:02X}")), "percent", id="percent everywhere"),
    pytest.param(per_value(everywhere("&#{};")), "html-entity", id="entity everywhere"),
    pytest.param(
        quopri.encodestring(f"é = 1\n{'x' * 20} {KEY_ID} {SECRET}\n".encode()),
        "quoted-printable",
        id="quoted-printable",
    ),
    pytest.param(f"c = '{KEY_ID[:9]}' + '{KEY_ID[9:]}', '{SECRET[:9]}' + '{SECRET[9:]}'", "concatenation", id="plus"),
]

ESCAPED = [
    pytest.param(lambda text: quote(text, safe=""), "percent", id="percent"),
    pytest.param(
        lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
        "percent",
        id="percent lower case",
    ),
    pytest.param(lambda text: quote(quote(text, safe=""), safe=""), "percent", id="percent twice"),
    pytest.param(lambda text: text.replace("/", r"\/"), "json-escape", id="json slash"),
    pytest.param(lambda text: text.replace("/", r"\\\/"), "json-escape", id="json slash nested"),
    pytest.param(lambda text: text.replace("/", r"\u002F").replace("+", r"\u002b"), "json-escape", id="json u"),
    pytest.param(
        lambda text: text.replace("/", r"\\u002F").replace("+", r"\\u002b"), "json-escape", id="json u nested"
    ),
    pytest.param(lambda text: text.replace("/", r"\x2f").replace("+", r"\x2B"), "json-escape", id="javascript x"),
    pytest.param(lambda text: text.replace("/", "&#x2F;").replace("+", "&#43;"), "html-entity", id="entities"),
    pytest.param(lambda text: text.replace("/", "&sol;").replace("+", "&plus;"), "html-entity", id="named entities"),
    pytest.param(
        lambda text: text.replace("/", "&amp;#x2F;").replace("+", "&amp;amp;#43;"), "html-entity", id="nested"
    ),
    pytest.param(lambda text: text.replace("/", "=2F").replace("+", "=2B") + " =3D", "quoted-printable", id="quoted"),
    pytest.param(lambda text: text[:9] + "=\n" + text[9:] + " =3D", "quoted-printable", id="soft line break"),
    pytest.param(lambda text: text[:9] + "=\r\n" + text[9:] + " =3D", "quoted-printable", id="soft line break, CRLF"),
    *(
        pytest.param(lambda text, glue=glue: f'"{text[:9]}{glue}{text[9:]}"', "concatenation", id=f"joined by {name}")
        for name, glue in {
            "plus": '" + "',
            "plus without spaces": '"+"',
            "plus over lines": '" +\n        "',
            "plus after the break": '"\r\n  + "',
            "nothing": '" "',
            "nothing over lines": '"\n    "',
            "bytes prefix": '"\n    b"',
            "dot": '" . "',
            "two dots": '" .. "',
            "ampersand": '" & "',
            "Basic continuation": '" & _\n  "',
            "Elixir": '" <> "',
            "tilde": '" ~ "',
            "SQL": '" || "',
            "Python continuation": '" \\\n  "',
            "PowerShell": '" + `\n  "',
            "backslash newline": "\\\n",
            "backslash newline and indentation": "\\\r\n      ",
            "backtick newline": "`\n",
            "caret newline": "^\r\n",
        }.items()
    ),
]


@pytest.mark.parametrize(("data", "encoding"), ENCODED)
def test_pair_comes_to_light_in_one_layer(data: bytes | str, encoding: str) -> None:
    both = [one for one in decoded(data) if KEY_ID.encode() in one.data and SECRET.encode() in one.data]
    starts = [one.data.index(SECRET.encode()) for one in both]
    assert encoding in {one.encoding_of(at, at + 40) for one, at in zip(both, starts, strict=True)}


@pytest.mark.parametrize(("encode", "encoding"), ESCAPED)
def test_escapes_inside_a_secret_and_exact_offsets(encode: Callable[[str], str], encoding: str) -> None:
    value = encode(SECRET)
    before = f"AWS_ACCESS_KEY_ID: {KEY_ID}\nAWS_SECRET_ACCESS_KEY: "
    data = (before + value + "\nregion: x\n").encode()
    layer = next(one for one in decoded(data) if SECRET.encode() in one.data)
    at = layer.data.index(SECRET.encode())
    assert KEY_ID.encode() in layer.data
    assert b"AWS_SECRET_ACCESS_KEY: " in layer.data
    assert layer.encoding_of(at, at + 40) == encoding
    span = data[layer.outer(at) : layer.outer_end(at + 40)].decode()
    assert span == value.removesuffix(" =3D").strip('"')


@pytest.mark.parametrize(
    ("data", "value"),
    [
        pytest.param(per_value(b64), b64(SECRET), id="base64"),
        pytest.param(per_value(lambda text: text.encode().hex()), SECRET.encode().hex(), id="hex"),
        pytest.param(per_value(lambda text: b64(b64(text))), b64(b64(SECRET)), id="base64 twice"),
    ],
)
def test_offsets_of_a_value_that_is_a_piece(data: str, value: str) -> None:
    layer = decoded(data)[-1]
    at = layer.data.index(SECRET.encode())
    assert layer.data.decode() == per_value(str)
    assert (layer.outer(at), layer.outer_end(at + 40)) == (data.index(value), data.index(value) + len(value))


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_offsets_in_unicode_are_exact(name: str) -> None:
    data = ("é密😀" + PAIR).encode(name)
    layer = next(one for one in decoded(data)[1:] if SECRET.encode() in one.data)
    at = layer.data.index(SECRET.encode())
    assert data[layer.outer(at) : layer.outer_end(at + 40)] == SECRET.encode(name)


def test_base64_in_a_block_points_at_its_line() -> None:
    data = "block:\n" + wrapped("#" * 200 + "\n" + PAIR, 76, "  ")
    layer = decoded(data)[-1]
    at = layer.outer(layer.data.index(KEY_ID.encode()))
    line = data[: data.index("\n", at)].rpartition("\n")[2]
    assert b"AWS_ACCESS" in base64.b64decode(line.strip())


def test_kubernetes_secret_becomes_plain() -> None:
    manifest = "kind: Secret\ndata:\n  AWS_ACCESS_KEY_ID: {}\n  AWS_SECRET_ACCESS_KEY: {}\n"
    layer = decoded(manifest.format(b64(KEY_ID), b64(SECRET)))[1]
    assert layer.data.decode() == manifest.format(KEY_ID, SECRET)
    assert layer.encoding == "base64"


@pytest.mark.parametrize("key", ["{}", "token: {}\n", "/{}/"])
@pytest.mark.parametrize("seed", range(20))
def test_plain_secret_is_not_taken_for_base64(seed: int, key: str) -> None:
    secret = Generator(seed).secret_access_key()
    assert all(secret in one.data.decode() for one in decoded(key.format(secret)))


def test_values_in_different_encodings_meet_in_one_layer() -> None:
    data = f"id: {b64(KEY_ID)}\nsecret: {quote(SECRET, safe='')}\n"
    last = decoded(data)[-1]
    assert last.data.decode() == f"id: {KEY_ID}\nsecret: {SECRET}\n"
    at = last.data.index(KEY_ID.encode())
    assert last.encoding_of(at, at + 20) == "base64"
    at = last.data.index(SECRET.encode())
    assert last.encoding_of(at, at + 40) == "percent"
    assert last.encoding_of(0, 3) == "plain"


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_json_in_json(levels: int) -> None:
    text = JSON.replace("/", "\\/")
    for _ in range(levels):
        text = json.dumps({"body": text})
    assert any(JSON.encode() in one.data for one in decoded(text))


def test_base64_of_json_with_escapes() -> None:
    layer = decoded(f"auth: {b64(JSON.replace('/', chr(92) + '/'))}")[-1]
    at = layer.data.index(SECRET.encode())
    assert layer.encoding_of(at, at + 40) == "base64+json-escape"


def test_newline_escape_in_front_of_a_value() -> None:
    layer = decoded(json.dumps(f"\n{KEY_ID}\n{SECRET}\n"))[-1]
    assert f"\n{KEY_ID}\n{SECRET}\n".encode() in layer.data


@pytest.mark.parametrize("head", ["@@ -1,2 +3,4 @@\n", ""])
@pytest.mark.parametrize("mark", "+-")
def test_diff_marker_goes(mark: str, head: str) -> None:
    data = f"{head} context\n{mark}{SECRET}\n{mark}AWS_ACCESS_KEY_ID={KEY_ID}\n".encode()
    layer = next(one for one in decoded(data) if one.encoding == "diff")
    at = layer.data.index(b"\n" + SECRET.encode()) + 1
    assert data[layer.outer(at) : layer.outer_end(at + 40)] == SECRET.encode()
    assert layer.encoding_of(at, at + 40) == "plain"


def test_escapes_of_html() -> None:
    assert any(JSON.encode() in one.data for one in decoded(f"<div data-x='{html.escape(html.escape(JSON))}'>"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(PAIR, id="nothing encoded"),
        pytest.param("\ufeff" + PAIR, id="UTF-8 mark"),
        pytest.param("a = b + c % d & e", id="operators without quotes"),
        pytest.param("KEY=2BdFxxxxxxxxxxxxxxxx\nOTHER=AAbb\n", id="not quoted-printable"),
        pytest.param("- one\n+ two\n", id="no diff"),
        pytest.param('["a", "b"]', id="separate strings"),
        pytest.param("f3c0a1b2" * 5, id="hash"),
        pytest.param("com/amazonaws/services/simpleworkflow/model/Decision", id="path"),
        pytest.param("DescribeClusterSubnetGroupsRequestMarshaller", id="identifier"),
    ],
)
def test_nothing_to_decode(text: str) -> None:
    assert [one.encoding for one in decoded(text)] == ["plain"]


def test_limit_of_depth_is_reported() -> None:
    text = PAIR
    for _ in range(4):
        text = b64(text)
    assert list(layers(text.encode()))[-1] == LimitReached("decoding limit: depth")
    assert any(isinstance(one, Layer) and PAIR.encode() in one.data for one in layers(text.encode(), depth=4))


def test_limit_of_size_is_reported() -> None:
    found = list(layers(("%20" * 1000).encode(), budget=500))
    assert [one for one in found if isinstance(one, LimitReached)] == [LimitReached("decoding limit: size")]


def test_representation_does_not_show_the_text() -> None:
    assert KEY_ID not in repr(decoded(per_value(b64)))


BINARY = st.one_of(
    st.binary(max_size=400),
    st.lists(
        st.sampled_from(
            [
                b'"',
                b"\\",
                b"+",
                b"%25",
                b"%2F",
                b"&amp;",
                b"&#65;",
                b"=3D",
                b"=\n",
                b"\n",
                b" ",
                b"\0",
                b"a\0" * 9,
                b"\\u0041",
                b"\\x41",
                b"@@ -1",
                b"41" * 30,
                b"AKIA",
                b"\xff\xfe",
                b64(PAIR).encode(),
                b"A" * 64,
                b"\xd8",
            ]
        ),
        max_size=30,
    ).map(b"".join),
)


@settings(max_examples=400, deadline=None)
@given(BINARY)
def test_laws_of_offsets_and_size(data: bytes) -> None:
    found = [one for one in layers(data) if isinstance(one, Layer)]
    assert found[0].data == data
    assert sum(len(one.data) for one in found[1:]) <= 24 * len(data) + (1 << 16)
    for layer in found:
        starts = [layer.outer(at) for at in range(len(layer.data) + 1)]
        ends = [layer.outer_end(at) for at in range(len(layer.data) + 1)]
        assert starts == sorted(starts)
        assert ends == sorted(ends)
        assert all(0 <= at <= len(data) for at in starts + ends)
        assert all(start < end for start, end in zip(starts, ends[1:], strict=False))


ENCODERS: list[Callable[[str], bytes]] = [
    lambda text: base64.b64encode(text.encode()),
    lambda text: binascii.hexlify(text.encode()),
    lambda text: quote(text, safe="").encode(),
    lambda text: html.escape(text).encode(),
    lambda text: json.dumps(json.dumps(text)).encode(),
]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10_000),
    st.text("abc =:\n{}<>;", max_size=40),
    st.lists(st.sampled_from(ENCODERS), max_size=2),
    st.sampled_from(["utf-8", "utf-16", "utf-16-be", "utf-32"]),
)
def test_what_was_encoded_comes_back(
    seed: int, around: str, encoders: list[Callable[[str], bytes]], charset: str
) -> None:
    text, values = Generator(seed).fill(around + " {access_key_id} {secret_access_key} ")
    data = text.encode()
    for encoder in encoders:
        data = encoder(data.decode("latin-1"))
    data = data.decode("latin-1").encode(charset)
    pair = f"{values['access_key_id']} {values['secret_access_key']}".encode()
    assert any(pair in one.data for one in layers(data) if isinstance(one, Layer))


@pytest.mark.parametrize(
    "unit",
    [b"\\", b'"\n', b'"+', b'"' + b" " * 150, b"%25", b"&amp;", b'\\"a', b"a\\\n", b"A" * 44 + b"\n", b"a\0", b"=3D"],
)
def test_time_grows_with_the_input(unit: bytes) -> None:
    def seconds(size: int) -> float:
        before = time.process_time()
        list(layers(unit * (size // len(unit))))
        return time.process_time() - before

    small = min(seconds(100_000) for _ in range(2))
    assert seconds(400_000) < max(small * 12, 0.2)


@pytest.mark.parametrize("literal", [*KEY_LITERALS, *NAME_LITERALS])
@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(lambda data: data.decode().encode("utf-16-le"), id="utf-16-le"),
        pytest.param(lambda data: data.decode().encode("utf-32-be"), id="utf-32-be"),
        pytest.param(base64.b64encode, id="base64"),
        pytest.param(lambda data: base64.b64encode(base64.b64encode(data)), id="base64 of base64"),
        pytest.param(lambda data: base64.b64encode(b"x" + base64.b64encode(data)), id="base64 of x and base64"),
        pytest.param(lambda data: base64.b64encode(b"xy" + base64.b64encode(data)), id="base64 of xy and base64"),
        pytest.param(binascii.hexlify, id="hex"),
        pytest.param(lambda data: binascii.hexlify(data).upper(), id="HEX"),
        pytest.param(lambda data: everywhere("\\x{:02x}")(data.decode()).encode(), id="backslash x"),
        pytest.param(lambda data: everywhere("%{:02X}")(data.decode()).encode(), id="percent"),
    ],
)
def test_prefilter_pattern_finds_every_encoded_literal(literal: bytes, encode: Callable[[bytes], bytes]) -> None:
    pattern = re.compile(encoded_pattern([literal]))
    for before in range(9):
        assert pattern.search(encode(b"?" * before + literal + b"?" * 9))


def test_prefilter_pattern_is_quiet_in_random_text() -> None:
    pattern = re.compile(encoded_pattern([*KEY_LITERALS, *NAME_LITERALS]))
    text = " ".join(random.Random(1).choices(["return", "secretKey", "aws_region", "AKIA", "414b", "QUtJ"], k=20_000))
    assert not pattern.search(text.encode())


def test_offsets_of_very_many_escapes_take_little_memory() -> None:
    result = escapes.backslashes(rb"\/a" * 200_000)
    assert result is not None
    text, offsets = result
    tracemalloc.start()
    assert offsets.start(len(text) - 1) == 3 * 200_000 - 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * len(text)


@pytest.mark.parametrize("text", ['\'\' + "+bL" + "qG"', "`` + '+bL' + \"qG\"", "'' \"+bL\" '' 'qG'"])
def test_of_joins_that_overlap_the_first_counts(text: str) -> None:
    joined = joins.concatenations(f"x = {text}\n".encode())
    assert joined is not None
    assert b"+bLqG" in joined[0]


@given(st.text("\"'`+ .\\\nab", max_size=40).map(str.encode))
def test_joins_are_those_of_one_expression(data: bytes) -> None:
    together = re.compile(b"[\"'`]" + joins._JOINED)
    assert list(joins._joins(data)) == [match.span() for match in together.finditer(data)]
