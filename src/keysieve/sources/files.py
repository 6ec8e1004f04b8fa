"""Files as they are on disk, without following symbolic links and without opening anything that is not a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from keysieve.blob import Blob, NotRead, OutOfScope, Place

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def blobs(paths: Iterable[bytes]) -> Iterator[Blob | NotRead | OutOfScope]:
    """Everything below the given paths, but for `.git`, in a stable order.

    A symbolic link gives its target text. A path that is not there is not read.
    """
    for path in paths:
        yield from _walk(path)


def _walk(top: bytes) -> Iterator[Blob | NotRead | OutOfScope]:
    waiting = [top]
    while waiting:
        path = waiting.pop()
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISDIR(mode):
                waiting += (os.path.join(path, name) for name in _names(path))
                continue
        except OSError as error:
            yield NotRead(path, _why(error))
            continue
        yield from read_file(path, mode)


def _names(folder: bytes) -> list[bytes]:
    return sorted((name for name in os.listdir(folder) if name != b".git"), reverse=True)


def read_file(path: bytes, mode: int) -> Iterator[Blob | NotRead | OutOfScope]:
    """The content of one file, or the target of one symbolic link."""
    shown = path.removeprefix(b"./")
    try:
        if stat.S_ISLNK(mode):
            yield Blob(os.readlink(path), Place("symlink", shown))
        elif stat.S_ISREG(mode):
            yield Blob(_content(path), Place("file", shown))
        else:
            yield OutOfScope(shown, "not a regular file")
    except OSError as error:
        yield NotRead(shown, _why(error))
    except MemoryError:
        yield NotRead(shown, "too large for memory")


def _content(path: bytes) -> bytes:
    descriptor = os.open(path, _OPEN)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "is not a regular file any more")
        return file.read()


def _why(error: OSError) -> str:
    return (error.strerror or "cannot be read").lower()
