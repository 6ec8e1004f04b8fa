from __future__ import annotations

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def new_pair(keys):
    """Makes a new pair at each call."""
    return lambda: keys.fill(PAIR)[0]


@pytest.fixture
def scan(keysieve, repo):
    def run(text="main..topic", *arguments, cwd=repo.path, **options):
        return keysieve("range", text, "--format", "json", *arguments, cwd=cwd, **options)

    return run


def places(done) -> list[tuple[str, str]]:
    return sorted((one["path"], one["commit"]) for finding in done.findings for one in finding["occurrences"])


@pytest.fixture
def fork(repo, new_pair):
    """main with a leak of its own, topic branched off before it."""
    repo.commit({"README": "x"})
    repo.git("branch", "topic")
    repo.commit({"main.ini": new_pair()})
    repo.git("checkout", "-q", "topic")
    return repo


def test_early_removed_and_merge_only_are_found_and_nothing_of_the_base(fork, scan, new_pair) -> None:
    early = fork.commit({"early": new_pair()})
    added = fork.commit({"gone": new_pair()})
    fork.commit({"gone": None})
    evil = fork.merge("main", {"evil": new_pair()})
    done = scan()
    assert done.status == 1
    assert places(done) == sorted([("early", early), ("gone", added), ("evil", evil)])


@pytest.mark.parametrize("text", ["main..topic", "main...topic", "main..", "main..HEAD"])
def test_ways_to_write_a_range(fork, scan, new_pair, text) -> None:
    commit = fork.commit({"a": new_pair()})
    assert places(scan(text)) == [("a", commit)]


def test_clean_range(fork, scan) -> None:
    fork.commit({"a": "x"})
    done = scan()
    assert (done.status, done.findings, done.report["stats"]["commits"]) == (0, [], 1)


def test_empty_range(fork, scan) -> None:
    assert scan("topic..topic").status == 0


def test_conflict_resolution(fork, scan, new_pair) -> None:
    fork.commit({"f": "topic\n"})
    fork.git("checkout", "-q", "main")
    fork.commit({"f": "main\n"})
    fork.git("checkout", "-q", "topic")
    merge = fork.merge("main", {"f": new_pair()})
    assert places(scan()) == [("f", merge)]


def test_moving_a_base_credential_is_not_new(repo, scan, new_pair) -> None:
    pair = new_pair()
    repo.commit({"conf": pair})
    repo.git("checkout", "-q", "-b", "topic")
    repo.git("mv", "conf", "settings")
    repo.commit({"settings": "# moved\n" + pair})
    assert scan().status == 0


def test_cherry_pick_is_reported_and_noted(fork, scan) -> None:
    fork.commit({"a": "x"})
    fork.git("cherry-pick", "main")
    (finding,) = scan().findings
    assert any("base" in note for note in finding["notes"])


def test_message_and_identity(fork, scan, keys) -> None:
    fork.commit_staged(f"Use {keys.access_key_id()}")
    fork.commit_staged("Nothing", "--author", f"{keys.access_key_id()} <a@example.com>")
    done = scan()
    assert sorted(one["kind"] for finding in done.findings for one in finding["occurrences"]) == [
        "commit-message",
        "identity",
    ]


def test_introduced_is_the_first_commit(fork, scan, new_pair) -> None:
    pair = new_pair()
    first = fork.commit({"a": pair})
    fork.commit({"b": pair})
    (finding,) = scan().findings
    assert finding["introduced"]["commit"] == first
    assert finding["introduced"]["author"] == "Ada <ada@example.com>"
    assert len(finding["occurrences"]) == 2


def test_pair_in_two_files_of_one_commit(fork, scan, keys) -> None:
    fork.commit(
        {"id": f"aws_access_key_id = {keys.access_key_id()}", "secret": f"aws_secret = {keys.secret_access_key()}"}
    )
    assert scan().rules == ["aws-access-key-pair"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("nowhere..topic", "no commit 'nowhere'", id="unknown base"),
        pytest.param("main", "not a range", id="no range"),
        pytest.param("--bad..x", "", id="looks like an option"),
    ],
)
def test_bad_range_is_exit_2(fork, scan, text, says) -> None:
    done = scan(text)
    assert done.status == 2
    assert says in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


def test_no_merge_base_is_exit_2(fork, scan) -> None:
    fork.git("checkout", "-q", "--orphan", "other")
    fork.commit({"z": "x"})
    done = scan("main..other")
    assert done.status == 2
    assert "common ancestor" in done.err


@pytest.mark.parametrize(("depth", "status"), [(1, 2), (2, 2), (4, 1)])
def test_shallow_boundary(repo, scan, keysieve, new_pair, tmp_path, depth, status) -> None:
    """Inside the range it is an error; older than the range it does not matter, and is never a root."""
    repo.commit({"old": new_pair()})
    repo.commit({"a": "x"})
    repo.git("branch", "base")
    repo.commit({"b": new_pair()})
    repo.commit({"c": "x"})
    url = repo.path.as_uri()
    repo.git("clone", "-q", f"--depth={depth}", "--no-single-branch", url, str(tmp_path / "clone"))
    done = scan("origin/base..origin/main", cwd=tmp_path / "clone")
    assert done.status == status
    if status == 2:
        assert "git fetch" in done.err
    else:
        assert [path for path, _ in places(done)] == ["b"]


def test_tree_that_is_missing_is_said(fork, scan, new_pair) -> None:
    fork.commit({"d/a": "x"})
    tree = fork.git("rev-parse", "HEAD:d")
    (fork.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    commit = fork.git("rev-parse", "HEAD")
    done = scan()
    assert done.status == 3
    assert commit in [one["what"] for one in done.report["not_read"]]


def test_missing_blob_is_said_and_hides_nothing(fork, scan, new_pair) -> None:
    fork.commit({"a": "lost", "b": new_pair()})
    blob = fork.git("rev-parse", "HEAD:a")
    (fork.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    done = scan()
    assert done.status == 1
    assert done.report["complete"] is False
    assert done.report["not_read"] == [{"what": f"a ({blob})", "reason": "missing object"}]
