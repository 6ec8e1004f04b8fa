"""Base64 and hexadecimal: runs of digits that stand for bytes, replaced where those bytes are text."""

from __future__ import annotations

import binascii
import codecs
import re
import string
from collections.abc import Iterator
from functools import cache, lru_cache

from keysieve.engine.decoding import literals
from keysieve.engine.decoding.offsets import OffsetMap, Rewriter
from keysieve.engine.runs import runs

_STANDARD = (string.ascii_letters + string.digits + "+/").encode()
_HEX = string.hexdigits.encode()
_TEXT = bytes(range(32, 127)) + b"\t\n\r"
_CONTROL = bytes(byte for byte in (*range(32), 127) if byte not in _TEXT)
_SHORTEST_BASE64 = 24
"""Characters: 18 bytes. The shortest value, a key id of 20 bytes, takes 27."""
_SHORTEST_HEX = 40
_SAMPLE = 1024
"""Characters of a long run that tell whether the rest is worth decoding."""
_WRAPPED = 40
"""Characters that a line has at least where base64 was wrapped; encoders choose 60 to 76."""
_WIDEST = 1000
"""Characters that a line of wrapped base64 has at most; what is longer was never wrapped."""
_TAIL = rb"\r?\n[ \t]{0,200}+([A-Za-z0-9+/_-]{1,23}+)(?=={0,2}(?:[\s\"'`,;)}\]<]|$))"

_SHORT, _REMEMBERED = 256, 20_000
"""Characters of base64 that are remembered, and how often: words come again in each round and each version."""

