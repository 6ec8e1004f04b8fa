"""Tells in a few milliseconds that nothing of what is staged needs a closer look.

A hook runs at every commit, and nearly every commit is clean. This module imports nothing but what that takes, and
decides nothing else: whatever is out of the ordinary goes to the full scan, which decides for itself.
"""

from __future__ import annotations

import os

from keysieve.engine.literals import MUCH, Literals
from keysieve.git.call import Call, environment
from keysieve.git.loose import inflate, inflate_much, objects_directory, read_blob
from keysieve.sources.magic import is_archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from keysieve.git.loose import Inflate

SETTINGS = (b":.keysieve.toml", b":pyproject.toml")
"""What can add rules. A baseline cannot: it only excuses, and here is nothing to excuse."""
TABLE = b"[tool.keysieve"
MOST = 32_000_000
"""Bytes of one blob that are read at once here; what is more is left to the full scan."""
TOGETHER = 8_000_000
"""Bytes of blobs that are looked at together."""
PORTION = 60
"""Names that even a pipe of one page holds (pipe(7)): 65 bytes each where ids have 64 digits."""
_DIFF = ("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
_ABSENT, _SUBMODULE = b"000000", b"160000"


class _CloserLook(Exception):  # noqa: N818 - it is no error
    """It takes the full scan to decide."""


def clean(names: Sequence[bytes]) -> tuple[int, int] | None:
    """Number and bytes of the staged blobs if it is plain that they hold nothing; None if it takes a closer look.

    Args:
        names: Files as the hook was given them, relative to the current folder.
    """
    if names and not os.path.exists(".git"):  # not the top, where names are paths
        return None
    env = environment()
    reading = Call(("cat-file", "--batch"), env)  # starts while the other one works
    try:
        reading.ask(b"\n".join(SETTINGS) + b"\n")
        paths, oids = _staged(env)
        if not set(names).issubset(paths):
            return None
        return _look(paths, oids, reading, objects_directory(env))
    except _CloserLook:
        return None
    finally:
        reading.end()


def _staged(env: dict[str, str]) -> tuple[list[bytes], list[bytes]]:
    """The paths that are not as in HEAD, and the ids of the blobs that are new there, each once."""
    call = Call((*_DIFF, "--ita-invisible-in-index", "HEAD", "--"), env)
    fields = call.answers.read().split(b"\0")[:-1]
    if call.end():
        raise _CloserLook
    heads, paths = fields[::2], fields[1::2]
    # The order is git's (git-diff-index, "RAW OUTPUT FORMAT"): old mode, new mode, old id, new id, status.
    if any(head.endswith(b" U") or _SUBMODULE in head for head in heads):
        raise _CloserLook
    new = (words[3] for words in map(bytes.split, heads) if words[1] != _ABSENT)
    return paths, list(dict.fromkeys(new))


def _look(paths: list[bytes], oids: list[bytes], reading: Call, directory: bytes) -> tuple[int, int]:
    """Number and bytes of the blobs, none of which may match, nor may a path."""
    for name in SETTINGS:
        data = _answer(reading, is_required=False)
        if data is not None and (name == SETTINGS[0] or TABLE in data):
            raise _CloserLook
    literals = Literals()
    total = held = 0
    pieces = paths
    for data in _blobs(oids, reading, directory):
        if is_archive(data) or data.startswith(b"version https://git-lfs"):
            raise _CloserLook
        pieces.append(data)
        total += len(data)
        held += len(data)
        if total > MUCH:
            literals.prepare()
        if held > TOGETHER:
            _require(literals.are_silent(pieces))
            pieces, held = [], 0
    _require(literals.are_silent(pieces))
    return len(oids), total


def _require(holds: bool) -> None:
    if not holds:
        raise _CloserLook


def _blobs(oids: Iterable[bytes], reading: Call, directory: bytes) -> Iterator[bytes]:
    """The content of the blobs: of the loose ones first, which are nearly all, then of those that git has to read."""
    others: list[bytes] = []
    way: Inflate = inflate
    size = 0
    for oid in oids:
        data = read_blob(directory, oid, MOST, way) if directory else None
        if data is None:
            others.append(oid)
            continue
        yield data
        if size <= MUCH < size + len(data):
            way = inflate_much()
        size += len(data)
    for at in range(0, len(others), PORTION):
        portion = others[at : at + PORTION]
        reading.ask(b"\n".join(portion) + b"\n")
        for _ in portion:
            data = _answer(reading)
            assert data is not None  # noqa: S101  (for the type checker: it is required)
            yield data


def _answer(reading: Call, *, is_required: bool = True) -> bytes | None:
    """The next answer of `cat-file --batch` (see its section BATCH OUTPUT); None for an object that is missing."""
    header = reading.answers.readline().split()
    if header[-1:] == [b"missing"] and not is_required:
        return None
    if len(header) != 3 or int(header[2]) > MOST:
        raise _CloserLook
    data: bytes = reading.answers.read(int(header[2]))
    if reading.answers.read(1) != b"\n":
        raise _CloserLook
    return data


def is_plain(arguments: Iterable[str]) -> bool:
    """Whether a command line asks for nothing but the verdict, on a terminal or not."""
    asked = "PRE_COMMIT_FROM_REF" in os.environ
    return not asked and all(word == "--quiet" or not word.startswith("-") for word in arguments)


def headline(blobs: int, size: int) -> str:
    """The text report on a clean commit; the same as the reporter's, which would take longer to import than to say."""
    told = f"{size / 1000:.1f} kB" if size >= 1000 else f"{size} bytes"
    if size >= 1_000_000:
        told = f"{size / 1e6:.1f} MB"
    noun = "blob" if blobs == 1 else "blobs"
    return f"keysieve staged: 0 credentials found, none set aside. Read {blobs:,} {noun}, {told} in 0.0 s.\n"
