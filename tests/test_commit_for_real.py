"""A real `git commit` with a plain hook, in every way in which git calls it."""

from __future__ import annotations

import sys

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def pair(keys) -> str:
    return keys.fill(PAIR)[0]


@pytest.fixture
def hooked(repo):
    """A repository with one commit, two tracked files, and the hook."""
    repo.commit({"conf": "x\n", "sub/other": "x\n"})
    install(repo)
    return repo


def install(repo) -> None:
    folder = repo.path / repo.git("rev-parse", "--git-common-dir") / "hooks"
    folder.mkdir(exist_ok=True)
    (folder / "pre-commit").write_text(f"#!/bin/sh\nexec '{sys.executable}' -m keysieve staged\n")
    (folder / "pre-commit").chmod(0o755)


def commit(repo, *arguments: str, cwd=None, env=None) -> bool:
    """Whether git made the commit; if not, it has to be keysieve that said why."""
    done = repo.run("git", "commit", "-q", *arguments, env=env or {})
    assert done.returncode == 0 or b"AWS access key pair" in done.stdout + done.stderr, done.stderr.decode()
    return done.returncode == 0


def test_plain(hooked, pair) -> None:
    hooked.write("conf", pair)
    hooked.git("add", "-A")
    assert not commit(hooked, "-m", "x")
    hooked.write("conf", "clean\n")
    hooked.git("add", "-A")
    assert commit(hooked, "-m", "x")


def test_all(hooked, pair) -> None:
    hooked.write("conf", pair)
    assert not commit(hooked, "-a", "-m", "x")
    hooked.write("conf", "clean\n")
    assert commit(hooked, "-a", "-m", "x")


def test_one_file_of_two(hooked, pair) -> None:
    hooked.write("conf", pair)
    hooked.write("sub/other", "changed\n")
    hooked.git("add", "-A")
    assert commit(hooked, "-m", "x", "--", "sub/other")
    assert not commit(hooked, "-m", "x", "--", "conf")


def test_amend(hooked, pair) -> None:
    hooked.write("conf", pair)
    assert not commit(hooked, "-a", "--amend", "--no-edit")


def test_first_commit(make_repository, pair) -> None:
    repo = make_repository("fresh")
    install(repo)
    repo.write("conf", pair)
    repo.git("add", "-A")
    assert not commit(repo, "-m", "first")


def test_without_identity(hooked, pair) -> None:
    nobody = {"GIT_AUTHOR_NAME": "", "GIT_COMMITTER_NAME": "", "EMAIL": "", "GIT_AUTHOR_EMAIL": ""}
    hooked.write("conf", pair)
    hooked.git("add", "-A")
    done = hooked.run("git", "commit", "-q", "-m", "x", env=nobody)
    assert done.returncode != 0
    done = hooked.run(sys.executable, "-m", "keysieve", "staged", env=nobody)
    assert done.returncode == 1


def test_linked_worktree(hooked, pair, tmp_path) -> None:
    linked = type(hooked)(tmp_path / "linked tree", hooked.env, hooked.clock)
    hooked.git("worktree", "add", "-q", str(linked.path), "-b", "linked")
    linked.write("conf", pair)
    linked.git("add", "-A")
    assert not commit(linked, "-m", "x")


@pytest.mark.parametrize(
    "name", ["with space", 'quo"te', "tab\tulator", "line\nbreak", "ünïcode", "-dash", "back\\slash"]
)
def test_odd_names(hooked, pair, name) -> None:
    hooked.write(name, pair)
    hooked.git("add", "-A")
    assert not commit(hooked, "-m", "x")


def test_merge_with_a_conflict_resolved_badly(hooked, pair) -> None:
    hooked.git("checkout", "-q", "-b", "topic")
    hooked.write("conf", "topic\n")
    assert commit(hooked, "-a", "-m", "topic")
    hooked.git("checkout", "-q", "main")
    hooked.write("conf", "main\n")
    assert commit(hooked, "-a", "-m", "main")
    assert hooked.run("git", "merge", "-q", "topic").returncode != 0
    hooked.write("conf", pair)
    hooked.git("add", "-A")
    assert not commit(hooked, "-m", "merged")
    hooked.write("conf", "both\n")
    hooked.git("add", "-A")
    assert commit(hooked, "-m", "merged")


@pytest.mark.parametrize("command", ["staged", "range", "history"])
def test_sha256_repository(make_repository, keysieve, pair, command) -> None:
    repo = make_repository("sha256", "--object-format=sha256")
    repo.commit({"a": "x"})
    repo.write("conf", pair)
    repo.git("add", "-A")
    arguments = [command]
    if command != "staged":
        repo.commit_staged()
        arguments += ["HEAD^..HEAD"] if command == "range" else []
    done = keysieve(*arguments, "--format", "json", cwd=repo.path)
    assert done.rules == ["aws-access-key-pair"]
    assert len(done.findings[0]["occurrences"][0]["blob"]) == 64


@pytest.mark.parametrize("command", ["staged", "range", "history"])
def test_large_file_pointer_is_out_of_scope(repo, keysieve, command) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1\n"
    repo.commit({"a": "x"})
    repo.write("big.bin", pointer)
    repo.git("add", "-A")
    arguments = [command]
    if command != "staged":
        repo.commit_staged()
        arguments += ["HEAD^..HEAD"] if command == "range" else []
    done = keysieve(*arguments, "--format", "json", cwd=repo.path)
    assert done.status == 0
    assert [one["reason"] for one in done.report["out_of_scope"]] == ["git-lfs"]


def test_range_in_a_bare_repository_and_from_a_subdirectory(repo, keysieve, pair, tmp_path) -> None:
    repo.commit({"sub/a": "x"})
    repo.commit({"conf": pair})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    for folder in (repo.path / "sub", tmp_path / "bare.git"):
        assert keysieve("range", "HEAD^..HEAD", "--format", "json", cwd=folder).rules == ["aws-access-key-pair"]


def test_truncated_pack_is_said_and_hides_no_neighbour(repo, keysieve, keys) -> None:
    repo.commit({"one": keys.fill(PAIR)[0]})
    repo.git("repack", "-q", "-a", "-d")
    repo.commit({"two": keys.fill(PAIR)[0]})
    (pack,) = (repo.path / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:60])
    done = keysieve("history", "--format", "json", cwd=repo.path)
    assert done.status == 1
    assert done.report["complete"] is False
    assert len(done.report["not_read"]) >= 2
    assert done.rules == ["aws-access-key-pair"]
