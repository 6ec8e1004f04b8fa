"""What the remedies say to type, typed into real repositories."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keysieve.remedies import Situation, incident, remedy_for

SECRET = "a secret for this test"


def situation(**given: Any) -> Situation:
    return Situation(**{"rule": "aws-access-key-pair", "remedy": "access-key", **given})


def git(folder: Path, *arguments: str) -> str:
    return run(folder, "git", *arguments)


def run(folder: Path, *command: str) -> str:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "HOME": str(folder)}
    names = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {
        "PATH": os.environ["PATH"] + os.pathsep + str(Path(sys.executable).parent),
        **fixed,
        **names,
    }
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True).stdout.decode(
        "utf-8", "replace"
    )


def commands(one: Situation, beginning: str) -> list[str]:
    """The commands of the step that begins so, as they stand between backticks."""
    step = next(step for step in remedy_for(one).steps if step.startswith(beginning))
    return re.findall(r"`([^`]+)`", step)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def write(repository: Path, name: bytes, text: str = "key") -> Path:
    path = repository / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(repository, "add", "-A")
    return path


NAMES = [
    pytest.param(b"a.py", id="plain"),
    pytest.param(b"deploy/it's here.py", id="blank and quote"),
    pytest.param(b"-f.py", id="like an option"),
    pytest.param(b":x.py", id="like pathspec magic"),
    pytest.param(b"n\nl.py", id="a newline"),
    pytest.param(b"\xff1.py", id="not UTF-8"),
    pytest.param("schlüssel.py".encode(), id="UTF-8"),
]


@pytest.mark.parametrize("name", NAMES)
def test_staged_file_is_unstaged(repository: Path, name: bytes) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    write(repository, name)
    restore, _ = commands(situation(path=name, command="staged", kind="staged"), "Unstage it")
    run(repository, "bash", "-c", restore)
    assert git(repository, "diff", "--cached", "--name-only") == ""


@pytest.mark.parametrize("name", NAMES)
def test_staged_file_is_unstaged_before_the_first_commit(repository: Path, name: bytes) -> None:
    path = write(repository, name)
    _, remove = commands(situation(path=name, command="staged", kind="staged"), "Unstage it")
    run(repository, "bash", "-c", remove)
    assert git(repository, "ls-files") == ""
    assert path.exists()


def test_ignored_file_stays_out(repository: Path) -> None:
    write(repository, b".env")
    (command,) = commands(situation(path=b".env", command="staged", kind="staged"), "Keep it out of git")
    run(repository, "sh", "-c", command)
    git(repository, "add", "-A")
    assert git(repository, "ls-files") == ".gitignore\n"


def test_unpushed_commit_is_amended_and_dropped(repository: Path) -> None:
    path = write(repository, b"a.py")
    git(repository, "commit", "-q", "-m", "first")
    old = git(repository, "rev-parse", "HEAD:a.py").strip()
    path.write_text("clean")
    one = situation(path=b"a.py", command="history", pushed=False)
    run(repository, "sh", "-c", commands(one, "Not pushed")[0])
    run(repository, "sh", "-c", commands(one, "Drop the old commits")[0])
    assert git(repository, "show", "HEAD:a.py") == "clean"
    assert old not in git(repository, "cat-file", "--batch-all-objects", "--batch-check")


def test_tag_message_is_replaced(repository: Path) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "first")
    git(repository, "tag", "-a", "-m", "key", "v1")
    command = commands(situation(command="history", kind="tag-message"), "Make the tag again")[0]
    run(repository, "sh", "-c", command.replace("TAG", "v1", 1).replace("'TAG^{}'", "'v1^{}'") + " -m clean")
    assert git(repository, "tag", "-l", "--format=%(contents)", "v1").strip() == "clean"
    assert git(repository, "rev-parse", "v1^{}") == git(repository, "rev-parse", "HEAD")


def purge(**given: Any) -> list[str]:
    """The commands of the incident's purge section."""
    section = next(one for one in incident(situation(**given)) if one.id == "purge")
    return [line.text for line in section.lines if line.kind == "command"]


