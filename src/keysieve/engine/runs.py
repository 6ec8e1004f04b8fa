"""Rows of bytes of one class."""

from __future__ import annotations

import functools
from collections.abc import Iterator

_MEMBER, _OTHER = b"x", b" "


def runs(data: bytes, members: bytes, shortest: int) -> Iterator[tuple[int, int]]:
    """Spans of at least `shortest` bytes of a class. Much faster than a pattern of one class.

    Args:
        data: Any bytes.
        members: The bytes of the class.
        shortest: Bytes.
    """
    marked = data.translate(_table(members))
    needle = _MEMBER * shortest
    start = marked.find(needle)
    while start >= 0:
        end = marked.find(_OTHER, start)
        end = len(data) if end < 0 else end
        yield start, end
        start = marked.find(needle, end)


@functools.cache
def _table(members: bytes) -> bytes:
    return bytes(_MEMBER[0] if byte in members else _OTHER[0] for byte in range(256))
