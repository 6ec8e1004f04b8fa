"""Is this text a random key, or something that merely looks like one? Offline, from the value alone.

An entropy threshold answers badly: the ones in use reject one real key in 10,000 to one in 50 and still pass long
identifiers. Here a secret is compared with two models, uniformly random base64 and the text that code is made of, and
only shapes that random keys practically never have are refused. `benchmarks/README.md` has the error rates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

_START = -1
"""Stands for the character before the first one in the table."""

_STEPS_PER_BIT = 8

NAMED_LIMIT = 0.0
"""Bits above which a value with a label or an id beside it is text."""

UNNAMED_LIMIT = -30.0
"""Bits above which a value without context is text. Between the two limits lies hardly anything: text scores above
zero, random keys below -40, see the table in `benchmarks/README.md`."""

_FEWEST_DISTINCT = 20
"""Of 40 random base64 characters, fewer are distinct with a chance of 4.8e-7."""

_LONGEST_RUN = 7
"""Characters in a row, each the successor (or each the predecessor) of the one before. Chance in a random key of 40:
below 2 * 34 / 64**6 = 1e-9."""

_CONTINUATION = rb"\r?\n(?!.[AQgw]o(?:DYXdz|GZXIvYXdz|Gb3JpZ2lu|Jb3JpZ2lu))[A-Za-z0-9+/]{41,}"
"""What follows the first line of base64 that was wrapped at odd places; a list of keys goes on with 40
characters, or with a session token, whose beginning is known."""

_MARGIN = 200
"""Bytes before a value in which its line and the line before have to begin to be taken for wrapped base64."""

REMEMBERED = 10_000
"""Values whose verdict is remembered: versions of a file repeat them."""

_LONGEST_PEM = 16_384
"""Bytes; keys and certificates in code are shorter."""


def log_likelihood_ratio(value: bytes) -> float:
    """How much likelier a value is as code or text than as uniformly random base64.

    Args:
        value: Any bytes; those outside the base64 alphabet count as unknown.

    Returns:
        Bits: above zero is text, a random key of 40 characters has about -110.
    """
    table = _table()
    steps = table.get((_START, value[0]), 0) if value else 0
    return (steps + sum(table.get(pair, 0) for pair in pairwise(value))) / _STEPS_PER_BIT


@lru_cache(REMEMBERED)
def judge_secret_access_key(value: bytes, *, named: bool) -> str | None:
    """Whether 40 characters of base64 can be a secret access key.

    Args:
        value: The candidate, without what stands around it.
        named: Whether a label or a key id beside it says that it is one. Without, the test is stricter.

    Returns:
        None for a likely secret, else why it is unlikely, in a few words.
    """
    for unlikely, reason in _SHAPES:
        if unlikely(value):
            return reason
    limit = NAMED_LIMIT if named else UNNAMED_LIMIT
    return "words or a path" if log_likelihood_ratio(value) > limit else None


@lru_cache(REMEMBERED)
def judge_random(value: bytes) -> str | None:
    """Whether a value that a rule found can be drawn at random, whatever its alphabet and length.

    Args:
        value: The candidate, without what stands around it.

    Returns:
        None for a likely value, else why it is unlikely, in a few words.
    """
    # Of 26 random lower-case letters and digits, the shortest that a rule asks about, fewer than 8 are distinct with a
    # chance of 1e-11.
    if len(set(value)) < min(_FEWEST_DISTINCT, len(value) // 3):
        return "too few distinct characters"
    if _has_run(value):
        return "alphabet run"
    if _is_periodic(value):
        return "repeated text"
    is_like_secret = 40 <= len(value) <= 64 and not _is_one_case(value)
    return "words or a path" if is_like_secret and log_likelihood_ratio(value) > NAMED_LIMIT else None


def judge_access_key_id(value: bytes) -> tuple[Literal["placeholder", "example"], str] | None:
    """Whether an access key id was made up.

    Args:
        value: The whole id, prefix included, as `[A-Z0-9]` allows it.

    Returns:
        None for a plausible id, else the reason to set it aside and a detail.
    """
    suffix = value[4:]
    word = _stop_word(suffix)
    if word:
        return ("example", f"contains {word}") if word in _EXAMPLE_WORDS else ("placeholder", f"contains {word}")
    if re.search(rb"[0189]", suffix):
        return "placeholder", "contains 0, 1, 8 or 9, which no key id has"
    # Chance of a real id: 1.5e-6 (16 characters of 32).
    if len(set(suffix)) < 7:
        return "placeholder", "too few distinct characters"
    # Chance: 2 * 11 / 32**5 = 6.6e-7.
    if _longest_run(suffix) >= 6:
        return "placeholder", "alphabet run"
    return ("placeholder", "repeated text") if _is_periodic(suffix) else None


def key_id_confidence(value: bytes) -> Literal["high", "low"]:
    """How sure it is that AWS issued an access key id (`AKIA…`, `ASIA…`).

    The fifth character of an id is I or J in the old generation; in the new one it follows from the generation bit and
    the highest bits of an account number of twelve digits. Others are unheard of, but AWS promises nothing: `low` says
    doubt and must not set the id aside.
    """
    from keysieve.engine.key_id import generation

    return "high" if re.match(rb"[IJQ-Z2-6]", value[4:5]) and generation(value) else "low"


def is_base64_tail(text: bytes, start: int, end: int) -> bool:
    """Whether a value is a piece of a longer encoded text: the last or first line of wrapped base64, or inside PEM.

    One wrapped block in 48 ends in a line of exactly 40 characters, which looks like a key.

    Args:
        text: What the value stands in.
        start: Offset of its first byte.
        end: Offset after its last byte.
    """
    if _is_inside_pem(text, start, end) or re.compile(_CONTINUATION).match(text, end):
        return True
    line_start = text.rfind(b"\n", max(0, start - _MARGIN), start) + 1
    if line_start == 0 or _content(text[line_start:start]):
        return False
    previous_start = text.rfind(b"\n", max(0, line_start - _MARGIN), line_start - 1) + 1
    return previous_start != line_start and _is_block_line(_content(text[previous_start : line_start - 1]))


def _is_block_line(line: bytes) -> bool:
    """Whether a line is of the usual width of encoded blocks (60, 64, 70, 72, 76) and neither words nor a digest."""
    if len(line) > _MARGIN or not re.fullmatch(rb"[A-Za-z0-9+/]{60,76}", line):
        return False
    return not _is_hexadecimal(line) and log_likelihood_ratio(line) <= 0


def _content(line: bytes) -> bytes:
    """A line without what wraps encoded text in code: blanks, quotes, comment and diff marks, `+`, line feeds."""
    line = line.lstrip(b" \t#*\"'`>+-").rstrip(b" \t\r,;.+\\")
    return line.rstrip(b"\"'`").removesuffix(b"\\n")


def _is_inside_pem(text: bytes, start: int, end: int) -> bool:
    begin = text.rfind(b"-----BEGIN ", max(0, start - _LONGEST_PEM), start)
    if begin < 0 or b"-----END " not in text[end : end + _LONGEST_PEM]:
        return False
    # Code, or another block's end, between the two: the value is not in this block.
    return not re.search(rb"-----END |[=({$_]", text[begin:start])


def _is_hexadecimal(value: bytes) -> bool:
    return re.fullmatch(rb"[0-9a-f]+|[0-9A-F]+|[0-9A-Fa-f]+", value) is not None


def _has_few_distinct(value: bytes) -> bool:
    return len(set(value)) < _FEWEST_DISTINCT


def _has_run(value: bytes) -> bool:
    return _longest_run(value) >= _LONGEST_RUN


def _is_one_case(value: bytes) -> bool:
    """Chance in a random key of 40: 1.8e-9."""
    return value.upper() == value or value.lower() == value


def _is_encoded_text(value: bytes) -> bool:
    """Whether it is base64 of ASCII (chance for 30 random bytes: 2**-30 = 9.3e-10) or of UTF-16 (below 1e-11)."""
    from binascii import Error, a2b_base64

    try:
        decoded = a2b_base64(value[: len(value) // 4 * 4])
    except Error:
        return False
    return len(decoded) >= 24 and (decoded.isascii() or decoded.count(0) >= len(decoded) // 3)


def _is_periodic(value: bytes) -> bool:
    """Whether it repeats itself with a period of at most half its length."""
    return any(value[period:] == value[:-period] for period in range(1, len(value) // 2 + 1))


def _longest_run(value: bytes) -> int:
    longest = length = 1
    step = 0
    for before, after in pairwise(value):
        change = after - before
        length = length + 1 if change == step and abs(change) == 1 else 1 + (abs(change) == 1)
        step = change
        longest = max(longest, length)
    return longest


_SHAPES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_hexadecimal, "hexadecimal digest"),
    (_has_run, "alphabet run"),
    (_is_periodic, "repeated text"),
    (_is_one_case, "letters of one case only"),
    (_is_encoded_text, "encoded text"),
    (_has_few_distinct, "too few distinct characters"),
)

_EXAMPLE_WORDS = ("EXAMPLE", "SAMPLE", "XMPL")

# Words of five letters or more cost nothing: 12 / 32**5 = 3.6e-7 each. XMPL, AWS's newer filler, costs 1.2e-5, and is
# the only one of four letters: each more would lose one real id in 80,000.
_STOP_WORDS = (
    *_EXAMPLE_WORDS,
    "ACCESSKEY",
    "CHANGEME",
    "DUMMY",
    "FAKEKEY",
    "FOOBAR",
    "PLACEHOLDER",
    "REDACTED",
    "SECRET",
    "TESTKEY",
    "TESTTEST",
    "YOURKEY",
    "YOURACCESS",
    "XXXXX",
)


def _stop_word(suffix: bytes) -> str | None:
    text = suffix.decode("ascii", "replace")
    return next((word for word in _STOP_WORDS if word in text), None)


@cache
def _table() -> Mapping[tuple[int, int], int]:
    """The shipped table: (character before, character) → signed eighths of a bit. Made by benchmarks/train_judge.py."""
    from base64 import b85decode

    from keysieve.engine.shipped import shipped_text

    table: dict[tuple[int, int], int] = {}
    for line in shipped_text("bigram.txt").encode().splitlines():
        if line.startswith(b"# "):
            continue
        name, _, row = line.partition(b" ")
        before = _START if name == b"^" else name[0]
        for after, step in zip(ALPHABET, b85decode(row), strict=True):
            table[before, after] = step - 256 if step > 127 else step
    return table
