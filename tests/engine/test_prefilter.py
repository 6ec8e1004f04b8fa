"""The prefilter's spots: near every match, and carried over from one version of a text to the next."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_engine_laws import LAZY, blobs

from keysieve.engine.expression import reach
from keysieve.engine.generator import Generator
from keysieve.engine.prefilter import CHECKED, CLOSE, MANY, Prefilter, shipped_expressions
from keysieve.engine.sieve import Sieve

FAST = Prefilter(shipped_expressions(), is_large=True)
PLAIN = Prefilter(shipped_expressions())
BOTH = [pytest.param(FAST, id="hyperscan"), pytest.param(PLAIN, id="re")]


def ends(data: bytes) -> list[int]:
    """Where matches end, every one: what Hyperscan reports."""
    FAST.warm()
    return FAST.spots(data)


def test_no_shipped_expression_is_without_a_bound() -> None:
    widest = max(reach(expression) or 10**9 for expression in shipped_expressions())
    assert FAST.span == 2 * widest + CLOSE < 1024


@pytest.mark.parametrize("expression", [rb"acme_[a-z]+", rb"^acme", rb"acme$"])
def test_nothing_is_carried_over_where_an_expression_has_no_bound(expression) -> None:
    assert Prefilter((*shipped_expressions(), expression)).span is None


@pytest.mark.parametrize("prefilter", BOTH)
def test_a_spot_is_near_every_match(prefilter) -> None:
    @LAZY
    @given(blobs())
    def check(data: bytes) -> None:
        spots = prefilter.spots(data)
        assert bool(spots) == prefilter.may_match(data)
        assert all(any(abs(spot - end) < prefilter.span for spot in spots) for end in ends(data))

    check()


@pytest.mark.parametrize("prefilter", BOTH)
@pytest.mark.parametrize(
    ("escape", "is_found"),
    [
        pytest.param(b"\\x", True, id="x"),
        pytest.param(b"\\" * 31 + b"u00", True, id="as many backslashes as there can be"),
        pytest.param(b"%", True, id="percent"),
        pytest.param(b"\\" * 32 + b"x", False, id="too many"),
        pytest.param(b"\\u%", False, id="some of each"),
        pytest.param(b"x", False, id="no escape"),
    ],
)
def test_escapes_are_those_of_the_expression(prefilter, escape, is_found) -> None:
    data = b"before " + b"".join(escape + b"%02x" % byte for byte in b"AKIA") + b" behind"
    assert prefilter.may_match(data) is is_found
    assert bool(prefilter.spots(data)) is is_found
    assert prefilter.may_match(data + b" amzn.mws.12345678-")  # what comes after is found all the same


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(
    "form",
    [
        *(
            "\\x{:02x}",
            "\\\\x{:02X}",
            "\\u{:04x}",
            "\\U{:08x}",
            "\\u{{{:x}}}",
            "\\u{{{:04X}}}",
            "%{:02x}",
            "\\{:03o}",
            "\\\\{:03o}",
        ),
        *("&#{};", "&#0{};", "&#{:04};", "&#x{:x};", "&#X{:04X};"),
    ],
)
def test_a_key_id_is_found_that_is_escaped_from_first_to_last(form: str, is_large: bool) -> None:
    key_id = Generator(7).access_key_id()
    text = 'id = "' + "".join(form.format(ord(letter)) for letter in key_id) + '"\n'
    assert text.encode().find(key_id.encode()) < 0
    (found,) = Sieve(is_large=is_large).sift(text.encode())
    assert found.first.value == key_id.encode()


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(
    "form",
    [
        "@@ -1,2 +1,2 @@\n{mark}aws_secret_access_key: >\n{mark}{head}{tail}\n",
        "@@ -1,2 +1,2 @@\n{mark}aws_secret_access_key: \\\n{mark}{head}\\\n{mark}{tail}\n",
        "@@ -1,2 +1,2 @@\n{mark}aws_secret_access_key =\n{mark}'{head}' + '{tail}'\n",
    ],
    ids=["whole", "continued", "concatenated"],
)
@pytest.mark.parametrize("mark", "+- ")
def test_a_secret_is_found_on_a_line_of_a_patch(form: str, mark: str, is_large: bool) -> None:
    secret = Generator(7).secret_access_key()
    text = form.format(mark=mark, head=secret[:20], tail=secret[20:])
    (found,) = Sieve(is_large=is_large).sift(text.encode())
    assert found.first.value == secret.encode()


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(
    "form",
    [
        *("\\n{secret},", "\\\\n{secret},", "\\x0a{secret},", "\\u000a{secret},", "\\012{secret},"),
        *("%0A{secret},", "%250A{secret},", "&#10;{secret},", "&amp;quot;{secret},", "\x1b[31m{secret}\x1b[0m,"),
        *("\n+{secret}\n", "\n@@ -1 +1 @@\n+{secret},", "Content: quoted-printable =3D\n=3D{secret}, "),
        *("'{head}' + '{tail}',", "'{head}'\n    '{tail}',", "{head}\\\n{tail},", "{head}`\n    {tail},"),
        *("\n{head}\n{tail}\n", "\n    {head}\n    {tail}\n", '("{head}"\n    . "{tail}");'),
        *("['AB', '{head}' '{tail}']", "x, '{encoded}'", "({short}' '{rest}'),"),
        *("{other}.{token}.{other}", "({other}){encoded}", "{other}:{encoded}", "'{other}', '{encoded}'"),
    ],
)
@pytest.mark.parametrize("length", range(41, 50))
def test_a_run_too_long_for_a_secret_may_hold_it(form: str, length: int, is_large: bool) -> None:
    secret = Generator(length).secret_access_key()
    encoded = b64encode(secret.encode()).decode()
    other = b64encode(b'{"kid": "abcdefghijklmnopqrstuvwxyz0123456789"}').decode()[:length]
    token = urlsafe_b64encode(f'{{"key": "{secret}"}}'.encode()).decode().rstrip("=")
    pieces = {"head": encoded[:length], "tail": encoded[length:], "short": "'" + encoded[:3], "rest": encoded[3:]}
    text = "aws_secret_access_key = " + form.format(secret=secret, encoded=encoded, other=other, token=token, **pieces)
    assert secret in [found.first.value.decode() for found in Sieve(is_large=is_large).sift(text.encode())]


@pytest.mark.parametrize("prefilter", BOTH)
@pytest.mark.parametrize("length", [40, 41, 49, 50])
def test_a_run_between_the_lengths_of_a_secret_and_an_encoded_one_is_none(prefilter, length: int) -> None:
    for form in ("<key>aws_secret</key><name>{}</name>", '"secret": "{}",', "secret = call({}, {})", "// secret {}. "):
        text = form.replace("{}", ("Identifier" * 5)[:length]).encode()
        assert bool(prefilter.spots(text)) is (length in (40, 50)), form


def test_of_very_many_runs_that_are_too_long_only_some_are_looked_at_closely() -> None:
    text = b'"secret": "%b",\n' % (b"Identifier" * 5)[:45]
    assert FAST.spots(text * CHECKED) == []
    assert len(FAST.spots(text * (CHECKED + 300))) == 300


@pytest.mark.parametrize("prefilter", BOTH)
def test_what_must_not_follow(prefilter) -> None:
    expressions = [rb"acme(?!-(?:test|\(demo\)|(?:a|(?:b)) ))[a-z(-]{0,12}", *prefilter.expressions]
    own = Prefilter(expressions, is_large=prefilter is FAST)
    for text, is_found in [(b"acme", True), (b"acme-live", True), (b"acme-test", False), (b"acme-(demo)", False)]:
        assert own.may_match(text) is is_found
        assert bool(own.spots(text)) is is_found
    assert own.may_match(b"acme-test acme")
    assert own.is_warm is (prefilter is FAST)


@pytest.mark.parametrize("prefilter", BOTH)
@pytest.mark.parametrize(
    ("expression", "text"),
    [(rb"(?:key\(?!b)(?:zz)", b"key!bzz"), (rb"x[(?!y)]{3}z", b"x(?!z"), (rb"a\\(?!b)c", b"a\\c")],
)
def test_what_only_looks_like_saying_what_must_not_follow(prefilter, expression: bytes, text: bytes) -> None:
    own = Prefilter((expression,), is_large=prefilter is FAST)
    if prefilter is FAST:
        own.warm()
    assert own.may_match(text)
    assert not own.may_match(text[:-1])


@pytest.mark.parametrize("prefilter", BOTH)
def test_spots_are_carried_over_an_edit(prefilter) -> None:
    @LAZY
    @given(blobs(), blobs(), st.floats(0, 1), st.floats(0, 1))
    def check(old: bytes, other: bytes, one: float, two: float) -> None:
        first, last = sorted((int(one * len(old)), int(two * len(old))))
        added = other[: len(other) // 3]
        new = old[:first] + added + old[last:]
        moved = first + len(added) - last
        start, end = max(0, first - prefilter.span), first + len(added) + prefilter.span
        before = prefilter.spots(old)
        carried = {spot for spot in before if spot <= first} | {
            spot + moved for spot in before if spot >= last + prefilter.span
        }
        carried |= {start + spot for spot in prefilter.spots(new[start:end])}
        assert all(any(abs(spot - end) < prefilter.span + CLOSE for spot in carried) for end in ends(new))

    check()


@pytest.mark.parametrize("prefilter", BOTH)
def test_very_many_matches_make_not_so_many_spots(prefilter) -> None:
    data = b"email-smtp." * (MANY + 20_000)
    spots = prefilter.spots(data)
    assert len(spots) < MANY
    assert max(two - one for one, two in pairwise(spots)) <= 2 * CLOSE
    assert spots[0] == 11
    assert len(data) - spots[-1] <= 2 * CLOSE
