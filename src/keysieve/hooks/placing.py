"""Puts hooks into a folder, in front of those that are there, and takes them away again.

A hook that is there is renamed, never rewritten, so that taking ours away gives back the very same file.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

from keysieve.errors import KeysieveError
from keysieve.hooks.script import PREVIOUS, Behind, is_ours, script

_MOVED = ("", ".legacy", ".old")
"""Endings under which pre-commit and lefthook, when installed after us, keep the hook that they found."""


def place(folder: str, hook: str, python: str, behind: Behind | None = None) -> str:
    """Put a hook into a folder.

    Args:
        folder: Made where it is not there.
        hook: Its name.
        python: For `script`.
        behind: For `script`.

    Returns:
        What was done, in a few words.

    Raises:
        KeysieveError: The folder cannot be written, or both places for the hook that was there are taken.
    """
    path = os.path.join(folder, hook)
    text = script(hook, python, behind).encode()
    try:
        os.makedirs(folder, exist_ok=True)
        found = _content(path)
        has_previous = os.path.lexists(path + PREVIOUS)
        if found is not None and not is_ours(found):
            _refuse_manager(hook, found)
            if has_previous:
                raise KeysieveError(
                    f"There are two hooks already: {path} and {path}{PREVIOUS}, and neither one is keysieve's.",
                    "Join them into the first one by hand, and remove the second.",
                )
            os.rename(path, path + PREVIOUS)
            has_previous = True
        _write(path, text)
    except OSError as error:
        raise KeysieveError(
            f"The hook {path} cannot be written: {error.strerror}.", "See who owns the folder: ls -ld"
        ) from None
    done = "kept up to date" if found is not None and is_ours(found) else "installed"
    return f"{done}, runs after the hook that was there" if has_previous else done


def _content(path: str) -> bytes | None:
    if not os.path.lexists(path):
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:  # a symbolic link that leads nowhere is somebody's, too
        return b""


def _refuse_manager(hook: str, text: bytes) -> None:
    if b"call_lefthook" in text or b"lefthook run" in text:
        raise KeysieveError(
            f"lefthook manages the hook {hook}, and would write it anew.",
            "Add keysieve to lefthook.yml instead: docs/hooks.md has the lines.",
        )


def _write(path: str, text: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=".keysieve-", dir=os.path.dirname(path))
    try:
        with open(descriptor, "wb") as file:
            file.write(text)
        os.chmod(temporary, 0o755)  # noqa: S103 - git runs no hook that is not executable
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def take_away(folder: str, hook: str) -> str | None:
    """Take our hook out of a folder and put back what was there.

    Returns:
        What was done, in a few words; None where no hook is ours.

    Raises:
        KeysieveError: The folder cannot be written.
    """
    path = os.path.join(folder, hook)
    try:
        for ours in _ours(path):
            if os.path.lexists(path + PREVIOUS):
                os.replace(path + PREVIOUS, ours)
                return "removed; the hook that was there is back"
            os.unlink(ours)
            return "removed"
    except OSError as error:
        raise KeysieveError(f"The hook {path} cannot be removed: {error.strerror}.") from None
    return None


def _ours(path: str) -> Iterator[str]:
    for ending in _MOVED:
        found = _content(path + ending)
        if found is not None and is_ours(found):
            yield path + ending
