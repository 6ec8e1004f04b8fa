from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_install import snapshot, write_hook

from repository import Repository

HOOKS = ("pre-commit", "commit-msg", "pre-push")


@pytest.fixture
def doctor(keysieve, repo):
    """Runs the command, and sees to it that it changes nothing."""

    def run(repository: Repository = repo, **env: str):
        was = snapshot(repository.path)
        done = keysieve("doctor", cwd=repository.path, env=repository.env | env)
        assert snapshot(repository.path) == was
        assert done.err == ""
        return done

    return run


def results(done) -> dict[str, str]:
    """Hook or file → first word of its line."""
    lines = [line for line in done.out.splitlines() if ":" in line and not line.startswith(" ")]
    return {line.split()[1].rstrip(":"): line.split()[0] for line in lines if line.split()[0] in ("ok", "FAILED", "-")}


def test_installed_hooks_stop_the_key(repo, doctor, keysieve) -> None:
    repo.commit({"a": "x"})
    keysieve("install", cwd=repo.path, env=repo.env)
    done = doctor()
    assert (done.status, results(done)) == (0, dict.fromkeys(HOOKS, "ok")), done.out


def test_nothing_installed(repo, doctor) -> None:
    done = doctor()
    assert (done.status, results(done)) == (1, dict.fromkeys(HOOKS, "-"))
    assert "keysieve install" in done.out


def test_hooks_that_have_nothing_to_do_with_it(repo, doctor) -> None:
    write_hook(repo.path / ".git/hooks", "pre-commit", "exit 0\n")
    done = doctor()
    assert (done.status, results(done)["pre-commit"]) == (1, "-")


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        pytest.param("keysieve staged || true\n", 0o755, "lets the planted key pass", id="status thrown away"),
        pytest.param("exit 0\nkeysieve staged\n", 0o755, "lets the planted key pass", id="never reached"),
        pytest.param("unset GIT_INDEX_FILE; cd / && keysieve staged; exit 0\n", 0o755, "pass", id="elsewhere"),
        pytest.param("keysieve staged --fail-on never\n", 0o755, "lets the planted key pass", id="never fails"),
        pytest.param("keysieve stagedd\n", 0o755, "stops everything", id="wrong command"),
        pytest.param("exec keysieve staged\n", 0o644, "chmod +x", id="not executable"),
    ],
)
def test_hook_that_does_not_work(repo, doctor, text, mode, says) -> None:
    write_hook(repo.path / ".git/hooks", "pre-commit", text, mode)
    done = doctor()
    assert (done.status, results(done)["pre-commit"]) == (1, "FAILED")
    assert says in done.out


def test_own_hook_that_works(repo, doctor) -> None:
    write_hook(repo.path / ".git/hooks", "pre-push", 'exec keysieve pre-push "$@"\n')
    done = doctor()
    assert (done.status, results(done)) == (0, {"pre-commit": "-", "commit-msg": "-", "pre-push": "ok"}), done.out


def test_hook_that_stops_everything_else_hides_nothing(repo, doctor, keysieve) -> None:
    """Another hook that cannot run in the scratch repository stops the commit before keysieve is asked."""
    write_hook(repo.path / ".git/hooks", "pre-commit", "test -f needed-from-elsewhere/tool\n")
    keysieve("install", cwd=repo.path, env=repo.env)
    done = doctor()
    assert (done.status, results(done)["pre-commit"]) == (1, "FAILED")
    assert "keysieve did not report" in done.out


def test_callers_git_variables_do_not_leak(repo, doctor, keysieve, tmp_path) -> None:
    keysieve("install", cwd=repo.path, env=repo.env)
    index = str(repo.path / ".git/other-index")
    done = doctor(GIT_DIR=str(repo.path / ".git"), GIT_INDEX_FILE=index, GIT_WORK_TREE=str(repo.path))
    assert (done.status, os.path.exists(index)) == (0, False), done.out


def test_global_hooks(repo, doctor, keysieve, tmp_path) -> None:
    repo.env |= {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "XDG_DATA_HOME": str(tmp_path / "data")}
    (tmp_path / "gitconfig").touch()
    keysieve("install", "--global", cwd=tmp_path, env=repo.env)
    assert doctor().status == 0


