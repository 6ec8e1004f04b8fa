"""`keysieve ci`: what the event that started a CI job brings in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from keysieve.commands.options import Parser, ScanOptions, add_scan_options, add_trust_option, scan_options
from keysieve.errors import UsageError
from keysieve.git.repository import discover
from keysieve.sources.ci import Plan, plan
from keysieve.sources.ci_clone import CiClone


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "ci",
        "Scan what the event that started a CI job brings in; else the whole history.",
        "Knows GitHub Actions, GitLab CI, Bitbucket Pipelines, Azure Pipelines, CircleCI and Jenkins by their\n"
        "variables. What a shallow clone leaves out is fetched; where that fails the exit status is 2.",
        takes="",
    )
    parser.add_argument("--no-fetch", action="store_true", help="fetch nothing; fail if the clone does not suffice")
    add_scan_options(parser)
    add_trust_option(parser)
    arguments = parser.parse_args(argv)
    made = plan(os.environ, _event())
    options = scan_options(arguments)
    clone = CiClone(discover(), made, may_fetch=not arguments.no_fetch)
    if made.scope == "nothing":
        _say(made, "a deleted ref, nothing to scan")
        return 0
    clone.fill()
    if made.scope == "everything":
        return _audit(clone, [argument for argument in argv if argument not in _NOT_OF_HISTORY])
    return _scan_range(clone, options) if made.scope == "merge" else _scan_push(clone, options)


_NOT_OF_HISTORY = ("--no-fetch", "--trust-head")


def _event() -> Mapping[str, Any]:
    """The payload of the event, from GitHub; empty elsewhere."""
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    if not path or not os.environ.get("GITHUB_ACTIONS"):
        return {}
    try:
        with open(path, "rb") as file:
            event = json.load(file)
    except (OSError, ValueError):
        raise UsageError(
            f"The event at GITHUB_EVENT_PATH cannot be read: {path}.", "In a container, mount the folder that it is in."
        ) from None
    return event if isinstance(event, dict) else {}


def _audit(clone: CiClone, argv: Sequence[str]) -> int:
    from keysieve.commands import history

    is_whole = clone.completed()
    _say(clone.plan, "the whole history" if is_whole else "the history of the branches and tags that are in this clone")
    return history.run(argv)


def _scan_range(clone: CiClone, options: ScanOptions) -> int:
    from keysieve.commands.range import scan_and_report

    span = clone.merged()
    _say(clone.plan, f"{len(span.commits)} commits, {span.base[:12]}..{span.head[:12]}")
    return scan_and_report(f"{span.base}..{span.head}", options)


def _scan_push(clone: CiClone, options: ScanOptions) -> int:
    from keysieve.commands.pre_push import scan_updates

    pushed = clone.pushed()
    _say(clone.plan, f"{len(pushed.commits)} new commits")
    return scan_updates(clone.repository, pushed, "range", options)


def _say(made: Plan, what: str) -> None:
    ref = f" of {made.ref}" if made.ref else ""
    line = f"keysieve ci: {made.service}, {made.event or 'unknown event'}{ref}: {what}."
    sys.stderr.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
    sys.stderr.flush()
