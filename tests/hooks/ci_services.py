"""Replays how CI services clone, and what they put into the environment of a job."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from keysieve.engine.generator import Generator
from repository import Repository

ZERO = "0" * 40
PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
LONG = 24
"""Commits of a topic branch: more than GitLab's clone of 20 holds."""


@dataclass
class Hosted:
    """A server with a history: an old key on main, pull requests with and without a key, tags, a merge queue.

    Attributes:
        url: Where to clone it from.
        oids: Commits, and annotated tags, by name.
    """

    url: str
    oids: dict[str, str] = field(default_factory=dict)


def host(folder: Path) -> Hosted:
    keys = Generator(5)
    work = Repository.create(folder / "work")
    oids = {}
    oids["root"] = work.commit({"old.ini": keys.fill(PAIR)[0]})
    work.commit({"old.ini": None})
    for number in range(LONG):
        oids["fork"] = work.commit({f"main{number}": "x"})
    for name in ("leak", "clean"):
        work.git("checkout", "-q", "-b", name, oids["fork"])
        text = keys.fill(PAIR)[0] if name == "leak" else "x"
        oids[f"{name}:first"] = work.commit({f"{name}.ini": text})
        for number in range(LONG):
            work.commit({f"{name}{number}": "x"})
        oids[f"{name}:before"] = work.git("rev-parse", "HEAD")
        oids[name] = work.commit({f"{name}.ini": "profile = deploy"})
    work.git("checkout", "-q", "main")
    oids["main"] = work.commit({"main": "x"})
    for number, name in ((7, "leak"), (8, "clean")):
        work.git("checkout", "-q", "--detach", "main")
        oids[f"{name}:merge"] = work.merge(name, {})
        for ref, oid in ((f"refs/pull/{number}/head", oids[name]), (f"refs/pull/{number}/merge", oids[f"{name}:merge"]),
                         (f"refs/merge-requests/{number}/head", oids[name]),
                         (f"refs/merge-requests/{number}/merge", oids[f"{name}:merge"]),
                         (f"refs/heads/gh-readonly-queue/main/pr-{number}", oids[f"{name}:merge"])):  # fmt: skip
            work.git("update-ref", ref, oid)
        work.git("tag", "-a", "-m", keys.fill(PAIR)[0] if name == "leak" else "Release", f"v-{name}", oids["main"])
        oids[f"tag {name}"] = work.git("rev-parse", f"v-{name}")
        # What a push to main brings: the merge of the pull request.
        work.git("update-ref", f"refs/heads/main-{name}", oids[f"{name}:merge"])
    work.git("checkout", "-q", "main")
    server = Repository.create(folder / "server", "--bare")
    server.git("config", "uploadpack.allowAnySHA1InWant", "true")
    server.git("config", "uploadpack.allowFilter", "true")
    work.git("push", "-q", str(server.path), "+refs/*:refs/*")
    return Hosted(server.path.as_uri(), oids)


def clone(folder: Path, url: str, refspecs: list[str], head: str, *options: str) -> Repository:
    """A clone as most services make it: an empty repository, one fetch, one checkout."""
    made = Repository.create(folder / "clone")
    made.git("remote", "add", "origin", url)
    made.git("fetch", "-q", *options, "origin", *refspecs)
    made.git("checkout", "-q", "--detach", head)
    return made


def depth_option(depth: int) -> list[str]:
    return [f"--depth={depth}"] if depth else []


def github(folder: Path, hosted: Hosted, event: str, name: str, depth: int) -> tuple[Repository, dict[str, str]]:
    """actions/checkout: one ref at the depth; with depth 0 all branches and tags beside it."""
    oids, number = hosted.oids, {"leak": 7, "clean": 8}[name]
    repository = {"default_branch": "main"}
    payload: dict[str, object] = {"repository": repository}
    ref, oid, local = f"refs/heads/{name}", oids[name], f"refs/remotes/origin/{name}"
    if event in ("pull_request", "pull_request_target"):
        base = {"sha": oids["main"], "ref": "main"}
        payload |= {"number": number, "pull_request": {"number": number, "base": base, "head": {"sha": oids[name]}}}
        ref, oid, local = f"refs/pull/{number}/merge", oids[f"{name}:merge"], f"refs/remotes/pull/{number}/merge"
        if event == "pull_request_target":  # runs on what is merged into, with its secrets
            ref, oid, local = "refs/heads/main", oids["main"], "refs/remotes/origin/main"
    elif event == "merge_group":
        ref = f"refs/heads/gh-readonly-queue/main/pr-{number}"
        oid, local = oids[f"{name}:merge"], f"refs/remotes/origin/gh-readonly-queue/main/pr-{number}"
        payload |= {"merge_group": {"base_sha": oids["main"], "head_sha": oid, "base_ref": "refs/heads/main"}}
    elif event == "push":
        payload |= {"before": oids["fork"], "after": oid, "ref": ref, "deleted": False}
    elif event == "push, new branch":
        payload |= {"before": ZERO, "after": oid, "ref": ref, "created": True, "deleted": False}
    elif event == "push, forced over what is gone":
        payload |= {"before": "1" * 40, "after": oid, "ref": ref, "forced": True, "deleted": False}
    elif event == "push, tag":
        ref, oid, local = f"refs/tags/v-{name}", oids["main"], f"refs/tags/v-{name}"
        payload |= {"before": ZERO, "after": oids[f"tag {name}"], "ref": ref, "created": True, "deleted": False}
    else:
        ref, oid, local = "refs/heads/main", oids["main"], "refs/remotes/origin/main"
    every = [] if depth else ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    one = [] if every and not ref.startswith("refs/pull/") else [f"+{oid}:{local}"]
    made = clone(folder, hosted.url, [*every, *one], oid, "--no-tags", *depth_option(depth))
    (folder / "event.json").write_text(json.dumps(payload))
    return made, {
        "GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_EVENT_NAME": event.partition(",")[0], "GITHUB_REF": ref,
        "GITHUB_SHA": oid, "GITHUB_EVENT_PATH": str(folder / "event.json"),
    }  # fmt: skip


