"""What the files of a repository say about keysieve: which hooks are to run it, and what is missing for that."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from keysieve.hooks.script import PREVIOUS

_FRAMEWORK_ID = {"pre-commit": r"keysieve", "commit-msg": r"keysieve-message", "pre-push": r"keysieve-push"}
_LEFTHOOK = tuple(
    f"{dot}lefthook{local}.{ending}"
    for dot in ("", ".")
    for local in ("", "-local")
    for ending in ("yml", "yaml", "toml", "json")
)
_OFF = (("SKIP", "keysieve"), ("HUSKY", "0"), ("LEFTHOOK", "0"), ("LEFTHOOK", "false"))


def wired(top: str, folder: str, hook: str) -> str | None:
    """Where the repository says that a hook runs keysieve; None where it does not.

    Args:
        top: Its work tree.
        folder: Its hooks.
        hook: Name of the hook.
    """
    for name in (hook, hook + PREVIOUS, hook + ".legacy"):
        if b"keysieve" in _read(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return next(_configured(top, hook), None)


def _configured(top: str, hook: str) -> Iterator[str]:
    if re.search(rb"\bid:\s*['\"]?%b\b(?!-)" % _FRAMEWORK_ID[hook].encode(), _read(os.path.join(top, _FRAMEWORK))):
        yield _FRAMEWORK
    if b"keysieve" in _read(os.path.join(top, ".husky", hook)):
        yield f".husky/{hook}"
    for name in _LEFTHOOK:
        if _lefthook_runs(_read(os.path.join(top, name)), hook):
            yield name


_FRAMEWORK = ".pre-commit-config.yaml"


def _lefthook_runs(text: bytes, hook: str) -> bool:
    """Whether the part of a lefthook configuration below a hook's name speaks of keysieve."""
    part = re.split(rb"(?m)^(?=\S)", text)
    return any(re.match(rb"[\"\[]?%b\b" % hook.encode(), one) and b"keysieve" in one for one in part)


def installs(source: str, hook: str) -> str:
    """The command that brings a hook into force, by where it is configured."""
    if source == _FRAMEWORK:
        return f"pre-commit install --hook-type {hook}"
    return "npx husky" if source.startswith(".husky") else "lefthook install"


def is_installed(folder: str, hook: str) -> bool:
    """Whether git would run the hook."""
    path = os.path.join(folder, hook)
    return os.path.isfile(path) and os.access(path, os.X_OK)


def switched_off() -> str | None:
    """The variable of the environment that keeps hooks from running; None for none."""
    for name, value in _OFF:
        if value in os.environ.get(name, "").split(","):
            return f"{name}={os.environ[name]}"
    return None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
