from __future__ import annotations

import os

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def pair(keys) -> str:
    return keys.fill(PAIR)[0]


@pytest.fixture
def scan(keysieve, repo):
    def run(*arguments, cwd=repo.path, **options):
        return keysieve("history", "--format", "json", *arguments, cwd=cwd, **options)

    return run


def test_clean_history(repo, scan) -> None:
    repo.commit({"a": "x"})
    done = scan()
    assert (done.status, done.findings, done.report["complete"]) == (0, [], True)


def test_story_of_a_credential(repo, scan, pair) -> None:
    repo.commit({"README": "x"})
    first = repo.commit({"conf": pair})
    repo.git("branch", "release")
    repo.commit({"copy": pair})
    gone = repo.commit({"conf": None, "copy": None})
    repo.git("branch", "-D", "release")
    repo.commit({"README": "y"})
    (finding,) = scan().findings
    assert finding["introduced"]["commit"] == first
    assert finding["removed"]["commit"] == gone
    assert finding["live"] is False
    assert finding["refs"] == ["HEAD", "refs/heads/main"]
    assert sorted(one["path"] for one in finding["occurrences"]) == ["conf", "copy"]
    assert all(one["reachable"] for one in finding["occurrences"])


def test_live_on_another_branch(repo, scan, pair) -> None:
    repo.commit({"README": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"conf": pair})
    repo.git("checkout", "-q", "main")
    (finding,) = scan().findings
    assert (finding["live"], finding["removed"], finding["refs"]) == (True, None, ["refs/heads/topic"])


@pytest.mark.parametrize(
    "path", ["a\nb", "folder\r/file", "folder/file\r", "at the/top", "top", "-x/:(y)", "a/b/c/d", "x/missing"]
)
def test_live_at_any_path(repo, scan, pair, path) -> None:
    repo.commit({path: pair, "other/file": "x"})
    repo.git("branch", "same")
    (finding,) = scan().findings
    assert finding["live"] is True


