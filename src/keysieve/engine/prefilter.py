"""Tells cheaply which texts may hold a credential. It may over-report, and never misses.

The expressions are those of the rules, kept as plain text in `rules/prefilter.txt` so that a clean commit parses no
rule; a test holds the two together. Small input goes through `re`; once there is more, the same expressions become
one Hyperscan database, made in memory (a serialised one from disk could be altered, and then crash or miss).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from keysieve.engine.shipped import shipped_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs a tenth of the time that a clean commit may take
    import hyperscan

    from keysieve.rule import Rule

ENOUGH = 1_000_000
"""Bytes after which Hyperscan pays: it costs some 60 ms to load and compile and is then 20 to 50 times as fast."""
LONGEST = 1 << 30
"""Bytes that Hyperscan is given at once; its lengths have 32 bits."""

Test = Callable[[bytes], bool]
Spots = Callable[[bytes], Iterable[int]]


class Prefilter:
    """Expressions over bytes, of which one matches every text that a rule could find something in.

    Args:
        expressions: In the subset that `re` and Hyperscan share.
        is_large: Start with Hyperscan at once.
    """

    def __init__(self, expressions: Iterable[bytes], *, is_large: bool = False) -> None:
        self.expressions = tuple(dict.fromkeys(expressions))
        self._bytes = ENOUGH if is_large else 0
        self._test, self._spots = _plain(self.expressions)
        self._is_vectorised = False
        self.span: int | None = 1024

    def may_match(self, data: bytes) -> bool:
        """Whether the exact matcher has to look at `data`."""
        self._count(data)
        return self._test(data)

    def spots(self, data: bytes) -> list[int]:
        """Where the exact matcher has to look: offsets at which expressions match, not all, but one near any."""
        self._count(data)
        return sorted(set(self._spots(data)))

    def _count(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes >= ENOUGH and not self._is_vectorised:
            self._test, self._spots = _vectorised(self.expressions) or (self._test, self._spots)
            self._is_vectorised = True


def _plain(expressions: Iterable[bytes]) -> tuple[Test, Spots]:
    compiled = [re.compile(expression) for expression in expressions]

    def test(data: bytes) -> bool:
        return any(expression.search(data) for expression in compiled)

    def spots(data: bytes) -> Iterable[int]:
        return (match.end() for expression in compiled for match in expression.finditer(data))

    return test, spots


def _vectorised(expressions: tuple[bytes, ...]) -> tuple[Test, Spots] | None:
    """The same by Hyperscan; None where there is none for this platform or an expression is beyond it."""
    try:
        import hyperscan
    except ImportError:
        return None
    try:
        single = _database(expressions, hyperscan.HS_FLAG_SINGLEMATCH)
        every = _database(expressions, 0)
    except hyperscan.error:
        return None
    plain_test, plain_spots = _plain(expressions)

    def test(data: bytes) -> bool:
        if len(data) > LONGEST:
            return plain_test(data)
        found: list[int] = []
        single.scan(data, lambda number, *_rest: found.append(number))
        return bool(found)

    def spots(data: bytes) -> Iterable[int]:
        if len(data) > LONGEST:
            return plain_spots(data)
        found: list[int] = []
        every.scan(data, lambda _number, _start, end, *_rest: found.append(end))
        return found

    return test, spots


def _database(expressions: Sequence[bytes], flag: int) -> hyperscan.Database:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    numbers = list(range(len(expressions)))
    database.compile(expressions=list(expressions), ids=numbers, elements=len(numbers), flags=[flag] * len(numbers))
    return database


def shipped_expressions() -> tuple[bytes, ...]:
    """The expressions of the shipped rules."""
    lines = shipped_text("prefilter.txt").splitlines()
    return tuple(line.encode() for line in lines if line and not line.startswith("#"))


def expressions(rules: Iterable[Rule]) -> tuple[bytes, ...]:
    """The expressions that cover `rules`, plain and encoded."""
    from keysieve.engine.decoding import encoded_pattern

    every = list(rules)
    plain = [expression for rule in every for expression in rule.prefilter]
    literals = dict.fromkeys(spelling for rule in every for spelling in _spellings(rule))
    return tuple(dict.fromkeys([*plain, *(encoded_pattern((literal,)) for literal in literals)]))


def _spellings(rule: Rule) -> Iterable[bytes]:
    for literal in rule.literals:
        yield from (literal.lower(), literal.upper(), literal.capitalize()) if rule.literals_ignore_case else (literal,)
