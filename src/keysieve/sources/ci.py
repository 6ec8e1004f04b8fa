"""What a CI service says about the event that started a job, and what is to be scanned for it.

The one place that knows the environments of CI services; a pure function from their variables to a plan. Sources:
the services' references of predefined variables, and GitHub's "Webhook events and payloads".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from keysieve.errors import UsageError

Environment = Mapping[str, str]
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to scan.

    Attributes:
        service: Name of the CI service.
        event: Its name for what happened.
        scope: `merge`: what a pull request brings in; `push`: what a push brought; `everything`: a full audit;
            `nothing`: a ref was deleted.
        head: Commit or ref to scan.
        ref: The ref that was pushed, in full.
        bases: What to compare with, the best first: commits, or `refs/heads/…` of the remote.
        sources: Refs of the remote that lead to `head`, in case it is not in the clone.
    """

    service: str
    event: str
    scope: Literal["merge", "push", "everything", "nothing"]
    head: str = "HEAD"
    ref: str = ""
    bases: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


DEEPEN = {
    "GitHub Actions": "Under `uses: actions/checkout…` add:  with: { fetch-depth: 0 }",
    "GitLab CI": 'In the job add:  variables: { GIT_DEPTH: "0" }',
    "Bitbucket Pipelines": "In the step add:  clone: { depth: full }",
    "Azure Pipelines": "In the job add:  steps: [{ checkout: self, fetchDepth: 0 }]",
    "CircleCI": "In the job use:  checkout: { method: full }",
    "Jenkins": "In the job's Git settings, clone options: uncheck `Shallow clone`.",
}
"""Service → the line that makes its clones complete."""


def plan(env: Environment, event: Event) -> Plan:
    """The plan for the event that started this job.

    Args:
        env: The job's environment.
        event: The payload at `GITHUB_EVENT_PATH`; empty for other services.

    Raises:
        UsageError: No service that we know runs this job.
    """
    for variable, decide in _SERVICES.items():
        if env.get(variable):
            return decide(env, event)
    raise UsageError(
        "No CI service that keysieve knows has started this.",
        "Name what is to be scanned: keysieve range BASE..HEAD, or keysieve history",
    )


def _github(env: Environment, event: Event) -> Plan:
    name = env.get("GITHUB_EVENT_NAME", "")
    made = Plan("GitHub Actions", name, "everything", ref=env.get("GITHUB_REF", ""))
    default = _branch(_text(event.get("repository"), "default_branch"))
    request, group = event.get("pull_request"), event.get("merge_group")
    if isinstance(request, Mapping):
        base = request.get("base")
        bases = (_text(base, "sha"), _branch(_text(base, "ref")))
        sources = (f"refs/pull/{request.get('number') or event.get('number')}/head",)
        return _merge(made, _text(request.get("head"), "sha"), bases, sources)
    if isinstance(group, Mapping):
        bases = (_text(group, "base_sha"), _text(group, "base_ref"))
        return _merge(made, _text(group, "head_sha"), bases, (made.ref,))
    if name == "delete" or event.get("deleted") is True:
        return replace(made, scope="nothing")
    if name in ("push", "create", "release"):
        before = _text(event, "before")
        return _push(made, _text(event, "after") or env.get("GITHUB_SHA", ""), before, default)
    return made