def hide_in_merge(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b": "x"})
    repo.git("checkout", "-q", "main")
    repo.commit({"c": "x"})
    repo.merge("topic", {"evil": pair})


def hide_in_stash(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.write("a", pair)
    repo.git("stash")


def hide_in_dropped_stash(repo, pair, keys):
    hide_in_stash(repo, pair, keys)
    repo.git("stash", "drop")


def hide_in_reflog(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.commit({"b": pair})
    repo.git("reset", "-q", "--hard", "HEAD^")


def hide_in_index(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.write("b", pair)
    repo.git("add", "b")
    repo.git("reset", "-q")


def hide_in_present_index(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.write("b", pair)
    repo.git("add", "b")


def hide_in_tagged_tree(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.write("dir/c", pair)
    repo.git("add", "-A")
    tree = repo.git("write-tree")
    repo.git("reset", "-q", "--hard")
    repo.git("tag", "tree", tree)


def hide_behind_attributes(repo, pair, keys):
    repo.git("config", "diff.hide.textconv", "true")
    repo.commit({".gitattributes": "*.env -diff\n*.txt diff=hide\n", "a.env": pair})


def hide_in_type_change(repo, pair, keys):
    repo.commit({"a": "x"})
    (repo.path / "link").symlink_to("a")
    repo.commit({})
    (repo.path / "link").unlink()
    repo.commit({"link": pair})


def hide_in_message(repo, pair, keys):
    repo.commit_staged(f"Deploy\n\n{pair}")


def hide_in_tag(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.git("tag", "-a", "v1", "-m", pair)


def hide_in_note(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.git("notes", "add", "-m", pair)


def hide_in_tagged_blob(repo, pair, keys):
    repo.commit({"a": "x"})
    oid = repo.run("git", "hash-object", "-w", "--stdin", input=pair.encode()).stdout.decode().strip()
    repo.git("tag", "blob", oid)


def hide_behind_replacement(repo, pair, keys):
    repo.commit({"a": pair})
    clean = repo.run("git", "hash-object", "-w", "--stdin", input=b"clean").stdout.decode().strip()
    repo.git("replace", repo.git("rev-parse", "HEAD:a"), clean)


def hide_in_pull_ref(repo, pair, keys):
    repo.commit({"a": "x"})
    repo.git("checkout", "-q", "-b", "pr")
    repo.commit({"a": pair})
    repo.git("update-ref", "refs/pull/1/head", "HEAD")
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "pr")


@pytest.mark.parametrize(
    ("hide", "kind", "path", "reachable"),
    [
        pytest.param(hide_in_merge, "file", "evil", True, id="merge"),
        pytest.param(hide_in_stash, "file", "a", True, id="stash"),
        pytest.param(hide_in_dropped_stash, "file", "a", False, id="dropped stash"),
        pytest.param(hide_in_reflog, "file", "b", False, id="reflog"),
        pytest.param(hide_in_index, "file", None, False, id="unstaged again"),
        pytest.param(hide_in_present_index, "staged", "b", False, id="staged only"),
        pytest.param(hide_in_tagged_tree, "file", "dir/c", True, id="tagged tree"),
        pytest.param(hide_behind_attributes, "file", "a.env", True, id="attributes"),
        pytest.param(hide_in_type_change, "file", "link", True, id="type change"),
        pytest.param(hide_in_message, "commit-message", None, True, id="message"),
        pytest.param(hide_in_tag, "tag-message", None, True, id="tag message"),
        pytest.param(hide_in_note, "note", None, True, id="note"),
        pytest.param(hide_in_tagged_blob, "file", None, True, id="tagged blob"),
        pytest.param(hide_behind_replacement, "file", "a", True, id="replaced object"),
        pytest.param(hide_in_pull_ref, "file", "a", True, id="pull request ref"),
    ],
)
def test_nothing_is_hidden(repo, scan, pair, keys, hide, kind, path, reachable) -> None:
    hide(repo, pair, keys)
    (finding,) = scan().findings
    assert finding["rule"] == "aws-access-key-pair"
    shown = [(one["kind"], one["path"] if kind != "note" else None, one["reachable"]) for one in finding["occurrences"]]
    assert (kind, path, reachable) in shown


@pytest.mark.parametrize("kind", ["ref-name", "identity", "path"])
def test_names_are_read(repo, scan, keys, kind) -> None:
    key_id = keys.access_key_id()
    repo.commit({"a": "x"})
    if kind == "ref-name":
        repo.git("branch", f"use-{key_id}")
    elif kind == "identity":
        repo.commit_staged("x", "--author", f"{key_id} <a@example.com>")
    else:
        repo.commit({f"dir-{key_id}/a": "x"})
        repo.git("mv", f"dir-{key_id}", "dir")
        repo.commit({})
    (finding,) = scan().findings
    assert {one["kind"] for one in finding["occurrences"]} == {kind}


@pytest.mark.parametrize("start", ["worktree", "bare", "subdirectory", "git directory", "sha256"])
def test_kinds_of_repository(make_repository, keysieve, pair, tmp_path, start) -> None:
    repo = make_repository("kind", *(["--object-format=sha256"] if start == "sha256" else []))
    repo.commit({"sub/conf": pair})
    path = repo.path
    if start == "worktree":
        path = tmp_path / "linked"
        repo.git("worktree", "add", "-q", str(path), "-b", "other")
    elif start == "bare":
        path = tmp_path / "bare.git"
        repo.git("clone", "-q", "--bare", ".", str(path))
    elif start == "subdirectory":
        path = repo.path / "sub"
    elif start == "git directory":
        path = repo.path / ".git"
    assert keysieve("history", str(path), "--format", "json").rules == ["aws-access-key-pair"]


def test_unborn_head(repo, scan) -> None:
    assert scan().status == 0


def test_missing_object_is_counted_and_hides_nothing(repo, scan, pair) -> None:
    repo.commit({"a": "lost", "b": pair})
    blob = repo.git("rev-parse", "HEAD:a")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    done = scan()
    assert (done.status, done.report["complete"]) == (1, False)
    assert {"what": blob, "reason": "missing object"} in done.report["not_read"]
    assert done.rules == ["aws-access-key-pair"]


def test_ref_to_a_missing_object_is_counted_and_hides_nothing(repo, scan, pair) -> None:
    repo.commit({"a": pair})
    (repo.path / ".git/refs/heads/gone").write_text("1" * 40 + "\n")
    done = scan()
    assert {one["what"] for one in done.report["not_read"]} >= {"1" * 40}
    assert done.rules == ["aws-access-key-pair"]


def test_tag_of_a_tag_reaches_what_it_leads_to(repo, scan, pair) -> None:
    repo.commit({"README": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a": pair})
    repo.git("tag", "-a", "-m", "x", "one")
    repo.git("tag", "-a", "-m", "x", "two", "one")
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-D", "topic")
    repo.git("tag", "-d", "one")
    repo.git("reflog", "expire", "--expire=now", "--all")
    (finding,) = scan().findings
    assert finding["refs"] == ["refs/tags/two"]
    assert [one["reachable"] for one in finding["occurrences"]] == [True]


def test_corrupt_object_is_said_and_hides_nothing(repo, scan, pair) -> None:
    repo.commit({"a": "broken", "b": pair})
    blob = repo.git("rev-parse", "HEAD:a")
    file = repo.path / ".git/objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"x\x9cgarbage")
    done = scan()
    assert blob in {one["what"] for one in done.report["not_read"]}
    assert done.rules == ["aws-access-key-pair"]


@pytest.mark.parametrize(
    ("parent", "date"),
    [
        pytest.param("parent zz\n", "7 +0000", id="parent that is no id"),
        pytest.param("", f"{'1' * 9000} +0000", id="date of 9,000 digits"),
        pytest.param("", "", id="no date"),
    ],
)
def test_malformed_commit_hides_nothing(repo, scan, pair, parent, date) -> None:
    repo.commit({"a": "x"})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    commit = f"tree {tree}\n{parent}author A <a> {date}\ncommitter A <a> {date}\n\n{pair}"
    oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=commit.encode())
    done = scan()
    (finding,) = done.findings
    assert [one["commit"] for one in finding["occurrences"]] == [oid]


def test_incomplete_is_exit_3_unless_allowed(repo, scan) -> None:
    repo.commit({"a": "lost"})
    blob = repo.git("rev-parse", "HEAD:a")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert scan().status == 3
    assert scan("--allow-incomplete").status == 0


def test_shallow_clone_is_incomplete(repo, keysieve, tmp_path) -> None:
    repo.commit({"a": "x"})
    repo.commit({"a": "y"})
    repo.git("clone", "-q", "--depth=1", repo.path.as_uri(), str(tmp_path / "clone"))
    done = keysieve("history", "--format", "json", cwd=tmp_path / "clone")
    assert done.status == 3
    assert "shallow" in done.report["not_read"][0]["reason"]


def test_partial_clone_is_incomplete_and_fetches_nothing(repo, keysieve, tmp_path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit({"a": "x"})
    repo.commit({"a": "y"})
    repo.git("clone", "-q", "--bare", "--filter=blob:none", repo.path.as_uri(), str(tmp_path / "clone"))
    before = sorted(os.listdir(tmp_path / "clone/objects/pack"))
    done = keysieve("history", "--format", "json", cwd=tmp_path / "clone")
    assert done.status == 3
    assert len(done.report["not_read"]) == 2
    assert sorted(os.listdir(tmp_path / "clone/objects/pack")) == before


def test_pair_in_two_commits_is_introduced_by_the_one_that_completes_it(repo, scan, keys) -> None:
    text, made = keys.fill(PAIR)
    repo.commit({"conf": f"aws_access_key_id = {made['access_key_id']}\n"})
    second = repo.commit({"conf": text})
    repo.commit({"copy": text})
    (finding,) = scan().findings
    assert finding["rule"] == "aws-access-key-pair"
    assert finding["introduced"]["commit"] == second


def test_order_of_history_beats_clocks(repo, scan, pair) -> None:
    repo.commit({"a": "x"})
    repo.clock += 10**6
    first = repo.commit({"conf": pair})
    repo.clock -= 2 * 10**6
    repo.commit({"copy": pair})
    (finding,) = scan().findings
    assert finding["introduced"]["commit"] == first


@pytest.mark.parametrize(
    ("hide", "says"),
    [
        pytest.param(hide_in_reflog, "only the reflog does: HEAD@{1}", id="reflog"),
        pytest.param(hide_in_dropped_stash, "Nothing reaches it any more", id="dropped stash"),
        pytest.param(hide_in_present_index, "in the index only", id="index"),
    ],
)
def test_how_it_can_still_be_reached(repo, scan, pair, keys, hide, says) -> None:
    hide(repo, pair, keys)
    (finding,) = scan().findings
    assert any(says in note for note in finding["notes"])


def test_only_local_or_published(repo, scan, pair, tmp_path) -> None:
    repo.commit({"a": "x"})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "origin.git"))
    repo.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    repo.git("fetch", "-q", "origin")
    repo.commit({"conf": pair})
    assert any("No remote-tracking branch" in note for note in scan().findings[0]["notes"])
    repo.git("push", "-q", "origin", "main")
    (finding,) = scan().findings
    assert "refs/remotes/origin/main" in finding["refs"]
    assert not any("No remote-tracking branch" in note for note in finding["notes"])


def test_days_exposed(repo, scan, pair) -> None:
    repo.commit({"conf": pair})
    repo.clock += 12 * 86400
    repo.commit({"conf": None})
    (finding,) = scan().findings
    assert "It stood in the tree for 12 days before it was removed." in finding["notes"]


def test_octopus_and_criss_cross_merges_and_several_roots(repo, scan, keys) -> None:
    repo.commit({"a": "x"})
    for name in ("one", "two", "three"):
        repo.git("checkout", "-q", "-b", name, "main")
        repo.commit({name: keys.fill(PAIR)[0]})
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "octopus", "one", "two", "three")
    repo.git("checkout", "-q", "--orphan", "root")
    repo.git("rm", "-rfq", ".")
    repo.commit({"root": keys.fill(PAIR)[0]})
    repo.git("checkout", "-q", "-b", "left", "one")
    repo.git("merge", "-q", "--no-ff", "-m", "cross", "two")
    repo.git("checkout", "-q", "-b", "right", "two")
    repo.git("merge", "-q", "--no-ff", "-m", "cross", "one")
    repo.git("checkout", "-q", "left")
    repo.git("merge", "-q", "--no-ff", "-m", "criss-cross", "right")
    findings = scan().findings
    assert sorted(finding["occurrences"][0]["path"] for finding in findings) == ["one", "root", "three", "two"]
    assert all(len(finding["occurrences"]) == 1 for finding in findings)


def test_many_places_are_summarised_in_text_and_complete_in_json(repo, keysieve, scan, pair) -> None:
    repo.commit({f"copy{number}": f"{pair}# {number}\n" for number in range(300)})
    (finding,) = scan().findings
    assert len(finding["occurrences"]) == 300
    assert "and at 295 more places" in keysieve("history", cwd=repo.path).out


def test_alternates(repo, keysieve, pair, tmp_path) -> None:
    """What refs reach through an alternate is read; what only lies there is counted, or read when asked for."""
    repo.commit({"conf": pair})
    repo.git("clone", "-q", "--shared", ".", str(tmp_path / "clone"))
    lost = repo.commit({"other": "y"})
    repo.git("reset", "-q", "--hard", "HEAD^")
    assert lost
    done = keysieve("history", "--format", "json", cwd=tmp_path / "clone")
    assert done.rules == ["aws-access-key-pair"]
    assert [(one["reason"], one["count"]) for one in done.report["out_of_scope"]] == [("alternate", 3)]
    done = keysieve("history", "--format", "json", "--alternates", cwd=tmp_path / "clone")
    assert done.report["out_of_scope"] == []


def test_report_is_the_same_however_objects_are_stored(repo, scan, keys) -> None:
    texts = [keys.fill(PAIR)[0] for _ in range(3)]
    for number in range(9):
        repo.commit(
            {f"{9 - number}/conf": f"{number}\n{texts[number % 3]}", f"example {number}": "AKIAIOSFODNN7EXAMPLE"}
        )
        repo.git("repack", "-q", "-d")
    reports = []
    for arguments in ([], ["-a", "-d", "-f"], ["-a", "-d", "-f", "--depth=0"]):
        repo.git("repack", "-q", *arguments)
        for jobs in ("1", "2"):
            reports.append({**scan("--jobs", jobs).report, "stats": None})
    assert len(reports[0]["findings"]) == 3
    assert [one["line"] for one in reports[0]["findings"][0]["occurrences"]] == [2, 2, 2]
    assert all(report == reports[0] for report in reports)


def test_occurrences_stand_in_the_order_of_commits(repo, scan, pair) -> None:
    commits = [repo.commit({path: f"{path}\n{pair}"}) for path in "dbca"]
    (finding,) = scan().findings
    assert [one["commit"] for one in finding["occurrences"]] == commits
