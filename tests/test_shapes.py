"""Every shape that credentials come in: the id, the secret, the pairing, and the exact line and column of each."""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import quopri
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from keysieve.engine import credentials
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.match import Credential
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.engine.sieve import Sieve
from keysieve.scan.gathering import Gathered, sift_blob
from shape_texts import credentials_of, plant

FAMILIES = tomllib.loads((Path(__file__).parent / "shapes.toml").read_text())
SHAPES = [
    pytest.param(text, id=f"{family}/{name}") for family, texts in FAMILIES.items() for name, text in texts.items()
]
SEEDS = range(3)


@pytest.fixture(scope="module")
def prefilter() -> Prefilter:
    return Prefilter(shipped_expressions())


def told(found: tuple[Credential, ...]) -> set[tuple[str, frozenset[tuple[str, str, int, int]]]]:
    return {
        (one.rule, frozenset((m.name, m.value.decode(), m.line, m.column) for m in one.matches))
        for one in found
        if not any(match.unlikely for match in one.matches)
    }


@pytest.mark.parametrize("text", SHAPES)
def test_shape(text: str, prefilter: Prefilter) -> None:
    for seed in SEEDS:
        filled, planted = plant(text, seed)
        found = credentials(filled.encode(), shipped_rules(), prefilter)
        assert told(found) == credentials_of(planted)


WIDE = {
    "utf-16-le with mark": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be with mark": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32-le with mark": lambda text: b"\xff\xfe\0\0" + text.encode("utf-32-le"),
    "utf-32-be": lambda text: text.encode("utf-32-be"),
    "latin-1": lambda text: text.encode() + "\n# Schlüssel für München".encode("latin-1"),
    "broken utf-8": lambda text: text.encode() + b"\n\xff\xfe\xc3\x28\n",
    "utf-8 with mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "carriage returns": lambda text: text.replace("\n", "\r\n").encode(),
}
WRAPPED = {
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).rstrip(b"="),
    "base64 at another alignment": lambda text: base64.b64encode(b"x:" + text.encode()),
    "base64 of utf-16": lambda text: base64.b64encode(text.encode("utf-16-le")),
    "hex": lambda text: text.encode().hex().encode(),
    "hex, upper case": lambda text: text.encode().hex().upper().encode(),
    "hex escapes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()).encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "percent twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)).encode(),
    "JSON with escaped slashes": lambda text: json.dumps(text).replace("/", "\\/").encode(),
    "JSON in base64": lambda text: base64.b64encode(json.dumps({"a": text}).encode()),
    "entities": lambda text: html.escape(text).replace("/", "&#47;").encode(),
    "quoted-printable": lambda text: b"Quoted-printable:\n" + quopri.encodestring(text.encode()),
}
PLAIN = [
    pytest.param(FAMILIES[family][name], id=name)
    for family, name in (
        ("tool-files", "credentials"),
        ("tool-files", "config-profile"),
        ("shell", "export-secret"),
        ("source", "python-positional"),
        ("source", "javascript-v3"),
        ("output", "create-access-key-lines"),
        ("csv", "rows"),
    )
]


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("encode", WIDE.values(), ids=WIDE)
def test_character_encodings(text: str, encode: Callable[[str], bytes], prefilter: Prefilter) -> None:
    for seed in SEEDS:
        filled, planted = plant(text, seed)
        assert told(credentials(encode(filled), shipped_rules(), prefilter)) == credentials_of(planted)


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("encode", WRAPPED.values(), ids=WRAPPED)
def test_encodings(text: str, encode: Callable[[str], bytes], prefilter: Prefilter) -> None:
    for seed in SEEDS:
        filled, planted = plant(text, seed)
        data = encode(filled)
        found = credentials(data, shipped_rules(), prefilter)
        assert without_places(told(found)) == without_places(credentials_of(planted))
        for match in (match for one in found for match in one.matches):
            assert data[match.start : match.end] == match.raw
            assert len(match.raw) >= len(match.value)


def without_places(
    found: set[tuple[str, frozenset[tuple[str, str, int, int]]]],
) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    return {(rule, frozenset((name, value) for name, value, *_ in values)) for rule, values in found}


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("etc/app.conf", data)
    return buffer.getvalue()


def tarred(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("etc/app.conf")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


PACKED = {
    "zip": zipped,
    "tar": tarred,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "tar.gz": lambda data: gzip.compress(tarred(data)),
    "tar in zip": lambda data: zipped(tarred(data)),
}


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_archives(text: str, pack: Callable[[bytes], bytes]) -> None:
    filled, planted = plant(text, 1)
    gathered = Gathered()
    inside = [one for one in sift_blob(pack(filled.encode()), b"a", Sieve(), gathered) if one.member]
    assert told(tuple(one.credential for one in inside)) == credentials_of(planted)
    assert not gathered.not_read
