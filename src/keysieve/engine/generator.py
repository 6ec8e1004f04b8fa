"""Made-up credentials from a seed, for rule examples and tests: right in form, valid nowhere, stored in no file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import re
import string
from collections.abc import Callable

ACCOUNT = "210987654321"
"""The account that made-up key ids carry; reversed digits, so that nobody takes it for a documented one."""

_BASE64 = string.ascii_letters + string.digits + "+/"
_ISSUERS = {
    "aws": b"\x15\x0a\x03aws",
    "er/aws": b"\x17\x0a\x06er/aws",
    "origin": b"\x02\x0a\x06origin",
    "origin_ec": b"\x21\x0a\x09origin_ec",
}
_PLACEHOLDER = re.compile(
    r"\{(access_key_id|temporary_access_key_id|secret_access_key|session_token|bedrock_api_key"
    r"|bedrock_short_term_key|mws_auth_token|ses_smtp_password|appsync_api_key|service_password|principal_id|account_id)"
    r"(_[0-9]+)?\}"
)


class Generator:
    """Makes credentials; the same seed gives the same ones in the same order.

    Args:
        seed: Any integer.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - these open nothing, and must come out the same every time

    def access_key_id(self, prefix: str = "AKIA", account: str = ACCOUNT) -> str:
        """A key id of the generation that carries its account: one set bit, 40 bits of account, 39 random bits."""
        while True:
            bits = 1 << 79 | int(account) << 39 | self._random.getrandbits(39)
            suffix = base64.b32encode(bits.to_bytes(10, "big")).decode()
            if len(set(suffix)) >= 8:  # fewer happen in 1 of 20,000 random ids and look like a placeholder
                return prefix + suffix

    def principal_id(self) -> str:
        """The unique id of a role: one character longer than a key id, and no credential at all."""
        return self.access_key_id("AROA") + "Q"

    def secret_access_key(self) -> str:
        """Forty characters of the base64 alphabet, with a lower-case letter, an upper-case letter and a digit."""
        while True:
            value = self._text(_BASE64, 40)
            if re.search("[a-z]", value) and re.search("[A-Z]", value) and re.search("[0-9]", value):
                return value

    def session_token(self, issuer: str = "origin_ec", size: int = 0) -> str:
        """A session token in base64.

        Args:
            issuer: `aws`, `er/aws`, `origin` or `origin_ec`: the header, as the services wrote it over the years.
            size: Bytes before encoding; 0 draws one between 230 and 880, which is what real tokens have.
        """
        region = b"\x1a\x09us-east-1" if issuer == "origin_ec" else b""
        head = _ISSUERS[issuer] + region
        size = size or self._random.randint(230, 880)
        return _encode(head + self._random.randbytes(size - len(head)))

    def service_password(self) -> str:
        """The password of a service-specific credential: 59 characters of the base64 alphabet and `=`."""
        return self._text(_BASE64, 59) + "="

    def bedrock_key(self, account: str = ACCOUNT) -> str:
        """A long-term Bedrock key: `ABSK` and the base64 of user name, account and service password."""
        user = "BedrockAPIKey-" + self._text(string.ascii_lowercase + string.digits, 4)
        return "AB" + "SK" + _encode(f"{user}-at-{account}:{self.service_password()}".encode())

    def bedrock_short_term_key(self) -> str:
        """A short-term Bedrock key: the base64 of a pre-signed request."""
        credential = f"{self.access_key_id('ASIA')}%2F20250102%2Fus-east-1%2Fbedrock%2Faws4_request"
        request = (
            "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential={credential}&X-Amz-Date=20250102T030405Z&X-Amz-Expires=43200"
            f"&X-Amz-SignedHeaders=host&X-Amz-Signature={self._text('0123456789abcdef', 64)}&Version=1"
        )
        return "bedrock-api-key-" + _encode(request.encode())

    def mws_auth_token(self) -> str:
        """`amzn.mws.` and a UUID."""
        digits = self._text("0123456789abcdef", 32)
        return "amzn.mws." + "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def appsync_api_key(self) -> str:
        """`da2-` and 26 lower-case letters and digits."""
        return "da2-" + self._text(string.ascii_lowercase + string.digits, 26)

    def ses_smtp_password(self, secret_access_key: str | None = None, region: str = "us-east-1") -> str:
        """The SMTP password that belongs to a secret access key in a region (a made-up one unless given).

        The algorithm is published in the Amazon SES developer guide, "Obtaining SMTP credentials".
        """
        key = ("AWS4" + (secret_access_key or self.secret_access_key())).encode()
        for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
            key = hmac.digest(key, message.encode(), hashlib.sha256)
        return _encode(b"\x04" + key)

    def fill(self, template: str) -> tuple[str, dict[str, str]]:
        """Put made-up values in the place of `{access_key_id}`, `{secret_access_key}` and so on.

        A number tells values of one kind apart: `{access_key_id_2}`. The same placeholder has the same value
        throughout one call; an `{ses_smtp_password}` belongs to the `{secret_access_key}` of its number. Braces
        around anything else stay as they are.

        Returns:
            The text, and placeholder name (with its number) → value of those that the template holds.
        """
        made: dict[str, str] = {}
        kinds = {match[0][1:-1]: (match[1], match[2] or "") for match in _PLACEHOLDER.finditer(template)}
        # Secrets come first: passwords derive from them wherever they stand.
        for name, (kind, number) in sorted(kinds.items(), key=lambda item: item[1][0] != "secret_access_key"):
            made[name] = self._value(kind, made.get("secret_access_key" + number))
        return _PLACEHOLDER.sub(lambda match: made[match[0][1:-1]], template), made

    def _value(self, kind: str, secret: str | None) -> str:
        makers: dict[str, Callable[[], str]] = {
            "temporary_access_key_id": lambda: self.access_key_id("ASIA"),
            "bedrock_api_key": self.bedrock_key,
            "ses_smtp_password": lambda: self.ses_smtp_password(secret),
            "account_id": lambda: ACCOUNT,
        }
        value: str = (makers.get(kind) or getattr(self, kind))()
        return value

    def _text(self, alphabet: str, length: int) -> str:
        return "".join(self._random.choices(alphabet, k=length))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
