"""Reports made by hand, with what hostile repositories put into paths, names and refs."""

from __future__ import annotations

import base64

from hypothesis import strategies as st

from keysieve.finding import (
    Event,
    Finding,
    Occurrence,
    Part,
    Passed,
    Remedy,
    Report,
    SetAside,
    Stats,
    Unread,
)  # fmt: skip

HOSTILE = (
    "</script><script>document.title='broken'</script>",
    '"><img src=x onerror="document.title=\'broken\'">',
    "<svg onload=document.title='broken'>",
    "javascript:document.title='broken'",
    "=cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd",
    "a;=1+1",
    "::error file=a::injected",
    "%0A::error::injected",
    "line\n::error::injected\r\nline",
    "\x1b]8;;http://example.com\x07click\x1b]8;;\x07\x1b[2J",
    "\u202etxt.exe\u2066",
    "[text](1) {0} {{1}}",
    "`code` | **bold** <!-- --> ]]> &amp; &#0; @everyone",
    "\x00\x0b\ufffe\uffff",
    "name with 'quotes' and \"quotes\" and émoji 🔑",
    "../../../etc/passwd",
    "C:\\path\\file",
    "a:b/c?d#e%20f",
    "-rf",
)
OID = "0123456789abcdef0123456789abcdef01234567"
DATE = "2024-05-01T12:00:00+00:00"


def occurrence(path: str | None = "deploy/env.sh", **fields) -> Occurrence:
    part = Part("access_key_id", path, OID, 3, 19, 3, 39), Part("secret_access_key", path, OID, 4, 23, 4, 63)
    usual = {
        "kind": "file", "path": path, "line": 3, "column": 19, "blob": OID, "commit": OID,
        "author": "A <a@b.c>", "date": DATE, "author_date": DATE, "reachable": True, "parts": part,
    }  # fmt: skip
    return Occurrence(**usual | fields)


def finding(number: int = 0, **fields) -> Finding:
    usual = {
        "rule": "aws-access-key-pair",
        "severity": "critical",
        "confidence": "high",
        "fingerprint": f"ks1:{number:032x}",
        "fingerprints": {"secret_access_key": f"ks1:{number:032x}"},
        "summary": "AWS access key pair of account 210987654321",
        "values": {"access_key_id": "AKIA…YQJS", "secret_access_key": "NVY8…n8S9"},
        "account_id": "210987654321",
        "occurrences": (occurrence(),),
        "introduced": Event(OID, "A <a@b.c>", DATE),
        "live": True,
        "refs": ("refs/heads/main",),
        "remedy": Remedy("python", "AWS access key in Python", ("Delete it: `aws x`.", "Rotate it."), "client = s3()"),
    }
    return Finding(**usual | fields)


def hostile_finding(number: int, text: str) -> Finding:
    """A finding that has the text wherever a repository has a say."""
    raw = text.encode("utf-8", "surrogatepass") + b"\xff"
    return finding(
        number,
        occurrences=(
            occurrence(text, author=text, encoding="plain"),
            occurrence(text, path_bytes=base64.b64encode(raw).decode()),
            occurrence(f"{text}.zip!/{text}", kind="archive-member"),
            occurrence(text, kind="ref-name", commit=None, blob=None),
            occurrence(text, kind="path", blob=None),
            occurrence(None, kind="commit-message", author=text),
        ),
        introduced=Event(OID, text, DATE),
        removed=Event(OID, text, DATE),
        live=False,
        refs=(f"refs/heads/{text}",),
        notes=(text,),
        remedy=Remedy("any", text, (f"Do not `{text}`.", text), text),
    )


def report(*findings: Finding, **fields) -> Report:
    return Report("history", findings, stats=Stats(10, 12345, 3, 1.5), **fields)


def hostile_report() -> Report:
    """Every hostile text everywhere."""
    return report(
        *(hostile_finding(number, text) for number, text in enumerate(HOSTILE)),
        set_aside=tuple(SetAside("pragma", text, hostile_finding(100 + n, text)) for n, text in enumerate(HOSTILE)),
        not_read=tuple(Unread(text, text) for text in HOSTILE),
        out_of_scope=tuple(Passed(text, "submodule", 2) for text in HOSTILE),
    )


TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(HOSTILE)
"""Texts as repositories have them: any code point but surrogates is what decoding gives."""


@st.composite
def reports(draw: st.DrawFn) -> Report:
    texts = draw(st.lists(TEXT.filter(bool), max_size=3))
    aside = tuple(SetAside("baseline", text, hostile_finding(50 + n, text)) for n, text in enumerate(texts))
    return report(
        *(hostile_finding(number, text) for number, text in enumerate(texts)),
        set_aside=aside if draw(st.booleans()) else (),
        not_read=tuple(Unread(text, "missing object") for text in texts),
    )
