"""Inflating zlib streams that may lie about their size, with libdeflate where it is installed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import cache

CHUNK = 1 << 20
"""Bytes per piece when an object is streamed."""

SMALL = 1 << 16
"""Deflate expands at most 1,032 times: so much input cannot take more than 68 MB, whatever it claims."""

TINY = 192
"""Size up to which zlib is faster: libdeflate takes longer to begin."""

LONGEST = 1 << 30
"""Bytes that libdeflate is asked for at most: its binding counts with 32 bits."""


class CorruptStreamError(Exception):
    """A zlib stream that is damaged, cut off, or longer or shorter than declared."""


Inflate = Callable[[bytes | memoryview, int], bytearray]


@cache
def library() -> tuple[Inflate | None, type[Exception]]:
    """Libdeflate's function, which gives so many bytes at most, and what it raises; None where it is not installed."""
    try:
        from deflate import DeflateError, zlib_decompress
    except ImportError:
        return None, zlib.error
    return zlib_decompress, DeflateError


def inflate(data: bytes | memoryview, size: int) -> bytes:
    """The `size` bytes that the zlib stream at the start of `data` holds; what follows the stream is ignored.

    Never takes much more memory than `size` bytes or 68 MB, whichever is more.

    Raises:
        CorruptStreamError: It is no whole stream of exactly that size.
    """
    try:
        if TINY < size <= LONGEST and (fast := library()[0]):
            result = bytes(fast(data, size))
        elif len(data) <= SMALL:
            result = zlib.decompress(data, zlib.MAX_WBITS, size or 1)
        else:
            result = _inflate_limited(data, size)
    except (zlib.error, library()[1]) as error:
        raise CorruptStreamError("corrupt zlib stream") from error
    if len(result) != size:
        raise CorruptStreamError("not as long as declared")
    return result


def _inflate_limited(data: bytes | memoryview, size: int) -> bytes:
    stream = zlib.decompressobj()
    result = stream.decompress(data, size + 1)
    if len(result) == size and not stream.eof:  # the checksum is still to come
        result += stream.decompress(stream.unconsumed_tail, 1)
    if not stream.eof:
        raise CorruptStreamError("longer than declared, or cut off")
    return result


def inflate_head(data: bytes | memoryview, size: int) -> bytes:
    """The first `size` bytes of the stream at the start of `data`, or all of it where it is shorter.

    Raises:
        CorruptStreamError: It is no zlib stream.
    """
    try:
        return zlib.decompressobj().decompress(data[:SMALL], size)
    except zlib.error as error:
        raise CorruptStreamError("corrupt zlib stream") from error


def inflate_in_pieces(data: bytes | memoryview, size: int) -> Iterator[bytes]:
    """The stream at the start of `data` in pieces of about `CHUNK` bytes, `size` bytes in all.

    Raises:
        CorruptStreamError: While iterating, as `inflate`; what came before was as it stands in the stream.
    """
    stream = zlib.decompressobj()
    rest = size
    position = 0
    pending: bytes | memoryview = b""
    while not stream.eof:
        if not pending:
            pending = data[position : position + CHUNK]
            position += CHUNK
        try:
            piece = stream.decompress(pending, CHUNK)
        except zlib.error as error:
            raise CorruptStreamError("corrupt zlib stream") from error
        if not piece and not stream.eof and position >= len(data) and not stream.unconsumed_tail:
            raise CorruptStreamError("cut off")
        pending = stream.unconsumed_tail
        rest -= len(piece)
        if rest < 0:
            raise CorruptStreamError("longer than declared")
        if piece:
            yield piece
    if rest:
        raise CorruptStreamError("shorter than declared")
