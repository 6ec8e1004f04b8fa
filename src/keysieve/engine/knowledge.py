"""What the values of a credential say without asking anybody: account, age, user, region, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keysieve.engine.redaction import redact

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a credential.

    Attributes:
        account_id: Twelve digits; None where no value tells it.
        notes: Sentences for the report; they hold no secret.
        ends: When it stops working at the latest, aware; None where its values do not tell.
    """

    account_id: str | None = None
    notes: tuple[str, ...] = ()
    ends: datetime | None = None


def knowledge(values: Mapping[str, bytes]) -> Knowledge:
    """What the values of one credential say.

    Args:
        values: Value name → value, names as in the rules.
    """
    parts = [_READERS[name](value) for name, value in values.items() if name in _READERS]
    return Knowledge(
        next((part.account_id for part in parts if part.account_id), None),
        tuple(note for part in parts for note in part.notes),
        next((part.ends for part in parts if part.ends), None),
    )


def embedded_key_id(name: str, value: bytes) -> bytes | None:
    """The access key id that a value of another kind holds in clear: that of whoever signed a URL.

    Args:
        name: Of the value.
        value: The value.
    """
    import re

    if name == "presigned_url":
        found = re.search(rb"(?:AKIA|ASIA)[A-Z0-9]{16}", value)
        return found[0] if found else None
    if name == "bedrock_api_key":
        from keysieve.engine.bedrock import short_term_key

        key = short_term_key(value)
        return key.key_id.encode() if key else None
    return None


def smtp_passwords(secrets: Iterable[bytes]) -> dict[bytes, tuple[bytes, str]]:
    """The SMTP passwords of Amazon SES that secret access keys have: password → (secret, region).

    Args:
        secrets: Secret access keys.
    """
    from keysieve.engine.ses import ANY_REGION, REGIONS, smtp_password, smtp_password_v2

    known: dict[bytes, tuple[bytes, str]] = {}
    for secret in secrets:
        known[smtp_password_v2(secret)] = (secret, ANY_REGION)
        known |= {smtp_password(secret, region): (secret, region) for region in REGIONS}
    return known


def _of_key_id(value: bytes) -> Knowledge:
    from keysieve.engine.key_id import account_id, generation

    if generation(value) == "old":
        return Knowledge(notes=("The form of the key id says that it was made before about 2019.",))
    return Knowledge(account_id(value))


def _of_session_token(value: bytes) -> Knowledge:
    from keysieve.engine.session_token import session_token_region

    region = session_token_region(value)
    return Knowledge(notes=(f"Its session token was issued in {region}.",) if region else ())


def _of_bedrock_key(value: bytes) -> Knowledge:
    from keysieve.engine.bedrock import long_term_key, short_term_key

    long_term = long_term_key(value)
    if long_term:
        return Knowledge(long_term.account_id, (f"It belongs to the IAM user {long_term.user}.",))
    short_term = short_term_key(value)
    if not short_term:
        return Knowledge()
    account = _of_key_id(short_term.key_id.encode()).account_id
    signer = redact(short_term.key_id.encode(), is_secret=False)
    note = f"Signed with the key {signer} for {short_term.region}; it ends {_told(short_term.expires)}."
    return Knowledge(account, (note,), short_term.expires)


def _of_user_name(value: bytes) -> Knowledge:
    user, _, account = value.decode("utf-8", "replace").rpartition("-at-")
    return Knowledge(account, (f"It belongs to the IAM user {user.partition('+')[0]}.",))


def _of_presigned_url(value: bytes) -> Knowledge:
    key_id = embedded_key_id("presigned_url", value)
    account = _of_key_id(key_id).account_id if key_id else None
    ends = _end_of_url(value)
    notes = (f"Signed with the key {redact(key_id, is_secret=False)}.",) if key_id else ()
    return Knowledge(account, (*notes, f"It ends {_told(ends)} at the latest.") if ends else notes, ends)


def _end_of_url(value: bytes) -> datetime | None:
    """The end of a URL of signature version 4 (a date and seconds) or 2 (seconds since 1970)."""
    import re
    from datetime import UTC, datetime, timedelta

    date = re.search(rb"X-Amz-Date=(\d{8}T\d{6}Z)", value)
    seconds = re.search(rb"X-Amz-Expires=(\d{1,7})(?!\d)", value)
    epoch = re.search(rb"[?&]Expires=(\d{9,11})(?!\d)", b"&" + value)
    try:
        if date and seconds:
            signed = datetime.strptime(date[1].decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed + timedelta(seconds=int(seconds[1]))
        return datetime.fromtimestamp(int(epoch[1]), UTC) if epoch else None
    except (ValueError, OverflowError):
        return None


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


_READERS: Mapping[str, Callable[[bytes], Knowledge]] = {
    "access_key_id": _of_key_id,
    "session_token": _of_session_token,
    "bedrock_api_key": _of_bedrock_key,
    "user_name": _of_user_name,
    "presigned_url": _of_presigned_url,
}
