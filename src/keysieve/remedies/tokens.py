"""Strings and comments of many languages, told apart well enough to see which of them holds a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from keysieve.remedies.replacement import Replacement


@dataclass(frozen=True, slots=True)
class Token:
    """A string or comment in a text; offsets in bytes, half-open.

    Attributes:
        delimiter: The string's quotes; empty for a comment.
        prefix: Letters before the quotes that belong to the string.
        start: Where it begins, prefix included.
        inner: Where its content begins; `inner_end` where that ends.
        end: Where it ends, closing quotes included.
    """

    delimiter: bytes
    prefix: bytes
    start: int
    inner: int
    inner_end: int
    end: int


def token_at(text: bytes, offset: int, language: Replacement) -> Token | None:
    """The string or comment that holds an offset, or None."""
    for token in _tokens(text, language):
        if token.start > offset:
            return None
        if offset < token.end:
            return token
    return None


def _tokens(text: bytes, language: Replacement) -> Iterator[Token]:
    pattern, delimiters = _grammar(language)
    if not delimiters and not language.comments:
        return
    for match in pattern.finditer(text):
        name = match.lastgroup or ""
        delimiter = delimiters.get(name, b"")
        prefix = _prefix(text, match.start(), language) if delimiter else b""
        is_closed = delimiter and len(match[0]) >= 2 * len(delimiter) and match[0].endswith(delimiter)
        yield Token(
            delimiter,
            prefix,
            match.start() - len(prefix),
            match.start() + len(delimiter),
            match.end() - (len(delimiter) if is_closed else 0),
            match.end(),
        )


def _prefix(text: bytes, start: int, language: Replacement) -> bytes:
    if not language.prefixes:
        return b""
    letters = re.escape(language.prefixes.encode())
    found = re.search(rb"(?<![\w])[" + letters + rb"]{1,3}\Z", text[max(0, start - 4) : start])
    return found[0] if found else b""


@cache
def _grammar(language: Replacement) -> tuple[re.Pattern[bytes], dict[str, bytes]]:
    escape = re.escape(language.escape.encode())
    parts = [
        re.escape(first.encode()) + rb"[\s\S]*?(?:" + re.escape(last.encode()) + rb"|\Z)"
        for first, last in language.block_comments
    ]
    parts += [
        (rb"(?<![^\s;&|(])" if one == "#" else b"") + re.escape(one.encode()) + rb"[^\r\n]*"
        for one in language.comments
    ]
    delimiters: dict[str, bytes] = {}
    kinds = [(one, "long") for one in language.long_strings]
    kinds += [(one, "raw") for one in language.raw_strings]
    kinds += [(one, "short") for one in language.strings]
    for number, (text, kind) in enumerate(sorted(kinds, key=lambda item: -len(item[0]))):
        delimiter = text.encode()
        delimiters[f"s{number}"] = delimiter
        parts.append(b"(?P<s%d>" % number + _string(re.escape(delimiter), escape, kind) + b")")
    return re.compile(b"|".join(parts) or rb"(?!)"), delimiters


def _string(delimiter: bytes, escape: bytes, kind: str) -> bytes:
    if kind == "raw":
        return delimiter + rb"(?:(?!" + delimiter + rb")[\s\S])*(?:" + delimiter + rb"|\Z)"
    if kind == "short":
        return (
            delimiter
            + rb"(?:"
            + escape
            + rb"[^\r\n]|(?!"
            + delimiter
            + rb")[^\r\n"
            + escape
            + rb"])*(?:"
            + delimiter
            + rb")?"
        )
    return delimiter + rb"(?:" + escape + rb"[\s\S]|(?!" + delimiter + rb")[\s\S])*(?:" + delimiter + rb"|\Z)"
