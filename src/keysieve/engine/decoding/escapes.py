r"""Escapes that stand for single characters: backslashes, percent signs, entities, quoted-printable.

Only escapes of ASCII are resolved, credentials have no other characters. Nested escapes (`\\\"`, `%252F`,
`&amp;quot;`) are resolved in one step, however deep.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from keysieve.engine.decoding.offsets import OffsetMap, Turns

# Without the look-behind, a long row of backslashes would be tried from each of them. It stands behind the first one
# because `re` finds a pattern fast that begins with a letter.
_BACKSLASH = (
    rb"\\(?<!\\\\)\\*+(?:[\"'/+=:&<>@nrt-]|u00[0-7][0-9A-Fa-f]|x[0-7][0-9A-Fa-f]|u\{0{0,4}[0-7][0-9A-Fa-f]\}"
    rb"|U000000[0-7][0-9A-Fa-f]|[01][0-7][0-7])"
)
_PERCENT = rb"%(?:25)*(?:u00)?[0-9A-Fa-f]{2}"
_ENTITY = rb"&(?:amp;)*(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});"
_QUOTED = rb"=(?:[0-9A-Fa-f]{2}|[ \t]{0,20}\r?\n)"
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def backslashes(data: bytes) -> tuple[bytes, OffsetMap] | None:
    r"""Resolve `\/`, `\"`, `\n`, `\u002F`, `\x2f`, `\057`, the `\=` and `\:` of properties files.

    Any number of backslashes before one of these counts as one: that is what JSON inside JSON inside a log has.
    """
    if b"\\" not in data:
        return None
    return _resolve(data, _BACKSLASH, _backslash)


def _backslash(escape: bytes) -> bytes:
    body = escape.lstrip(b"\\")
    if len(body) == 1:
        return _CONTROL.get(body, body)
    if body[:1] in b"01":
        return bytes((int(body, 8),))
    return bytes((int(body.strip(b"uUx{}"), 16),))


def percents(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Resolve `%2F`, `%2f`, `%252F` and JavaScript's `%u002F`. A `+` stays: secrets hold it."""
    if b"%" not in data:
        return None
    return _resolve(data, _PERCENT, lambda escape: bytes((int(escape[-2:], 16),)))


def entities(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Resolve `&#43;`, `&#x2F;`, `&quot;`, `&amp;quot;` and every other entity of HTML 5."""
    if b"&" not in data:
        return None
    return _resolve(data, _ENTITY, _entity)


def _entity(escape: bytes) -> bytes:
    from html import unescape

    text = "&" + escape.decode("ascii").removeprefix("&").removesuffix(";").rpartition(";")[2] + ";"
    return unescape(text).encode("utf-8", "surrogatepass")


def quoted_printable(data: bytes) -> tuple[bytes, OffsetMap] | None:
    """Resolve `=2B` and join lines at `=`, in text that shows signs of being quoted-printable.

    Without such signs `KEY=2BdF…` would lose the first characters of its value.
    """
    if b"=3D" not in data and b"uoted-printable" not in data:
        return None
    return _resolve(data, _QUOTED, _quoted)


def _quoted(escape: bytes) -> bytes:
    return b"" if escape.endswith(b"\n") else bytes((int(escape[1:], 16),))


def _resolve(data: bytes, escape: bytes, decode: Callable[[bytes], bytes]) -> tuple[bytes, OffsetMap] | None:
    """Replace what the expression matches; it has no groups."""
    old = re.split(b"(" + escape + b")", data)
    if len(old) == 1:
        return None
    known = {one: decode(one) for one in set(old[1::2])}
    new = old.copy()
    new[1::2] = [known[one] for one in old[1::2]]
    return b"".join(new), Turns(old, new)
