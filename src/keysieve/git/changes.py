"""What a commit, or the index, changes: entries of new and old versions, read from `--raw -z` output.

Patch text is never read: attributes, drivers and configuration hide and distort it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SUBMODULE = "160000"
SYMLINK = "120000"
ABSENT = "000000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a path.

    Attributes:
        path: As git stores it, without quoting.
        mode: Six octal digits.
        oid: Hexadecimal object id.
    """

    path: bytes
    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that differs from every parent.

    Attributes:
        new: The new version; None where the path is gone.
        old: The version of each parent that has it.
        is_unmerged: Whether it stands in conflict in the index (then there is no one new version).
    """

    path: bytes
    new: Entry | None
    old: tuple[Entry, ...]
    is_unmerged: bool = False


def parse_raw(fields: Iterator[bytes]) -> Iterator[PathChange]:
    """Changes from the NUL-separated fields of git's raw diff format (git-diff-tree, "RAW OUTPUT FORMAT").

    Understands the combined form of merges (`::`, one mode and id per parent). Stops at the first field that does
    not start with a colon, which is lost.
    """
    for head in fields:
        if not head.startswith(b":"):
            return
        yield parse_change(head, next(fields))


def parse_change(head: bytes, path: bytes) -> PathChange:
    """One change from its head (`:100644 100644 oid oid M`) and its path."""
    parents = len(head) - len(head.lstrip(b":"))
    words = head[parents:].decode("ascii").split(" ")
    modes, oids = words[: parents + 1], words[parents + 1 : 2 * parents + 2]
    versions = [Entry(path, mode, oid) if mode != ABSENT else None for mode, oid in zip(modes, oids, strict=True)]
    old = tuple(entry for entry in versions[:-1] if entry is not None)
    return PathChange(path, versions[-1], old, is_unmerged=words[-1] == "U")
