"""The engine as the scan uses it: blob in, credentials out; rules are read only when the prefilter has a candidate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from keysieve.engine import OnLimit, credentials
from keysieve.engine.match import Credential
from keysieve.engine.prefilter import Prefilter, expressions, shipped_expressions
from keysieve.rule import Rule

WINDOW = 8 << 20
"""Bytes of a stream that are looked at together."""
OVERLAP = 64 << 10
"""Bytes before and behind a window that are looked at with it: more than anything that a match depends on."""
STRIDE = 1024
"""Bytes within which places that the prefilter points at share a context."""
MOST_CONTEXTS = 1_000_000
"""Contexts that are remembered at most: some 64 MB."""


class Sieve:
    """Finds credentials in blobs. Can be sent to another process.

    Args:
        own_rules: The user's own rules, beside the shipped ones; a rule with a shipped id replaces that one.
        is_large: Much is to be read: compile the fast prefilter at once.
    """

    def __init__(self, own_rules: Sequence[Rule] = (), *, is_large: bool = False) -> None:
        self._own_rules = tuple(own_rules)
        self._is_large = is_large
        self._prefilter: Prefilter | None = None
        self._clean: set[int] = set()

    def __reduce__(self) -> tuple[object, ...]:
        return _sieve, (self._own_rules, self._is_large)

    @property
    def prefilter(self) -> Prefilter:
        """The expressions that decide whether a blob is looked at closely."""
        if self._prefilter is None:
            self._prefilter = Prefilter(
                (*shipped_expressions(), *expressions(self._own_rules)), is_large=self._is_large
            )
        return self._prefilter

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that apply."""
        from keysieve.engine.catalogue import shipped_rules

        own = {rule.id for rule in self._own_rules}
        return (*(rule for rule in shipped_rules() if rule.id not in own), *self._own_rules)

    def sift(self, data: bytes, on_limit: OnLimit = lambda _reason: None) -> tuple[Credential, ...]:
        """The credentials in a blob's bytes, examples and placeholders included.

        Args:
            data: The blob's bytes.
            on_limit: Called with a reason for each limit that kept something back.
        """
        return self.look(data, self.prefilter.spots(data), on_limit)

    def look(
        self, data: bytes, spots: Sequence[int], on_limit: OnLimit = lambda _reason: None
    ) -> tuple[Credential, ...]:
        if not spots:
            return ()
        contexts = _contexts(data, spots)
        unknown = [context for context in contexts if context not in self._clean]
        if not unknown:
            return ()
        limits: list[str] = []
        if len(unknown) < len(contexts):
            some = [spot for context in unknown for spot in contexts[context]]
            if not credentials(data, self.rules, self.prefilter, limits.append, some) and not limits:
                self._remember(unknown)
                return ()
        found = credentials(data, self.rules, self.prefilter, on_limit, spots)
        if not found and not limits:
            self._remember(unknown)
        return found

    def _remember(self, contexts: Iterable[int]) -> None:
        if len(self._clean) < MOST_CONTEXTS:
            self._clean.update(contexts)

    def sift_stream(self, pieces: Iterable[bytes]) -> Iterator[Credential]:
        """The credentials in a text that comes in pieces, each place once; a pair farther apart than a window is two.

        Offsets and lines are those of the whole text. Columns are, too, unless a line is longer than a window.
        """
        for window in _windows(pieces):
            for credential in self.sift(window.data):
                if window.first <= credential.first.start < window.last:
                    yield _moved(credential, window.offset, window.line - 1)


def _contexts(data: bytes, spots: Iterable[int]) -> dict[int, list[int]]:
    """What is around the places that the prefilter points at, as hashes, with the places.

    All that the matcher could find at a place depends on what is around it. Versions of a file repeat most of that,
    and a look at what held no credential need not be repeated. Python keys its hash anew in each process, so that
    nobody can prepare a text that is taken for another.
    """
    from keysieve.engine.matcher import MARGIN

    contexts: dict[int, list[int]] = {}
    last, places = -STRIDE, []
    for spot in spots:
        if spot - last >= STRIDE:
            last = spot
            around = hash(data[max(0, spot - MARGIN) : spot + STRIDE + MARGIN])
            places = contexts.setdefault(around, [])
        places.append(spot)
    return contexts


def _sieve(own_rules: tuple[Rule, ...], is_large: bool) -> Sieve:
    return Sieve(own_rules, is_large=is_large)


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of a long text; what begins in `first` to `last` counts, the rest is there for what is around it."""

    data: bytes = field(repr=False)
    first: int
    last: int
    offset: int
    line: int


def _windows(pieces: Iterable[bytes]) -> Iterator[_Window]:
    buffer = bytearray()
    lead, offset, line = 0, 0, 1
    for piece in pieces:
        buffer += piece
        while len(buffer) >= lead + WINDOW + OVERLAP:
            yield _Window(bytes(buffer[: lead + WINDOW + OVERLAP]), lead, lead + WINDOW, offset, line)
            gone = lead + WINDOW - OVERLAP
            line += buffer.count(b"\n", 0, gone)
            offset += gone
            del buffer[:gone]
            lead = OVERLAP
    yield _Window(bytes(buffer), lead, len(buffer), offset, line)


def _moved(credential: Credential, offset: int, lines: int) -> Credential:
    matches = (
        replace(
            match,
            start=match.start + offset,
            end=match.end + offset,
            line=match.line + lines,
            end_line=match.end_line + lines,
        )
        for match in credential.matches
    )
    return Credential(credential.rule, tuple(matches))
