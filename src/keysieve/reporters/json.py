"""The JSON report, `keysieve/1`: a copy of the report's shape, not a dump of internals."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from keysieve import __version__
from keysieve.finding import Finding, Occurrence, Part, Report

SCHEMA = "keysieve/1"
_encode = json.JSONEncoder().encode
_FIELDS = [field.name for field in fields(Occurrence)]
_PART_FIELDS = [field.name for field in fields(Part)]


def render(report: Report) -> str:
    """The report as JSON text, ASCII only, an occurrence on a line, with a line break at its end."""
    return _written(shape(report), "\n") + "\n"


def _written(value: Any, line: str, key: str = "") -> str:
    """What `json.dumps` writes with indentation, which takes it twenty times as long; occurrences are without."""
    if not value or not isinstance(value, dict | list):
        return _encode(value)
    inner = line + "  "
    if isinstance(value, list):
        is_flat = key == "occurrences" or isinstance(value[0], str)
        items = map(_encode, value) if is_flat else (_written(one, inner) for one in value)
        return f"[{inner}{f',{inner}'.join(items)}{line}]"
    members = (f"{_encode(name)}: {_written(one, inner, name)}" for name, one in value.items())
    return f"{{{inner}{f',{inner}'.join(members)}{line}}}"


def shape(report: Report) -> dict[str, Any]:
    """The report as plain dictionaries and lists."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "command": report.command,
        "complete": report.complete,
        "findings": [_finding(finding) for finding in report.findings],
        "set_aside": [
            {"reason": one.reason, "detail": one.detail, **_finding(one.finding)} for one in report.set_aside
        ],
        "not_read": [asdict(one) for one in report.not_read],
        "out_of_scope": [asdict(one) for one in report.out_of_scope],
        "stats": asdict(report.stats),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "fingerprint": finding.fingerprint,
        "fingerprints": dict(finding.fingerprints),
        "summary": finding.summary,
        "values": dict(finding.values),
        "account_id": finding.account_id,
        "notes": list(finding.notes),
        "occurrences": [_occurrence(one) for one in finding.occurrences],
        "introduced": asdict(finding.introduced) if finding.introduced else None,
        "removed": asdict(finding.removed) if finding.removed else None,
        "live": finding.live,
        "refs": None if finding.refs is None else list(finding.refs),
        "remedy": asdict(finding.remedy) if finding.remedy else None,
    }


def _occurrence(one: Occurrence) -> dict[str, Any]:
    """Its parts are flat, too: `asdict` would look for more in every field, and there may be 100,000 occurrences."""
    shape = {name: getattr(one, name) for name in _FIELDS if name != "path_bytes" or one.path_bytes is not None}
    return shape | {"parts": [{name: getattr(part, name) for name in _PART_FIELDS} for part in one.parts]}
