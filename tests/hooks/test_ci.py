"""Event × service × depth of the clone → what is scanned → exit status; docs/ci.md shows the same table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ci_services
import pytest
from ci_services import LONG, Hosted, host

DOCUMENT = Path(__file__).parent.parent.parent / "docs/ci.md"
NEW = LONG + 2
"""Commits of a topic branch."""
RANGE = {
    "request": "the commits of the request",
    "queue": "the commits of the request and its merge",
    "branch": "what the branch has and the default branch has not",
    "before": "what the push added",
    "tag": "the tag's message, and commits that the default branch has not",
    "all": "everything: all branches, all tags, unreachable objects",
    "behind": "everything behind the branch",
}


@dataclass(frozen=True)
class Cell:
    """A row of the table.

    Attributes:
        depth: 0 is all, -1 all but file contents.
        offline: Exit status, over a key, of a clone that nothing can be fetched into.
        commits: How many commits are scanned; None where it is not told by number.
    """

    service: Callable
    event: str
    depth: int
    scans: str
    offline: int
    commits: int | None = NEW

    @property
    def row(self) -> str:
        depth = {0: "all", -1: "blobless"}.get(self.depth, str(self.depth))
        names = {"github": "GitHub", "gitlab": "GitLab", "circleci": "CircleCI"}
        name = names.get(self.service.__name__, self.service.__name__.capitalize())
        return f"| {name} | {self.event} | {depth} | {RANGE[self.scans]} | 1 | 0 | {self.offline} |"

    @property
    def id(self) -> str:
        return f"{self.service.__name__}, {self.event}, depth {self.depth}"


G, L = ci_services.github, ci_services.gitlab
B, A, C, J = ci_services.bitbucket, ci_services.azure, ci_services.circleci, ci_services.jenkins
TABLE = [
    Cell(G, "pull_request", 1, "request", 2),
    Cell(G, "pull_request", 0, "request", 1),
    Cell(G, "pull_request_target", 1, "request", 2),
    Cell(G, "merge_group", 1, "queue", 2, NEW + 1),
    Cell(G, "merge_group", 0, "queue", 1, NEW + 1),
    Cell(G, "push", 1, "before", 2),
    Cell(G, "push", 0, "before", 1),
    Cell(G, "push, new branch", 1, "branch", 2),
    Cell(G, "push, forced over what is gone", 1, "branch", 2),
    Cell(G, "push, forced over what is gone", 0, "branch", 1),
    Cell(G, "push, tag", 1, "tag", 2, 0),
    Cell(G, "schedule", 1, "all", 2, None),
    Cell(G, "schedule", 0, "all", 1, None),
    Cell(G, "workflow_dispatch", 1, "all", 2, None),
    Cell(L, "merge request", 20, "request", 2),
    Cell(L, "merge request", 0, "request", 1),
    Cell(L, "merged result", 20, "queue", 2, NEW + 1),
    Cell(L, "merge train", 20, "queue", 2, NEW + 1),
    Cell(L, "push", 20, "before", 2),
    Cell(L, "push, new branch", 20, "branch", 2),
    Cell(L, "push, tag", 20, "tag", 2, 0),
    Cell(L, "schedule", 20, "all", 2, None),
    Cell(L, "manual", 20, "all", 2, None),
    Cell(B, "pull request", 50, "request", 2),
    Cell(B, "push", 50, "branch", 2),
    Cell(B, "push to the default branch", 50, "behind", 1, LONG + 3),
    Cell(A, "pull request", 1, "request", 2),
    Cell(A, "push", 1, "branch", 2),
    Cell(A, "schedule", 1, "all", 2, None),
    Cell(C, "push", 0, "branch", 1),
    Cell(C, "push", -1, "branch", 3),
    Cell(J, "pull request", 0, "request", 2),
    Cell(J, "build after a good one", 0, "before", 1),
    Cell(J, "build after a good one", 1, "before", 2),
]


@pytest.fixture(scope="session")
def hosted(tmp_path_factory) -> Hosted:
    return host(tmp_path_factory.mktemp("hosted"))


@pytest.fixture
def job(keysieve, hosted, tmp_path):
    """Runs a job over the branch with the key, or the clean one."""

    def run(cell: Cell, name: str, *options: str):
        clone, env = cell.service(tmp_path, hosted, cell.event, name, cell.depth)
        return keysieve("ci", "--format", "json", *options, cwd=clone.path, env=env)

    return run


def paths(done) -> set[str | None]:
    return {one["path"] for finding in done.findings for one in finding["occurrences"]}


@pytest.mark.parametrize("cell", TABLE, ids=lambda cell: cell.id)
def test_key(cell, job) -> None:
    done = job(cell, "leak", *(["--no-fetch"] if cell.offline == 1 else []))
    assert done.status == 1, done.err
    if cell.scans == "all":
        assert {"old.ini", "leak.ini"} <= paths(done)
    elif cell.scans == "behind":
        assert paths(done) == {"old.ini"}
    else:
        assert paths(done) == ({None} if cell.scans == "tag" else {"leak.ini"}), "and nothing of the base"
    if cell.commits is not None:
        assert done.report["stats"]["commits"] == cell.commits


# The history of the server has an old key, so that a full audit of it is never clean; nor are the same services' ways
# to clone tried twice.
CLEAN = {(cell.service, cell.scans): cell for cell in TABLE if cell.scans not in ("all", "behind")}


@pytest.mark.parametrize("cell", CLEAN.values(), ids=lambda cell: cell.id)
def test_clean(cell, job) -> None:
    done = job(cell, "clean")
    assert (done.status, done.findings) == (0, []), done.err


@pytest.mark.parametrize("cell", [cell for cell in TABLE if cell.offline != 1], ids=lambda cell: cell.id)
def test_clone_that_does_not_suffice(cell, job) -> None:
    """Where nothing can be fetched it is an error with the line to add, never a pass."""
    done = job(cell, "leak", "--no-fetch")
    assert done.status == cell.offline, done.err
    if cell.offline == 2:
        assert any(word in done.err for word in ("fetch-depth", "GIT_DEPTH", "depth: full", "fetchDepth", "Shallow"))
        assert done.out == ""


def test_document_shows_this_table() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.endswith((" 1 |", " 2 |", " 3 |"))]
    assert rows == [cell.row for cell in TABLE]