def test_framework_that_is_not_installed(repo, doctor) -> None:
    repo.commit({".pre-commit-config.yaml": "repos:\n- repo: x\n  rev: v1\n  hooks:\n  - id: keysieve\n"})
    done = doctor()
    assert (done.status, results(done)) == (1, {"pre-commit": "FAILED", "commit-msg": "-", "pre-push": "-"})
    assert "pre-commit install --hook-type pre-commit" in done.out


LEFTHOOK = """\
pre-commit:
  scripts:
    keysieve.sh:
      runner: sh
commit-msg:
  scripts:
    keysieve.sh:
      runner: sh
pre-push:
  scripts:
    keysieve.sh:
      runner: sh
      use_stdin: true
"""
SCRIPTS = {
    ".lefthook/pre-commit/keysieve.sh": "exec keysieve staged\n",
    ".lefthook/commit-msg/keysieve.sh": 'exec keysieve message "$1"\n',
    ".lefthook/pre-push/keysieve.sh": 'exec keysieve pre-push "$@"\n',
}
BESIDE = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])


@pytest.mark.skipif(shutil.which("lefthook", path=BESIDE) is None, reason="lefthook is not there")
def test_lefthook(local, doctor, keysieve, new_pair) -> None:
    local.commit({"lefthook.yml": LEFTHOOK, **SCRIPTS})
    assert results(doctor(local)) == dict.fromkeys(HOOKS, "FAILED"), "configured, but not installed"
    assert local.run("lefthook", "install").returncode == 0
    done = doctor(local)
    assert (done.status, results(done)) == (0, dict.fromkeys(HOOKS, "ok")), done.out
    stop_and_pass(local, new_pair)
    refused = keysieve("install", cwd=local.path, env=local.env)
    assert (refused.status, "lefthook.yml" in refused.err) == (2, True)
    assert doctor(local, LEFTHOOK="0").status == 1


@pytest.mark.skipif(shutil.which("lefthook", path=BESIDE) is None, reason="lefthook is not there")
@pytest.mark.parametrize("line", ["use_stdin: true", "priority: 1"], ids=["skipped without files", "no input"])
def test_lefthook_command_that_lets_a_removed_key_pass(local, doctor, line) -> None:
    """lefthook skips a command when no file differs in the end; and without input nothing is pushed."""
    command = f"pre-push:\n  commands:\n    keysieve:\n      run: keysieve pre-push {{1}} {{2}}\n      {line}\n"
    local.commit({"lefthook.yml": command})
    assert local.run("lefthook", "install").returncode == 0
    done = doctor(local)
    assert (done.status, results(done)["pre-push"]) == (1, "FAILED"), done.out


