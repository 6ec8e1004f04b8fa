"""The short way of the hook: what it decides by itself, and what it leaves to the full scan."""

from __future__ import annotations

import os

import pytest

from keysieve.engine.generator import Generator
from keysieve.git.loose import inflate, inflate_much, objects_directory, read_blob
from keysieve.scan import quick

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def staged(repo, monkeypatch):
    """A repository with a commit and some more staged, which is the current folder."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(repo.path)
    repo.commit({"a": "1\n"})
    repo.write("b", "22\n")
    repo.write("d/c", "333\n")
    repo.git("add", "-A")
    return repo


@pytest.fixture(params=["spawned", "started"])
def way(request, monkeypatch):
    """How git is started: as everywhere, and as where there is no posix_spawn."""
    if request.param == "started":
        monkeypatch.delattr(os, "posix_spawn")


@pytest.mark.usefixtures("way")
def test_loose_blobs(staged) -> None:
    assert quick.clean([]) == (2, 7)


@pytest.mark.usefixtures("way")
def test_packed_blobs(staged) -> None:
    """As after a merge of what was fetched."""
    for number in range(10 * quick.PORTION):
        staged.write(f"many/{number}", f"many {number:04}\n")
    staged.git("add", "-A")
    staged.git("stash", "-q")
    staged.git("stash", "apply", "-q", "--index")
    staged.git("gc", "-q", "--prune=now")
    assert not list(staged.path.glob(".git/objects/[0-9a-f][0-9a-f]/*"))
    assert quick.clean([]) == (10 * quick.PORTION + 2, 7 + 10 * 10 * quick.PORTION)


def test_subdirectory_and_other_work_trees(staged, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(staged.path / "d")
    assert quick.clean([]) == (2, 7)
    staged.git("worktree", "add", "-q", str(tmp_path / "other"))
    (tmp_path / "other/e").write_text("4444\n")
    staged.run("git", "-C", str(tmp_path / "other"), "add", "-A")
    monkeypatch.chdir(tmp_path / "other")
    assert quick.clean([]) == (1, 5)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("b", id="in a small file"),
        pytest.param("large", id="behind much text"),
    ],
)
def test_key_takes_a_closer_look(staged, name) -> None:
    before = "line\n" * (1_000_000 if name == "large" else 1)
    staged.write(name, before + Generator(3).fill(PAIR)[0])
    staged.git("add", "-A")
    assert quick.clean([]) is None


def test_key_in_a_path_takes_a_closer_look(staged) -> None:
    staged.write(Generator(4).fill("{access_key_id}")[0], "x\n")
    staged.git("add", "-A")
    assert quick.clean([]) is None


def test_damaged_loose_blob_takes_a_closer_look(staged) -> None:
    damage(staged, "b")
    assert quick.clean([]) is None


def damage(repo, name) -> bytes:
    oid = repo.git("rev-parse", f":{name}")
    file = repo.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-6])
    return oid.encode()


def test_much(staged) -> None:
    for number in range(200):
        staged.write(f"many/{number}", f"many {number:04}\n" * (1 + number * 50))
    staged.git("add", "-A")
    assert quick.clean([]) == (202, 7 + sum(10 * (1 + number * 50) for number in range(200)))
    staged.write("many/last", Generator(5).fill(PAIR)[0])
    staged.git("add", "-A")
    assert quick.clean([]) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_loose_object_that_is_a_fifo_is_not_waited_for(tmp_path) -> None:
    (tmp_path / "ab").mkdir()
    os.mkfifo(tmp_path / "ab/cd")
    assert read_blob(os.fsencode(tmp_path) + b"/", b"abcd", 100) is None


@pytest.mark.parametrize("way", [inflate, inflate_much()], ids=["a few", "many"])
@pytest.mark.parametrize("size", [0, 1, 65_529, 65_530, 1_000_000])
def test_loose_blob_up_to_the_limit(staged, way, size) -> None:
    staged.write("zeros", b"\0" * size)
    staged.git("add", "-A")
    oid = staged.git("rev-parse", ":zeros").encode()
    assert read_blob(objects_directory({}), oid, size, way) == b"\0" * size
    assert read_blob(objects_directory({}), oid, size - 1, way) is None


@pytest.mark.parametrize("way", [inflate, inflate_much()], ids=["a few", "many"])
def test_what_is_no_sound_loose_blob(staged, way) -> None:
    tree = staged.git("rev-parse", "HEAD^{tree}").encode()
    for oid in (tree, b"0" * 40, damage(staged, "d/c")):
        assert read_blob(objects_directory({}), oid, 1000, way) is None
