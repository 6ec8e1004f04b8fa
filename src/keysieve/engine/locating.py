"""From candidates in a decoded text to matches in the blob that it was decoded from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from keysieve.engine.decoding import Layer, LimitReached, layers
from keysieve.engine.match import Match
from keysieve.engine.matcher import Candidate, candidates, windows
from keysieve.engine.position import Lines
from keysieve.engine.pragma import Pragma, pragma_at
from keysieve.engine.prefilter import Prefilter
from keysieve.rule import Rule


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
        return len(self._decoded(self._data[:offset])) if self._codec else offset


class Locator:
    """Collects matches of one blob.

    Args:
        data: The blob's bytes.
        rules: All rules.
        prefilter: Tells where to look in decoded texts; None for everywhere.

    Attributes:
        found: The matches so far, each place once.
    """

    def __init__(self, data: bytes, rules: Sequence[Rule], prefilter: Prefilter | None) -> None:
        self.found: list[Match] = []
        self._data = data
        self._rules = rules
        self._prefilter = prefilter
        self._texts: dict[str, BlobText] = {}

    def look(self, stretches: Sequence[tuple[int, int]]) -> None:
        """Look at the blob as it is."""
        self._add(candidates(self._data, self._rules, stretches), Layer(self._data), 0)

    def look_decoded(self, start: int, end: int, on_limit: Callable[[str], None]) -> None:
        """Look at what a stretch of the blob decodes to."""
        piece = self._data[start:end]
        for layer in layers(piece):
            if isinstance(layer, LimitReached):
                on_limit(layer.reason)
            elif layer.data != piece:
                text = layer.data
                stretches = None if self._prefilter is None else windows(self._prefilter.spots(text), len(text))
                self._add(candidates(text, self._rules, stretches), layer, start)

    def _add(self, found: Sequence[Candidate], layer: Layer, base: int) -> None:
        before = _Taken(self.found)
        for order, candidate in enumerate(found):
            start = base + layer.outer(candidate.start)
            end = base + layer.outer_end(candidate.end)
            if not before.holds(candidate, start, end):
                encoding = layer.encoding_of(candidate.start, candidate.end)
                self.found.append(self._match(candidate, start, end, order, encoding, _codec(layer.encoding)))

    def _match(self, candidate: Candidate, start: int, end: int, order: int, encoding: str, codec: str) -> Match:
        text = self._texts.get(codec) or self._texts.setdefault(codec, BlobText(self._data, codec))
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
            encoding=encoding,
            is_named=candidate.is_named,
            unlikely=candidate.unlikely,
            order=order,
            is_secret=candidate.rule.is_secret,
            pragma=text.pragma(start, end),
        )


def _codec(encoding: str) -> str:
    """The codec of a whole blob in a chain of encodings, empty where its bytes are the text."""
    first = encoding.partition("+")[0]
    return first if first in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be") else ""


class _Taken:
    """Places that layers above have found something at.

    Args:
        found: Their matches.
    """

    def __init__(self, found: Sequence[Match]) -> None:
        self._matches = sorted(found, key=lambda match: match.start)
        self._starts = [match.start for match in self._matches]
        self._longest = max((match.end - match.start for match in found), default=0)

    def holds(self, candidate: Candidate, start: int, end: int) -> bool:
        """Whether the same value was found there, or another kind of value that holds it."""
        first, last = bisect_left(self._starts, start - self._longest), bisect_left(self._starts, end)
        return any(
            start < match.end and (match.value == candidate.value or _is_another(candidate, match))
            for match in self._matches[first:last]
        )


def _is_another(candidate: Candidate, match: Match) -> bool:
    return match.rule != candidate.rule.id and not match.unlikely and not candidate.rule.covers