@pytest.fixture(scope="session")
def husky(tmp_path_factory) -> Path:
    """A folder with Husky in its node_modules."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not there")
    folder = tmp_path_factory.mktemp("husky")
    (folder / "package.json").write_text('{"name": "x", "version": "1.0.0", "private": true}\n')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--save-dev", "husky@9"]
    if subprocess.run(command, cwd=folder, capture_output=True, timeout=120).returncode:
        pytest.skip("npm cannot install husky here")
    return folder


HUSKY = {
    "pre-commit": "keysieve staged\n",
    "commit-msg": 'keysieve message "$1"\n',
    "pre-push": 'keysieve pre-push "$@"\n',
}


def test_husky(local, doctor, keysieve, husky, new_pair) -> None:
    shutil.copytree(husky, local.path, dirs_exist_ok=True, symlinks=True)
    local.commit({".gitignore": "node_modules\n", **{f".husky/{hook}": text for hook, text in HUSKY.items()}})
    assert results(doctor(local)) == dict.fromkeys(HOOKS, "FAILED"), "configured, but not installed"
    assert local.run("npx", "husky").returncode == 0
    done = doctor(local)
    assert (done.status, results(done)) == (0, dict.fromkeys(HOOKS, "ok")), done.out
    stop_and_pass(local, new_pair)
    refused = keysieve("install", cwd=local.path, env=local.env)
    assert (refused.status, "Husky" in refused.err) == (2, True)
    assert doctor(local, HUSKY="0").status == 1


def stop_and_pass(repository: Repository, new_pair) -> None:
    """The recipe at work: commit, message and push are stopped with a key, and pass without."""
    repository.write("conf.ini", new_pair())
    repository.git("add", "conf.ini")
    assert repository.run("git", "commit", "-m", "x").returncode != 0
    repository.write("conf.ini", "x")
    repository.git("add", "conf.ini")
    assert repository.run("git", "commit", "-m", new_pair()).returncode != 0
    repository.git("commit", "-q", "-m", "x")
    repository.git("push", "-q", "origin", "main")
    repository.git("commit", "-q", "--no-verify", "--allow-empty", "-m", new_pair())
    done = repository.run("git", "push", "origin", "main")
    assert done.returncode != 0, (done.stdout + done.stderr).decode()


GITHUB = ".github/workflows/keys.yml"


@pytest.mark.parametrize(
    ("file", "text", "result", "says"),
    [
        pytest.param(GITHUB, "steps:\n- uses: actions/checkout@v5\n- run: keysieve ci\n", "ok", "depth 1", id="ci"),
        pytest.param(GITHUB, "steps:\n- uses: actions/checkout@v5\n- uses: o/keysieve@v1\n", "ok", "", id="action"),
        pytest.param(GITHUB, "- run: keysieve ci --no-fetch\n", "FAILED", "fetch-depth: 0", id="too shallow"),
        pytest.param(GITHUB, "fetch-depth: 0\n- run: keysieve ci --no-fetch\n", "ok", "full clone", id="deep enough"),
        pytest.param(GITHUB, "- run: keysieve range origin/main..HEAD\n", "FAILED", "status 2", id="range, shallow"),
        pytest.param(GITHUB, "fetch-depth: 0\n- run: keysieve range origin/${{ github.base_ref }}..HEAD\n", "ok", "",
                     id="range, full"),
        pytest.param(GITHUB, "fetch-depth: 0\n- run: keysieve range HEAD~1..HEAD\n", "FAILED", "lets the planted",
                     id="range that is too short"),
        pytest.param(GITHUB, "- run: keysieve ci || true\n", "FAILED", "thrown away", id="status thrown away"),
        pytest.param(GITHUB, "continue-on-error: true\n- run: keysieve ci\n", "FAILED", "ignored", id="ignored"),
        pytest.param(GITHUB, "- run: keysieve ci --fail-on never\n", "FAILED", "never", id="never fails"),
        pytest.param(".gitlab-ci.yml", "x:\n  script:\n  - keysieve ci\n", "ok", "depth 20", id="GitLab"),
        pytest.param(".gitlab-ci.yml", "x:\n  script:\n  - keysieve range $CI_MERGE_REQUEST_DIFF_BASE_SHA..HEAD\n",
                     "FAILED", "status 2", id="GitLab, range, shallow"),
        pytest.param("bitbucket-pipelines.yml", "script:\n- keysieve ci\n", "ok", "depth 50", id="Bitbucket"),
        pytest.param("azure-pipelines.yml", "- script: keysieve ci\n", "ok", "depth 1", id="Azure"),
        pytest.param(".circleci/config.yml", "- run: keysieve ci\n", "ok", "full clone", id="CircleCI"),
        pytest.param("Jenkinsfile", "sh 'keysieve ci'\n", "ok", "full clone", id="Jenkins"),
    ],
)  # fmt: skip
def test_ci_configuration(repo, doctor, file, text, result, says) -> None:
    repo.commit({file: text})
    done = doctor()
    assert (done.status, results(done)[file]) == (0 if result == "ok" else 1, result), done.out
    assert says in done.out


def test_bad_usage_and_no_repository(keysieve, tmp_path) -> None:
    assert keysieve("doctor", cwd=tmp_path).status == 2
    assert keysieve("doctor", "--nonsense", cwd=tmp_path).status == 2


def test_document_has_the_recipes_that_are_tried_here() -> None:
    text = (Path(__file__).parent.parent.parent / "docs/hooks.md").read_text()
    assert LEFTHOOK in text
    for file, line in (*SCRIPTS.items(), *((f".husky/{hook}", line) for hook, line in HUSKY.items())):
        assert f"| `{file}` | `{line.strip()}` |" in text
