"""Proves rules: every example matches, no counter-example does, the prefilter covers them, no pattern runs away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from keysieve.engine import credentials, matches
from keysieve.engine.generator import Generator
from keysieve.engine.prefilter import Prefilter, expressions, shipped_expressions
from keysieve.rule import Rule

SEEDS = range(20)
"""Each example is filled from so many seeds."""
PATIENCE = 2.0
"""Seconds that a pattern may take over a hostile text of `HOSTILE_SIZE` bytes."""
HOSTILE_SIZE = 100_000


def defects(rules: Sequence[Rule], subjects: Iterable[Rule] | None = None) -> Iterator[str]:
    """What is wrong with the rules, one sentence each; nothing if all is well.

    Args:
        rules: All rules that work together.
        subjects: Those to prove; all by default.
    """
    ids = [rule.id for rule in rules]
    yield from (
        f"{rule_id}: there are two rules with this id." for rule_id in sorted({i for i in ids if ids.count(i) > 1})
    )
    if subjects is None and set(expressions(rules)) != set(shipped_expressions()):
        yield "rules/prefilter.txt is not what the rules say. Type: keysieve rules prefilter > rules/prefilter.txt"
    prefilter = Prefilter((*shipped_expressions(), *expressions(rules)))
    for rule in rules if subjects is None else subjects:
        yield from _unknown_names(rule, ids)
        yield from _examples(rule, rules, prefilter)
        yield from _runaways(rule)


def _unknown_names(rule: Rule, ids: Sequence[str]) -> Iterator[str]:
    for name in (*rule.parts, *rule.optional, *rule.near):
        if name not in ids:
            yield f"{rule.id}: it names {name!r}, and there is no such rule."
    if not rule.examples or not rule.counter_examples:
        yield f"{rule.id}: it needs examples that match and examples that do not."


def _examples(rule: Rule, rules: Sequence[Rule], prefilter: Prefilter) -> Iterator[str]:
    for seed in SEEDS:
        for number, example in enumerate(rule.examples, start=1):
            text = Generator(seed).fill(example)[0].encode()
            if not _finds(rule, text, rules):
                yield f"{rule.id}: example {number} does not match (seed {seed})."
            elif not prefilter.may_match(text):
                yield f"{rule.id}: the prefilter does not cover example {number} (seed {seed})."
            elif seed == SEEDS[0] and not _covers_encoded(prefilter, text):
                yield f"{rule.id}: example {number} holds no literal: encoded, it would be overlooked."
        for number, example in enumerate(rule.counter_examples, start=1):
            if _finds(rule, Generator(seed).fill(example)[0].encode(), rules):
                yield f"{rule.id}: counter-example {number} matches (seed {seed})."


def _covers_encoded(prefilter: Prefilter, text: bytes) -> bool:
    """Whether the prefilter points at a text in UTF-16 and, at each alignment, in base64."""
    from base64 import b64encode

    encoded = (text.decode().encode("utf-16-le"), *(b64encode(b"x" * shift + text) for shift in range(3)))
    return all(map(prefilter.may_match, encoded))


def _finds(rule: Rule, text: bytes, rules: Sequence[Rule]) -> bool:
    """Whether the rule finds something likely, alone or as a part of another rule's credential."""
    if not rule.stands_alone:
        return any(match.rule == rule.id for match in matches(text, rules))
    return any(
        (rule.is_composite and one.rule == rule.id)
        or any(match.rule == rule.id and not match.unlikely for match in one.matches)
        for one in credentials(text, rules)
    )


def _runaways(rule: Rule) -> Iterator[str]:
    import regex

    patterns = (
        ("pattern", rule.pattern),
        ("names", rule.names),
        ("weak_names", rule.weak_names),
        ("context", rule.context),
    )
    for name, source in patterns:
        if not source:
            continue
        compiled = regex.compile(source)
        for text in hostile_texts(rule):
            try:
                for _ in compiled.finditer(text, timeout=PATIENCE):
                    pass
            except TimeoutError:
                yield f"{rule.id}: its {name} backtracks without end on hostile input."
                break
    for expression in rule.prefilter:
        try:
            re.compile(expression)
        except re.error as error:
            yield f"{rule.id}: a prefilter expression is not one: {error}."


def hostile_texts(rule: Rule) -> Iterator[bytes]:
    """Texts on which a pattern with nested repetition would run for ever."""
    words = re.findall(rb"[A-Za-z0-9=&?:/-]{3,}", rule.pattern)
    for piece in dict.fromkeys((b"A", b"a/", b" ", b"secret", b"aws_", b"\\", b"%2F", *rule.literals, *words)):
        yield (piece * (HOSTILE_SIZE // len(piece) + 1))[:HOSTILE_SIZE]
