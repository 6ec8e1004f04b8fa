from __future__ import annotations

import pytest


@pytest.fixture
def guarded(local, server, put_hook):
    """A server that runs keysieve before it takes anything in."""
    put_hook(server.path / "hooks", "pre-receive")
    return local


def push(repository, *arguments: str):
    return repository.run("git", "push", "origin", *arguments)


def test_clean_push_is_taken(guarded) -> None:
    guarded.commit({"a": "x"})
    assert push(guarded, "main").returncode == 0


def test_push_is_refused_out_of_quarantine(guarded, server, new_pair) -> None:
    commit = guarded.commit({"conf.ini": new_pair()})
    done = push(guarded, "main")
    assert done.returncode != 0
    assert b"conf.ini:1" in done.stderr
    assert b"pre-receive hook declined" in done.stderr
    assert server.run("git", "cat-file", "-e", commit).returncode != 0, "nothing of it may stay"


@pytest.mark.parametrize(
    ("refspecs", "refused"),
    [
        pytest.param(["main:refs/heads/fresh"], True, id="new branch"),
        pytest.param(["HEAD~1:refs/heads/fresh"], False, id="new branch below the key"),
        pytest.param(["HEAD~1:refs/heads/a", "main:refs/heads/b"], True, id="several refs"),
        pytest.param([":gone"], False, id="deleted"),
        pytest.param([":gone", "main"], True, id="deleted beside a bad one"),
        pytest.param(["HEAD^{tree}:refs/tags/tree"], True, id="a tag on a tree"),
    ],
)
def test_refs(local, server, put_hook, new_pair, refspecs, refused) -> None:
    local.git("push", "-q", "origin", "main:refs/heads/gone")
    put_hook(server.path / "hooks", "pre-receive")
    local.commit({"a": "x"})
    local.commit({"conf": new_pair()})
    assert (push(local, *refspecs).returncode != 0) == refused


def test_what_a_ref_of_the_server_has_is_no_matter(local, server, put_hook, new_pair) -> None:
    local.commit({"conf": new_pair()})
    local.git("push", "-q", "origin", "main")
    put_hook(server.path / "hooks", "pre-receive")
    assert push(local, "main:refs/heads/again").returncode == 0


def test_tag_message(guarded, new_pair) -> None:
    guarded.git("tag", "-a", "-m", new_pair(), "v1")
    assert push(guarded, "v1").returncode != 0


def test_forced_push(guarded, new_pair) -> None:
    guarded.git("commit", "-q", "--amend", "-m", "Other")
    assert push(guarded, "--force", "main").returncode == 0
    guarded.write("conf", new_pair())
    guarded.git("add", "-A")
    guarded.git("commit", "-q", "--amend", "-m", "Other")
    assert push(guarded, "--force", "main").returncode != 0


@pytest.mark.parametrize("limit", ["1", "1000000"], ids=["kept as a pack", "unpacked"])
def test_objects_in_either_form(guarded, server, new_pair, limit) -> None:
    server.git("config", "receive.unpackLimit", limit)
    guarded.commit({"conf": new_pair()})
    assert push(guarded, "main").returncode != 0


def test_lines_that_are_not_gits_are_exit_2(keysieve, server) -> None:
    done = keysieve("pre-receive", cwd=server.path, stdin=b"hello\n")
    assert (done.status, done.out) == (2, "")
