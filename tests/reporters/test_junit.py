from __future__ import annotations

from xml.etree import ElementTree

import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_report, report

from keysieve.finding import SetAside, Unread
from keysieve.reporters import render


def suite_of(one) -> ElementTree.Element:
    text = render(one, "junit")
    assert text.isascii()
    root = ElementTree.fromstring(text)
    (suite,) = root
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": str(len(suite)),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
    }
    return suite


def test_nothing_found_is_a_passed_test() -> None:
    suite = suite_of(report())
    assert [(case.get("name"), len(case)) for case in suite] == [("no credential found", 0)]


def test_finding_is_a_failed_test() -> None:
    (case,) = suite_of(report(finding()))
    (failure,) = case
    assert (case.get("classname"), case.get("file"), case.get("line")) == ("aws-access-key-pair", "deploy/env.sh", "3")
    assert failure.get("message") == "critical: AWS access key pair of account 210987654321"
    assert "2. Rotate it." in failure.text.splitlines()


def test_set_aside_is_skipped_and_not_read_is_an_error() -> None:
    suite = suite_of(report(set_aside=(SetAside("pragma", "why", finding()),), not_read=(Unread("a", "gone"),)))
    assert suite.find("testcase/skipped").get("message") == "pragma: why"
    assert suite.find("testcase/error").get("message") == "gone"


def test_names_are_unique() -> None:
    names = [case.get("name") for case in suite_of(report(finding(1 << 120), finding(2 << 120)))]
    assert len(set(names)) == 2


def test_hostile_report_is_well_formed() -> None:
    one = hostile_report()
    assert len(suite_of(one)) == len(one.findings) + len(one.set_aside) + len(one.not_read)


@settings(max_examples=25, deadline=None)
@given(samples.reports())
def test_any_report_is_well_formed(one) -> None:
    suite_of(one)
