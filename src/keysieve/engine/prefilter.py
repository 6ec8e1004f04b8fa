"""Tells cheaply which texts may hold a credential. It may over-report, and never misses.

The expressions are those of the rules, kept as plain text in `rules/prefilter.txt` so that a clean commit parses no
rule; a test holds the two together. Small input goes through `re`; once there is more, the same expressions become
one Hyperscan database, made in memory (a serialised one from disk could be altered, and then crash or miss).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property

from keysieve.engine.literals import MUCH, Literals
from keysieve.engine.shipped import shipped_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs a tenth of the time that a clean commit may take
    from typing import Any

    from keysieve.rule import Rule

ESCAPE = rb"(?:\\{1,31}(?:x|u00|U000000)|%|\}\\{1,31}u\{0{0,4}|;&#[xX]0{0,4})"
"""What stands between the hexadecimal digits of escaped letters: no more backslashes than five levels of JSON make."""
ANY_ESCAPE = rb"[\\%};][\\xXuU0%{&#]*"
"""The same and more for Hyperscan, which takes three times as long to compile expressions in which that many count."""
CHECKED = 500
"""Matches of one text that are checked at most. All beyond count as meant: looking there costs less than checking."""
DEEPEST = 4
"""Groups in one another in what must not follow."""
LONGEST = 1 << 30
"""Bytes that Hyperscan is given at once; its lengths have 32 bits."""
CLOSE = 64
"""Bytes within which one spot stands for all, where there are very many."""
MANY = 100_000
"""Spots that are kept as they come."""

Test = Callable[[bytes], bool]
Where = Callable[[bytes], list[int]]
Locate = Callable[[bytes], "dict[tuple[bytes, bool], list[int]] | None"]


class Prefilter:
    """Expressions over bytes, of which one matches every text that a rule could find something in.

    Args:
        expressions: In the subset that `re` and Hyperscan share, and with negative look-ahead.
        is_large: Start with Hyperscan at once.

    Attributes:
        is_warm: Whether there has been so much input, or will be, that Hyperscan is used where it is installed.
    """

    def __init__(self, expressions: Iterable[bytes], *, is_large: bool = False) -> None:
        self.expressions = tuple(dict.fromkeys(expressions))
        self._bytes = MUCH if is_large else 0
        self._test, self._spots = _plain(self.expressions)
        self.is_warm = False

    def warm(self) -> None:
        """Compile the fast form now, so that a forked process need not."""
        if not self.is_warm:
            self._test, self._spots = vectorised(self.expressions) or (self._test, self._spots)
            self.is_warm = True

    def may_match(self, data: bytes) -> bool:
        """Whether the exact matcher has to look at `data`."""
        if not self.is_warm:
            self._count(data)
        return self._test(data)

    def spots(self, data: bytes) -> list[int]:
        """Where the exact matcher has to look: offsets at which matches end; not all, but one near any.

        Each match ends less than `span` bytes from a spot.
        """
        if not self.is_warm:
            self._count(data)
        return self._spots(data)

    @cached_property
    def span(self) -> int | None:
        """Bytes around an edit that have to be looked at again; None if an expression has no bound: then all has.

        Where `old[:a] + removed + old[b:]` became `new = old[:a] + added + old[b:]`, these do for `new`: the spots of
        `old` up to `a` and, moved, from `b + span` on, and those of `added` with `span` bytes of `new` on each side.
        """
        from keysieve.engine.expression import reach

        reaches = [reach(expression) for expression in self.expressions]
        known = [one for one in reaches if one is not None]
        # Twice: `re` reports no match that overlaps the one before, which may end that far from it.
        return 2 * max(known, default=0) + CLOSE if len(known) == len(reaches) else None

    def _count(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes >= MUCH:
            self.warm()


def _plain(expressions: tuple[bytes, ...]) -> tuple[Test, Where]:
    """Whether and where one of the expressions matches, by `re`; of the shipped ones, those whose literal is there."""

    @cache
    def literals() -> tuple[Literals | None, range]:
        shipped = shipped_expressions()
        if expressions[: len(shipped)] != shipped:
            return None, range(len(expressions))
        return Literals(), range(len(shipped), len(expressions))

    @cache
    def compiled(number: int) -> re.Pattern[bytes]:
        return re.compile(expressions[number])

    def suspects(data: bytes) -> Iterator[re.Pattern[bytes]]:
        known, others = literals()
        yield from map(compiled, known.suspects(data) if known else ())
        yield from map(compiled, others)

    def test(data: bytes) -> bool:
        return any(expression.search(data) for expression in suspects(data))

    def spots(data: bytes) -> list[int]:
        found = _Spots()
        for expression in suspects(data):
            for match in expression.finditer(data):
                found.add(match.end())
        return found.take()

    return test, spots


def vectorised(expressions: tuple[bytes, ...]) -> tuple[Test, Where] | None:
    """Whether and where one of the expressions matches, by Hyperscan; None without it, or if one is beyond it."""
    try:
        import hyperscan
    except ImportError:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    numbers = list(range(len(expressions)))
    wide = [_without_look_ahead(expression.replace(ESCAPE, ANY_ESCAPE)) for expression in expressions]
    try:
        database.compile(expressions=wide, ids=numbers, elements=len(numbers), flags=[0] * len(numbers))
    except hyperscan.error:
        return None
    plain_test, plain_spots = _plain(expressions)
    doubtful = {number: expressions[number] for number in numbers if wide[number] != expressions[number]}
    scan, found = database.scan, _Spots()
    checked = 0

    def is_meant(number: int, _start: int, end: int, _flags: int, data: Any) -> bool:
        """Whether it is the expression itself that matches there, and not only what stands in for it."""
        nonlocal checked
        if number not in doubtful:
            return True
        checked += 1
        return checked > CHECKED or _is_about(doubtful[number], data, end)

    def on_match(number: int, start: int, end: int, flags: int, data: Any) -> None:
        if is_meant(number, start, end, flags, data):
            found.add(end)

    def test(data: bytes) -> bool:
        nonlocal checked
        if len(data) > LONGEST:
            return plain_test(data)
        checked = 0
        try:
            scan(data, is_meant, context=data)
        except hyperscan.ScanTerminated:
            return True
        return False

    def spots(data: bytes) -> list[int]:
        nonlocal checked
        if len(data) > LONGEST:
            return plain_spots(data)
        checked = 0
        scan(data, on_match, context=data)
        return found.take() if found.offsets else []

    return test, spots


def locator(literals: Sequence[tuple[bytes, bool]]) -> Locate | None:
    """What tells where each literal begins in a text, by Hyperscan; None without it.

    Args:
        literals: Each with whether its case is ignored.
    """
    try:
        import hyperscan
    except ImportError:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [b"".join(b"\\x%02x" % byte for byte in text) for text, _ in literals]
    flags = [hyperscan.HS_FLAG_CASELESS * ignores_case for _, ignores_case in literals]
    database.compile(expressions=expressions, ids=list(range(len(flags))), elements=len(flags), flags=flags)

    def note(number: int, _start: int, end: int, _flags: int, found: Any) -> None:
        found.setdefault(literals[number], []).append(end - len(literals[number][0]))

    def locate(data: bytes) -> dict[tuple[bytes, bool], list[int]] | None:
        if len(data) > LONGEST:
            return None
        found: dict[tuple[bytes, bool], list[int]] = {}
        database.scan(data, note, context=found)
        return found

    return locate


def _without_look_ahead(expression: bytes) -> bytes:
    """The expression without what must not follow, which Hyperscan cannot tell: groups in groups, `DEEPEST` at most."""
    if b"(?!" not in expression:
        return expression
    bare = rb"[^()\\\[]|\\.|\[\^?\]?(?:[^\]\\]|\\.)*\]"
    inner = bare
    for _ in range(DEEPEST):
        inner = rb"%b|\((?:%b)*\)" % (bare, inner)
    return re.sub(
        rb"(?s)(\\.|\[\^?\]?(?:[^\]\\]|\\.)*\])|\(\?!(?:%b)*\)" % inner, lambda found: found[1] or b"", expression
    )


def _is_about(expression: bytes, data: bytes, end: int) -> bool:
    """Whether an expression has a match that ends at `end`, or another one near by."""
    pattern, reach = _exact(expression)
    return pattern.search(data, max(0, end - reach), end + reach) is not None


@cache
def _exact(expression: bytes) -> tuple[re.Pattern[bytes], int]:
    from keysieve.engine.expression import reach

    return re.compile(expression), reach(expression) or LONGEST


class _Spots:
    """Collects offsets, as many as a text can have; of those that lie close together only some once there are many."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self._most = MANY

    def add(self, offset: int) -> None:
        self.offsets.append(offset)
        if len(self.offsets) > self._most:
            self._thin()

    def take(self) -> list[int]:
        """All of them, sorted; there are none left."""
        offsets, self.offsets, self._most = sorted(set(self.offsets)), [], MANY
        return offsets

    def _thin(self) -> None:
        kept: list[int] = []
        for offset in sorted(self.offsets):
            if not kept or offset - kept[-1] >= CLOSE:
                kept.append(offset)
        self.offsets = kept
        self._most = max(MANY, 2 * len(kept))


def shipped_expressions() -> tuple[bytes, ...]:
    """The expressions of the shipped rules."""
    lines = shipped_text("prefilter.txt").splitlines()
    return tuple(line.encode() for line in lines if line and not line.startswith("#"))


def expressions(rules: Iterable[Rule]) -> tuple[bytes, ...]:
    """The expressions that cover `rules`, plain and encoded."""
    from keysieve.engine.decoding import encoded_patterns

    every = list(rules)
    plain = [expression for rule in every for expression in rule.prefilter]
    literals = dict.fromkeys(spelling for rule in every for spelling in _spellings(rule))
    return tuple(dict.fromkeys([*plain, *(form for literal in literals for form in encoded_patterns(literal))]))


def _spellings(rule: Rule) -> Iterable[bytes]:
    for literal in rule.literals:
        yield from (literal.lower(), literal.upper(), literal.capitalize()) if rule.literals_ignore_case else (literal,)
