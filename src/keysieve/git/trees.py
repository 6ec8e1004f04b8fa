"""What stands in trees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

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


def tree_names(data: bytes, oid_size: int) -> Iterator[bytes]:
    """The names in a tree object: mode, space, name, NUL, binary object id, over and over.

    Args:
        data: The object's content.
        oid_size: Bytes of an object id, 20 or 32.
    """
    position = 0
    while (space := data.find(b" ", position)) >= 0 and (end := data.find(b"\0", space)) >= 0:
        yield data[space + 1 : end]
        position = end + 1 + oid_size


def named_ids(entries: bytes, oid_length: int) -> list[bytes]:
    """The raw ids in whole entries of tree objects, in order."""
    return _ids(oid_length).findall(entries)


@cache
def _ids(oid_length: int) -> re.Pattern[bytes]:
    return re.compile(rb"(?s)[0-7]{5,6} [^\0]+\0(.{%d})" % oid_length)


def submodule_names(data: bytes, oid_size: int) -> Iterator[tuple[bytes, bytes]]:
    """Name and raw commit id of the submodules in a tree object."""
    position = 0
    while (space := data.find(b" ", position)) >= 0 and (end := data.find(b"\0", space)) >= 0:
        if data[position:space] == b"160000":
            yield data[space + 1 : end], data[end + 1 : end + 1 + oid_size]
        position = end + 1 + oid_size
