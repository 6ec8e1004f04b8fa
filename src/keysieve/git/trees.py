"""What stands in trees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keysieve.git import run
from keysieve.git.changes import Entry
from keysieve.git.repository import Repository


def entries_at(
    revision: str, paths: Sequence[bytes], *, env: Mapping[str, str], cwd: str | bytes | None = None
) -> list[Entry]:
    """The entries of a commit's tree at those paths, taken literally, from its root."""
    if not paths:
        return []
    out = run.output(["ls-tree", "-r", "-z", "--full-tree", revision, "--", *paths], env=env, cwd=cwd)
    return [_entry(line) for line in out.split(b"\0")[:-1]]


def all_entries(repository: Repository, tree: str) -> list[Entry]:
    """Every entry of a tree and of the trees in it."""
    out = repository.output(["ls-tree", "-r", "-z", "--full-tree", tree])
    return [_entry(line) for line in out.split(b"\0")[:-1]]


def _entry(line: bytes) -> Entry:
    head, _, path = line.partition(b"\t")
    mode, _, oid = head.decode("ascii").split(" ")
    return Entry(path, mode, oid)


def tree_entries(repository: Repository, tree: str) -> list[Entry]:
    """Every file in a tree; nothing where it cannot be read."""
    _, out, _ = repository.run(["ls-tree", "-r", "-z", "--full-tree", tree])
    return [_entry(line) for line in out.split(b"\0")[:-1]]


def index_entries(repository: Repository) -> list[Entry]:
    """What stands in the index of the work tree, conflicts with all their stages; nothing in a bare repository."""
    if repository.is_bare:
        return []
    _, out, _ = repository.run(["ls-files", "--stage", "-z"])
    entries = []
    for line in out.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, oid, _ = head.decode("ascii").split(" ")
        entries.append(Entry(path, mode, oid))
    return entries
