"""Amazon SES SMTP passwords: derived from a secret access key, so that one of the pair proves the other.

The algorithm and its constants are in the SES developer guide, "Obtaining Amazon SES SMTP credentials" (section on
converting IAM credentials). A password cannot be turned back into its key.
"""

from __future__ import annotations

import hmac
from base64 import b64encode

REGIONS = (
    "us-east-1",  # most used first
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "us-east-2",
    "us-west-1",
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ca-central-1",
    "ca-west-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
)
"""Regions with SES: service `email` of all partitions in botocore's endpoints.json (at commit 0e6e2404)."""

ANY_REGION = "any region"
"""What `derives` answers for a password of the older kind, which is not bound to a region."""

_MESSAGE = b"SendRawEmail"


def smtp_password(secret: bytes, region: str) -> bytes:
    """The password (44 characters of base64) that a secret access key has in one region."""
    key = b"AWS4" + secret
    # The date is a constant of the algorithm, not a date.
    for part in (b"11111111", region.encode(), b"ses", b"aws4_request", _MESSAGE):
        key = hmac.digest(key, part, "sha256")
    return b64encode(b"\x04" + key)


def smtp_password_v2(secret: bytes) -> bytes:
    """The password of the older kind (44 characters of base64), which is not bound to a region."""
    return b64encode(b"\x02" + hmac.digest(secret, _MESSAGE, "sha256"))


def derives(secret: bytes, password: bytes) -> str | None:
    """Whether a password was made from a secret access key.

    Args:
        secret: A secret access key.
        password: What may be an SMTP password of SES.

    Returns:
        The region that the password is for, `ANY_REGION` for one of the older kind, None when it was not made from
        this secret.
    """
    if len(password) != 44:
        return None
    if password[:1] == b"A":  # version byte 2; 4 gives B
        return ANY_REGION if smtp_password_v2(secret) == password else None
    if password[:1] != b"B":
        return None
    return next((region for region in REGIONS if smtp_password(secret, region) == password), None)
