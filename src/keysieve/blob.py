"""Bytes, and where they were read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where bytes stand.

    Attributes:
        kind: One of the occurrence kinds of the JSON report (`file`, `staged`, `commit-message`, …).
        path: Path as git or the file system has it; None where there is none (messages, standard input).
        oid: Hexadecimal object id of the git object that holds the bytes.
        commit: Hexadecimal id of the commit that brought the bytes in, where known.
        reachable: Whether a ref reaches it; None where that means nothing.
    """

    kind: str
    path: bytes | None = None
    oid: str | None = None
    commit: str | None = None
    reachable: bool | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes to scan, with their place. The bytes never show in a representation."""

    data: bytes = field(repr=False)
    place: Place


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something that should have been read and was not.

    Attributes:
        what: Path or object id.
        reason: Why, in a few words: `missing object`, `permission denied`, …
    """

    what: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """Something that is not for us to read: a submodule's commit, a Git LFS pointer, an encrypted archive.

    Attributes:
        what: Path or object id.
        reason: `submodule`, `git-lfs`, `encrypted archive`, `alternate`, …
        count: How many such things the entry stands for.
    """

    what: bytes
    reason: str
    count: int = 1
