"""The engine as the scan uses it: blob in, credentials out; rules are read only when the prefilter has a candidate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from keysieve.engine import OnLimit, credentials
from keysieve.engine.match import Credential
from keysieve.engine.prefilter import Prefilter, expressions, shipped_expressions
from keysieve.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keysieve.engine.decoded import Memory

WINDOW = 8 << 20
"""Bytes of a stream that are looked at together."""
OVERLAP = 64 << 10
"""Bytes before and behind a window that are looked at with it: more than anything that a match depends on."""


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
        self._memory: Memory | None = None

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

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that apply."""
        from keysieve.engine.catalogue import shipped_rules

        own = {rule.id for rule in self._own_rules}
        return (*(rule for rule in shipped_rules() if rule.id not in own), *self._own_rules)

    def warm(self) -> None:
        """Load and compile all that is needed for much input now, so that processes forked from this one need not."""
        self.prefilter.warm()
        _ = self.prefilter.span
        self.look(b"x", (0,))

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
        """The credentials in a blob's bytes, where all that the prefilter would point at is known.

        Args:
            data: The blob's bytes.
            spots: Offsets, of which one is near every match of the prefilter; more do no harm.
            on_limit: Called with a reason for each limit that kept something back.
        """
        if not spots:
            return ()
        if self._memory is None:
            from keysieve.engine.decoded import Memory
            from keysieve.engine.matcher import Matcher

            self._memory = Memory(Matcher(self.rules), self.prefilter)
            if self.prefilter.is_warm:
                self._memory.matcher.vectorise()
        return credentials(data, self.rules, self.prefilter, on_limit, spots, self._memory)

    def sift_stream(self, pieces: Iterable[bytes], on_limit: OnLimit = lambda _reason: None) -> Iterator[Credential]:
        """The credentials in a text that comes in pieces, each place once; a pair farther apart than a window is two.

        Offsets and lines are those of the whole text. Columns are, too, unless a line is longer than a window.

        Args:
            pieces: The text, in order.
            on_limit: Called with a reason for each limit that kept something back.
        """
        for window in _windows(pieces):
            for credential in self.sift(window.data, on_limit):
                if window.first <= credential.first.start < window.last:
                    yield _moved(credential, window.offset, window.line - 1)


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
