"""What the first bytes of a session token say: who issued it, and for which region.

A token is base64 of a version byte and a protobuf message whose field 1 names the issuer: `aws` (until about 2016),
`er/aws`, `origin`, `origin_ec` (today). In the last kind field 3 is a region (`us-east-1`). AWS does not document it;
it is read off the tokens in the manuals and in the tests of AWS's SDKs, so all of this may answer None for a real one.
"""

from __future__ import annotations

ISSUERS = frozenset({b"aws", b"er/aws", b"origin", b"origin_ec"})
"""The issuers seen in session tokens."""

_HEAD = 128
"""Characters that surely hold version, issuer and region; a multiple of four, so that base64 can be cut there."""


def session_token_issuer(token: bytes) -> str | None:
    """The issuer that a session token names, one of `ISSUERS`; None when it names none of them."""
    issuer = _fields(token).get(1)
    return issuer.decode() if issuer in ISSUERS else None


def session_token_region(token: bytes) -> str | None:
    """The region in the header of a session token, such as `us-east-1`; None where there is none."""
    import re

    fields = _fields(token)
    region = fields.get(3, b"")
    if fields.get(1) not in ISSUERS or not re.fullmatch(rb"[a-z]{2}(?:-[a-z]{2,9}){1,3}-\d{1,2}", region):
        return None
    return region.decode()


def _fields(token: bytes) -> dict[int, bytes]:
    """The length-delimited protobuf fields with numbers below 16 at the head of a token, first value of each."""
    head = _decoded_head(token)[1:]
    fields: dict[int, bytes] = {}
    position = 0
    while position + 1 < len(head):
        number, wire_type = head[position] >> 3, head[position] & 7
        if wire_type == 0:  # a number (a time, it seems), seven bits a byte, the highest bit set in all but the last
            position = _after_number(head, position + 1)
        elif wire_type == 2 and head[position + 1] < 0x80:
            end = position + 2 + head[position + 1]
            fields.setdefault(number, head[position + 2 : end])
            position = end
        else:
            break
    return fields


def _after_number(head: bytes, position: int) -> int:
    while position < len(head) and head[position] >= 0x80:
        position += 1
    return position + 1


def _decoded_head(token: bytes) -> bytes:
    from binascii import Error, a2b_base64

    head = token[:_HEAD]
    try:
        return a2b_base64(head[: len(head) // 4 * 4])
    except Error:
        return b""
