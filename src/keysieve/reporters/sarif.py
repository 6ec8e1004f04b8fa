"""SARIF 2.1.0, for code scanning and editors: one result for each credential, further places as related locations.

The specification: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub reads of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keysieve import __version__
from keysieve.finding import Finding, Occurrence, Part, Report
from keysieve.reporters.wording import NAMELESS, circumstances, name, place, safe, shown_values, timeline
from keysieve.rule import SEVERITIES, Rule, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/keysieve/keysieve"
RELATED = 100
"""Further places of one credential that are told; GitHub shows no more."""
_LEVEL: Mapping[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# GitHub's bands: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below that low.
_SCORE: Mapping[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0"}
_IN_SOURCE = ("pragma",)
"""Reasons that stand in the scanned text itself; all others are external to it."""
_BASES = {
    "SRCROOT": {"description": {"text": "The top level of what was scanned."}},
    "GIT": {"description": {"text": "What has no path: objects and refs of the repository."}},
}


def render(report: Report) -> str:
    """The report as a SARIF log, ASCII only."""
    return json.dumps(shape(report), indent=1) + "\n"


def shape(report: Report) -> dict[str, Any]:
    """The report as a SARIF log of plain dictionaries and lists."""
    findings = [*report.findings, *(one.finding for one in report.set_aside)]
    rules = _rules(findings)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(finding, index) | {"suppressions": []} for finding in report.findings]
    results += [
        _result(one.finding, index) | {"suppressions": [_suppression(one.reason, one.detail)]}
        for one in report.set_aside
    ]
    driver = {
        "name": "keysieve",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"keysieve/{report.command}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": _BASES,
        "invocations": [_invocation(report)],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(report: Report) -> dict[str, Any]:
    notes = [_notification("warning", f"Not read: {safe(one.what)}: {safe(one.reason)}") for one in report.not_read]
    notes += [
        _notification("note", f"Out of scope: {safe(one.what)}: {safe(one.reason)} ({one.count})")
        for one in report.out_of_scope
    ]
    # What is read of an incomplete scan is right; the notifications say what is missing.
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": notes,
        "properties": {"complete": report.complete, "blobs": report.stats.blobs, "commits": report.stats.commits},
    }


def _notification(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _plain(text)}}


def _suppression(reason: str, detail: str) -> dict[str, str]:
    kind = "inSource" if reason in _IN_SOURCE else "external"
    return {"kind": kind, "status": "accepted", "justification": safe(f"{reason}: {detail}")}


def _rules(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The rules that found something, with the worst severity that each was found with."""
    if not findings:
        return []
    from keysieve.engine.catalogue import shipped_rules

    known = {rule.id: rule for rule in shipped_rules()}
    worst: dict[str, Severity] = {}
    for finding in findings:
        worst[finding.rule] = max(worst.get(finding.rule, "low"), finding.severity, key=SEVERITIES.index)
    titles = {finding.rule: finding.summary for finding in findings}
    return [_rule(rule, worst[rule], known.get(rule), titles[rule]) for rule in sorted(worst)]


def _rule(identifier: str, severity: Severity, rule: Rule | None, title: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": identifier,
        "name": "".join(word.capitalize() for word in identifier.split("-")),
        "shortDescription": {"text": rule.title if rule else safe(title)},
        "defaultConfiguration": {"level": _LEVEL[severity]},
        "properties": {"tags": ["security", "secret"], "precision": "high", "security-severity": _SCORE[severity]},
    }
    if rule is None:
        return told
    told |= {"fullDescription": {"text": rule.description}, "help": _help(rule)}
    if rule.references:
        told["helpUri"] = rule.references[0]
    return told


def _help(rule: Rule) -> dict[str, str]:
    from keysieve.remedies import Situation, remedy_for

    remedy = remedy_for(Situation(rule=rule.id, remedy=rule.remedy, command="history"))
    steps = [f"{number}. {step}" for number, step in enumerate(remedy.steps, start=1)]
    see = [f"See: {reference}" for reference in rule.references]
    text = "\n".join([rule.description, "", "What to do:", *steps, *see])
    links = [f"- <{reference}>" for reference in rule.references]
    markdown = "\n".join([rule.description, "", "## What to do", "", *steps, "", *links])
    return {"text": text, "markdown": markdown}


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    digest = finding.fingerprint.partition(":")[2]
    locations, related = _locations(finding)
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVEL[finding.severity],
        "message": {"text": _message(finding)},
        "locations": locations,
        "relatedLocations": related,
        "fingerprints": {"keysieve/v1": finding.fingerprint},
        # GitHub tells alerts apart by the first of these alone: a credential that moves stays the same alert.
        "partialFingerprints": {"primaryLocationLineHash": f"{digest}:1", "credentialHash/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "accountId": finding.account_id,
            "live": finding.live,
            "refs": [safe(ref) for ref in finding.refs or ()],
            "security-severity": _SCORE[finding.severity],
        },
    }


