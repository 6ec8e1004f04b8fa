"""A unified diff of bytes, as `git apply` reads it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_ODD = re.compile(rb"[\x00-\x1f\x7f\"\\]")
_NAMED = {b"\n": rb"\n", b"\t": rb"\t", b'"': rb"\"", b"\\": rb"\\"}


def patch(path: bytes, old: bytes, new: bytes) -> bytes:
    """The change of one file; empty if there is none.

    Args:
        path: Relative to where the patch is to be applied.
        old: Content before.
        new: Content after.
    """
    if old == new:
        return b""
    # One character for each byte: difflib compares text, and lines must not end but at a line feed.
    before, after = (data.decode("latin-1") for data in (old, new))
    lines = difflib.unified_diff(_lines(before), _lines(after))
    body = [line.encode("latin-1") for line in lines][2:]
    first, second = _quoted(b"a/" + path), _quoted(b"b/" + path)
    tab = b"\t" if b" " in path else b""
    head = b"diff --git %s %s\n--- %s%s\n+++ %s%s\n" % (first, second, first, tab, second, tab)
    return head + b"".join(_ended(body))


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _ended(lines: Iterable[bytes]) -> Iterable[bytes]:
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _quoted(name: bytes) -> bytes:
    """A name as git writes it: in quotes, with C's escapes, if it has characters that need them."""
    if not _ODD.search(name):
        return name
    return b'"' + _ODD.sub(lambda found: _NAMED.get(found[0], b"\\%03o" % found[0][0]), name) + b'"'
