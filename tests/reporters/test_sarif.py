from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pytest
import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_report, occurrence, report

from keysieve.finding import SetAside, Unread
from keysieve.reporters import render

SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)


def run_of(one) -> dict:
    log = json.loads(render(one, "sarif"))
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in VALIDATOR.iter_errors(log)]
    assert not errors
    return log["runs"][0]


def uri_of(one) -> dict:
    (result,) = run_of(report(finding(occurrences=(one,))))["results"]
    return result["locations"][0]["physicalLocation"]


def test_schema_refuses_what_is_wrong() -> None:
    log = json.loads(render(report(finding()), "sarif"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(log)


def test_empty_report() -> None:
    run = run_of(report())
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


@settings(max_examples=25, deadline=None)
@given(samples.reports())
def test_any_report_is_valid(one) -> None:
    run_of(one)


def test_hostile_report_is_valid() -> None:
    results = run_of(hostile_report())["results"]
    for result in results:
        for location in result["locations"] + result["relatedLocations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.isascii()
            assert not set(uri) & set(' <>"{}|\\^`\n\x1b')
            assert urlsplit(uri).scheme in ("", "file")


@pytest.mark.parametrize(
    ("one", "uri"),
    [
        pytest.param(occurrence("a b/ü#?.py"), "a%20b/%C3%BC%23%3F.py", id="percent encoded"),
        pytest.param(occurrence("c:x/y"), "c%3Ax/y", id="a colon is no scheme"),
        pytest.param(occurrence("/etc/aws"), "file:///etc/aws", id="absolute"),
        pytest.param(occurrence("x.zip!/y/z", kind="archive-member"), "x.zip", id="archive"),
        pytest.param(occurrence(None, kind="stdin", commit=None), "stdin", id="standard input"),
        pytest.param(occurrence(None, kind="commit-message"), f"commit/{samples.OID}/commit-message", id="message"),
        pytest.param(occurrence("refs/heads/a", kind="ref-name"), "refs/heads/a", id="ref"),
    ],
)
def test_uri(one, uri) -> None:
    assert uri_of(one)["artifactLocation"]["uri"] == uri


def test_uri_of_a_path_that_is_not_utf8() -> None:
    raw = b"caf\xe9/\xff.py"
    one = occurrence(raw.decode("utf-8", "backslashreplace"), path_bytes=base64.b64encode(raw).decode())
    assert unquote_to_bytes(uri_of(one)["artifactLocation"]["uri"]) == raw


def test_region_is_that_of_the_first_value_with_an_exclusive_end() -> None:
    assert uri_of(occurrence())["region"] == {"startLine": 3, "startColumn": 19, "endLine": 3, "endColumn": 39}


@pytest.mark.parametrize("kind", ["path", "ref-name", "identity", "symlink"])
def test_no_region_where_a_line_means_nothing(kind) -> None:
    assert "region" not in uri_of(occurrence(kind=kind))


def test_one_result_for_a_credential_with_its_other_places() -> None:
    places = (occurrence("a"), occurrence("b"), occurrence("c"))
    (result,) = run_of(report(finding(occurrences=places)))["results"]
    assert len(result["locations"]) == 1
    assert [one["message"]["text"][:12] for one in result["relatedLocations"]] == [
        "The secret a", "Also at b:3:", "Also at c:3:",
    ]  # fmt: skip


def test_fingerprint_is_that_of_the_credential_wherever_it_stands() -> None:
    one, other = (
        run_of(report(finding(7, occurrences=(occurrence(path),))))["results"][0]["partialFingerprints"]
        for path in ("a", "b")
    )
    assert one == other
    assert one != run_of(report(finding(8)))["results"][0]["partialFingerprints"]


def test_set_aside_is_suppressed() -> None:
    one = report(
        finding(1), set_aside=(SetAside("pragma", "line 3", finding(2)), SetAside("baseline", "known", finding(3)))
    )
    assert [result["suppressions"] for result in run_of(one)["results"]] == [
        [],
        [{"kind": "inSource", "status": "accepted", "justification": "pragma: line 3"}],
        [{"kind": "external", "status": "accepted", "justification": "baseline: known"}],
    ]


def test_rule_has_help_with_the_remedy() -> None:
    (rule,) = run_of(report(finding()))["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert "What to do" in rule["help"]["markdown"]
    assert "1. " in rule["help"]["text"]


def test_rule_of_the_users_own_needs_no_catalogue() -> None:
    (rule,) = run_of(report(finding(rule="my-rule")))["tool"]["driver"]["rules"]
    assert rule["id"] == "my-rule"


def test_message_has_no_link_and_no_placeholder() -> None:
    (result,) = run_of(report(finding(notes=("[x](1) {0}",))))["results"]
    assert r"\[x\](1) {{0}}" in result["message"]["text"]


def test_what_is_not_read_is_a_notification() -> None:
    invocation = run_of(report(not_read=(Unread("a", "missing object"),)))["invocations"][0]
    assert invocation["toolExecutionNotifications"][0]["level"] == "warning"
    assert invocation["properties"]["complete"] is False
