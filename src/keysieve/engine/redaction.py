"""How values are shown and named without being given away."""

from __future__ import annotations

SHOWN = 4
"""Characters shown at either end at most."""
MINIMUM = 16
"""A secret shorter than this shows nothing."""


def redact(value: bytes, *, is_secret: bool) -> str:
    """A value for a report.

    Of a secret at most 4 + 4 characters and never more than a quarter of it, nothing below 16; of an identifier the
    first and last 4.
    """
    text = value.decode("utf-8", "replace")
    shown = min(SHOWN, len(text) // 8) if is_secret else SHOWN
    if is_secret and len(text) < MINIMUM:
        shown = 0
    if not is_secret and len(text) <= 2 * SHOWN:
        return text
    return f"{text[:shown]}…{text[len(text) - shown :]}"


def fingerprint(value: bytes) -> str:
    """The stable name of a value: `ks1:` and 32 hexadecimal digits of a SHA-256.

    A secret access key has 240 random bits and a key id 80 or so (39 of them random within one account), so that the
    name cannot be turned back into a secret by trying.
    """
    from hashlib import sha256

    return f"ks1:{sha256(b'keysieve/1' + bytes(1) + value).hexdigest()[:32]}"
