"""Words that the formats share: places, timelines, counts, and texts made safe to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from keysieve.finding import Finding, Occurrence, Report
from keysieve.rule import SEVERITIES

# Control characters, C1, line and paragraph separators, and what turns the reading direction around or shows nothing.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
NAMELESS = ("path", "ref-name", "identity", "symlink")
"""Kinds of places in which a line and a column mean nothing to a reader."""


def safe(text: str) -> str:
    """A text from a repository without anything that a terminal, a browser or an XML parser would act on."""
    return _UNSAFE.sub(
        lambda found: f"\\u{ord(found[0]):04x}" if found[0] > "\xff" else f"\\x{ord(found[0]):02x}", text
    )


def place(one: Occurrence) -> str:
    """Where it stands, in the form that editors and terminals make a link of."""
    where = name(one)
    if one.kind in NAMELESS:
        return f"{where} (in the {one.kind.replace('-', ' ')} itself)" if one.path is not None else where
    return where if one.line is None else f"{where}:{one.line}:{one.column}"


def name(one: Occurrence) -> str:
    """The path, or the kind of the place where there is none."""
    return safe(one.path) if one.path is not None else one.kind.replace("-", " ")


def places(finding: Finding) -> list[tuple[Occurrence, str]]:
    """The places of a credential for people: each path once, its first version standing for the others.

    Returns:
        The occurrence, and its circumstances as a phrase, empty when there is nothing to tell.
    """
    versions: dict[tuple[str, str | None], list[Occurrence]] = {}
    for number, one in enumerate(finding.occurrences):
        # Places without a path, such as two messages, are different places.
        versions.setdefault((one.kind, str(number) if one.path is None else one.path), []).append(one)
    told = []
    for first, *others in versions.values():
        more = f"and in {count(len(others), 'more version')}" if others else ""
        told.append((first, ", ".join(filter(None, (circumstances(first), more)))))
    return told


def gaps(report: Report) -> list[tuple[str, list[str]]]:
    """What was not read, by reason: the reason and the things, each in the order of the report."""
    by_reason: dict[str, list[str]] = {}
    for one in report.not_read:
        by_reason.setdefault(safe(one.reason), []).append(safe(one.what))
    return list(by_reason.items())


def circumstances(one: Occurrence) -> str:
    """How it stood there and in which commit, as a phrase; empty when there is nothing to tell."""
    words = [f"as {one.encoding}"] if one.encoding != "plain" else []
    if one.commit:
        author = f" by {safe(one.author)}, {(one.date or '')[:10]}" if one.author else ""
        words.append(f"in {one.commit[:12]}{author}")
    elif one.blob and one.path is None:
        words.append(f"in blob {one.blob[:12]}")
    if one.reachable is False:
        words.append("reached by no ref")
    return ", ".join(words)


def shown_values(finding: Finding) -> str:
    """The values, redacted as they are: `access key id AKIA…MPLE, secret access key wJal…EKEY`."""
    return ", ".join(f"{value.replace('_', ' ')} {safe(text)}" for value, text in finding.values.items())


def timeline(finding: Finding) -> Iterator[str]:
    """What history tells about it, a phrase each."""
    if finding.introduced:
        first = finding.introduced
        yield f"first in {first.commit[:12]} of {first.date[:10]} by {safe(first.author)}"
    if finding.removed:
        yield f"removed in {finding.removed.commit[:12]} of {finding.removed.date[:10]}, but still in history"
    elif finding.live:
        yield "still there, at HEAD or at a branch tip"
    if finding.refs:
        named = ", ".join(safe(ref).removeprefix("refs/heads/") for ref in finding.refs[:4])
        more = f" and {len(finding.refs) - 4} more" if len(finding.refs) > 4 else ""
        yield f"in the history of {named}{more}"


def found(report: Report) -> str:
    """How many credentials, by severity: `3 credentials found (2 critical, 1 medium)`."""
    number = len(report.findings)
    by_severity = Counter(finding.severity for finding in report.findings)
    told = ", ".join(f"{by_severity[one]} {one}" for one in reversed(SEVERITIES) if by_severity[one])
    return f"{count(number, 'credential')} found" + (f" ({told})" if told else "")


def excused(report: Report) -> str:
    """What was set aside, by reason: `2 set aside (1 example, 1 pragma)`."""
    if not report.set_aside:
        return "none set aside"
    reasons = Counter(one.reason for one in report.set_aside)
    told = ", ".join(f"{number} {safe(reason)}" for reason, number in sorted(reasons.items()))
    return f"{len(report.set_aside)} set aside ({told})"


def outcome(report: Report) -> str:
    """The report in one line."""
    words = [found(report), excused(report)]
    if report.not_read:
        words.append(f"{len(report.not_read)} not read: INCOMPLETE")
    if report.out_of_scope:
        words.append(f"{sum(one.count for one in report.out_of_scope)} out of scope")
    return ", ".join(words)


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 blob`, `2,000 blobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(number: int) -> str:
    """Bytes for people: `1.5 MB`."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.2f} GB"
