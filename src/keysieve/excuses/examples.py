"""Sets aside credentials that stand in documentation, test suites and emulators for all to copy.

Rules first, a list second. An example id excuses itself and never the secret beside it: people paste a real secret next
to the id of a manual. The lists are `rules/examples.toml` and `rules/accounts.toml`, read when first asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

# What these words cost in real credentials that contain them by chance. EXAMPLE in any case: one secret in 10⁹; SAMPLE
# in any case: one in 3·10⁷. XMPL is AWS's newer filler: one key id in 80,000, and in capitals one secret in 450,000 (in
# any case it would be one in 28,000). Key ids are capitals anyway.
_WORD = re.compile(rb"(?i:EXAMPLE|SAMPLE)|XMPL")

# A session token of a thousand characters has room for short words: only EXAMPLE, one token in 3·10⁷.
_TOKEN_WORD = re.compile(rb"(?i:EXAMPLE)")

# What every session token of moto starts with: moto/sts/utils.py:9 at getmoto/moto@0af643a5.
_MOTO_SESSION_TOKEN = b"FQoGZXIvYXdzEBYaD"

# Session tokens of AWS's manuals whose beginning is no token of any kind.
_DOCUMENTATION_SESSION_TOKEN = rb"AQoXdzELDDY|AQoDYXdzEE0a8ANXXXX|AQoDYXdzEJr\.\.\."


def example_of(value: bytes) -> str | None:
    """Where a value comes from, if it is a documented example.

    Args:
        value: A whole key id, secret access key, session token or password.

    Returns:
        A few words such as `AWS documentation key`; None when nothing is known about it.
    """
    return _by_rule(value) or _listed().get(_digest(value))


def documentation_account(account: str) -> str | None:
    """Whether an account stands for "some account" in documentation or in an emulator.

    A key id of such an account is an example: moto and LocalStack make ids up for their default accounts, and the
    numbers are the ones that AWS prints in its manuals. Nothing real is lost by setting such an id aside, since no
    account that a customer was given has one of these numbers.

    Args:
        account: Twelve digits.

    Returns:
        The detail to set aside with, else None.
    """
    return f"documentation account {account}" if account in _accounts()["documentation"] else None


def canary(account: str) -> str | None:
    """Whether keys of an account are tripwires: not to be tried, since any use alerts their owner.

    Args:
        account: Twelve digits.

    Returns:
        The service that plants them, else None. Such a key stays a finding.
    """
    return next((service for service, accounts in _accounts()["canary"].items() if account in accounts), None)


def aws_account(account: str) -> str | None:
    """Whether an account (twelve digits) is AWS's own: what it owns, else None."""
    owned: str | None = _accounts()["aws"].get(account)
    return owned


def _by_rule(value: bytes) -> str | None:
    word = (_TOKEN_WORD if len(value) > 64 else _WORD).search(value)
    if word:
        return f"contains {word[0].decode().upper()}"
    if value.startswith(_MOTO_SESSION_TOKEN):
        return "moto-generated session token"
    return "AWS documentation session token" if re.match(_DOCUMENTATION_SESSION_TOKEN, value) else None


def _digest(value: bytes) -> str:
    from hashlib import sha256

    return sha256(value).hexdigest()


@cache
def _listed() -> Mapping[str, str]:
    """SHA-256 (hexadecimal) of each listed example → detail."""
    return {
        entry.get("sha256") or _digest(entry["value"].encode()): entry["detail"]
        for entry in _toml("examples.toml")["example"]
    }


@cache
def _accounts() -> Mapping[str, Mapping[str, Any]]:
    return _toml("accounts.toml")


def _toml(name: str) -> dict[str, Any]:
    import tomllib

    from keysieve.engine.shipped import shipped_text

    return tomllib.loads(shipped_text(name))
