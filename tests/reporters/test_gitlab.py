from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_report, occurrence, report

from keysieve.finding import SetAside, Unread
from keysieve.reporters import gitlab, render

SCHEMA = json.loads((Path(__file__).parent / "schemas/gitlab-secret-detection.json").read_text())


def told(one) -> dict:
    parsed = json.loads(render(one, "gitlab"))
    jsonschema.validate(parsed, SCHEMA, format_checker=jsonschema.FormatChecker())
    return parsed


def test_times_are_utc_seconds() -> None:
    scan = json.loads(gitlab.render(report(), 1_700_000_000.0))["scan"]
    assert (scan["start_time"], scan["end_time"]) == ("2023-11-14T22:13:18", "2023-11-14T22:13:20")


def test_vulnerability() -> None:
    (one,) = told(report(finding()))["vulnerabilities"]
    assert one["severity"] == "Critical"
    assert one["location"] == {
        "file": "deploy/env.sh", "start_line": 3, "end_line": 3,
        "commit": {"sha": samples.OID, "author": "A <a@b.c>", "date": samples.DATE},
    }  # fmt: skip
    assert one["identifiers"][0]["value"] == "aws-access-key-pair"
    assert one["solution"].splitlines()[1] == "Rotate it."


def test_id_is_the_credentials_wherever_it_stands() -> None:
    ids = [
        told(report(finding(number, occurrences=(occurrence(path),))))["vulnerabilities"][0]["id"]
        for number, path in ((1, "a"), (1, "b"), (2, "a"))
    ]
    assert ids[0] == ids[1] != ids[2]


def test_what_is_in_no_commit_has_the_commit_that_gitlab_writes_then() -> None:
    (one,) = told(report(finding(occurrences=(occurrence(commit=None, author=None, date=None),))))["vulnerabilities"]
    assert one["location"]["commit"] == {"sha": "0000000"}


def test_messages() -> None:
    aside = SetAside("example", "documented", finding(2))
    messages = told(report(set_aside=(aside,), not_read=(Unread("a", "gone"),)))["scan"]["messages"]
    assert messages == [
        {"level": "warn", "value": "Not read: a: gone"},
        {"level": "info", "value": "1 set aside (1 example)"},
    ]


def test_hostile_report_is_valid() -> None:
    told(hostile_report())


@settings(max_examples=25, deadline=None)
@given(samples.reports())
def test_any_report_is_valid(one) -> None:
    told(one)


@pytest.mark.parametrize("field", ["version", "scan"])
def test_schema_refuses_what_is_wrong(field) -> None:
    parsed = told(report(finding()))
    del parsed[field]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(parsed, SCHEMA)