def gitlab(folder: Path, hosted: Hosted, event: str, name: str, depth: int) -> tuple[Repository, dict[str, str]]:
    """The runner: the ref of the pipeline, at depth 20 unless told otherwise."""
    oids, number = hosted.oids, {"leak": 7, "clean": 8}[name]
    env = {"GITLAB_CI": "true", "CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": ZERO}
    oid = oids[name]
    if event in ("merge request", "merged result", "merge train"):
        is_merged = event != "merge request"
        oid = oids[f"{name}:merge"] if is_merged else oid
        env |= {
            "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": str(number),
            "CI_MERGE_REQUEST_EVENT_TYPE": {"merge request": "detached"}.get(event, event.replace(" ", "_")),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": oids["fork"], "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_REF_PATH": f"refs/merge-requests/{number}/{'merge' if is_merged else 'head'}",
        } | ({"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": oids["main"]} if is_merged else {})  # fmt: skip
    elif event == "push":
        env |= {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": name, "CI_COMMIT_BEFORE_SHA": oids["fork"]}
    elif event == "push, new branch":
        env |= {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": name}
    elif event == "push, tag":
        oid = oids["main"]
        env |= {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": f"v-{name}"}
    else:
        oid = oids["main"]
        env |= {"CI_PIPELINE_SOURCE": {"manual": "web"}.get(event, event), "CI_COMMIT_BRANCH": "main"}
    env |= {"CI_COMMIT_SHA": oid}
    return clone(folder, hosted.url, [f"+{oid}:refs/pipelines/42"], oid, "--no-tags", *depth_option(depth)), env


def bitbucket(folder: Path, hosted: Hosted, event: str, name: str, depth: int) -> tuple[Repository, dict[str, str]]:
    """git clone of the branch, at depth 50; what a pull request is merged into is not fetched."""
    env = {"BITBUCKET_BUILD_NUMBER": "1", "CI": "true", "BITBUCKET_COMMIT": hosted.oids[name], "BITBUCKET_BRANCH": name}
    head = hosted.oids[name]
    if event == "pull request":
        env |= {
            "BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_BRANCH": "main",
            "BITBUCKET_PR_DESTINATION_COMMIT": hosted.oids["main"][:12],
        }  # fmt: skip
    elif event == "push to the default branch":
        head = hosted.oids["main"]
        env |= {"BITBUCKET_COMMIT": head, "BITBUCKET_BRANCH": "main"}
        name = "main"
    refspec = f"+refs/heads/{name}:refs/remotes/origin/{name}"
    return clone(folder, hosted.url, [refspec], head, *depth_option(depth)), env


def azure(folder: Path, hosted: Hosted, event: str, name: str, depth: int) -> tuple[Repository, dict[str, str]]:
    oids, number = hosted.oids, {"leak": 7, "clean": 8}[name]
    oid, refspec = oids[name], f"+refs/heads/{name}:refs/remotes/origin/{name}"
    env = {"TF_BUILD": "True", "BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": f"refs/heads/{name}"}
    if event == "pull request":
        oid, refspec = oids[f"{name}:merge"], f"+refs/pull/{number}/merge:refs/remotes/pull/{number}/merge"
        env |= {
            "BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
            "SYSTEM_PULLREQUEST_SOURCECOMMITID": oids[name], "SYSTEM_PULLREQUEST_SOURCEBRANCH": f"refs/heads/{name}",
        }  # fmt: skip
    elif event == "schedule":
        oid, refspec = oids["main"], "+refs/heads/main:refs/remotes/origin/main"
        env |= {"BUILD_REASON": "Schedule", "BUILD_SOURCEBRANCH": "refs/heads/main"}
    env |= {"BUILD_SOURCEVERSION": oid}
    return clone(folder, hosted.url, [refspec], oid, "--no-tags", *depth_option(depth)), env


def circleci(folder: Path, hosted: Hosted, event: str, name: str, depth: int) -> tuple[Repository, dict[str, str]]:
    """A clone of all branches; by default without file contents ("blobless"), which depth -1 stands for here."""
    env = {"CIRCLECI": "true", "CI": "true", "CIRCLE_SHA1": hosted.oids[name], "CIRCLE_BRANCH": name}
    options = ["--filter=blob:none"] if depth < 0 else []
    made = clone(folder, hosted.url, ["+refs/heads/*:refs/remotes/origin/*"], hosted.oids[name], *options)
    made.git("remote", "set-head", "origin", "main")  # as `git clone` does
    return made, env


def jenkins(folder: Path, hosted: Hosted, event: str, name: str, depth: int) -> tuple[Repository, dict[str, str]]:
    oids, number = hosted.oids, {"leak": 7, "clean": 8}[name]
    env = {"JENKINS_URL": "http://localhost/", "GIT_COMMIT": oids[name], "BRANCH_NAME": name}
    refspecs = ["+refs/heads/*:refs/remotes/origin/*"]
    if event == "pull request":
        env |= {"CHANGE_ID": str(number), "CHANGE_TARGET": "main", "BRANCH_NAME": f"PR-{number}"}
        refspecs = [f"+refs/pull/{number}/head:refs/remotes/origin/PR-{number}"]
    elif event == "build after a good one":
        env |= {"GIT_PREVIOUS_SUCCESSFUL_COMMIT": oids["fork"]}
    return clone(folder, hosted.url, refspecs, oids[name], "--no-tags", *depth_option(depth)), env
