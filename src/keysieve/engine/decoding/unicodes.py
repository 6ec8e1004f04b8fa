"""UTF-16 and UTF-32: as whole texts, with or without a byte order mark, and as runs inside anything else."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from keysieve.engine.decoding.offsets import OffsetMap, Rewriter

_MARKS = (
    ("utf-32-le", codecs.BOM_UTF32_LE),  # before UTF-16, whose mark it begins with
    ("utf-32-be", codecs.BOM_UTF32_BE),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
)
_BY_LENGTH = "[\x00-\x7f]+|[\x80-\u07ff]+|[\u0800-\uffff]+|[\U00010000-\U0010ffff]+"
# With the escape that terminal colours begin with: a run that ended at one would look as if it were big-endian.
_RUN_16 = rb"(?:[\t\n\r\x1b -~]\x00){8,}+"
_RUN_32 = rb"(?:[\t\n\r\x1b -~]\x00\x00\x00){7,}+"


def encodings(data: bytes) -> Iterator[str]:
    """The Unicode encodings that a whole text seems to have besides UTF-8, by its mark or by where its zeros are."""
    for name, mark in _MARKS:
        if data.startswith(mark):
            yield name
            return
    if b"\0" not in data:
        return
    quarter = max(len(data) // 4, 1)
    zeros = [data[at::4].count(0) for at in range(4)]
    if min(zeros[2], zeros[3]) > quarter * 0.9 and zeros[0] < quarter * 0.1:
        yield "utf-32-le"
    if min(zeros[0], zeros[1]) > quarter * 0.9 and zeros[3] < quarter * 0.1:
        yield "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd > 8 * even and odd > quarter * 0.1:
        yield "utf-16-le"
    if even > 8 * odd and even > quarter * 0.1:
        yield "utf-16-be"


def whole(data: bytes, encoding: str) -> tuple[bytes, OffsetMap] | None:
    """Turn a whole text into UTF-8. Broken units (lone surrogates, a cut end) cost nothing but themselves."""
    width = 4 if "32" in encoding else 2
    text = _decode(data[: len(data) // width * width], encoding)
    rewriter = Rewriter(data)
    at = 0
    for match in re.finditer(_BY_LENGTH, text):
        run = match[0]
        unit = 4 if run[0] > "\uffff" else width
        out = run.encode("utf-8", "surrogatepass")
        rewriter.replace(at, at + unit * len(run), out, (len(out) // len(run), unit))
        at += unit * len(run)
    return rewriter.finish()


def _decode(data: bytes, encoding: str) -> str:
    if "16" in encoding:
        return data.decode(encoding, "surrogatepass")
    try:
        return data.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:  # a number that is no code point: replace it, unit by unit
        order = "little" if encoding.endswith("le") else "big"
        units = (int.from_bytes(data[at : at + 4], order) for at in range(0, len(data), 4))  # type: ignore[arg-type]
        return "".join(chr(unit) if unit < 0x110000 else "\ufffd" for unit in units)


def runs(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Turn runs of ASCII in UTF-16 or UTF-32 into ASCII, at whatever offset they stand in whatever else there is.

    Letters and zeros alternate in both byte orders, so that the letters are the text either way.
    """
    if not _has_runs(data):
        return None
    rewriter = Rewriter(data)
    for match in re.finditer(_RUN_32 + b"|" + _RUN_16, data):
        start, end = match.span()
        width = 4 if match[0][2:3] == b"\0" else 2
        zeros = width - 1
        first = start
        if data[start - zeros : start] == bytes(zeros) and data[end : end + 1].strip(b"\0"):
            # Big-endian: the match begins after the first zeros and lacks the last letter.
            start, first, end = start - zeros, start, end + 1
        rewriter.replace(start, end, data[first:end:width], (1, width))
    return rewriter.finish()


def _has_runs(data: bytes) -> bool:
    """Whether the pattern has anything to find: much faster than the pattern on binary data."""
    if b"\0" not in data:
        return False
    kinds = data.translate(
        bytes(48 if byte == 0 else 120 if byte in b"\t\n\r\x1b" or 32 <= byte < 127 else 32 for byte in range(256))
    )
    return b"x0" * 8 in kinds or b"x000" * 7 in kinds


def has_mark(data: bytes) -> bool:
    """Whether a text begins with a byte order mark of UTF-16 or UTF-32."""
    return data.startswith(tuple(mark for _, mark in _MARKS))


def is_mixed(data: bytes) -> bool:
    """Whether a text in UTF-16 seems to change its alignment or byte order on the way, or to hold other text too."""
    return all(b"\0" in data[at::2] for at in (0, 1))
