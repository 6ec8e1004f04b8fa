"""Reads loose blobs without git: what `git add` has just written. Only for the repository in the current folder."""

from __future__ import annotations

import os
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_ELSEWHERE = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
"""Variables with which objects may lie somewhere else."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opening a FIFO does not wait for somebody to write into it."""
_PAGE = 8192
"""Bytes that are read first: os.read makes room for as many as it is asked for."""
_HEADER = 32
"""Bytes that `blob`, a size and a NUL take at most."""


def objects_directory(env: Mapping[str, str]) -> bytes:
    """The folder of the loose objects of the repository whose top the current folder is; empty if that is not plain."""
    if any(name in env for name in _ELSEWHERE) or os.path.exists(".git/commondir"):
        return b""
    return b".git/objects/" if os.path.isfile(".git/HEAD") else b""


def read_blob(directory: bytes, oid: bytes, limit: int) -> bytes | None:
    """The content of a loose blob; None if there is none, or it is damaged, no blob or larger than the limit.

    As with git itself, the id is not verified.

    Args:
        directory: From `objects_directory`.
        oid: In hexadecimal.
        limit: Bytes.
    """
    try:
        file = os.open(directory + oid[:2] + b"/" + oid[2:], _FLAGS)
    except OSError:
        return None
    try:
        packed = os.read(file, _PAGE)
        if len(packed) == _PAGE:
            packed += os.read(file, min(os.fstat(file).st_size, limit))
    except OSError:
        return None
    finally:
        os.close(file)
    return _blob(packed, limit)


def _blob(packed: bytes, limit: int) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, limit + _HEADER)
    except zlib.error:
        return None
    header, _, content = data[:_HEADER].partition(b"\0")
    if not stream.eof or not header.startswith(b"blob "):
        return None
    content = data[len(header) + 1 :]
    return content if header[5:] == b"%d" % len(content) and len(content) <= limit else None
