"""Tries a CI configuration: its keysieve command over a replayed pull request with a planted key, cloned as deep."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from glob import escape, glob

from keysieve.hooks.scratch import Outcome, Scratch, scratch_repository
from keysieve.hooks.trial import Check, Planted

_LONG = 22
"""Commits of the replayed pull request: more than GitLab's default clone holds."""


@dataclass(frozen=True, slots=True)
class _Service:
    """A CI service: where its configuration is, and how deep it clones (0: all) unless a line says otherwise."""

    name: str
    files: tuple[str, ...]
    depth: int
    depth_line: str = r"(?!)"


_SERVICES = (
    _Service("github", (".github/workflows/*.yml", ".github/workflows/*.yaml"), 1, r"fetch-depth:\s*['\"]?(\d+)"),
    _Service("gitlab", (".gitlab-ci.yml",), 20, r"GIT_DEPTH:\s*['\"]?(\d+)"),
    _Service("bitbucket", ("bitbucket-pipelines.yml",), 50, r"\bdepth:\s*(\d+|full)"),
    _Service("azure", ("azure-pipelines.yml",), 1, r"fetchDepth:\s*['\"]?(\d+)"),
    _Service("circleci", (".circleci/config.yml",), 0),
    _Service("jenkins", ("Jenkinsfile",), 0, r"\bdepth:\s*(\d+)"),
)
_COMMAND = re.compile(r"\bkeysieve\s+(?:ci|range|history|files)\b[^\n|&;`]*")
_INCLUDED = re.compile(r"(?m)^\s*-?\s*(?:uses|component|project|remote|local):\s*\S*keysieve")
_HARMLESS = (
    (re.compile(r"continue-on-error:\s*true|allow_failure:\s*true|continueOnError:\s*true"), "a failure is ignored"),
    (re.compile(r"keysieve[^\n]*\|\|\s*(?:true|:|exit 0)"), "the exit status is thrown away"),
    (re.compile(r"--fail-on[= ]never"), "--fail-on never lets everything pass"),
)


def try_configurations(top: str, python: str, planted: Planted) -> Iterator[Check]:
    """Try every CI configuration of a repository that speaks of keysieve.

    Args:
        top: The work tree.
        python: The interpreter that keysieve is run with.
        planted: What is planted.
    """
    for service in _SERVICES:
        for pattern in service.files:
            for path in sorted(glob(os.path.join(escape(top), pattern))):
                yield from _try(service, os.path.relpath(path, top), path, top, python, planted)


def _try(service: _Service, name: str, path: str, top: str, python: str, planted: Planted) -> Iterator[Check]:
    with open(path, encoding="utf-8", errors="replace") as file:
        text = "\n".join(line for line in file.read().splitlines() if not line.lstrip().startswith(("#", "//")))
    commands = [found[0].strip().rstrip("'\"") for found in _COMMAND.finditer(text)]
    if _INCLUDED.search(text):
        commands.append("keysieve ci")
    for command in dict.fromkeys(commands):
        harmless = next((why for pattern, why in _HARMLESS if pattern.search(text)), None)
        if harmless:
            yield Check(name, "failed", f"`{command}`: {harmless}")
            continue
        depth = _depth(service, text)
        with scratch_repository(top, os.devnull) as scratch:
            done = _replay(scratch, service, command, depth, python, planted)
        yield _verdict(name, command, depth, done)


def _depth(service: _Service, text: str) -> int:
    found = re.findall(service.depth_line, text)
    if not found:
        return service.depth
    return 0 if "full" in found else min(map(int, found))


def _verdict(name: str, command: str, depth: int, done: Outcome) -> Check:
    what = f"`{command}` over a pull request, {f'a clone of depth {depth}' if depth else 'a full clone'}"
    if done.status == 1:
        return Check(name, "stopped", f"stops the planted key: {what}")
    tail = tuple(line for line in done.said.splitlines() if line.strip())[-4:]
    if done.status == 0:
        return Check(name, "failed", f"lets the planted key pass: {what}", tail)
    return Check(name, "failed", f"fails before it can tell (exit status {done.status}): {what}", tail)


