"""The shared credentials file: a profile is added to it, and nothing else changes.

Format and place: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from keysieve.commands.private import require_outside
from keysieve.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9_.@/+=:-]{1,128}")
_SECTION = re.compile(rb"(?m)^[ \t]*\[[ \t]*([^\]\r\n]*?)[ \t]*\]")
_SETTINGS = {
    "access_key_id": "aws_access_key_id",
    "secret_access_key": "aws_secret_access_key",
    "session_token": "aws_session_token",
}


def credentials_file() -> str:
    """Where the file is: as `AWS_SHARED_CREDENTIALS_FILE` says, else `~/.aws/credentials`."""
    named = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    return os.path.expanduser(named or os.path.join("~", ".aws", "credentials"))


def store(name: str, values: Mapping[str, bytes]) -> str:
    """Add a profile to the shared credentials file, which becomes readable for its owner only.

    Args:
        name: Of the new profile.
        values: Of the credential; id and secret have to be there.

    Returns:
        The path of the file.

    Raises:
        UsageError: The name is no name, the profile exists, a value is missing, or the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name[:60]!r} is no name for a profile.", "Use letters, digits, - and _.")
    if not {"access_key_id", "secret_access_key"} <= values.keys():
        raise UsageError(
            "A profile needs the key id and the secret; only one of them was found.",
            f"Type both in yourself: aws configure --profile {name}",
        )
    path = os.path.realpath(credentials_file())
    require_outside(path)
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        before = _content(path)
        if name.encode() in _SECTION.findall(before):
            raise UsageError(
                f"The profile {name} exists in {path}; it is not changed.", "Name another: --to-profile NAME"
            )
        _put(path, _with_profile(before, name, values))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", "Name another file: AWS_SHARED_CREDENTIALS_FILE=FILE"
        ) from None
    return path


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return b""


def _with_profile(before: bytes, name: str, values: Mapping[str, bytes]) -> bytes:
    end = b"\r\n" if b"\r\n" in before else b"\n"
    lines = [b"[" + name.encode() + b"]"]
    lines += [setting.encode() + b" = " + values[key] for key, setting in _SETTINGS.items() if key in values]
    gap = (b"" if before.endswith(b"\n") else end) + end if before.strip() else b""
    return before + gap + end.join(lines) + end


def _put(path: str, data: bytes) -> None:
    """Replace the file in one step: whoever reads it sees the old one or the new one."""
    import tempfile

    descriptor, temporary = tempfile.mkstemp(prefix=".credentials-", dir=os.path.dirname(path))  # its mode is 0600
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
