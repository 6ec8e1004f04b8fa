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
from collections.abc import Iterable

KEY_LITERALS = (b"AKIA", b"ASIA", b"ABSK")
"""Beginnings of values, upper case only."""

NAME_LITERALS = (b"aws_", b"AWS_", b"secret", b"Secret", b"SECRET")
"""Beginnings or parts of labels, in the spellings that are in use."""

_SHORTEST = 4
"""Characters of base64 that a pattern must have: three of them stand in every few hundred bytes of base64."""


def wide_pattern(literal: bytes) -> bytes:
    """The literal in UTF-16 or UTF-32 of either byte order: one or three zeros between its letters."""
    return rb"(?:" + rb"\x00".join(map(_quote, literal)) + rb"|" + rb"\x00{3}".join(map(_quote, literal)) + rb")"


def hex_pattern(literal: bytes) -> bytes:
    r"""The literal as hexadecimal digits of either case, alone or with `\x`, `\u00`, `%`, `0x`, `:` between pairs."""
    pairs = (b"".join(_digit(digit) for digit in f"{byte:02x}".encode()) for byte in literal)
    return rb"(?:\\+x|\\+u00|%|, ?0x|:)?".join(pairs)


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


def encoded_pattern(literals: Iterable[bytes]) -> bytes:
    """One pattern for all encoded forms of some literals, exactly as they are spelled.

    Args:
        literals: Plain literals of at least four letters; spellings in other cases are literals of their own.
    """
    parts: dict[bytes, None] = {}
    for literal in literals:
        wide = b"".join(bytes((byte, 0)) for byte in literal)  # what PowerShell's -EncodedCommand has
        parts |= dict.fromkeys(re.escape(form) for form in base64_forms(wide[:-1]))
        parts |= dict.fromkeys((wide_pattern(literal), hex_pattern(literal)))
        parts |= dict.fromkeys(re.escape(form) for form in base64_forms(literal))
        parts |= dict.fromkeys(re.escape(form) for form in nested_base64_forms(literal))
    return b"|".join(parts)


def _quote(byte: int) -> bytes:
    return re.escape(bytes((byte,)))


def _digit(digit: int) -> bytes:
    letter = bytes((digit,))
    return letter if letter.isdigit() else b"[" + letter + letter.upper() + b"]"
