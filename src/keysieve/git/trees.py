"""What stands at paths of a tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keysieve.git import run
from keysieve.git.changes import Entry


def entries_at(
    revision: str, paths: Sequence[bytes], *, env: Mapping[str, str], cwd: str | bytes | None = None
) -> list[Entry]:
    """The entries of a commit's tree at those paths, taken literally, from its root."""
    if not paths:
        return []
    out = run.output(["ls-tree", "-r", "-z", "--full-tree", revision, "--", *paths], env=env, cwd=cwd)
    return [_entry(line) for line in out.split(b"\0")[:-1]]


def _entry(line: bytes) -> Entry:
    head, _, path = line.partition(b"\t")
    mode, _, oid = head.decode("ascii").split(" ")
    return Entry(path, mode, oid)
