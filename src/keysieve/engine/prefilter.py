"""Tells cheaply which texts may hold a credential. It may over-report, and never misses.

The expressions are those of the rules, kept as plain text in `rules/prefilter.txt` so that a clean commit parses no
rule; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from keysieve.engine.catalogue import shipped_text
from keysieve.rule import Rule


class Prefilter:
    """Compiled expressions over bytes, of which one matches every text that a rule could find something in."""

    def __init__(self, expressions: Iterable[bytes]) -> None:
        self.expressions = tuple(expressions)
        self._searches = tuple(re.compile(expression).search for expression in self.expressions)

    def may_match(self, data: bytes) -> bool:
        """Whether the exact matcher has to look at `data`."""
        return any(search(data) for search in self._searches)


def shipped_expressions() -> tuple[bytes, ...]:
    """The expressions of the shipped rules."""
    lines = shipped_text("prefilter.txt").splitlines()
    return tuple(line.encode() for line in lines if line and not line.startswith("#"))


def expressions(rules: Iterable[Rule]) -> tuple[bytes, ...]:
    """The expressions that cover `rules`, plain and encoded."""
    plain = [expression for rule in rules for expression in rule.prefilter]
    return tuple(dict.fromkeys(plain))
