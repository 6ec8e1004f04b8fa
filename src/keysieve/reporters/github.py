"""Annotations of a GitHub workflow run, as workflow commands on standard output, and the summary of a step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. GitHub shows ten annotations of
each level for a step: the most urgent come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from keysieve.finding import Finding, Report
from keysieve.reporters.wording import NAMELESS, count, outcome, place, safe, shown_values, timeline
from keysieve.rule import Severity

LISTED = 100
"""Credentials in a step's summary, which may hold one megabyte; the rest is counted."""
_LEVEL: Mapping[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def render(report: Report) -> str:
    """The report as workflow commands, one on a line."""
    lines = [_annotation(finding) for finding in report.findings]
    lines += [
        _command("warning", {"title": "not read"}, f"{safe(one.what)}: {safe(one.reason)}") for one in report.not_read
    ]
    # Not a command, and nothing from the repository is in it.
    return "\n".join([*lines, f"keysieve {report.command}: {outcome(report)}."]) + "\n"


def _annotation(finding: Finding) -> str:
    properties: dict[str, str] = {"title": finding.summary}
    where = ""
    if finding.occurrences:
        first = finding.occurrences[0]
        where = f" at {place(first)}"
        if first.path is not None and first.kind not in ("ref-name", "stdin"):
            file = first.path.partition("!/")[0] if first.kind == "archive-member" else first.path
            properties = {"file": safe(file), **_region(finding), **properties}
    more = len(finding.occurrences) - 1
    also = f" and at {count(more, 'more place')}" if more > 0 else ""
    lines = [f"{shown_values(finding)}{where}{also}", *timeline(finding), *map(safe, finding.notes)]
    if finding.remedy:
        lines += [f"{number}. {safe(step)}" for number, step in enumerate(finding.remedy.steps, start=1)]
    return _command(_LEVEL[finding.severity], properties, "\n".join(lines))


def _region(finding: Finding) -> dict[str, str]:
    first = finding.occurrences[0]
    if first.kind in NAMELESS or not first.parts or first.parts[0].line is None:
        return {}
    part = first.parts[0]
    region = {"line": part.line, "endLine": part.end_line}
    if part.line == part.end_line:  # columns mean something to GitHub on one line only
        region |= {"col": part.column, "endColumn": part.end_column}
    return {name: str(value) for name, value in region.items() if value is not None}


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in properties.items())
    return f"::{name} {told}::{_escaped(message, _MESSAGE)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(letter, letter) for letter in text)


def summary(report: Report) -> str:
    """What `$GITHUB_STEP_SUMMARY` is given: a table, and the remedies under it, in Markdown."""
    lines = [f"### keysieve {report.command}", "", f"{_inert(outcome(report))}.", ""]
    listed = report.findings[:LISTED]
    if listed:
        lines += ["| severity | credential | where | since |", "|---|---|---|---|", *map(_row, listed), ""]
    if len(report.findings) > len(listed):
        lines += [f"…and {len(report.findings) - len(listed):,} more.", ""]
    for finding in listed:
        lines += _details(finding)
    lines += [f"- not read: {_inert(one.what)}: {_inert(one.reason)}" for one in report.not_read[:LISTED]]
    return "\n".join(lines).rstrip() + "\n\n"


def _row(finding: Finding) -> str:
    where = place(finding.occurrences[0]) if finding.occurrences else ""
    more = len(finding.occurrences) - 1
    since = finding.introduced.date[:10] if finding.introduced else ""
    also = f" +{more}" if more > 0 else ""
    what = f"{_inert(finding.summary)}<br>{_inert(shown_values(finding))}"
    return f"| {finding.severity} | {what} | <code>{_inert(where)}</code>{also} | {since} |"


def _details(finding: Finding) -> Iterator[str]:
    if finding.remedy:
        steps = "".join(f"<li>{_step(step)}</li>" for step in finding.remedy.steps)
        title = f"{_inert(finding.summary)}: what to do"
        yield from (f"<details><summary>{title}</summary><ol>{steps}</ol></details>", "")


def _step(step: str) -> str:
    pieces = [_inert(piece) for piece in step.split("`")]
    if len(pieces) % 2 == 0:
        return _inert(step)
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def _inert(text: str) -> str:
    """A text in which nothing is Markdown or HTML: all but letters, digits and a few marks becomes an entity."""
    return re.sub(r"[^\w .…]|_", lambda found: f"&#{ord(found[0])};", safe(text))