_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def hexadecimals(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Replace runs of hexadecimal digits that stand for text."""
    rewriter = Rewriter(data)
    for start, end in runs(data, _HEX, _SHORTEST_HEX):
        for shift in (0, 1):
            stop = end - (end - start - shift) % 2
            text = binascii.unhexlify(data[start + shift : stop])
            if _is_text(text):
                rewriter.replace(start + shift, stop, text, (1, 2))
                break
    return rewriter.finish()


def base64s(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Replace base64, also wrapped over lines and in the alphabet for URLs, that stands for text.

    What stands for anything else stays, unless an encoded literal says that it holds a credential; that literal
    also tells apart the alignments of a run that something is glued to, or that was cut out of a longer one.
    """
    rewriter = Rewriter(data)
    for lines in _blocks(data):
        is_wrapped = len(lines) > 1 and not _is_hexadecimal(data[slice(*lines[0])])
        if is_wrapped and _replace(rewriter, data, lines):
            continue
        for start, end in lines:
            if not _says_nothing(data[start:end]):
                _replace_run(rewriter, data, start, end)
    return rewriter.finish()


def _is_hexadecimal(run: bytes) -> bool:
    """Base64 of a credential, or of base64 or hexadecimal digits, never has hexadecimal digits alone; digests do."""
    return not run.translate(None, _HEX)


def _says_nothing(run: bytes) -> bool:
    """Whether a run stands for no text. Most are words or paths, which come again in each round and each version."""
    return _is_hexadecimal(run) or (len(run) <= _SHORT and _short_says_nothing(run))


@lru_cache(_REMEMBERED)
def _short_says_nothing(run: bytes) -> bool:
    rewriter = Rewriter(run)
    _replace_run(rewriter, run, 0, len(run))
    return rewriter.finish() is None


def _replace_run(rewriter: Rewriter, data: bytes, start: int, end: int) -> None:
    if _replace(rewriter, data, [(start, end)]) or not re.search(b"[-_]", data[start:end]):
        return
    # A `-` or `_` may be punctuation that stands beside standard base64.
    for part in re.finditer(rb"[A-Za-z0-9+/]{%d,}+" % _SHORTEST_BASE64, data[start:end]):
        _replace(rewriter, data, [(start + part.start(), start + part.end())])


def _blocks(data: bytes) -> Iterator[list[tuple[int, int]]]:
    """Runs of base64, those that wrapping took apart together."""
    block: list[tuple[int, int]] = []
    for start, end in runs(data, _STANDARD + b"-_", _SHORTEST_BASE64):
        if block and _continues(data, block, start, end):
            block.append((start, end))
            continue
        if block:
            yield _with_tail(data, block)
        block = [(start, end)]
    if block:
        yield _with_tail(data, block)


def _continues(data: bytes, block: list[tuple[int, int]], start: int, end: int) -> bool:
    width = block[0][1] - block[0][0]
    last = block[-1]
    if not _WRAPPED <= width <= _WIDEST or last[1] - last[0] != width or end - start > width:
        return False
    return start - last[1] < 200 and _is_break(data[last[1] : start])


def _is_break(between: bytes) -> bool:
    r"""Whether nothing but one line's end and indentation stands between (also a `\` or `,` would be something)."""
    return between.count(b"\n") == 1 and not between.strip()


def _with_tail(data: bytes, block: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The block with its last line, when that is too short to be a run."""
    width = block[0][1] - block[0][0]
    if not _WRAPPED <= width <= _WIDEST or block[-1][1] - block[-1][0] != width:
        return block
    tail = re.compile(_TAIL).match(data, block[-1][1])
    return [*block, tail.span(1)] if tail else block


def _replace(rewriter: Rewriter, data: bytes, lines: list[tuple[int, int]]) -> bool:
    """Replace one run or wrapped block when it stands for text."""
    digits = b"".join(data[start:end] for start, end in lines)
    decoded = _decode(digits.translate(_URL_SAFE))
    if decoded is None:
        return False
    skip, text = decoded
    if len(lines) > 1 and (skip or any((end - start) % 4 for start, end in lines[:-1])):
        start, end = lines[0][0] + skip, lines[-1][1]
        rewriter.replace(start, _padded(data, end), text)
        return True
    for at, (start, end) in enumerate(lines):
        if at:
            rewriter.replace(lines[at - 1][1], start, b"")
        _replace_line(rewriter, data, (start + skip, end), text)
        text = text[(end - start) // 4 * 3 :]
    return True


def _replace_line(rewriter: Rewriter, data: bytes, line: tuple[int, int], text: bytes) -> None:
    start, end = line
    whole = (end - start) // 4
    rewriter.replace(start, start + whole * 4, text[: whole * 3], (3, 4))
    rest = text[whole * 3 : whole * 3 + (end - start) % 4 * 6 // 8]
    if rest:
        rewriter.replace(start + whole * 4, _padded(data, end), rest)


def _padded(data: bytes, end: int) -> int:
    return end + len(data[end : end + 2]) - len(data[end : end + 2].lstrip(b"="))


def _decode(digits: bytes) -> tuple[int, bytes] | None:
    """What base64 stands for, and how many characters in front do not belong to it; None when it is no text."""
    if _is_text(_bytes(digits[:_SAMPLE])):
        return 0, _bytes(digits)
    texts = [_bytes(digits[skip:]) for skip in range(4)]
    if not _holds_literal(b"\0".join(texts)):
        return None
    return max((skip_text for skip_text in enumerate(texts) if _holds_literal(skip_text[1])), key=_share_of_text)


def _bytes(digits: bytes) -> bytes:
    return binascii.a2b_base64(digits[: len(digits) - (len(digits) % 4 == 1)] + b"==")


def _holds_literal(text: bytes) -> bool:
    return _telling().search(text) is not None


@cache
def _telling() -> re.Pattern[bytes]:
    """What bytes that are not text as a whole have to hold to be worth a look."""
    nested = (form for literal in literals.KEY_LITERALS for form in literals.base64_forms(literal))
    return re.compile(b"|".join(map(re.escape, (*literals.KEY_LITERALS, *literals.NAME_LITERALS, *nested))))


def _is_text(data: bytes) -> bool:
    """Whether at least nine in ten bytes are printable ASCII, or all is UTF-8 text, or UTF-16 text."""
    other = data.translate(None, _TEXT)
    if len(other) * 10 <= len(data):
        return bool(data)
    if other.count(0) == len(other) and len(other) * 10 <= len(data) * 8:
        return True
    if len(other.translate(None, _CONTROL)) < len(other):  # decoding it in vain takes ten times as long
        return False
    try:
        text, _ = codecs.utf_8_decode(data, "strict", False)  # not final: a sample may end in a character
    except UnicodeDecodeError:
        return False
    return text.translate(dict.fromkeys(b"\t\r\n")).isprintable()


def _share_of_text(skip_text: tuple[int, bytes]) -> float:
    text = skip_text[1]
    return 1 - len(text.translate(None, _TEXT)) / max(len(text), 1)
