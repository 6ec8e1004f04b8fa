"""The index, compared with HEAD: what the next commit would bring in."""

from __future__ import annotations

from collections.abc import Mapping

from keysieve.git import run
from keysieve.git.changes import Entry, PathChange, parse_raw

_DIFF = (
    "diff-index",
    "--cached",
    "--raw",
    "-z",
    "--no-renames",
    "--no-abbrev",
    "--ignore-submodules=none",
    "--ita-invisible-in-index",
)


def changes(env: Mapping[str, str]) -> list[PathChange]:
    """The paths whose staged version is not HEAD's; paths in conflict with each of their stages as a new version.

    One git call; two more for a first commit and in a conflict.

    Args:
        env: From `run.environment`; keeps `GIT_INDEX_FILE`, which names the index that is being committed.

    Raises:
        GitError: It is not a repository, or git fails.
    """
    status, out, _ = run.run([*_DIFF, "HEAD", "--"], env=env)
    if status:  # no commit yet, or a HEAD that is broken: then everything in the index counts as new
        empty = run.output(["hash-object", "-t", "tree", "--stdin"], env=env).decode().strip()
        out = run.output([*_DIFF, empty, "--"], env=env)
    found = list(parse_raw(iter(out.split(b"\0"))))
    if any(change.is_unmerged for change in found):
        return [change for change in found if not change.is_unmerged] + _stages(env)
    return found


def _stages(env: Mapping[str, str]) -> list[PathChange]:
    """Stages 1 (base), 2 (ours) and 3 (theirs) of the paths in conflict, as new versions; ours is what HEAD has."""
    top = run.output(["rev-parse", "--show-cdup"], env=env).rstrip(b"\n")
    out = run.output(["ls-files", "--unmerged", "-z"], cwd=top or None, env=env)
    stages = [_stage(line) for line in out.split(b"\0")[:-1]]
    ours = {entry.path: entry for number, entry in stages if number == "2"}
    return [PathChange(entry.path, entry, (ours[entry.path],) if entry.path in ours else ()) for _, entry in stages]


def _stage(line: bytes) -> tuple[str, Entry]:
    head, _, path = line.partition(b"\t")
    mode, oid, number = head.decode("ascii").split(" ")
    return number, Entry(path, mode, oid)


def merge_heads(env: Mapping[str, str]) -> list[str]:
    """The commits that a merge in progress merges into HEAD."""
    path = run.output(["rev-parse", "--git-path", "MERGE_HEAD"], env=env).rstrip(b"\n")
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()
    except FileNotFoundError:
        return []
