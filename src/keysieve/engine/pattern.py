"""A rule's patterns, compiled: the shipped ones as fast as can be, users' own under a time limit."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from keysieve.engine.expression import WIDEST, Literal, Run, beginning, for_re, reach
from keysieve.engine.prefilter import Locate
from keysieve.engine.runs import runs

TIMEOUT = 60.0
"""Seconds for one pattern over one text: a backstop for users' own patterns. The shipped ones are linear."""
REMEMBERED = 10_000
"""Texts before values that are remembered, of some 200 bytes each."""
FAR = 256
"""Bytes behind the last place where a match may begin that may be searched in vain."""

Found = Any
"""A match of `re` or of `regex`, which differ in nothing that is used."""


def value_span(found: Found) -> tuple[int, int]:
    """Where the value of a match stands; in `re`, each group of several of that name has one of its own."""
    start, end = found.span("value")
    return (start, end) if start >= 0 else found.span(found.lastgroup or "value")


class Stretch:
    """A part of a text, in which matches may begin, with what the patterns of all rules ask about it.

    Args:
        text: All of it.
        start: Offset where the stretch begins.
        end: Where it ends (exclusive); what begins before it may end behind it.
        locate: Finds the literals of all patterns at once, see `prefilter.locator`.
    """

    def __init__(self, text: bytes, start: int, end: int, locate: Locate | None = None) -> None:
        self.text, self.start, self.end = text, start, end
        self._locate = locate
        self._runs: dict[bytes, tuple[int, list[tuple[int, int]]]] = {}

    def places(self, literal: Literal) -> list[int]:
        """Where in the text a literal stands that tells where a match may begin."""
        if self.located is not None:
            return [self.start + at for at in self.located.get((literal.text, literal.ignores_case), ())]
        text = self.lower if literal.ignores_case else self.telling
        found = []
        at = text.find(literal.text)
        while at >= 0:
            found.append(self.start + at)
            at = text.find(literal.text, at + 1)
        return found

    @functools.cached_property
    def located(self) -> Mapping[tuple[bytes, bool], Sequence[int]] | None:
        """Where in `telling` the literals of all patterns stand; None where that was not looked for at once."""
        return self._locate(self.telling) if self._locate else None

    @functools.cached_property
    def telling(self) -> bytes:
        """From the begin of the stretch to the end of all that tells where a match may begin."""
        return self.text[self.start : self.end + 2 * WIDEST]

    @functools.cached_property
    def lower(self) -> bytes:
        """The same in lower case."""
        return self.telling.lower()

    def runs(self, members: bytes, shortest: int) -> list[tuple[int, int]]:
        """Where so many bytes of a class, or more, stand in a row, from and to the same places; also shorter ones."""
        known, found = self._runs.get(members, (shortest + 1, []))
        if known > shortest:
            found = [(self.start + first, self.start + last) for first, last in runs(self.telling, members, shortest)]
            self._runs[members] = shortest, found
        return found


class Pattern:
    """A compiled pattern.

    Args:
        source: In the syntax of `regex`.
        is_trusted: Known to be linear and to mean the same to `re`, which is several times as fast but takes no
            time limit. What `re` has no syntax for is left to `regex` all the same.

    Attributes:
        literals: Of these, one stands where a match begins or near, each with whether its case is ignored; none where
            something else tells that.
    """

    def __init__(self, source: bytes, *, is_trusted: bool) -> None:
        self._compiled, self._options = _compile(source) if is_trusted else (_by_regex(source), {"timeout": TIMEOUT})
        self._beginning = beginning(source) if is_trusted else None
        self._reach = reach(source) if is_trusted else None
        literals = self._beginning if isinstance(self._beginning, tuple) else ()
        self.literals = frozenset((one.text, one.ignores_case) for one in literals)
        self._known_last_end = functools.lru_cache(REMEMBERED)(
            lambda text, start: self._last_end(text, start, len(text))
        )

    def search(self, text: bytes, start: int, end: int) -> Found | None:
        """The first match between two offsets."""
        return self._compiled.search(text, start, end, **self._options)

    def last_end(self, text: bytes, start: int, end: int) -> int:
        """Where the last of the matches between two offsets ends; -1 if there is none."""
        if self._reach is None:
            return self._last_end(text, start, end)
        # Labels repeat themselves from version to version and from one decoded text to the next.
        before = max(0, start - self._reach)
        last = self._known_last_end(text[before:end], start - before)
        return last if last < 0 else last + before

    def _last_end(self, text: bytes, start: int, end: int) -> int:
        last = -1
        for found in self._compiled.finditer(text, start, end, **self._options):
            last = found.end()
        return last

    def beginning_in(self, stretch: Stretch) -> Iterable[Found]:
        """The matches that begin in a stretch, wherever they end."""
        if self._beginning is None:
            return self._everywhere(stretch)
        rows = _begins(self._beginning, stretch)
        return self._tried(stretch.text, rows) if rows else ()

    def _tried(self, text: bytes, rows: Iterable[tuple[int, int]]) -> Iterator[Found]:
        """The matches that begin in one of the rows of offsets."""
        at = 0
        for first, last in _joined(rows):
            at = max(first, at)
            while at <= last:
                found = self._first(text, at, last)
                if found is None or found.start() > last:
                    break
                yield found
                at = max(found.end(), found.start() + 1)

    def _first(self, text: bytes, first: int, last: int) -> Found | None:
        if first == last:
            return self._compiled.match(text, first, **self._options)
        if self._reach is None or self._reach > FAR:
            tries = (self._compiled.match(text, at, **self._options) for at in range(first, last + 1))
            return next((found for found in tries if found is not None), None)
        return self._compiled.search(text, first, last + self._reach, **self._options)

    def _everywhere(self, stretch: Stretch) -> Iterator[Found]:
        """What the end cuts off is matched again without the end."""
        text, start, end = stretch.text, stretch.start, stretch.end
        for found in self._compiled.finditer(text, start, end, **self._options):
            is_whole = end >= len(text)
            whole = found if is_whole else self._compiled.match(text, found.start(), **self._options)
            if whole is not None:
                yield whole


def _compile(source: bytes) -> tuple[Any, dict[str, float]]:
    try:
        return re.compile(for_re(source)), {}
    except re.error:  # a look-behind of varying width
        return _by_regex(source), {}


def _by_regex(source: bytes) -> Any:
    import regex

    return regex.compile(source)


def _begins(what: tuple[Literal, ...] | Run, stretch: Stretch) -> list[tuple[int, int]]:
    """First and last offset, of those in the stretch, of each row where a match may begin."""
    start, end = stretch.start, stretch.end
    if isinstance(what, Run):
        places = [
            ((last - what.length if what.is_last else first) - what.farthest, last - what.length - what.nearest)
            for first, last in stretch.runs(what.members, what.length)
            if last - first >= what.length
        ]
    else:
        places = [(at - one.farthest, at - one.nearest) for one in what for at in stretch.places(one)]
    return sorted((max(first, start), min(last, end - 1)) for first, last in places if first < end and last >= start)


def _joined(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted rows of offsets, those made one that touch each other: nothing is tried twice."""
    row: tuple[int, int] | None = None
    for first, last in places:
        if row is not None and first <= row[1]:
            row = row[0], max(row[1], last)
            continue
        if row is not None:
            yield row
        row = first, last
    if row is not None:
        yield row
