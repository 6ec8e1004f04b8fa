"""Objects directories and the alternates that they borrow from.

Format of `info/alternates`: https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from keysieve.blob import NotRead

_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def with_alternates(directory: Path) -> tuple[list[Path], list[NotRead]]:
    """`directory` and every objects directory that it borrows from, directly or not, nearest first.

    Returns:
        The directories, and the alternates that are not there.
    """
    found = [directory]
    missing: list[NotRead] = []
    seen = {directory.resolve()}
    for place in found:  # grows while it is read
        for alternate in _alternates(place, missing):
            if alternate.resolve() in seen:
                continue
            seen.add(alternate.resolve())
            if alternate.is_dir():
                found.append(alternate)
            else:
                missing.append(NotRead(os.fsencode(alternate), "alternate objects directory is missing"))
    return found, missing


def packed_bytes(directory: Path) -> int:
    """Bytes of the packs in an objects directory, about: packs come and go."""
    found = 0
    for pack in (directory / "pack").glob("*.pack"):
        with suppress(OSError):
            found += pack.stat().st_size
    return found


def _alternates(directory: Path, missing: list[NotRead]) -> list[Path]:
    path = directory / "info" / "alternates"
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError:
        missing.append(NotRead(os.fsencode(path), "cannot be opened"))
        return []
    names = [_unquote(line) for line in lines if line and not line.startswith(b"#")]
    return [directory / os.fsdecode(name) for name in names if b"\0" not in name]


def _unquote(line: bytes) -> bytes:
    """A line of the file as a path: as it stands, or in C's notation between double quotes."""
    if len(line) < 2 or not (line.startswith(b'"') and line.endswith(b'"')):
        return line
    return _ESCAPE.sub(_unescape, line[1:-1])


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 255]) if len(code) == 3 else _ESCAPES.get(code, code)
