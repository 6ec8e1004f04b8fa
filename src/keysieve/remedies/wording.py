"""Fills the placeholders of advice with what is known of a credential, safe to paste into a POSIX shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from keysieve.remedies.situation import Situation

_PLACEHOLDER = re.compile(r"\{(access_key_id|account_id|user_name|path)\}")
_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_OWNER = "owner=$("  # a text that asks AWS for the user's name, for the commands after it
_WORDS = {
    "access_key_id": "ACCESS_KEY_ID",
    "account_id": "ACCOUNT_ID",
    "user_name": "USER_NAME",
    "path": "PATH",
}


def known_values(situation: Situation) -> dict[str, str]:
    """What is known, by placeholder, quoted for a POSIX shell. What looks wrong counts as unknown."""
    values: dict[str, str] = {}
    if situation.access_key_id and _KEY_ID.fullmatch(situation.access_key_id):
        values["access_key_id"] = situation.access_key_id
    if situation.account_id and _ACCOUNT_ID.fullmatch(situation.account_id):
        values["account_id"] = situation.account_id
    if situation.user_name:
        values["user_name"] = quoted(situation.user_name.encode())
    # A path that is the finding itself would put the credential into a command.
    if situation.path and situation.kind != "path":
        values["path"] = quoted(_on_disk(situation.kind, situation.path))
    return values


def words_for(values: Mapping[str, str], texts: Iterable[str]) -> dict[str, str]:
    """The values, and for what is unknown a word in capitals or the shell variable that a text sets."""
    words = {**_WORDS, **values}
    if "user_name" not in values and any(_OWNER in text for text in texts):
        words["user_name"] = '"$owner"'
    return words


def fill(text: str, words: Mapping[str, str]) -> str:
    """The text with every placeholder replaced."""
    return _PLACEHOLDER.sub(lambda match: words[match[1]], text)


def lacks(text: str, values: Mapping[str, str]) -> bool:
    """Whether a placeholder of the text is unknown."""
    return any(name not in values for name in _PLACEHOLDER.findall(text))


def quoted(name: bytes) -> str:
    r"""A name as one word of a POSIX shell, printable, never an option or a git pathspec's magic.

    Bytes that do not print are written as bash, zsh and ksh read them: `$'\377'`.
    """
    safe = b"./" + name if name[:1] in (b"-", b":") else name
    try:
        text = safe.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and text:
        return shlex.quote(text)
    return "$'" + "".join(_escaped(byte) for byte in safe) + "'"


def _escaped(byte: int) -> str:
    character = chr(byte)
    # Octal, as \x would swallow a hexadecimal digit that follows in some shells.
    return character if character.isascii() and (character.isalnum() or character in "./_-+=,@ ") else f"\\{byte:03o}"


def _on_disk(kind: str, path: bytes) -> bytes:
    return path.partition(b"!/")[0] if kind == "archive-member" else path
