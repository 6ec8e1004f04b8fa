"""The exact matcher: a rule's pattern, its label or neighbour, and its judge, over one decoded text."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keysieve.engine import judge
from keysieve.engine.position import Lines
from keysieve.rule import Rule

if TYPE_CHECKING:
    import regex

GAP = 90
"""How many bytes may lie between the start of a label and the value."""
REACH = 4096
"""How many bytes a neighbour or context may be away, however long the lines are."""
TIMEOUT = 60.0
"""Seconds for one pattern over one text: a backstop only, patterns are linear."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value in a decoded text, before it is located in the blob.

    Attributes:
        start: Offset in the decoded text; `end` is exclusive.
        is_named: Whether a label or a neighbour vouches for it.
        unlikely: Why the judge doubts it, else empty.
    """

    rule: Rule
    value: bytes = field(repr=False)
    start: int
    end: int
    is_named: bool = False
    unlikely: str = ""


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    pattern: regex.Pattern[bytes]
    names: regex.Pattern[bytes] | None
    weak_names: regex.Pattern[bytes] | None
    context: regex.Pattern[bytes] | None


@functools.cache
def _compiled(rule: Rule) -> _Compiled:
    import regex

    def optional(source: bytes) -> regex.Pattern[bytes] | None:
        return regex.compile(source) if source else None

    return _Compiled(
        rule,
        regex.compile(rule.pattern),
        optional(rule.names),
        optional(rule.weak_names),
        optional(rule.context),
    )


def candidates(text: bytes, rules: Sequence[Rule]) -> list[Candidate]:
    """What the rules with a pattern find in a decoded text, by offset.

    Rules that need a neighbour come after those that need none.
    """
    lines = Lines(text)
    found: list[Candidate] = []
    for rule in sorted((rule for rule in rules if rule.pattern), key=lambda rule: rule.needs_company):
        compiled = _compiled(rule)
        if rule.needs_company:
            found += _in_company(text, lines, compiled, found)
        else:
            found += (
                Candidate(rule, match["value"], *match.span("value"), is_named=True)
                for match in compiled.pattern.finditer(text, timeout=TIMEOUT)
            )
    return sorted(found, key=lambda candidate: (candidate.start, candidate.end))


def _in_company(text: bytes, lines: Lines, compiled: _Compiled, found: Sequence[Candidate]) -> Iterator[Candidate]:
    neighbours = [candidate for candidate in found if candidate.rule.id in compiled.rule.near]
    for start, end in _windows(text, lines, compiled, neighbours):
        for match in compiled.pattern.finditer(text, start, end, timeout=TIMEOUT):
            if _is_cut(compiled.pattern, text, match):
                continue
            candidate = _vouched(text, lines, compiled, neighbours, match)
            if candidate is not None:
                yield candidate


def _is_cut(pattern: regex.Pattern[bytes], text: bytes, match: regex.Match[bytes]) -> bool:
    """Whether it matched only because the window ends there."""
    whole = pattern.match(text, match.start(), timeout=TIMEOUT)
    return whole is None or whole.span() != match.span()


def _windows(text: bytes, lines: Lines, compiled: _Compiled, neighbours: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Stretches of text in which a value can have company, joined where they overlap."""
    spans = [_around(text, lines, one.start, one.end, compiled.rule.within) for one in neighbours]
    for names in (compiled.names, compiled.weak_names):
        if names is not None:
            spans += [(match.start(), match.end() + 2 * GAP) for match in names.finditer(text, timeout=TIMEOUT)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _around(text: bytes, lines: Lines, start: int, end: int, within: int) -> tuple[int, int]:
    first, last = lines.span(start, end, within)
    return max(first, start - REACH), min(last, end + REACH)


def _vouched(
    text: bytes,
    lines: Lines,
    compiled: _Compiled,
    neighbours: Sequence[Candidate],
    match: regex.Match[bytes],
) -> Candidate | None:
    """The candidate, if a label or a neighbour vouches for the value and the judge lets it pass."""
    start, end = match.span("value")
    value = match["value"]
    is_named = _is_labelled(text, lines, compiled, start, end)
    has_neighbour = is_named or _has_neighbour(lines, neighbours, start, end, compiled.rule.within)
    if not has_neighbour:
        return None
    unlikely = ""
    if compiled.rule.judge == "secret-access-key":
        unlikely = judge.judge_secret_access_key(value, named=is_named) or ""
        if unlikely and not is_named:
            return None
        if not is_named and judge.is_base64_tail(text, start, end):
            return None
    return Candidate(compiled.rule, value, start, end, is_named, unlikely)


def _is_labelled(text: bytes, lines: Lines, compiled: _Compiled, start: int, end: int) -> bool:
    if compiled.names is not None and _label(compiled.names, text, start):
        return True
    if compiled.weak_names is None or compiled.context is None or not _label(compiled.weak_names, text, start):
        return False
    first, last = _around(text, lines, start, end, compiled.rule.within)
    return compiled.context.search(text, first, last) is not None


def _label(names: regex.Pattern[bytes], text: bytes, start: int) -> bool:
    """Whether a label stands before the value at `start`, with no other value in between."""
    ends = [found.end() for found in names.finditer(text, max(0, start - 2 * GAP), start, timeout=TIMEOUT)]
    return bool(ends) and start - ends[-1] <= GAP and not _holds_run(text[ends[-1] : start])


@functools.cache
def _run() -> regex.Pattern[bytes]:
    import regex

    return regex.compile(rb"[A-Za-z0-9+/]{40}")


def _holds_run(gap: bytes) -> bool:
    return _run().search(gap) is not None


def _has_neighbour(lines: Lines, neighbours: Sequence[Candidate], start: int, end: int, within: int) -> bool:
    return any(
        abs(lines.number(start) - lines.number(one.start)) <= within and max(start - one.end, one.start - end) <= REACH
        for one in neighbours
    )
