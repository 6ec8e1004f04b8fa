from __future__ import annotations

from datetime import date

import pytest

from keysieve.blob import NotRead, Place
from keysieve.engine.match import Match
from keysieve.engine.pragma import Pragma
from keysieve.engine.redaction import fingerprint
from keysieve.excuses.entry import Entry, Gap, matches_path
from keysieve.excuses.policy import Judge, Policy, Spot, Subject, as_written, never

TODAY = date(2026, 6, 1)
KEY_ID, SECRET = b"an id", b"a secret"


def match(name: str, pragma: str | None = None) -> Match:
    value = KEY_ID if name == "access_key_id" else SECRET
    return Match("rule", name, value, value, 0, 1, 1, 1, 1, 2, pragma=None if pragma is None else Pragma(pragma))


def pair(*paths: bytes, secret: str | None = None, key_id: str | None = None) -> Subject:
    spot = (match("secret_access_key", secret), (match("access_key_id", key_id),))
    return Subject(
        frozenset({"aws-access-key-pair", "aws-secret-access-key"}),
        "210987654321",
        SECRET,
        (KEY_ID,),
        [Spot(Place("file", path, "0"), *spot) for path in paths or (b"a.py",)],
    )


def lone_id(path: bytes = b"a.py") -> Subject:
    spot = Spot(Place("file", path, "0"), match("access_key_id"))
    return Subject(frozenset({"aws-access-key-id"}), "210987654321", KEY_ID, (), [spot])


def judged(subject: Subject, *entries: Entry, heeding=None):
    return Judge(Policy(entries, today=TODAY), heeding or as_written()).judge(subject)


def entry(**fields) -> Entry:
    return Entry(**({"kind": "allowlist", "reason": "why", "origin": "x"} | fields))


FOR_SECRET = entry(fingerprint=fingerprint(SECRET))
FOR_ID = entry(fingerprint=fingerprint(KEY_ID))


@pytest.mark.parametrize(
    ("subject", "excuse", "is_excused"),
    [
        pytest.param(pair(), FOR_SECRET, True, id="one for a secret survives pairing"),
        pytest.param(pair(), FOR_ID, False, id="one for an id never covers its secret"),
        pytest.param(lone_id(), FOR_ID, True, id="one for an id covers the id alone"),
        pytest.param(lone_id(), FOR_SECRET, False, id="one for another value"),
        pytest.param(pair(), entry(account="210987654321"), True, id="account"),
        pytest.param(pair(), entry(account="123456789012"), False, id="other account"),
        pytest.param(pair(b"tests/a", b"tests/b"), entry(paths=("tests/",)), True, id="every place"),
        pytest.param(pair(b"tests/a", b"src/b"), entry(paths=("tests/",)), False, id="one place is left"),
        pytest.param(pair(), entry(paths=("*.py",), rule="aws-access-key-pair"), True, id="path and rule"),
        pytest.param(pair(), entry(paths=("*.py",), rule="aws-secret-access-key"), True, id="rule of a value"),
        pytest.param(pair(), entry(paths=("*.py",), rule="aws-session-token"), False, id="other rule"),
        pytest.param(pair(), entry(paths=("*.py",), account="123456789012"), False, id="all has to agree"),
        pytest.param(pair(), entry(paths=("*.py",), fingerprint=fingerprint(KEY_ID)), False, id="id at a path"),
        pytest.param(pair(), entry(account="210987654321", until=TODAY), True, id="last day"),
        pytest.param(pair(), entry(account="210987654321", until=date(2026, 5, 31)), False, id="day after"),
    ],
)
def test_entries(subject, excuse, is_excused) -> None:
    assert (judged(subject, excuse).excuse is not None) is is_excused


@pytest.mark.parametrize(
    ("subject", "is_excused"),
    [
        pytest.param(pair(secret="why"), True, id="on the secret's line"),
        pytest.param(pair(key_id="why"), False, id="on the id's line only"),
        pytest.param(pair(secret=""), False, id="without a reason"),
        pytest.param(pair(), False, id="none"),
    ],
)
def test_pragmas(subject, is_excused) -> None:
    assert (judged(subject).excuse is not None) is is_excused


@pytest.mark.parametrize(
    ("subject", "excuses", "said"),
    [
        pytest.param(pair(), [FOR_ID], "does not excuse the secret", id="id alone"),
        pytest.param(pair(key_id="why"), [], "beside its access key id covers that line only", id="pragma on the id"),
        pytest.param(pair(secret=""), [], "Write: keysieve:allow REASON", id="no reason"),
        pytest.param(pair(), [entry(account="210987654321", until=date(2026, 1, 2))], "ended on 2026-01-02", id="over"),
        pytest.param(pair(b"tests/a", b"b"), [entry(paths=("tests/",))], "at 1 of its 2 places", id="some places"),
    ],
)
def test_why_an_excuse_does_not_count(subject, excuses, said) -> None:
    assert said in " ".join(judged(subject, *excuses).notes)


def test_pragmas_of_others_do_not_count() -> None:
    verdict = judged(pair(secret="why"), heeding=never())
    assert verdict.excuse is None
    assert "does not belong to the current repository" in verdict.notes[0]


def test_a_path_entry_does_not_cover_what_has_no_path() -> None:
    spots = [Spot(Place("commit-message"), match("secret_access_key")), Spot(Place("ref-name", b"x"), match("s"))]
    for spot in spots:
        subject = Subject(frozenset(), None, SECRET, (), [spot])
        assert judged(subject, entry(paths=("*",))).excuse is None


@pytest.mark.parametrize(
    ("patterns", "path", "is_matched"),
    [
        (("tests/",), b"tests/deep/a.py", True),
        (("tests/",), b"src/tests/a.py", True),
        (("/tests/",), b"src/tests/a.py", False),
        (("*.pem", "!real.pem"), b"a/real.pem", False),
        (("a/**/b",), b"a/x/y/b", True),
        (("*.zip",), b"old/a.zip!/inner/creds", True),
        (("creds",), b"old/a.zip!/inner/creds", True),
        (("*.py",), "Grüße.py".encode("latin-1"), True),
    ],
)
def test_gitignore_syntax(patterns, path, is_matched) -> None:
    assert matches_path(patterns, path) is is_matched


def test_used_and_unused() -> None:
    other = entry(paths=("elsewhere/",), origin="other")
    judge = Judge(Policy((FOR_SECRET, other), today=TODAY), as_written())
    judge.judge(pair())
    assert judge.unused() == [other]


@pytest.mark.parametrize(
    ("what", "reason", "is_accepted"),
    [
        (b"old/big.zip (" + b"0" * 40 + b")", "limit", True),
        (b"old/big.zip", "missing object", False),
        (b"new/big.zip", "limit", False),
    ],
)
def test_gaps(what, reason, is_accepted) -> None:
    gap = Gap(("old/*.zip",), "why", "x", because="limit")
    judge = Judge(Policy(gaps=(gap,), today=TODAY), as_written())
    assert (judge.gap(NotRead(what, reason)) is not None) is is_accepted
    assert judge.unused() == ([] if is_accepted else [gap])