def _message(finding: Finding) -> str:
    sentences = [f"{safe(finding.summary)}: {shown_values(finding)}"]
    sentences += [phrase[:1].upper() + phrase[1:] for phrase in timeline(finding)]
    sentences += [safe(note).rstrip(".") for note in finding.notes]
    text = ". ".join(sentences) + "."
    if finding.remedy:
        steps = (f"{number}. {safe(step)}" for number, step in enumerate(finding.remedy.steps, start=1))
        text += "\n\nWhat to do:\n" + "\n".join(steps)
    return _plain(text)


def _plain(text: str) -> str:
    """A message text in which nothing is a link or a placeholder (sections 3.11.5 and 3.11.6)."""
    text = re.sub(r"([\[\]])", r"\\\1", text)
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text)


def _locations(finding: Finding) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The first place, and the other values and places that belong to it."""
    if not finding.occurrences:
        return [], []
    first, *others = finding.occurrences
    related = [
        _location(first, part) | {"message": {"text": f"The {part.value.replace('_', ' ')}."}}
        for part in first.parts[1:]
    ]
    for one in others:
        words = circumstances(one)
        text = f"Also at {place(one)}" + (f", {words}" if words else "")
        related.append(_location(one, _first_part(one)) | {"message": {"text": _plain(text + ".")}})
    numbered = [{"id": number} | location for number, location in enumerate(related[:RELATED], start=1)]
    return [_location(first, _first_part(first))], numbered


def _first_part(one: Occurrence) -> Part | None:
    return one.parts[0] if one.parts else None


def _location(one: Occurrence, part: Part | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(one)}
    if one.kind not in NAMELESS and part is not None and part.line:
        region = {
            "startLine": part.line,
            "startColumn": part.column,
            "endLine": part.end_line,
            "endColumn": part.end_column,
        }
        physical["region"] = {key: value for key, value in region.items() if value is not None}
    location: dict[str, Any] = {"physicalLocation": physical}
    logical = list(_logical(one))
    return location | {"logicalLocations": logical} if logical else location


def _logical(one: Occurrence) -> Iterator[dict[str, str]]:
    """What a path alone does not say: the member of an archive, the message of a commit, a ref's name."""
    if one.kind not in ("file", "staged", "stdin"):
        yield {"name": name(one), "kind": one.kind}
    if one.commit:
        yield {"name": one.commit, "kind": "commit"}


def _artifact(one: Occurrence) -> dict[str, str]:
    """The address of the file; of the object that it stands in where there is no file."""
    if one.kind == "stdin":
        return {"uri": "stdin", "uriBaseId": "SRCROOT"}
    if one.kind == "ref-name" or one.path is None:
        return {"uri": _object(one), "uriBaseId": "GIT"}
    path = _path_bytes(one)
    if path.startswith(b"/"):
        return {"uri": "file://" + _quoted(path)}
    return {"uri": _quoted(path) or ".", "uriBaseId": "SRCROOT"}


def _object(one: Occurrence) -> str:
    if one.path is not None:
        return _quoted(one.path.encode("utf-8", "backslashreplace"))
    holder = f"commit/{one.commit}" if one.commit else f"object/{one.blob}" if one.blob else "unknown"
    return f"{holder}/{one.kind}"


def _path_bytes(one: Occurrence) -> bytes:
    if one.path_bytes is not None:
        import base64

        path = base64.b64decode(one.path_bytes)
    else:
        path = (one.path or "").encode("utf-8", "backslashreplace")
    return path.partition(b"!/")[0] if one.kind == "archive-member" else path


def _quoted(path: bytes) -> str:
    from urllib.parse import quote

    return quote(path, safe="/")
