"""CSV for spreadsheets: one row for each place of each credential, what was set aside included."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from keysieve.finding import Finding, Occurrence, Report
from keysieve.reporters.wording import safe, shown_values

COLUMNS = (
    *("status", "severity", "confidence", "rule", "summary", "account_id", "values", "kind", "path", "line", "column"),
    *("encoding", "commit", "author", "date", "reachable", "live", "introduced", "introduced_by", "removed"),
    *("refs", "first_step", "fingerprint"),
)
# What a spreadsheet takes for a formula at the beginning of a cell, also behind a separator of another locale, where
# a quoted cell is cut in two. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("(^|[;|])([\\s\"']*)([=+\\-@\uff1d\uff0b\uff0d\uff20])")


def render(report: Report) -> str:
    """The report as CSV (RFC 4180) with a heading; every cell quoted, none a formula."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in report.findings:
        writer.writerows(_rows(finding, "found"))
    for one in report.set_aside:
        writer.writerows(_rows(one.finding, f"set aside: {one.reason}: {one.detail}"))
    for gap in report.not_read:
        cells = {"status": f"not read: {gap.reason}", "path": gap.what}
        writer.writerow([_cell(cells.get(column, "")) for column in COLUMNS])
    return out.getvalue()


def _rows(finding: Finding, status: str) -> Iterator[list[str]]:
    for one in finding.occurrences:
        yield [_cell(text) for text in _texts(finding, one, status)]


def _texts(finding: Finding, one: Occurrence, status: str) -> Iterator[object]:
    introduced, removed = finding.introduced, finding.removed
    yield from (status, finding.severity, finding.confidence, finding.rule, finding.summary, finding.account_id)
    yield from (shown_values(finding), one.kind, one.path, one.line, one.column)
    yield from (one.encoding, one.commit, one.author, one.date, one.reachable, finding.live)
    yield introduced.date if introduced else None
    yield introduced.author if introduced else None
    yield removed.date if removed else None
    yield " ".join(finding.refs or ())
    yield finding.remedy.steps[0] if finding.remedy else None
    yield finding.fingerprint


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _FORMULA.sub(r"\1\2'\3", safe(str(value))) if value is not None else ""
