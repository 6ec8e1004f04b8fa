"""Tells cheaply which texts may hold a credential. It may over-report, and never misses.

The expressions are those of the rules, kept as plain text in `rules/prefilter.txt` so that a clean commit parses no
rule; a test holds the two together. Small input goes through `re`; once there is more, the same expressions become
one Hyperscan database, made in memory (a serialised one from disk could be altered, and then crash or miss).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from keysieve.engine.catalogue import shipped_text
from keysieve.rule import Rule

ENOUGH = 1_000_000
"""Bytes after which Hyperscan pays: it costs some 60 ms to load and compile and is then 20 to 50 times as fast."""
LONGEST = 1 << 30
"""Bytes that Hyperscan is given at once; its lengths have 32 bits."""

Test = Callable[[bytes], bool]


class Prefilter:
    """Expressions over bytes, of which one matches every text that a rule could find something in.

    Args:
        expressions: In the subset that `re` and Hyperscan share.
        is_large: Start with Hyperscan at once.
    """

    def __init__(self, expressions: Iterable[bytes], *, is_large: bool = False) -> None:
        self.expressions = tuple(dict.fromkeys(expressions))
        self._bytes = ENOUGH if is_large else 0
        self._test: Test = _plain(self.expressions)
        self._is_vectorised = False

    def may_match(self, data: bytes) -> bool:
        """Whether the exact matcher has to look at `data`."""
        self._bytes += len(data)
        if self._bytes >= ENOUGH and not self._is_vectorised:
            self._test = _vectorised(self.expressions) or self._test
            self._is_vectorised = True
        return self._test(data)


def _plain(expressions: Iterable[bytes]) -> Test:
    searches = [re.compile(expression).search for expression in expressions]
    return lambda data: any(search(data) for search in searches)


def _vectorised(expressions: tuple[bytes, ...]) -> Test | None:
    """The test by Hyperscan, None where there is none for this platform or an expression is beyond it."""
    try:
        import hyperscan
    except ImportError:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=list(expressions),
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(expressions),
        )
    except hyperscan.error:
        return None

    def test(data: bytes) -> bool:
        if len(data) > LONGEST:
            return plain(data)
        found: list[int] = []
        database.scan(data, lambda number, *_rest: found.append(number))
        return bool(found)

    plain = _plain(expressions)
    return test


def shipped_expressions() -> tuple[bytes, ...]:
    """The expressions of the shipped rules."""
    lines = shipped_text("prefilter.txt").splitlines()
    return tuple(line.encode() for line in lines if line and not line.startswith("#"))


def expressions(rules: Iterable[Rule]) -> tuple[bytes, ...]:
    """The expressions that cover `rules`, plain and encoded."""
    plain = [expression for rule in rules for expression in rule.prefilter]
    return tuple(dict.fromkeys(plain))
