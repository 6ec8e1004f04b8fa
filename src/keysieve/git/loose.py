"""Reads loose blobs without git: what `git add` has just written. Only for the repository in the current folder."""

from __future__ import annotations

import os
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Inflate = Callable[[bytes, int], bytes | None]

_ELSEWHERE = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
"""Variables with which objects may lie somewhere else."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opening a FIFO does not wait for somebody to write into it."""
_PAGE = 8192
"""Bytes that are read first: os.read makes room for as many as it is asked for."""
_HEADER = 32
"""Bytes that `blob`, a size and a NUL take at most."""
_BEGINNING = 128
"""Bytes of a stream that hold them."""
_ROOM = 1 << 16
"""Bytes of room for an object that is taken to be small."""


def objects_directory(env: Mapping[str, str]) -> bytes:
    """The folder of the loose objects of the repository whose top the current folder is; empty if that is not plain."""
    if any(name in env for name in _ELSEWHERE) or os.path.exists(".git/commondir"):
        return b""
    return b".git/objects/" if os.path.isfile(".git/HEAD") else b""


def inflate(packed: bytes, limit: int) -> bytes | None:
    """What a zlib stream holds; None if it is damaged, or that is more than the limit."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, limit)
    except zlib.error:
        return None
    return data if stream.eof else None


def inflate_much() -> Inflate:
    """A function like `inflate` that takes half the time, and some time to load."""
    from keysieve.git.packs.inflate import library

    fast, error_of_fast = library()
    if fast is None:
        return inflate

    def inflate_fast(packed: bytes, limit: int) -> bytes | None:
        """`inflate`, which has the last word where more room is taken than was thought."""
        try:
            room = _ROOM if len(packed) < _PAGE else _declared(packed)
            return bytes(fast(packed, min(room, limit)))
        except (error_of_fast, zlib.error, ValueError):  # damaged, or it takes more room
            return inflate(packed, limit)

    return inflate_fast


def _declared(packed: bytes) -> int:
    """Bytes that a loose object takes with its header, which says so."""
    header = zlib.decompressobj().decompress(packed[:_BEGINNING], _HEADER).partition(b"\0")[0]
    return len(header) + 1 + int(header.split()[-1])


def read_blob(directory: bytes, oid: bytes, limit: int, way: Inflate = inflate) -> bytes | None:
    """The content of a loose blob; None if there is none, or it is damaged, no blob or larger than the limit.

    As with git itself, the id is not verified.

    Args:
        directory: From `objects_directory`.
        oid: In hexadecimal.
        limit: Bytes.
        way: How it is inflated: by `inflate`, or by what `inflate_much` gives.
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
    data = way(packed, limit + _HEADER)
    if data is None or not data.startswith(b"blob "):
        return None
    header, _, content = data.partition(b"\0")
    return content if header[5:] == b"%d" % len(content) and len(content) <= limit else None
