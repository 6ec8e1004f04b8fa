"""Says what the rules made of a line, and why. For a person who asks; a scan never comes here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a rule made of a text on the line.

    Attributes:
        rule: Id of the rule.
        column: 1-based column where the text begins; 0 where only a literal is known to stand on the line.
        encoding: How it stood there.
        verdict: What came of it, a phrase.
        match: The match, where it is one; never in a representation.
        partners: The other matches of its credential.
    """

    rule: str
    column: int
    encoding: str
    verdict: str
    match: Match | None = field(default=None, repr=False)
    partners: tuple[Match, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """What was looked at on a line, and what came of it.

    Attributes:
        lines: How many lines the text has.
        is_candidate: Whether the prefilter wants the text to be looked at closely.
        encodings: What else the line was read as.
    """

    lines: int
    is_candidate: bool
    encodings: tuple[str, ...]
    sightings: tuple[Sighting, ...]


def trace(data: bytes, rules: Sequence[Rule], line: int) -> Trace:
    """What the rules make of one line of a text.

    Args:
        data: The whole text, as bytes.
        rules: All rules.
        line: 1-based.
    """
    from keysieve.engine import credentials
    from keysieve.engine.prefilter import Prefilter, expressions

    found = credentials(data, rules)
    here = [
        (one, match) for one in found for match in one.matches if match.line <= line <= max(match.line, match.end_line)
    ]
    text = _text_of_line(data, line)
    sightings = [_sighting(match, one, rules) for one, match in here]
    sightings += _misses(data, text, rules, [match for _, match in here])
    return Trace(
        lines=data.count(b"\n") + (not data.endswith(b"\n")),
        is_candidate=Prefilter(expressions(rules)).may_match(data),
        encodings=tuple(_encodings(data[slice(*text)])),
        sightings=tuple(sightings),
    )


def _text_of_line(data: bytes, line: int) -> tuple[int, int]:
    """Offsets of a line, without its end; empty where there is none."""
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return len(data), len(data)
    end = data.find(b"\n", start)
    return start, len(data) if end < 0 else end


def _encodings(text: bytes) -> Iterator[str]:
    from keysieve.engine.decoding import LimitReached, layers

    for layer in layers(text):
        if not isinstance(layer, LimitReached) and layer.encoding != "plain":
            yield layer.encoding


def _sighting(match: Match, credential: Credential, rules: Sequence[Rule]) -> Sighting:
    rule = next(rule for rule in rules if rule.id == match.rule)
    partners = tuple(other for other in credential.matches if other is not match)
    return Sighting(match.rule, match.column, match.encoding, _reason(match, rule), match, partners)


def _reason(match: Match, rule: Rule) -> str:
    if not rule.needs_company:
        told = "matched: its form is enough"
    elif match.is_named:
        told = "matched: a label before it says what it is"
    else:
        told = f"matched: it stands within {rule.within} lines of {_listed(rule.near)}"
    if match.unlikely:
        return f"{told}; judged unlikely: {match.unlikely}"
    return f"{told}; judged likely" if rule.judge == "secret-access-key" else told


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names)


def _misses(data: bytes, line: tuple[int, int], rules: Sequence[Rule], found: Sequence[Match]) -> Iterator[Sighting]:
    """What a rule's pattern fits on the line without being a match, and where only its literal stands."""
    for rule in rules:
        if rule.is_composite or any(match.rule == rule.id for match in found):
            continue
        spans = [span for span in _spans(data, rule) if span[0] < line[1] and span[1] > line[0]]
        for start, end in spans:
            column = len(data[line[0] : start].decode("utf-8", "replace")) + 1 if start >= line[0] else 1
            if not any(start < match.end and match.start < end for match in found):
                yield Sighting(rule.id, column, "plain", _refusal(data[start:end], rule))
        text = data[slice(*line)]
        literal = next((literal for literal in rule.literals if _holds(text, literal, rule)), None)
        if not spans and literal and not found:
            shown = literal.decode("ascii", "replace")
            yield Sighting(rule.id, 0, "plain", f"not matched: {shown} stands there, but no value of the rule's form")


def _spans(data: bytes, rule: Rule) -> list[tuple[int, int]]:
    import regex

    return [found.span("value") for found in regex.finditer(rule.pattern, data)]


def _holds(text: bytes, literal: bytes, rule: Rule) -> bool:
    return literal.lower() in text.lower() if rule.literals_ignore_case else literal in text


def _refusal(value: bytes, rule: Rule) -> str:
    told = "not matched: the form fits, but no label stands before it"
    if rule.near:
        told += f" and no {_listed(rule.near)} within {rule.within} lines"
    if rule.judge == "secret-access-key":
        from keysieve.engine.judge import judge_secret_access_key

        doubt = judge_secret_access_key(value, named=True)
        if doubt:
            told += f"; besides, it looks like this: {doubt}"
    return told
