"""The hooks through the real pre-commit framework, which installs keysieve from a clone of this repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from repository import Repository, clean_environment

ROOT = Path(__file__).parent.parent.parent
STAGES = ("pre-commit", "commit-msg", "pre-push")
HOOKS = ("keysieve", "keysieve-message", "keysieve-push", "keysieve-history")


@dataclass(frozen=True)
class Framework:
    """Where the framework finds keysieve, and keeps what it has installed."""

    source: Path
    revision: str
    home: Path

    def configuration(self, *arguments: str) -> str:
        args = f", args: {json.dumps(arguments)}" if arguments else ""
        hooks = "\n".join(f"      - {{id: {hook}{args if hook == 'keysieve' else ''}}}" for hook in HOOKS)
        return f"repos:\n  - repo: {self.source}\n    rev: {self.revision}\n    hooks:\n{hooks}\n"


@pytest.fixture(scope="session")
def framework(tmp_path_factory: pytest.TempPathFactory) -> Framework:
    """A commit of this work tree as it stands, and one installed environment for all tests."""
    folder = tmp_path_factory.mktemp("framework")
    source = Repository.create(folder / "keysieve")
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True, env=clean_environment(folder),
    ).stdout.split("\0"):  # fmt: skip
        if name and (ROOT / name).is_file():
            (source.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source.path / name)
    found = Framework(source.path, source.commit({}), folder / "home")
    user = Repository.create(folder / "user")
    user.write(".pre-commit-config.yaml", found.configuration())
    done = user.run(sys.executable, "-m", "pre_commit", "install-hooks", env={"PRE_COMMIT_HOME": str(found.home)})
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return found


@pytest.fixture
def use(framework: Framework) -> Callable[..., Repository]:
    """Puts the framework into a repository, as its user would."""

    def run(repository: Repository, *arguments: str) -> Repository:
        repository.env["PRE_COMMIT_HOME"] = str(framework.home)
        repository.commit({".pre-commit-config.yaml": framework.configuration(*arguments)})
        types = [option for stage in STAGES for option in ("--hook-type", stage)]
        done = repository.run(sys.executable, "-m", "pre_commit", "install", *types)
        assert done.returncode == 0, done.stderr.decode()
        return repository

    return run


@pytest.fixture
def user(use, repo) -> Repository:
    return use(repo)


@pytest.fixture
def pusher(use, local) -> Repository:
    use(local)
    local.git("push", "-q", "--no-verify", "origin", "main")
    return local


def pre_commit(repository: Repository, *arguments: str):
    return repository.run(sys.executable, "-m", "pre_commit", "run", *arguments)


def said(done) -> str:
    return (done.stdout + done.stderr).decode()


def test_commit_is_stopped_and_passes_once_the_key_is_gone(user, new_pair) -> None:
    user.write("conf.ini", new_pair())
    user.git("add", "-A")
    done = user.run("git", "commit", "-m", "Configure")
    assert done.returncode != 0
    assert "conf.ini:1" in said(done)
    user.write("conf.ini", "aws_profile = deploy\n")
    user.git("add", "-A")
    user.git("commit", "-q", "-m", "Configure")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["commit", "-a", "-m", "x"], id="commit -a"),
        pytest.param(["commit", "-m", "x", "conf.ini"], id="commit FILE"),
        pytest.param(["commit", "-a", "--amend", "--no-edit"], id="amend"),
        pytest.param(["commit", "-a", "--fixup", "HEAD"], id="fixup"),
    ],
)
def test_ways_to_commit(user, new_pair, command) -> None:
    user.git("checkout", "-q", "-b", "topic")
    user.run("git", "commit", "-q", "--no-verify", "--allow-empty", "-m", "x")
    user.write("conf.ini", "x")
    user.git("add", "-A")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    user.write("conf.ini", new_pair())
    done = user.run("git", *command)
    assert done.returncode != 0, said(done)
    assert "conf.ini:1" in said(done)


def test_first_commit_without_identity(framework, make_repository, new_pair) -> None:
    first = make_repository("first")
    first.env["PRE_COMMIT_HOME"] = str(framework.home)
    first.write(".pre-commit-config.yaml", framework.configuration())
    assert first.run(sys.executable, "-m", "pre_commit", "install").returncode == 0
    first.write("conf.ini", new_pair())
    first.git("add", "-A")
    for name in [name for name in first.env if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))]:
        del first.env[name]
    done = pre_commit(first)
    assert done.returncode == 1
    assert "conf.ini:1" in said(done)


def test_linked_worktree_and_subdirectory(user, new_pair, tmp_path) -> None:
    user.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked tree"))
    (tmp_path / "linked tree/sub").mkdir()
    (tmp_path / "linked tree/conf.ini").write_text(new_pair())
    user.git("-C", str(tmp_path / "linked tree"), "add", "-A")
    done = user.run("git", "-C", str(tmp_path / "linked tree/sub"), "commit", "-m", "x")
    assert done.returncode != 0
    assert "conf.ini:1" in said(done)


def test_old_key_is_found_by_all_files_and_by_its_name_and_stops_no_other_commit(user, new_pair) -> None:
    user.run("git", "commit", "-q", "--no-verify", "--allow-empty", "-m", "x")
    user.write("old.ini", new_pair())
    user.git("add", "-A")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    for arguments in (["--all-files"], ["--files", "old.ini"]):
        done = pre_commit(user, *arguments)
        assert (done.returncode, "old.ini:1" in said(done)) == (1, True), said(done)
    assert pre_commit(user, "--files", ".pre-commit-config.yaml").returncode == 0
    user.write("new", "x")
    user.git("add", "-A")
    user.git("commit", "-q", "-m", "x")


def test_from_and_to(user, new_pair) -> None:
    base = user.git("rev-parse", "HEAD")
    (user.path / "gone.ini").write_text(new_pair())
    user.git("add", "-A")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    user.git("rm", "-q", "gone.ini")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    for stage in ("pre-commit", "pre-push"):
        done = pre_commit(user, "--hook-stage", stage, "--from-ref", base, "--to-ref", "HEAD")
        assert (done.returncode, "gone.ini:1" in said(done)) == (1, True), said(done)
        done = pre_commit(user, "--hook-stage", stage, "--from-ref", "HEAD~1", "--to-ref", "HEAD")
        assert done.returncode == 0, said(done)


def test_several_batches_give_one_report(use, repo, new_pair, tmp_path) -> None:
    """The framework splits names after 128 KiB; the report must hold what the first batch found, too."""
    output, names_of_runs = tmp_path / "report.json", tmp_path / "names"
    names_of_runs.mkdir()
    repo.env["TMPDIR"] = str(names_of_runs)
    left, other = names_of_runs / f"keysieve-{'0' * 32}", names_of_runs / "keysieve-notes"
    for file in (left, other):
        file.write_text("x")
        os.utime(file, (0, 0))
    use(repo, "--format", "json", "--output", str(output))
    names = [f"{number:04}-{'x' * 230}" for number in range(900)]
    for name in names:
        repo.write(name, "x")
    for name in (names[0], names[-1]):
        repo.write(name, new_pair())
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "x")
    for _ in range(2):  # the second run must not count the first one's names
        assert pre_commit(repo, "--all-files", "keysieve").returncode == 1
        report = json.loads(output.read_text())
        places = {one["path"] for finding in report["findings"] for one in finding["occurrences"]}
        assert places == {names[0], names[-1]}
        assert report["stats"]["blobs"] == len(names) + 1
    for name in (names[0], names[-1]):
        repo.write(name, "x")
    repo.git("commit", "-q", "-a", "--no-verify", "-m", "x")
    assert pre_commit(repo, "--all-files", "keysieve").returncode == 0
    assert json.loads(output.read_text())["findings"] == []
    assert not left.exists()
    assert other.exists()


def test_commit_message(user, new_pair) -> None:
    user.write("a", "x")
    user.git("add", "-A")
    done = user.run("git", "commit", "-m", f"Fix\n\n{new_pair()}")
    assert done.returncode != 0
    assert "commit message:3" in said(done)
    user.git("commit", "-q", "-m", "Fix")


def test_full_audit_by_hand(user, new_pair) -> None:
    assert pre_commit(user, "--hook-stage", "manual", "keysieve-history").returncode == 0
    (user.path / "gone.ini").write_text(new_pair())
    user.git("add", "-A")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    user.git("rm", "-q", "gone.ini")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    done = pre_commit(user, "--hook-stage", "manual", "keysieve-history")
    assert (done.returncode, "gone.ini:1" in said(done)) == (1, True)


@pytest.mark.parametrize(
    "refspec", ["main", "main:refs/heads/fresh", "annotated"], ids=["known branch", "new branch", "annotated tag"]
)
def test_push(pusher, new_pair, refspec) -> None:
    pusher.write("gone.ini", new_pair())
    pusher.git("add", "-A")
    pusher.git("commit", "-q", "--no-verify", "-m", "x")
    pusher.git("rm", "-q", "gone.ini")
    pusher.git("commit", "-q", "--no-verify", "-m", "x")
    pusher.git("tag", "-a", "-m", "x", "annotated")
    done = pusher.run("git", "push", "origin", refspec)
    assert (done.returncode != 0, "gone.ini:1" in said(done)) == (True, True), said(done)


def test_tag_message(pusher, new_pair) -> None:
    pusher.write("a", "x")
    pusher.git("add", "-A")
    pusher.git("commit", "-q", "-m", "x")
    pusher.git("tag", "-a", "-m", new_pair(), "bad")
    done = pusher.run("git", "push", "origin", "bad")
    assert (done.returncode != 0, "tag message:1" in said(done)) == (True, True), said(done)


def test_clean_pushes_pass(pusher) -> None:
    pusher.write("a", "x")
    pusher.git("add", "-A")
    pusher.git("commit", "-q", "-m", "x")
    pusher.git("push", "-q", "origin", "main", "main:refs/heads/fresh")
    assert "refs/heads/fresh" in pusher.git("ls-remote", "origin")
    pusher.git("push", "-q", "origin", ":fresh")
    assert "refs/heads/fresh" not in pusher.git("ls-remote", "origin")


def test_first_push_of_all(use, repo, server, new_pair) -> None:
    """Nothing is on the remote yet: the framework then names all files, and only the files of HEAD."""
    use(repo)
    repo.git("remote", "add", "origin", str(server.path))
    repo.write("gone.ini", new_pair())
    repo.git("add", "-A")
    repo.git("commit", "-q", "--no-verify", "-m", "x")
    repo.git("rm", "-q", "gone.ini")
    repo.git("commit", "-q", "--no-verify", "-m", "x")
    done = repo.run("git", "push", "origin", "main")
    assert (done.returncode != 0, "gone.ini:1" in said(done)) == (True, True), said(done)


def test_files_in_the_push_stage_are_read(user, new_pair) -> None:
    """`--all-files` names no push: then the files count, instead of passing unread."""
    user.write("old.ini", new_pair())
    user.git("add", "-A")
    user.git("commit", "-q", "--no-verify", "-m", "x")
    done = pre_commit(user, "--hook-stage", "pre-push", "--all-files")
    assert (done.returncode, "old.ini:1" in said(done)) == (1, True), said(done)


def test_doctor_proves_the_installed_hooks(user, keysieve) -> None:
    done = keysieve("doctor", cwd=user.path, env=user.env)
    assert (done.status, done.out.count("ok ")) == (0, 3), done.out
    done = keysieve("doctor", cwd=user.path, env=user.env | {"SKIP": "keysieve"})
    assert (done.status, "SKIP=keysieve" in done.out) == (1, True), done.out


def test_install_and_the_framework_keep_each_other(user, keysieve, new_pair) -> None:
    """Each runs the other's hook, whoever came first."""
    assert keysieve("install", "--hook", "pre-push", cwd=user.path, env=user.env).status == 0
    again = user.run(sys.executable, "-m", "pre_commit", "install", "--hook-type", "pre-push")
    assert again.returncode == 0
    hooks = user.path / ".git/hooks"
    assert "hook-impl" in (hooks / "pre-push").read_text()
    assert "keysieve-hook" in (hooks / "pre-push.legacy").read_text()
    keysieve("uninstall", cwd=user.path, env=user.env)
    assert "hook-impl" in (hooks / "pre-push").read_text()


@pytest.mark.parametrize(
    ("command", "file"),
    [("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", ".pre-commit-config.yaml")],
)
def test_files_of_the_project_are_valid(command, file, tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", command, str(ROOT / file)],
        env=clean_environment(tmp_path), capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode()
