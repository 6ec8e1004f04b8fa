"""File names over several runs of one hook: the pre-commit framework splits a long list, and a report is one file.

A run adds its names to those of the runs before it under the same parent process, in a file of the user's own in the
temporary folder, and scans them all: so the report that the last one writes holds everything, in every format.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_STALE = 3600.0
"""Seconds after which names are taken for those of another process with the same number, and thrown away."""
_NAME = re.compile(r"keysieve-[0-9a-f]{32}")


def names_so_far(names: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """The names of this run and of those before it that wrote the same reports.

    Args:
        names: Of this run.
        outputs: The files that the reports go to.
    """
    folder = tempfile.gettempdir()
    with suppress(OSError):  # it may be written to, and not listed
        _clear(folder)
    path = os.path.join(folder, f"keysieve-{_key(outputs)}")
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError:  # somebody else's, or no room: this run's names are still scanned
        return list(names)
    with open(descriptor, "r+b") as file:
        status = os.fstat(descriptor)
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return list(names)
        if time.time() - status.st_mtime > _STALE:
            file.truncate(0)
        file.seek(0)
        before = [os.fsdecode(name) for name in file.read().split(b"\0")[:-1]]
        file.write(b"".join(os.fsencode(name) + b"\0" for name in names))
    return [*before, *names]


def _clear(folder: str) -> None:
    """Remove what earlier runs have left: none of them knows that it is the last."""
    for path in Path(folder).iterdir():
        with suppress(OSError):  # somebody else's, or gone already
            if _NAME.fullmatch(path.name) and time.time() - path.lstat().st_mtime > _STALE:
                path.unlink()


def _key(outputs: Sequence[str]) -> str:
    parent = os.getppid()
    parts = [str(parent), _started(parent), os.getcwd(), *outputs]
    return hashlib.sha256(b"\0".join(map(os.fsencode, parts))).hexdigest()[:32]


def _started(process: int) -> str:
    """When a process began, as the kernel counts; empty where there is no /proc."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return ""
