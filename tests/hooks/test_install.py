from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from repository import Repository

HOOKS = ("pre-commit", "commit-msg", "pre-push")


def snapshot(folder: Path) -> dict[str, tuple[str, int, bytes]]:
    """Every file of a folder: kind and mode, and content or target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            found[str(path.relative_to(folder))] = ("link", 0, os.readlink(path).encode())
        elif stat.S_ISREG(status.st_mode):
            found[str(path.relative_to(folder))] = ("file", stat.S_IMODE(status.st_mode), path.read_bytes())
    return found


@pytest.fixture
def install(keysieve, repo):
    def run(*arguments: str, repository: Repository = repo, command: str = "install", cwd: Path | None = None):
        return keysieve(command, *arguments, cwd=cwd or repository.path, env=repository.env)

    return run


def write_hook(folder: Path, name: str, text: str, mode: int = 0o755) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + text)
    (folder / name).chmod(mode)
    return folder / name


def commit(repository: Repository, text: str, message: str = "x", **options) -> subprocess.CompletedProcess[bytes]:
    repository.write("conf.ini", text)
    repository.git("add", "conf.ini")
    return repository.run("git", "commit", "-m", message, **options)


def test_three_hooks_stop_commit_message_and_push(local, install, new_pair) -> None:
    assert install().status == 0
    assert commit(local, new_pair()).returncode != 0
    assert commit(local, "x", f"Say\n\n{new_pair()}").returncode != 0
    local.git("commit", "-q", "-m", "x")
    local.git("push", "-q", "origin", "main")
    commit(local, new_pair(), env={"GIT_CONFIG_COUNT": "0"})
    local.git("commit", "-q", "--no-verify", "-m", "x")
    assert local.run("git", "push", "origin", "main").returncode != 0


@pytest.mark.parametrize("hook", HOOKS)
def test_one_hook(repo, install, hook) -> None:
    install("--hook", hook)
    assert [name for name in HOOKS if (repo.path / ".git/hooks" / name).exists()] == [hook]


def test_hook_that_was_there_runs_first_and_can_stop(repo, install, new_pair) -> None:
    write_hook(repo.path / ".git/hooks", "pre-commit", "echo before >> seen; test ! -e stop\n")
    assert "runs after the hook that was there" in install().out
    assert commit(repo, "x").returncode == 0
    assert commit(repo, new_pair()).returncode != 0
    (repo.path / "stop").touch()
    assert commit(repo, "y").returncode != 0
    assert (repo.path / "seen").read_text() == "before\n" * 3


def test_pre_push_hook_that_was_there_gets_its_input_and_arguments(local, install, new_pair) -> None:
    write_hook(local.path / ".git/hooks", "pre-push", 'echo "$1" > seen; cat >> seen\n')
    install()
    local.commit_staged("x")
    local.git("push", "-q", "origin", "main")
    assert (local.path / "seen").read_text().startswith("origin\nrefs/heads/main ")
    local.git("push", "-q", "origin", "main")
    assert (local.path / "seen").read_text() == "origin\n", "no line where there is nothing to push"


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(lambda hooks: None, id="no hooks"),
        pytest.param(lambda hooks: write_hook(hooks, "pre-commit", "exit 0\n"), id="a hook"),
        pytest.param(lambda hooks: write_hook(hooks, "pre-commit", "exit 0\n", 0o644), id="not executable"),
        pytest.param(lambda hooks: write_hook(hooks, "pre-commit", "exit 0 # \xff\r\n"), id="odd bytes"),
        pytest.param(lambda hooks: (hooks / "pre-commit").symlink_to("../../elsewhere"), id="a symbolic link"),
        pytest.param(lambda hooks: [write_hook(hooks, hook, "exit 0\n") for hook in HOOKS], id="all three"),
    ],
)  # fmt: skip
def test_uninstall_puts_back_exactly_what_was_there(repo, install, before) -> None:
    hooks = repo.path / ".git/hooks"
    before(hooks)
    was = snapshot(hooks)
    install()
    install()
    assert snapshot(hooks) != was
    assert install(command="uninstall").status == 0
    assert snapshot(hooks) == was
    assert "no hook of keysieve" in install(command="uninstall").out


def test_what_was_not_executable_is_not_run(repo, install) -> None:
    write_hook(repo.path / ".git/hooks", "pre-commit", "exit 1\n", 0o644)
    install()
    assert commit(repo, "x").returncode == 0


def test_two_hooks_are_never_overwritten(repo, install) -> None:
    hooks = repo.path / ".git/hooks"
    write_hook(hooks, "pre-commit", "exit 0\n")
    install()
    write_hook(hooks, "pre-commit", "# somebody else wrote over ours\n")
    was = snapshot(hooks)
    done = install()
    assert (done.status, done.err.count("two hooks already")) == (2, 1)
    assert snapshot(hooks) == was


@pytest.mark.parametrize("ending", [".legacy", ".old"], ids=["pre-commit install", "lefthook install"])
def test_uninstall_after_a_framework_took_ours_over(repo, install, ending) -> None:
    hooks = repo.path / ".git/hooks"
    write_hook(hooks, "pre-commit", "# first\n")
    install("--hook", "pre-commit")
    (hooks / "pre-commit").rename(hooks / f"pre-commit{ending}")
    write_hook(hooks, "pre-commit", "# framework\n")
    install(command="uninstall")
    assert (hooks / f"pre-commit{ending}").read_text().endswith("# first\n")
    assert (hooks / "pre-commit").read_text().endswith("# framework\n")


@pytest.mark.parametrize("name", ["repo with spaces", 'it\'s "quoted" $HOME', "ünïcode"])
def test_odd_paths(make_repository, install, new_pair, name) -> None:
    repository = make_repository(name)
    write_hook(repository.path / ".git/hooks", "pre-commit", "touch seen\n")
    install(repository=repository)
    assert commit(repository, new_pair()).returncode != 0
    assert (repository.path / "seen").exists()


def test_linked_worktree_shares_the_hooks(repo, install, new_pair, tmp_path) -> None:
    repo.commit({"a": "x"})
    repo.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    assert install(cwd=tmp_path / "linked").status == 0
    for path in (repo.path, tmp_path / "linked"):
        assert commit(Repository(path, repo.env), new_pair()).returncode != 0


@pytest.mark.parametrize("where", ["hooks", "sub/my hooks"])
def test_core_hooks_path_from_a_subdirectory(repo, install, new_pair, where) -> None:
    repo.git("config", "core.hooksPath", where)
    repo.commit({"deep/a": "x"})
    assert install(cwd=repo.path / "deep").status == 0
    assert (repo.path / where / "pre-commit").exists()
    assert commit(repo, new_pair()).returncode != 0


def test_interpreter_that_is_gone_stops_the_commit(repo, install) -> None:
    install("--hook", "pre-commit")
    hook = repo.path / ".git/hooks/pre-commit"
    lines = ["python=/nowhere" if line.startswith("python=") else line for line in hook.read_text().splitlines()]
    hook.write_text("\n".join(lines) + "\n")
    path = os.pathsep.join(folder for folder in os.defpath.split(os.pathsep) if folder)
    done = commit(repo, "x", env={"PATH": path})
    assert done.returncode != 0
    assert b"nothing was scanned" in done.stderr


def test_folder_named_keysieve_in_the_repository_is_not_run(repo, install, new_pair) -> None:
    install()
    repo.write("keysieve/__init__.py", "raise SystemExit(0)")
    repo.write("regex.py", "raise SystemExit(0)")
    assert commit(repo, new_pair()).returncode != 0


def test_bare_repository_gets_pre_receive(server, local, install, new_pair) -> None:
    write_hook(server.path / "hooks", "pre-receive", "cat > seen\n")
    assert "pre-receive: installed" in install(repository=server).out
    local.git("push", "-q", "origin", "main:refs/heads/b")
    assert "refs/heads/b" in (server.path / "seen").read_text()
    local.commit({"conf": new_pair()})
    assert local.run("git", "push", "origin", "main").returncode != 0


@pytest.fixture
def at_home(repo, tmp_path) -> Repository:
    """A repository whose user has a global configuration."""
    repo.env |= {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "XDG_DATA_HOME": str(tmp_path / "data home")}
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Ada\n")
    return repo


def test_global_hooks_path(at_home, install, new_pair, tmp_path) -> None:
    """Every repository is guarded and still runs its own hooks, those that keysieve has no command for included."""
    was = (tmp_path / "gitconfig").read_text()
    hooks = at_home.path / ".git/hooks"
    write_hook(hooks, "pre-commit", "echo own >> seen\n")
    write_hook(hooks, "post-commit", "echo after >> seen\n")
    assert install("--global", cwd=tmp_path).status == 0
    assert commit(at_home, new_pair()).returncode != 0
    assert commit(at_home, "x").returncode == 0
    assert (at_home.path / "seen").read_text() == "own\nown\nafter\n"
    at_home.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    linked = Repository(tmp_path / "linked", at_home.env)
    assert commit(linked, new_pair()).returncode != 0
    assert (linked.path / "seen").read_text() == "own\n", "a linked work tree runs the repository's own hook, too"
    assert install("--global", command="uninstall", cwd=tmp_path).status == 0
    assert (tmp_path / "gitconfig").read_text() == was
    assert not (tmp_path / "data home/keysieve/hooks").exists()
    assert commit(at_home, new_pair()).returncode == 0


def test_global_hooks_path_that_the_user_has(at_home, install, new_pair, tmp_path) -> None:
    write_hook(tmp_path / "mine", "pre-commit", "echo mine >> seen\n")
    at_home.git("config", "--global", "core.hooksPath", str(tmp_path / "mine"))
    was = (tmp_path / "gitconfig").read_text(), snapshot(tmp_path / "mine")
    done = install()
    assert (done.status, "--global" in done.err) == (2, True), "would change the hooks of every repository"
    install("--global", cwd=tmp_path)
    assert commit(at_home, new_pair()).returncode != 0
    assert (at_home.path / "seen").read_text() == "mine\n"
    install("--global", command="uninstall", cwd=tmp_path)
    assert ((tmp_path / "gitconfig").read_text(), snapshot(tmp_path / "mine")) == was


@pytest.mark.parametrize("has_template", [False, True])
def test_global_template(at_home, install, new_pair, tmp_path, has_template) -> None:
    if has_template:
        write_hook(tmp_path / "template/hooks", "pre-commit", "echo template >> seen\n")
        at_home.git("config", "--global", "init.templateDir", str(tmp_path / "template"))
    was = (tmp_path / "gitconfig").read_text()
    assert install("--global", "--template", cwd=tmp_path).status == 0
    at_home.git("init", "-q", str(tmp_path / "new"))
    new = Repository(tmp_path / "new", at_home.env)
    assert commit(new, new_pair()).returncode != 0
    assert (new.path / "seen").exists() == has_template
    assert commit(at_home, new_pair()).returncode == 0, "one that was there before is not touched"
    install("--global", "--template", command="uninstall", cwd=tmp_path)
    assert (tmp_path / "gitconfig").read_text() == was


@pytest.mark.parametrize(
    ("arguments", "command", "says"),
    [
        (["--template"], "install", "--global"),
        (["--global", "--hook", "pre-receive"], "install", "server"),
        (["--global", "--hook", "pre-commit"], "uninstall", "together"),
        (["--hook", "post-commit"], "install", "invalid choice"),
    ],
)
def test_usage(at_home, install, arguments, command, says) -> None:
    done = install(*arguments, command=command)
    assert (done.status, says in done.err) == (2, True)


def test_outside_of_a_repository(keysieve, tmp_path) -> None:
    assert keysieve("install", cwd=tmp_path).status == 2
