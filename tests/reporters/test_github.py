from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_report, occurrence, report

from keysieve.finding import Unread
from keysieve.reporters import render
from keysieve.reporters.github import summary

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def commands(one) -> list[tuple[str, dict[str, str], str]]:
    """What a runner reads: level, properties, message. The last line is no command."""
    *lines, last = render(one, "github").splitlines()
    assert not last.startswith("::")
    parsed = []
    for line in lines:
        level, properties, message = COMMAND.fullmatch(line).groups()
        pairs = (pair.partition("=") for pair in properties.split(","))
        parsed.append((level, {name: unquote(value) for name, _, value in pairs}, unquote(message)))
    return parsed


def test_annotation() -> None:
    ((level, properties, message),) = commands(report(finding()))
    assert level == "error"
    assert properties == {
        "file": "deploy/env.sh", "line": "3", "endLine": "3", "col": "19", "endColumn": "39",
        "title": "AWS access key pair of account 210987654321",
    }  # fmt: skip
    assert "2. Rotate it." in message.splitlines()


@pytest.mark.parametrize(
    ("severity", "level"), [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "notice")]
)
def test_level(severity, level) -> None:
    assert commands(report(finding(severity=severity)))[0][0] == level


def test_place_without_a_file() -> None:
    ((_, properties, message),) = commands(report(finding(occurrences=(occurrence(None, kind="commit-message"),))))
    assert list(properties) == ["title"]
    assert "commit message:3:19" in message


def test_no_columns_over_several_lines() -> None:
    part = samples.Part("session_token", "a", None, 1, 2, 3, 4)
    ((_, properties, _),) = commands(report(finding(occurrences=(occurrence("a", parts=(part,)),))))
    assert (properties["line"], properties["endLine"], "col" in properties) == ("1", "3", False)


def test_nothing_hostile_makes_a_command_or_a_line() -> None:
    one = hostile_report()
    assert len(commands(one)) == len(one.findings) + len(one.not_read)
    assert "\x1b" not in render(one, "github")


@settings(max_examples=25, deadline=None)
@given(samples.reports())
def test_lines_are_as_many_as_there_is_to_tell(one) -> None:
    assert len(commands(one)) == len(one.findings) + len(one.not_read)


def test_summary_is_inert() -> None:
    text = summary(hostile_report())
    assert not re.search(r"<(?!/?(code|br|details|summary|ol|li)>)", text)
    assert not re.search(r"[*_@\[\]`]", text.replace("### keysieve", ""))
    for line in text.splitlines():
        assert line.count("|") in (0, 5)


def test_summary_says_what_is_not_read() -> None:
    assert "- not read: a&#47;b&#58; gone" not in summary(report())
    assert "- not read: a&#47;b: gone" in summary(report(not_read=(Unread("a/b", "gone"),)))


def test_summary_of_many_stays_below_githubs_limit() -> None:
    assert len(summary(report(*(finding(number) for number in range(10_000)))).encode()) < 1_000_000


@pytest.fixture
def staged(repo, keysieve, keys):
    repo.write("a.ini", keys.fill("aws_access_key_id = {access_key_id}\n")[0])
    repo.git("add", "-A")
    return lambda *options, **env: keysieve("staged", *options, cwd=repo.path, env=env)


def test_step_summary_is_appended_when_there_is_one(staged, tmp_path) -> None:
    file = tmp_path / "summary"
    file.write_text("before\n")
    done = staged("--format", "github", GITHUB_STEP_SUMMARY=str(file))
    assert done.status == 1
    assert done.out.startswith("::warning file=a.ini,line=1,")
    assert file.read_text().startswith("before\n### keysieve staged\n")


def test_step_summary_is_left_alone_by_other_formats(staged, tmp_path) -> None:
    file = tmp_path / "summary"
    staged("--format", "json", GITHUB_STEP_SUMMARY=str(file))
    assert not file.exists()