def _gitlab(env: Environment, _event: Event) -> Plan:
    name = env.get("CI_PIPELINE_SOURCE", "")
    tag, branch = env.get("CI_COMMIT_TAG", ""), env.get("CI_COMMIT_BRANCH", "")
    ref = f"refs/tags/{tag}" if tag else _branch(branch)
    made = Plan("GitLab CI", name, "everything", ref=ref)
    head = env.get("CI_COMMIT_SHA", "")
    if env.get("CI_MERGE_REQUEST_IID"):
        target = _branch(env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""))
        # The first is set where the pipeline runs on the merged result (a merge train does), the second everywhere.
        bases = (
            env.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", ""),
            env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""),
            target,
        )
        sources = (env.get("CI_MERGE_REQUEST_REF_PATH", ""),)
        return _merge(replace(made, event=env.get("CI_MERGE_REQUEST_EVENT_TYPE") or name), head, bases, sources)
    if name == "external_pull_request_event":
        return _merge(made, head, (env.get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", ""),), ())
    if name == "push":
        return _push(made, head, env.get("CI_COMMIT_BEFORE_SHA", ""), _branch(env.get("CI_DEFAULT_BRANCH", "")))
    return made


def _bitbucket(env: Environment, _event: Event) -> Plan:
    tag, branch = env.get("BITBUCKET_TAG", ""), env.get("BITBUCKET_BRANCH", "")
    made = Plan("Bitbucket Pipelines", "push", "everything", ref=f"refs/tags/{tag}" if tag else _branch(branch))
    head = env.get("BITBUCKET_COMMIT", "")
    if env.get("BITBUCKET_PR_ID"):
        target = _branch(env.get("BITBUCKET_PR_DESTINATION_BRANCH", ""))
        return _merge(replace(made, event="pull request"), head, (target,), (_branch(branch),))
    return _push(made, head, "", "") if made.ref else replace(made, event="manual or scheduled")


def _azure(env: Environment, _event: Event) -> Plan:
    reason = env.get("BUILD_REASON", "")
    made = Plan("Azure Pipelines", reason, "everything", ref=env.get("BUILD_SOURCEBRANCH", ""))
    if env.get("SYSTEM_PULLREQUEST_TARGETBRANCH"):
        target = _branch(env["SYSTEM_PULLREQUEST_TARGETBRANCH"].removeprefix("refs/heads/"))
        source = env.get("SYSTEM_PULLREQUEST_SOURCEBRANCH", "")
        head = env.get("SYSTEM_PULLREQUEST_SOURCECOMMITID") or env.get("BUILD_SOURCEVERSION", "")
        return _merge(made, head, (target,), (source,))
    if reason in ("IndividualCI", "BatchedCI"):
        return _push(made, env.get("BUILD_SOURCEVERSION", ""), "", "")
    return made


def _circle(env: Environment, _event: Event) -> Plan:
    tag, branch = env.get("CIRCLE_TAG", ""), env.get("CIRCLE_BRANCH", "")
    made = Plan("CircleCI", "push", "everything", ref=f"refs/tags/{tag}" if tag else _branch(branch))
    return _push(made, env.get("CIRCLE_SHA1", ""), "", "") if made.ref else made


def _jenkins(env: Environment, _event: Event) -> Plan:
    head = env.get("GIT_COMMIT", "") or "HEAD"
    if env.get("CHANGE_TARGET"):
        made = Plan("Jenkins", "pull request", "everything")
        return _merge(made, head, (_branch(env["CHANGE_TARGET"]),), ())
    tag, branch = env.get("TAG_NAME", ""), env.get("BRANCH_NAME", "")
    ref = f"refs/tags/{tag}" if tag else _branch(branch or env.get("GIT_BRANCH", "").removeprefix("origin/"))
    made = Plan("Jenkins", "build", "everything", ref=ref)
    # What was built with success has been scanned; after a failure the same commits come again.
    return _push(made, head, env.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT", ""), "") if ref else made


def _merge(made: Plan, head: str, bases: tuple[str, ...], sources: tuple[str, ...]) -> Plan:
    known = tuple(base for base in bases if base.strip("0"))
    return replace(made, scope="merge", head=head or "HEAD", bases=known, sources=tuple(filter(None, sources)))


def _push(made: Plan, head: str, before: str, default: str) -> Plan:
    """A push: against what the ref was before; a new one against the default branch (empty: ask the remote).

    Where neither tells anything new from old, as on the default branch itself, everything is scanned.
    """
    bases = (before, default or DEFAULT_BRANCH) if made.ref != default else (before,)
    return replace(
        made,
        scope="push",
        head=head or "HEAD",
        bases=tuple(base for base in bases if base.strip("0")),
        sources=tuple(filter(None, (made.ref,))),
    )


DEFAULT_BRANCH = "HEAD of the remote"
"""Stands in `bases` for the default branch where the service does not name it."""


def _branch(name: str) -> str:
    return f"refs/heads/{name}" if name else ""


def _text(holder: object, key: str) -> str:
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return value if isinstance(value, str) else ""


_SERVICES: Mapping[str, Callable[[Environment, Event], Plan]] = {
    "GITHUB_ACTIONS": _github,
    "GITLAB_CI": _gitlab,
    "BITBUCKET_BUILD_NUMBER": _bitbucket,
    "TF_BUILD": _azure,
    "CIRCLECI": _circle,
    "JENKINS_URL": _jenkins,
}
"""Variable that a service sets in each of its jobs → what reads its environment."""
