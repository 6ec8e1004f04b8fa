"""GitLab's secret detection report, version 15.0.7 of its schema.

https://docs.gitlab.com/ee/development/integrations/secure.html#report; the schemas are those of
https://gitlab.com/gitlab-org/security-products/security-report-schemas. What is set aside is counted in a message
only: the format knows no suppression.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from keysieve import __version__
from keysieve.finding import Finding, Occurrence, Report
from keysieve.reporters.wording import circumstances, count, excused, place, safe, shown_values, timeline

VERSION = "15.0.7"
LONGEST_NAME, LONGEST_SOLUTION, LISTED = 255, 7000, 100
# The schema demands a commit; GitLab's own analyser writes this for what is in none.
_NO_COMMIT = "0000000"
_TOOL = {"id": "keysieve", "name": "keysieve", "version": __version__, "vendor": {"name": "keysieve"}}


def render(report: Report, moment: float | None = None) -> str:
    """The report as JSON, ASCII only.

    Args:
        report: What to tell.
        moment: When the scan ended, in seconds since 1970; now by default.
    """
    return json.dumps(shape(report, time.time() if moment is None else moment), indent=1) + "\n"


def shape(report: Report, moment: float) -> dict[str, Any]:
    """The report as plain dictionaries and lists."""
    scan = {
        "analyzer": _TOOL,
        "scanner": _TOOL,
        "type": "secret_detection",
        "start_time": _time(moment - report.stats.seconds),
        "end_time": _time(moment),
        "status": "success",
        "messages": list(_messages(report)),
    }
    return {"version": VERSION, "scan": scan, "vulnerabilities": [_vulnerability(one) for one in report.findings]}


def _time(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def _messages(report: Report) -> Iterator[dict[str, str]]:
    for one in report.not_read[:LISTED]:
        yield {"level": "warn", "value": f"Not read: {safe(one.what)}: {safe(one.reason)}"}
    if len(report.not_read) > LISTED:
        yield {"level": "warn", "value": f"Not read: {len(report.not_read) - LISTED} more"}
    if report.set_aside:
        yield {"level": "info", "value": excused(report)}
    if report.out_of_scope:
        number = sum(one.count for one in report.out_of_scope)
        yield {"level": "info", "value": f"{count(number, 'thing')} out of scope"}


def _vulnerability(finding: Finding) -> dict[str, Any]:
    first = finding.occurrences[0]
    told = {
        "id": _uuid(finding.fingerprint),
        "name": safe(finding.summary)[:LONGEST_NAME],
        "description": _description(finding),
        "severity": finding.severity.capitalize(),
        "identifiers": [
            {"type": "keysieve_rule_id", "name": f"keysieve rule {finding.rule}", "value": finding.rule},
        ],
        "location": _location(first),
        "raw_source_code_extract": shown_values(finding),
        "tracking": {"type": "source", "items": [_tracked(first, finding.fingerprint)]},
    }
    if finding.remedy:
        told["solution"] = "\n".join(safe(step) for step in finding.remedy.steps)[:LONGEST_SOLUTION]
    return told


def _uuid(fingerprint: str) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"keysieve:{fingerprint}"))


def _description(finding: Finding) -> str:
    lines = [f"{safe(finding.summary)}: {shown_values(finding)}.", *timeline(finding), *map(safe, finding.notes)]
    for one in finding.occurrences[:LISTED]:
        words = circumstances(one)
        lines.append(f"at {place(one)}" + (f", {words}" if words else ""))
    more = len(finding.occurrences) - LISTED
    return "\n".join([*lines, *([f"and at {count(more, 'more place')}"] if more > 0 else [])])


def _location(one: Occurrence) -> dict[str, Any]:
    commit = {"sha": one.commit or _NO_COMMIT}
    if one.author:
        commit["author"] = safe(one.author)
    if one.date:
        commit["date"] = one.date
    return {"file": _file(one), "commit": commit} | _lines(one)


def _file(one: Occurrence) -> str:
    path = safe(one.path) if one.path is not None else one.kind
    return path.partition("!/")[0] if one.kind == "archive-member" else path


def _lines(one: Occurrence) -> dict[str, int]:
    if one.line is None:
        return {}
    return {"start_line": one.line, "end_line": (one.parts[0].end_line if one.parts else None) or one.line}


def _tracked(one: Occurrence, fingerprint: str) -> dict[str, Any]:
    # A credential that moves stays the same vulnerability.
    return {"file": _file(one), **_lines(one), "signatures": [{"algorithm": "hash", "value": fingerprint}]}
