"""What an access key id says by itself: its generation and the account that it belongs to.

The sixteen characters after the prefix are base32 (RFC 4648) of 80 bits. The first bit is set in ids of the new
generation (since about 2019); the account number fills the next forty. All unique ids of IAM share the layout. Found
independently by Tal Be'ery ("A short note on AWS KEY ID"), Aidan Steele ("AWS access key ID formats") and WithSecure
("A bitwise analysis of AWS access key identifiers"); trufflehog, moto and LocalStack use it.
"""

from __future__ import annotations

from typing import Literal

Generation = Literal["old", "new"]

_LARGEST_ACCOUNT = 999_999_999_999


def generation(key_id: bytes) -> Generation | None:
    """The generation of an id.

    Args:
        key_id: An id of 20 characters (access keys) or 21 (other unique ids of IAM), prefix included.

    Returns:
        `new` when the id names its account, `old` when it is older than that, None when it cannot be a real id:
        not base32, another length, or a number beyond twelve digits where the account stands.
    """
    bits = _suffix_bits(key_id)
    if bits is None:
        return None
    if bits >> 79 == 0:
        return "old"
    return "new" if _account_number(bits) <= _LARGEST_ACCOUNT else None


def account_id(key_id: bytes) -> str | None:
    """The account that an id of the new generation belongs to.

    Args:
        key_id: An id of 20 characters (access keys) or 21 (other unique ids of IAM), prefix included.

    Returns:
        Twelve digits, leading zeros kept; None for the old generation (which holds no account, though a naive reading
        yields a plausible number) and for what cannot be a real id.
    """
    bits = _suffix_bits(key_id)
    if bits is None or generation(key_id) != "new":
        return None
    return f"{_account_number(bits):012d}"


def _suffix_bits(key_id: bytes) -> int | None:
    from base64 import b32decode

    if len(key_id) not in (20, 21):
        return None
    try:
        return int.from_bytes(b32decode(key_id[4:20]), "big")
    except ValueError:
        return None


def _account_number(bits: int) -> int:
    return bits >> 39 & (1 << 40) - 1
