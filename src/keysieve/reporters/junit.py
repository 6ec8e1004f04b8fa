"""JUnit XML: each credential is a failed test, what was set aside a skipped one, what was not read an error.

There is no official schema; the elements are those that Jenkins and GitLab read
(https://github.com/testmoapp/junitxml).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from keysieve.finding import Finding, Report
from keysieve.reporters.wording import circumstances, place, safe, shown_values, timeline

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def render(report: Report) -> str:
    """The report as XML, ASCII only."""
    from xml.etree.ElementTree import Element, SubElement, tostring

    root = Element("testsuites", name="keysieve")
    suite = SubElement(root, "testsuite", name=f"keysieve {report.command}", time=f"{report.stats.seconds:.3f}")
    for finding in report.findings:
        _failure(suite, finding)
    for one in report.set_aside:
        reason = safe(f"{one.reason}: {one.detail}")
        SubElement(_case(suite, one.finding), "skipped", message=reason)
    for number, gap in enumerate(report.not_read, start=1):
        case = SubElement(suite, "testcase", classname="not-read", name=f"{number}: {safe(gap.what)}")
        SubElement(case, "error", type="not-read", message=safe(gap.reason)).text = safe(f"{gap.what}: {gap.reason}")
    if not len(suite):
        SubElement(suite, "testcase", classname="keysieve", name="no credential found")
    counts = {"failures": len(report.findings), "errors": len(report.not_read), "skipped": len(report.set_aside)}
    for element in (root, suite):
        element.attrib |= {"tests": str(len(suite)), **{name: str(number) for name, number in counts.items()}}
    text: str = tostring(root, encoding="unicode")
    # Characters beyond ASCII as references: readable whatever encoding somebody takes the file to have.
    return "<?xml version='1.0'?>\n" + text.encode("ascii", "xmlcharrefreplace").decode() + "\n"


def _case(suite: Element, finding: Finding) -> Element:
    from xml.etree.ElementTree import SubElement

    where = place(finding.occurrences[0]) if finding.occurrences else ""
    name = f"{safe(finding.summary)} at {where} ({finding.fingerprint[:12]})"
    case = SubElement(suite, "testcase", classname=finding.rule, name=name)
    first = finding.occurrences[0] if finding.occurrences else None
    if first and first.path is not None:
        case.set("file", safe(first.path))
        if first.line is not None:
            case.set("line", str(first.line))
    return case


def _failure(suite: Element, finding: Finding) -> None:
    from xml.etree.ElementTree import SubElement

    lines = [shown_values(finding), *timeline(finding), *map(safe, finding.notes)]
    for one in finding.occurrences:
        words = circumstances(one)
        lines.append(f"at {place(one)}" + (f", {words}" if words else ""))
    if finding.remedy:
        lines += [f"{number}. {safe(step)}" for number, step in enumerate(finding.remedy.steps, start=1)]
    message = f"{finding.severity}: {safe(finding.summary)}"
    failure = SubElement(_case(suite, finding), "failure", type=finding.severity, message=message)
    failure.text = "\n".join([*lines, f"fingerprint {finding.fingerprint}"])
