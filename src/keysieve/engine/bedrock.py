"""What Amazon Bedrock API keys say by themselves.

A long-term key is `ABSK` and base64 of `USER-at-ACCOUNT:PASSWORD`, the parts of a service-specific credential of IAM.
A short-term key is `bedrock-api-key-` and base64 of a pre-signed URL: aws/aws-bedrock-token-generator-js,
`src/BedrockTokenGenerator.ts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LONG_TERM_PREFIX = b"ABSK"
SHORT_TERM_PREFIX = b"bedrock-api-key-"


@dataclass(frozen=True, slots=True)
class LongTermKey:
    """The public half of a long-term key.

    Attributes:
        user: Name of the IAM user that the key acts as.
        account_id: Twelve digits.
    """

    user: str
    account_id: str


@dataclass(frozen=True, slots=True)
class ShortTermKey:
    """The public half of a short-term key.

    Attributes:
        key_id: Access key id of the credentials that signed it.
        region: Region that it is for.
        signed: When it was signed, aware, in UTC.
        expires: When it stops working at the latest (the signing credentials may end sooner), aware, in UTC.
        has_session_token: Whether the signing credentials were temporary.
    """

    key_id: str
    region: str
    signed: datetime
    expires: datetime
    has_session_token: bool


def long_term_key(key: bytes) -> LongTermKey | None:
    """Reads a long-term key (`ABSK…`, whole); None when it is none."""
    import re

    decoded = _decoded(key, LONG_TERM_PREFIX)
    # IAM user names: up to 64 of these characters ("IAM and AWS STS quotas"); "+N" counts a user's credentials.
    found = re.match(rb"([\w+=,.@-]{1,80})-at-(\d{12}):.", decoded, re.DOTALL)
    return LongTermKey(found[1].decode(), found[2].decode()) if found else None


def short_term_key(key: bytes) -> ShortTermKey | None:
    """Reads a short-term key (`bedrock-api-key-…`, whole); None when it is none."""
    from urllib.parse import parse_qs

    decoded = _decoded(key, SHORT_TERM_PREFIX)
    if not decoded.startswith(b"bedrock.amazonaws.com/?"):
        return None
    query = parse_qs(decoded.partition(b"?")[2].decode("ascii", "replace"))
    return _from_query({name: values[0] for name, values in query.items()})


def _from_query(query: dict[str, str]) -> ShortTermKey | None:
    from datetime import UTC, timedelta

    try:
        key_id, _date, region, _service, _end = query["X-Amz-Credential"].split("/")
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires = signed + timedelta(seconds=int(query["X-Amz-Expires"]))
    except (KeyError, ValueError, OverflowError):
        return None
    return ShortTermKey(key_id, region, signed, expires, "X-Amz-Security-Token" in query)


def _decoded(key: bytes, prefix: bytes) -> bytes:
    from binascii import Error, a2b_base64

    if not key.startswith(prefix):
        return b""
    encoded = key.removeprefix(prefix)
    try:
        return a2b_base64(encoded + b"=" * (-len(encoded) % 4))
    except Error:
        return b""
