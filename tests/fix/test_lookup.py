"""A fingerprint is looked up in a report or by scanning again; what is not found says what to type."""

from __future__ import annotations

import json

import pytest

from keysieve.errors import UsageError
from keysieve.finding import Finding
from keysieve.remedies import Situation
from keysieve.scan.lookup import LookedUp, Query, named

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def pair(keys):
    return keys.fill(PAIR)[0]


def secret_of(pair: str) -> str:
    return pair.split()[-1]


def key_id_of(pair: str) -> str:
    return pair.split()[2]


@pytest.fixture
def explained(keysieve, repo):
    def run(*arguments, **options):
        done = keysieve("explain", *arguments, "--format", "json", cwd=options.pop("cwd", repo.path), **options)
        assert done.status == 0, done.err
        return json.loads(done.out)

    return run


def fingerprint(keysieve, repo, command: str = "history") -> str:
    (finding,) = keysieve(command, "--format", "json", cwd=repo.path).findings
    return finding["fingerprint"]


@pytest.mark.parametrize(
    "cut", [slice(None), slice(0, 8), slice(4, 9), slice(4, None)], ids=["whole", "8", "bare", "digits"]
)
def test_beginnings_will_do(keysieve, repo, pair, explained, cut) -> None:
    repo.commit({"conf": pair})
    name = fingerprint(keysieve, repo)
    assert explained(name[cut])["fingerprint"] == name


def test_every_value_has_a_name(keysieve, repo, pair, explained) -> None:
    repo.commit({"conf": pair})
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    assert {explained(name)["fingerprint"] for name in finding["fingerprints"].values()} == {finding["fingerprint"]}


@pytest.mark.parametrize(
    "text", ["x", "ks1:", "ks1:zzzz", "abc", "--all"], ids=["a letter", "none", "no digits", "three", "option"]
)
def test_no_fingerprint(keysieve, repo, text) -> None:
    done = keysieve("explain", text, cwd=repo.path)
    assert done.status == 2
    assert "Traceback" not in done.err


def test_unknown_says_what_to_type(keysieve, repo, pair) -> None:
    repo.commit({"conf": pair})
    done = keysieve("explain", "ks1:00000000", cwd=repo.path)
    assert (done.status, "--in files" in done.err, "--report FILE" in done.err) == (2, True, True)


def looked_up(digit: str) -> LookedUp:
    name = "ks1:" + "ab" * 4 + digit * 24
    finding = Finding("aws-access-key-id", "medium", "high", name, {"access_key_id": name}, "x", {})
    return LookedUp(finding, Situation("aws-access-key-id", "access-key"))


def test_ambiguous_names_the_choices() -> None:
    known = [looked_up("1"), looked_up("2")]
    assert named("ks1:abababab1", known, Query()) is known[0]
    with pytest.raises(UsageError, match="several") as caught:
        named("ks1:abab", known, Query())
    assert known[0].finding.fingerprint in caught.value.hint


@pytest.mark.parametrize(("where", "command"), [("staged", "staged"), ("files", "files"), ("history", "history")])
def test_where(keysieve, repo, pair, where, command) -> None:
    repo.commit({"README": "x"})
    repo.write("conf", pair)
    if where != "files":
        repo.git("add", "-A")
    if where == "history":
        repo.commit_staged()
    name = fingerprint(keysieve, repo, command)
    found = {place: keysieve("explain", name, "--in", place, cwd=repo.path).status for place in ("files", where)}
    assert found == {"files": 0, where: 0}


def test_staged_only_is_told_as_staged(keysieve, repo, pair, explained) -> None:
    repo.commit({"README": "x"})
    repo.write("conf", pair)
    repo.git("add", "-A")
    told = explained(fingerprint(keysieve, repo, "staged"))
    purge = next(one for one in told["sections"] if one["id"] == "purge")
    assert "staged" in purge["title"]


def test_report_has_the_key_id_in_its_remedy(keysieve, repo, pair, explained, tmp_path) -> None:
    repo.commit({"conf": pair})
    name = fingerprint(keysieve, repo)
    report = tmp_path / "report.json"
    keysieve("history", "--format", "json", "--output", report, cwd=repo.path)
    here = explained(name, "--report", report)
    elsewhere = explained(name, "--report", report, cwd=tmp_path)
    assert here["access_key_id"] == elsewhere["access_key_id"] == key_id_of(pair)
    assert here["introduced"] == elsewhere["introduced"] != None  # noqa: E711


@pytest.mark.parametrize("command", ["staged", "files", "history"])
def test_fix_from_a_report(keysieve, repo, pair, tmp_path, command) -> None:
    repo.commit({"README": "x"})
    repo.write("deploy.sh", pair.replace(" = ", "="))
    repo.git("add", "-A")
    if command == "history":
        repo.commit_staged()
    report = tmp_path / "report.json"
    keysieve(command, "--format", "json", "--output", report, cwd=repo.path)
    (finding,) = json.loads(report.read_text())["findings"]
    done = keysieve("fix", finding["fingerprint"], "--report", report, "--apply", cwd=repo.path)
    assert (done.status, done.out) == (0, ""), done.err
    assert secret_of(pair) not in (repo.path / "deploy.sh").read_text()


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"no JSON",
        b'{"schema": "other/1"}',
        b'{"schema": "keysieve/1", "command": "x", "findings": [1], "set_aside": []}',
        b"\xff",
    ],
    ids=["empty", "text", "another schema", "broken", "no text"],
)
def test_report_that_is_none(keysieve, repo, tmp_path, content) -> None:
    (tmp_path / "report.json").write_bytes(content)
    done = keysieve("explain", "ks1:0000", "--report", tmp_path / "report.json", cwd=repo.path)
    assert (done.status, "internal error" in done.err) == (2, False)


def test_report_that_is_not_there(keysieve, repo, tmp_path) -> None:
    assert keysieve("explain", "ks1:0000", "--report", tmp_path / "none", cwd=repo.path).status == 2


def test_purge_does_not_trust_a_report_with_gaps(keysieve, repo, pair, tmp_path) -> None:
    repo.commit({f"dump-{key_id_of(pair)}": pair})
    report = tmp_path / "report.json"
    keysieve("history", "--format", "json", "--output", report, cwd=repo.path)
    done = keysieve("purge", fingerprint(keysieve, repo), "--report", report, cwd=repo.path)
    assert (done.status, "Leave --report out" in done.err) == (2, True)


def test_outside_of_a_repository(keysieve, tmp_path) -> None:
    done = keysieve("explain", "ks1:0000", cwd=tmp_path)
    assert (done.status, "not a git repository" in done.err) == (2, True)
