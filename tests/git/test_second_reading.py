"""Commits and refs as GitPython reads them: somebody else's code, which must agree with ours."""

from __future__ import annotations

import pytest

import git
from keysieve.git import commits, objects
from keysieve.git.refs import listing, refs
from keysieve.git.repository import discover
from repository import Repository

IDENTITIES = [
    pytest.param("Ada", "ada@example.com", "+0000", id="plain"),
    pytest.param("Ünï Çödé", "u@example.com", "+0530", id="not ASCII, half an hour"),
    pytest.param("A B. C-D", "a+b@example.com", "-1130", id="west"),
]


@pytest.fixture
def theirs(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> git.Repo:
    for name, value in repo.env.items():
        monkeypatch.setenv(name, value)
    return git.Repo(repo.path)


@pytest.mark.parametrize(("name", "address", "zone"), IDENTITIES)
def test_commit(repo: Repository, theirs: git.Repo, name: str, address: str, zone: str) -> None:
    env = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address, "GIT_AUTHOR_DATE": f"1700000000 {zone}"}
    repo.commit({"a": "x"})
    repo.git("commit", "-q", "--allow-empty", "-m", "Subject\n\nBody", env=env)
    known = theirs.head.commit
    (answer,) = objects.read_from(discover(repo.path), [known.hexsha.encode()])
    assert isinstance(answer, objects.StoredObject)
    ours = commits.parse(answer.oid, answer.data)
    assert ours.author.decode() == f"{known.author.name} <{known.author.email}>"
    assert ours.author_date == known.authored_datetime.isoformat()
    assert ours.date == known.committed_datetime.isoformat()
    assert ours.message.decode() == known.message
    assert ours.parents == tuple(parent.hexsha for parent in known.parents)


def test_refs(repo: Repository, theirs: git.Repo) -> None:
    repo.commit({"a": "x"})
    repo.git("branch", "topic")
    repo.git("tag", "light")
    repo.git("tag", "-a", "-m", "x", "annotated")
    repo.git("pack-refs", "--all")
    repo.git("branch", "loose")
    ours = {ref.name.decode(): ref.oid for ref in refs(listing(discover(repo.path))) if ref.name != b"HEAD"}
    assert ours == {ref.path: ref.object.hexsha for ref in theirs.refs}


def test_changes_of_a_commit(repo: Repository, theirs: git.Repo) -> None:
    repo.commit({"a": "x", "b": "y"})
    repo.commit({"a": "z", "b": None, "c/d": "new"})
    (ours,) = commits.changes(discover(repo.path), [theirs.head.commit.hexsha])
    assert isinstance(ours, commits.CommitChanges)
    new = {change.path.decode(): change.new.oid for change in ours.changes if change.new}
    diff = theirs.head.commit.parents[0].diff(theirs.head.commit)
    assert new == {one.b_path: one.b_blob.hexsha for one in diff if one.b_blob}
    assert {change.path.decode() for change in ours.changes if not change.new} == {
        one.a_path for one in diff if one.deleted_file
    }
