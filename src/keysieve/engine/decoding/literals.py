r"""How the plain literals that a prefilter looks for stand in encoded text, as patterns for `re` and Hyperscan.

Escapes of single characters (percent, JSON, entities, quoted-printable) and joins leave most letters alone and need
no patterns of their own. Here are the encodings that leave none: UTF-16 and UTF-32, base64 at each of its three
alignments, base64 of base64, and hexadecimal.

What it costs: of 3,014 random blobs (500 MB) of an AWS SDK's history and 27,073 (500 MB) of an infrastructure tool's,
the patterns of `KEY_LITERALS` and `NAME_LITERALS` together matched in none, where plain `secret` stood in 11 % of the
latter. In text that is random base64 throughout, a form of four characters comes up once in 17 MB and one of five once
in 1 GB.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from keysieve.engine.prefilter import ESCAPE

KEY_LITERALS = (b"AKIA", b"ASIA", b"ABSK")
"""Beginnings of values, upper case only."""

NAME_LITERALS = (b"aws_", b"AWS_", b"secret", b"Secret", b"SECRET")
"""Beginnings or parts of labels, in the spellings that are in use."""

_LETTERS = 4
"""Letters of a literal that are looked for where something stands between them."""
_SHORTEST = 4
"""Characters of base64 that a pattern must have: three of them stand in every few hundred bytes of base64."""


def wide_pattern(literal: bytes) -> bytes:
    """The literal in UTF-16 or UTF-32 of either byte order: one or three zeros between its letters."""
    return rb"(?:" + rb"\x00".join(map(_quote, literal)) + rb"|" + rb"\x00{3}".join(map(_quote, literal)) + rb")"


def hex_patterns(literal: bytes) -> tuple[bytes, bytes]:
    r"""The literal as hexadecimal digits of either case, in a row, and as escapes write them.

    Between pairs stands `\x`, `\u00`, `\U000000`, `}\u{`, `%` or `;&#x`. There the first letters are enough, and the
    rows of backslashes have an end: a pattern of bounded length tells how far an edit can reach.
    """
    pairs = [b"".join(_digit(digit) for digit in f"{byte:02x}".encode()) for byte in literal]
    return b"".join(pairs), ESCAPE.join(pairs[:_LETTERS])


def numeric_forms(literal: bytes) -> Iterator[bytes]:
    r"""The first letters as decimal entities, with up to two zeros before, and as octal escapes, in JSON as well."""
    for width in (2, 3, 4):
        yield b";&#".join(b"%0*d" % (width, byte) for byte in literal[:_LETTERS])
    for backslashes in (1, 2, 4):
        yield (b"\\" * backslashes).join(b"%03o" % byte for byte in literal[:_LETTERS])


def base64_forms(literal: bytes) -> tuple[bytes, ...]:
    """What base64 holds, wherever in it the literal begins: only the characters that nothing around it changes.

    The three alignments in order; those that leave fewer than four characters are left out.
    """
    forms = []
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + literal)
        first = -(-shift * 8 // 6)
        forms.append(encoded[first : (shift + len(literal)) * 8 // 6])
    return tuple(form for form in forms if len(form) >= _SHORTEST)


def nested_base64_forms(literal: bytes) -> tuple[bytes, ...]:
    """What base64 of base64 holds of the literal: up to nine forms, of which the short ones cost most."""
    forms = {outer for inner in base64_forms(literal) for outer in base64_forms(inner)}
    return tuple(sorted(forms))


def encoded_patterns(literal: bytes) -> tuple[bytes, ...]:
    """Patterns for all encoded forms of a literal, exactly as it is spelled.

    Those that have one spelling only, as base64 has, are one pattern.

    Args:
        literal: At least four letters; spellings in other cases are literals of their own.
    """
    wide = b"".join(bytes((byte, 0)) for byte in literal)  # what PowerShell's -EncodedCommand has
    forms = dict.fromkeys(
        (*base64_forms(wide[:-1]), *base64_forms(literal), *nested_base64_forms(literal), *numeric_forms(literal))
    )
    return b"|".join(map(re.escape, forms)), wide_pattern(literal), *hex_patterns(literal)


def encoded_pattern(literals: Iterable[bytes]) -> bytes:
    """One pattern for all encoded forms of some literals; see `encoded_patterns`."""
    return b"|".join(dict.fromkeys(form for literal in literals for form in encoded_patterns(literal)))


def _quote(byte: int) -> bytes:
    return re.escape(bytes((byte,)))


def _digit(digit: int) -> bytes:
    letter = bytes((digit,))
    return letter if letter.isdigit() else b"[" + letter + letter.upper() + b"]"
