"""The exact matcher: a rule's pattern, its label or neighbour, and its judge, over one decoded text."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from keysieve.engine import judge
from keysieve.engine.pattern import Found, Pattern, Stretch, value_span
from keysieve.engine.position import lines_around
from keysieve.engine.prefilter import Locate, locator
from keysieve.rule import Rule

GAP = 90
"""How many bytes may lie between the start of a label and the value."""
REACH = 2048
"""How many bytes a neighbour or context may be away, however long the lines are."""
LOOK = REACH + 1024
"""How far from a match of the prefilter a value can begin: a neighbour's reach, and what the expression spans."""
_RUN = re.compile(rb"[A-Za-z0-9+/]{40}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value in a decoded text, before it is located in the blob.

    Attributes:
        start: Offset in the decoded text; `end` is exclusive.
        is_named: Whether a label says what it is, or the rule asks for none.
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
    pattern: Pattern
    names: Pattern | None
    weak_names: Pattern | None
    context: Pattern | None


@functools.cache
def _compiled(rule: Rule) -> _Compiled:
    from keysieve.engine.catalogue import shipped_rules

    is_trusted = rule in shipped_rules()

    def optional(source: bytes) -> Pattern | None:
        return Pattern(source, is_trusted=is_trusted) if source else None

    return _Compiled(
        rule,
        Pattern(rule.pattern, is_trusted=is_trusted),
        optional(rule.names),
        optional(rule.weak_names),
        optional(rule.context),
    )


def windows(spots: Iterable[int], size: int) -> list[tuple[int, int]]:
    """The stretches of a text that the matcher has to look at, by the offsets at which the prefilter matched.

    Every value begins within `LOOK` of one of them.

    Args:
        spots: End offsets of the prefilter's matches.
        size: Bytes of the text.
    """
    joined: list[tuple[int, int]] = []
    for spot in sorted(spots):
        start, end = max(0, spot - LOOK), min(size, spot + LOOK)
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


class Matcher:
    """Finds candidates in decoded texts.

    Args:
        rules: All rules.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        # Rules that lean on a neighbour come after those that are neighbours.
        ordered = sorted((rule for rule in rules if rule.pattern), key=lambda rule: rule.needs_company)
        self._compiled = [_compiled(rule) for rule in ordered]
        self._locate: Locate | None = None

    def vectorise(self) -> None:
        """Prepare for many texts: have Hyperscan look for what the patterns begin with, where it is installed."""
        literals = sorted(set().union(*(compiled.pattern.literals for compiled in self._compiled)))
        self._locate = locator(literals) if literals else None

    def candidates(self, text: bytes, stretches: Sequence[tuple[int, int]] | None = None) -> list[Candidate]:
        """What the rules with a pattern find in a decoded text, by offset.

        Args:
            text: The whole text.
            stretches: Where to look, from `windows`; everywhere by default.
        """
        places = [(0, len(text))] if stretches is None else stretches
        parts = [Stretch(text, *place, self._locate) for place in places]
        found: list[Candidate] = []
        seen = self._seen(parts)
        for compiled in self._compiled:
            literals = compiled.pattern.literals
            if seen is not None and literals and seen.isdisjoint(literals):
                continue
            matches = [match for part in parts for match in compiled.pattern.beginning_in(part)]
            if not matches:
                continue
            if compiled.rule.needs_company:
                found += _in_company(text, compiled, found, matches)
            else:
                found += (_candidate(text, compiled.rule, match) for match in matches)
        return sorted(found, key=lambda candidate: (candidate.start, candidate.end))

    def _seen(self, parts: Iterable[Stretch]) -> set[tuple[bytes, bool]] | None:
        """The literals that stand in the stretches; None where that is not known yet."""
        located = [part.located for part in parts]
        known = [one for one in located if one is not None]
        return set().union(*known) if len(known) == len(located) else None


def candidates(
    text: bytes, rules: Sequence[Rule], stretches: Sequence[tuple[int, int]] | None = None
) -> list[Candidate]:
    """What `rules` find in one text; see `Matcher`."""
    return Matcher(rules).candidates(text, stretches)


def _in_company(
    text: bytes, compiled: _Compiled, found: Sequence[Candidate], matches: Iterable[Found]
) -> Iterator[Candidate]:
    """Values that a label or a neighbour vouches for, with what the judge says of them."""
    neighbours = _Neighbours(text, found, compiled.rule)
    for match in matches:
        start, end = value_span(match)
        value = text[start:end]
        is_labelled = _is_labelled(text, compiled, start, end)
        if not is_labelled and not neighbours.are_near(start, end):
            continue
        unlikely = _doubt(compiled.rule, value, text, start, end, is_labelled=is_labelled)
        yield Candidate(compiled.rule, value, start, end, is_labelled, unlikely)


def _candidate(text: bytes, rule: Rule, match: Found) -> Candidate:
    """A value that needs no company."""
    start, end = value_span(match)
    value = text[start:end]
    return Candidate(rule, value, start, end, True, _doubt(rule, value, text, start, end, is_labelled=True))


def _doubt(rule: Rule, value: bytes, text: bytes, start: int, end: int, *, is_labelled: bool) -> str:
    """Why a value is probably not what the rule looks for; empty if it may be."""
    if rule.judge not in ("random", "secret-access-key"):
        return ""
    if not is_labelled and judge.is_base64_tail(text, start, end):
        return "the end of a longer base64 text"
    if rule.judge == "random":
        return judge.judge_random(value) or ""
    return judge.judge_secret_access_key(value, named=True) or ""


class _Neighbours:
    """Matches of the rules that a rule may lean on.

    Args:
        text: That they stand in.
        found: By offset.
        rule: That leans.
    """

    def __init__(self, text: bytes, found: Sequence[Candidate], rule: Rule) -> None:
        self._text = text
        self._within = rule.within
        self._spans = sorted((one.start, one.end) for one in found if one.rule.id in rule.near)

    def are_near(self, start: int, end: int) -> bool:
        """Whether the one before or the one behind is within reach, in lines and in bytes."""
        index = bisect_left(self._spans, (start, end))
        around = self._spans[max(0, index - 1) : index + 1]
        return any(self._is_near(start, end, *span) for span in around)

    def _is_near(self, start: int, end: int, first: int, last: int) -> bool:
        if max(start - last, first - end) > REACH:
            return False
        return self._text.count(b"\n", min(start, first), max(start, first)) <= self._within


def _is_labelled(text: bytes, compiled: _Compiled, start: int, end: int) -> bool:
    if compiled.names is not None and _label(compiled.names, text, start):
        return True
    if compiled.weak_names is None or compiled.context is None or not _label(compiled.weak_names, text, start):
        return False
    return compiled.context.search(text, *lines_around(text, start, end, compiled.rule.within, REACH)) is not None


def _label(names: Pattern, text: bytes, start: int) -> bool:
    """Whether a label stands before the value at `start`, with no other value in between."""
    end = names.last_end(text, max(0, start - 2 * GAP), start)
    return end >= 0 and start - end <= GAP and not _RUN.search(text, end, start)
