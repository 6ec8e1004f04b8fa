"""Masks known secrets wherever they stand, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

HEAD = 4
"""Bytes of a value by which it is looked up."""


class Mask:
    """Replaces values in short texts. What it costs depends on the text, not on the number of values.

    Args:
        shown: Value → what is shown in its place.
    """

    def __init__(self, shown: Mapping[bytes, bytes]) -> None:
        self._shown = shown
        self._head = min([HEAD, *(len(value) for value in shown if value)])
        self._by_head: dict[bytes, list[bytes]] = defaultdict(list)
        for value in sorted(filter(None, shown), key=len, reverse=True):
            self._by_head[value[: self._head]].append(value)

    def masked(self, data: bytes) -> bytes:
        """The text with every value replaced; of values that begin at the same place, the longest."""
        pieces = []
        done = 0
        for start, value in self._found(data):
            pieces += [data[done:start], self._shown[value]]
            done = start + len(value)
        return b"".join([*pieces, data[done:]])

    def holds(self, data: bytes) -> bool:
        """Whether a value stands in the text."""
        return next(self._found(data), None) is not None

    def _found(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        done = 0
        for start in range(len(data) - self._head + 1 if self._by_head else 0):
            values = self._by_head.get(data[start : start + self._head])
            if values is None or start < done:
                continue
            value = next((one for one in values if data.startswith(one, start)), None)
            if value is not None:
                yield start, value
                done = start + len(value)
