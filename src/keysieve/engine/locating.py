"""From candidates in a decoded text to matches in the blob that it was decoded from."""

from __future__ import annotations

import codecs
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from keysieve.engine.decoded import Memory, Place
from keysieve.engine.match import Match
from keysieve.engine.matcher import REACH, Candidate
from keysieve.engine.position import BLOCK, Lines
from keysieve.engine.pragma import Pragma, pragma_at

ROOM = REACH + 512
"""Bytes of decoded text around a value in which all stands that belongs to it: its neighbour, and that one's label."""


class BlobText:
    """The text of a blob, for lines and columns; UTF-16 and UTF-32 count in code points of the decoded text.

    Args:
        data: The blob's bytes.
        codec: `utf-16-le`, … where the whole blob is in that encoding, else empty.
    """

    def __init__(self, data: bytes, codec: str) -> None:
        self._data = data
        self._codec = codec
        self._text = self._decoded(data)
        self._lines = Lines(self._text)

    def _decoded(self, data: bytes) -> bytes:
        if not self._codec:
            return data
        return data.decode(self._codec, "replace").encode("utf-8", "replace")

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line and column of a byte offset in the blob."""
        return self._lines.position(self._offset(offset))

    def pragma(self, start: int, end: int) -> Pragma | None:
        """The pragma of what stands at those byte offsets in the blob."""
        return pragma_at(self._text, self._offset(start), self._offset(end))

    def _offset(self, offset: int) -> int:
        if not self._codec:
            return offset
        start, decoded = self._marks[bisect_right(self._marks, (offset, len(self._text))) - 1]
        return decoded + len(self._decoded(self._data[start:offset]))

    @cached_property
    def _marks(self) -> list[tuple[int, int]]:
        """Offsets in the blob, with those of the text, where a character begins in both."""
        marks = [(0, 0)]
        decoder = codecs.getincrementaldecoder(self._codec)("replace")
        decoded = 0
        for start in range(0, len(self._data), BLOCK):
            decoded += len(decoder.decode(self._data[start : start + BLOCK]).encode("utf-8", "replace"))
            if not decoder.getstate()[0]:
                marks.append((start + BLOCK, decoded))
        return marks


class Locator:
    """Collects matches of one blob.

    Args:
        data: The blob's bytes.
        memory: Of what was decoded before; with the matcher.

    Attributes:
        found: The matches so far, each place once.
    """

    def __init__(self, data: bytes, memory: Memory) -> None:
        self.found: list[Match] = []
        self._taken = _Taken()
        self._data = data
        self._memory = memory
        self._texts: dict[str, BlobText] = {}

    def look(self, stretches: Sequence[tuple[int, int]]) -> None:
        """Look at the blob as it is."""
        found = self._memory.matcher.candidates(self._data, stretches)
        self._add((Place(one, one.start, one.end, order=order) for order, one in enumerate(found)), 0)

    def look_decoded(self, start: int, end: int, on_limit: Callable[[str], None]) -> bool:
        """Look at what a stretch of the blob decodes to.

        Returns:
            Whether what belongs to what was found may lie outside the stretch.
        """
        decoded = self._memory.decoded(self._data[start:end])
        for reason in decoded.limits:
            on_limit(reason)
        added = [place for places in decoded.layers for place in self._add(places, start)]
        before, behind = (min((place.room[side] for place in added), default=ROOM) for side in (0, 1))
        return (start > 0 and before < ROOM) or (end < len(self._data) and behind < ROOM)

    def _add(self, places: Iterable[Place], base: int) -> list[Place]:
        """The places of one text, of which those count where nothing was found before."""
        added: list[Place] = []
        first = len(self.found)
        for place in places:
            start, end = base + place.start, base + place.end
            if not self._taken.holds(place.candidate, start, end):
                self.found.append(self._match(place, start, end))
                added.append(place)
        for match in self.found[first:]:
            self._taken.add(match)
        return added

    def _match(self, place: Place, start: int, end: int) -> Match:
        candidate = place.candidate
        text = self._texts.get(place.codec) or self._texts.setdefault(place.codec, BlobText(self._data, place.codec))
        line, column = text.position(start)
        end_line, end_column = text.position(end)
        return Match(
            rule=candidate.rule.id,
            name=candidate.rule.value,
            value=candidate.value,
            raw=self._data[start:end],
            start=start,
            end=end,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            encoding=place.encoding,
            is_named=candidate.is_named,
            unlikely=candidate.unlikely,
            order=place.order,
            is_secret=candidate.rule.is_secret,
            pragma=text.pragma(start, end),
        )


@dataclass(slots=True)
class _Spans:
    """What some spans cover together."""

    _starts: list[int] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last], self._ends[first:last] = [start], [end]

    def overlap(self, start: int, end: int) -> bool:
        at = bisect_right(self._ends, start)
        return at < len(self._starts) and self._starts[at] < end


class _Taken:
    """Places that layers above have found something at."""

    def __init__(self) -> None:
        self._of_value: dict[bytes, _Spans] = defaultdict(_Spans)
        self._likely_of_rule: dict[str, _Spans] = defaultdict(_Spans)

    def add(self, match: Match) -> None:
        self._of_value[match.value].add(match.start, match.end)
        if not match.unlikely:
            self._likely_of_rule[match.rule].add(match.start, match.end)

    def holds(self, candidate: Candidate, start: int, end: int) -> bool:
        """Whether the same value was found there, or another kind of value that holds it."""
        same = self._of_value.get(candidate.value)
        if same is not None and same.overlap(start, end):
            return True
        return not candidate.rule.covers and any(
            rule != candidate.rule.id and spans.overlap(start, end) for rule, spans in self._likely_of_rule.items()
        )