def _replay(scratch: Scratch, service: _Service, command: str, depth: int, python: str, planted: Planted) -> Outcome:
    base = scratch.git("rev-parse", "main").said.strip()
    scratch.git("checkout", "--quiet", "-b", "topic")
    scratch.write("keysieve-planted.ini", planted.text)
    scratch.git("commit", "--quiet", "--message=Plant a key")
    for _ in range(_LONG):
        scratch.git("commit", "--quiet", "--allow-empty", "--message=Go on")
    head = scratch.git("rev-parse", "topic").said.strip()
    folder = os.path.dirname(scratch.path)
    remote = os.path.join(folder, "remote")
    scratch.git("push", "--quiet", "origin", "topic", f"{head}:refs/pull/1/head", f"{head}:refs/merge-requests/1/head")
    clone = Scratch(os.path.join(folder, "clone"), scratch.env)
    depths = [f"--depth={depth}"] if depth else ["--no-single-branch"]
    scratch.git("clone", "--quiet", "--template=", "--branch=topic", *depths, f"file://{remote}", clone.path)
    env = _environment(service.name, folder, base, head)
    return _run(clone, _substituted(command, base, head), env, python)


def _environment(service: str, folder: str, base: str, head: str) -> dict[str, str]:
    """What a job for a pull request finds in its environment, by the services' references of variables."""
    if service == "github":
        event = os.path.join(folder, "event.json")
        with open(event, "w", encoding="ascii") as file:
            request = {"number": 1, "base": {"sha": base, "ref": "main"}, "head": {"sha": head, "ref": "topic"}}
            json.dump({"number": 1, "pull_request": request, "repository": {"default_branch": "main"}}, file)
        return {
            "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": event,
            "GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "topic", "GITHUB_REF": "refs/pull/1/merge",
            "GITHUB_SHA": head,
        }  # fmt: skip
    if service == "gitlab":
        return {
            "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "1",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/1/head", "CI_COMMIT_SHA": head,
            "CI_DEFAULT_BRANCH": "main",
        }  # fmt: skip
    return {
        "bitbucket": {
            "BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "1", "BITBUCKET_PR_DESTINATION_BRANCH": "main",
            "BITBUCKET_BRANCH": "topic", "BITBUCKET_COMMIT": head,
        },
        "azure": {
            "TF_BUILD": "True", "BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
            "SYSTEM_PULLREQUEST_SOURCECOMMITID": head, "BUILD_SOURCEVERSION": head,
        },
        "circleci": {"CIRCLECI": "true", "CIRCLE_BRANCH": "topic", "CIRCLE_SHA1": head},
        "jenkins": {
            "JENKINS_URL": "http://localhost/", "CHANGE_ID": "1", "CHANGE_TARGET": "main", "GIT_COMMIT": head,
        },
    }[service]  # fmt: skip


def _substituted(command: str, base: str, head: str) -> str:
    """The command with GitHub's expressions in place, as the shell is given it."""
    values = {
        "github.base_ref": "main",
        "github.head_ref": "topic",
        "github.sha": head,
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.base.ref": "main",
        "github.event.pull_request.head.sha": head,
    }
    return re.sub(r"\$\{\{\s*([\w.]+)\s*\}\}", lambda found: values.get(found[1], ""), command)


def _run(clone: Scratch, command: str, env: Mapping[str, str], python: str) -> Outcome:
    """Run the command through a shell, for its variables only: substitutions of commands are not carried out."""
    if "$(" in command or "<(" in command:
        return Outcome(2, "The command has other commands in it, which doctor does not run.")
    known = ("GITHUB_", "GITLAB_", "CI_", "BITBUCKET_", "BUILD_", "SYSTEM_", "TF_BUILD", "CIRCLE", "JENKINS", "CHANGE_")
    kept = {name: value for name, value in clone.env.items() if not name.startswith(known)}
    script = f'keysieve() {{ {shlex.quote(python)} -P -m keysieve "$@"; }}\n{command}\n'
    done = subprocess.run(
        ["sh", "-c", script],  # noqa: S607 - as CI services do; only variables are expanded, see above
        cwd=clone.path,
        env={**kept, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return Outcome(done.returncode, os.fsdecode(done.stderr or done.stdout))