def editor(folder: Path, text: str) -> str:
    """A program that writes a file's whole content, as `EDITOR`."""
    script = folder / "editor.sh"
    script.write_text(f"#!/bin/sh\ncat > \"$1\" <<'END'\n{text}\nEND\n")
    script.chmod(0o700)
    return str(script)


@pytest.fixture
def published(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A bare repository whose history holds the secret, and an empty folder to work in."""
    write(repository, b"a.py", SECRET)
    git(repository, "commit", "-q", "-m", f"Add {SECRET}")
    write(repository, b"a.py", "clean")
    git(repository, "commit", "-q", "-m", "Remove it")
    git(repository, "tag", "-a", "-m", "first", "v1", "HEAD~1")
    remote = tmp_path_factory.mktemp("remote")
    git(remote, "clone", "-q", "--bare", str(repository), "r.git")
    return remote / "r.git", tmp_path_factory.mktemp("work")


def test_contents_of_a_pushed_history_are_purged(published: tuple[Path, Path]) -> None:
    remote, work = published
    run_purge(remote, work, purge(command="history", pushed=True, path=b"a.py"))
    contents = "\n".join(git(remote, "cat-file", "-p", oid) for oid in blobs(remote))
    assert SECRET not in contents
    assert "REMOVED" in contents
    assert SECRET in git(remote, "log", "--all", "--format=%B")


def test_messages_of_a_pushed_history_are_purged(published: tuple[Path, Path]) -> None:
    remote, work = published
    # Its first two commands are for messages that were not pushed; clone and editor are as for contents.
    clone, edit, *_ = purge(command="history", pushed=True)
    run_purge(remote, work, [clone, edit, *purge(command="history", kind="commit-message", pushed=True)[2:]])
    messages = git(remote, "log", "--all", "--format=%B")
    assert SECRET not in messages
    assert "REMOVED" in messages


def run_purge(remote: Path, work: Path, lines: list[str]) -> None:
    script = "\n".join(lines).replace("URL", f"'{remote}'")
    run(work, "bash", "-c", f"set -e; export EDITOR='{editor(work, f'literal:{SECRET}==>REMOVED')}'\n{script}")


def blobs(repository: Path) -> list[str]:
    """Object ids of every reachable blob."""
    listed = git(repository, "rev-list", "--all", "--objects", "--filter=object:type=blob", "--filter-provided-objects")
    return [line.split()[0] for line in listed.splitlines()]


def test_expressions_are_private(tmp_path: Path) -> None:
    command = next(line for line in purge(command="history", pushed=True) if "umask" in line)
    (tmp_path / "here").mkdir()
    run(tmp_path / "here", "bash", "-c", f"export EDITOR='{editor(tmp_path, 'x')}'\n{command}")
    assert (tmp_path / "expressions.txt").stat().st_mode & 0o777 == 0o600


def test_refused_message_is_edited_and_committed(repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n! grep -q '{SECRET}' \"$1\"\n")
    hook.chmod(0o700)
    write(repository, b"a.py")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "commit", "-m", SECRET)
    (command,) = commands(situation(command="message", kind="commit-message"), "Write the message")
    run(repository, "bash", "-c", f"export GIT_EDITOR='sed -i s/{SECRET.replace(' ', '.')}/clean/'\n{command}")
    assert git(repository, "log", "--format=%s") == "clean\n"


def test_unreachable_object_is_dropped(repository: Path) -> None:
    write(repository, b"a.py", SECRET)
    git(repository, "commit", "-q", "-m", "first")
    old = git(repository, "rev-parse", "HEAD").strip()
    git(repository, "commit", "-q", "--amend", "-m", "second")
    (command,) = purge(command="history", reachable=False)
    run(repository, "sh", "-c", command)
    assert old not in git(repository, "cat-file", "--batch-all-objects", "--batch-check")
