"""Rules: data that describes one kind of credential each. One TOML file per rule; see `docs/rules.md`.

A rule either has a `pattern` and finds one value, or has `parts`: other rules whose values together are one
credential (an access key pair).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""From the mildest to the worst."""

Judge = Literal["none", "random", "access-key-id", "secret-access-key"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of credential.

    Attributes:
        id: Stable name, `aws-…`.
        title: A few words for a heading.
        description: What somebody who has it can do with it.
        severity: How bad a find is.
        remedy: Name of the remedy in `rules/remedies/`.
        references: Addresses of the documents that the rule's facts come from.
        value: Name of the value that a rule with a pattern finds, as in the report's `values`.
        is_secret: Whether the value alone must never be shown (a key id is an identifier, not a secret).
        pattern: Regular expression over bytes (`regex` module); the group `value`, or else the whole match.
        literals: Byte strings of which one stands in every text that the pattern matches. ASCII case is ignored
            when `literals_ignore_case` is set. What an encoding makes of them triggers decoding.
        prefilter: Regular expressions (the subset that `re` and Hyperscan share, and `(?!…)`) of which one matches
            every text in which the rule finds something. They may over-report, never miss.
        names: Pattern of a label that is enough, when it stands shortly before the value.
        weak_names: Pattern of a label that is enough when `context` matches within `within` lines.
        context: See `weak_names`.
        near: Rules of which a match within `within` lines stands in for a label. A rule with none of `names`,
            `weak_names` and `near` needs no company.
        within: Distance in lines for `near` and `context`.
        judge: Which statistical test a value has to pass.
        covers: Whether what other rules find inside its value belongs to it and is not reported in addition.
        stands_alone: Whether the value is worth a report by itself; else it counts only as a neighbour and as a part.
        lifetime: Hours that such a credential can live at most; 0 when it does not end by itself.
        parts: Rule ids whose values make one credential (composite rules only).
        optional: Rule ids that belong to it when they are there.
        severity_without_optional: Severity when an optional part is missing.
        examples: Texts with placeholders that the rule must match.
        counter_examples: Texts with placeholders that it must not match.
    """

    id: str
    title: str
    description: str
    severity: Severity
    remedy: str
    references: tuple[str, ...] = ()
    value: str = ""
    is_secret: bool = True
    pattern: bytes = b""
    literals: tuple[bytes, ...] = ()
    literals_ignore_case: bool = False
    prefilter: tuple[bytes, ...] = ()
    names: bytes = b""
    weak_names: bytes = b""
    context: bytes = b""
    near: tuple[str, ...] = ()
    within: int = 0
    judge: Judge = "none"
    covers: bool = False
    stands_alone: bool = True
    lifetime: int = 0
    parts: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    severity_without_optional: Severity | None = None
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()

    @property
    def needs_company(self) -> bool:
        """Whether a value counts only beside a label or another rule's match."""
        return bool(self.names or self.weak_names or self.near)

    @property
    def is_composite(self) -> bool:
        """Whether the rule joins other rules' values instead of matching text."""
        return bool(self.parts)
