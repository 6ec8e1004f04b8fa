"""Commits: which ones, what they change, what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import IO

from keysieve.blob import NotRead
from keysieve.git import run
from keysieve.git.changes import PathChange, parse_change
from keysieve.git.repository import Repository

_DIFF_TREE = (
    "diff-tree",
    "--stdin",
    "--always",
    "-r",
    "-c",
    "--root",
    "--raw",
    "-z",
    "--no-renames",
    "--no-abbrev",
)
BATCH = 250
"""Commits that git compares in one go when it works on several batches at a time."""
_HEADER = 512
"""Bytes of a commit that are looked at for what hardly any says later: its committer's date."""
_IDENTITY = re.compile(rb"(?P<who>.*?) ?(?P<seconds>-?(?<!\d)\d{1,18}) (?P<zone>[+-]\d{4})$")


@dataclass(frozen=True, slots=True)
class CommitChanges:
    """What one commit brings in.

    Attributes:
        oid: The commit.
        changes: Paths that differ from every parent (from nothing, for a root commit).
    """

    oid: str
    changes: tuple[PathChange, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit object says.

    Attributes:
        author: Name and address as written, likewise `committer`.
        date: Committer date in ISO 8601, `author_date` likewise; empty where the object holds none that is valid.
        timestamp: Committer date in seconds since 1970.
        message: As bytes.
    """

    oid: str
    parents: tuple[str, ...]
    author: bytes = field(repr=False)
    committer: bytes = field(repr=False)
    date: str
    author_date: str
    timestamp: int
    message: bytes = field(repr=False)

    @property
    def identities(self) -> bytes:
        """Author and committer, a line each."""
        return self.author + b"\n" + self.committer


def parse(oid: str, data: bytes) -> Commit:
    """A commit from the content of its object; what is malformed comes out empty."""
    headers, _, message = data.partition(b"\n\n")
    fields = [line.partition(b" ")[::2] for line in headers.split(b"\n")]
    author, author_date, _ = _identity(fields, b"author")
    committer, date, timestamp = _identity(fields, b"committer")
    parents = tuple(value.decode("ascii", "replace") for key, value in fields if key == b"parent")
    return Commit(oid, parents, author, committer, date, author_date, timestamp, message)


def headers(contents: Sequence[bytes], digits: int) -> list[tuple[bytes, bytes, int]]:
    """What many commits say, the same as `parse` does one by one, or more where a date has no time zone.

    Args:
        contents: Of their objects.
        digits: Of an object id.

    Returns:
        For each commit its tree (zeros where it has none), the lines with its parents, and its committer date.
    """
    text = b"\0" + b"\0".join([content[:_HEADER] for content in contents])
    found = _usual(digits).findall(text)
    if len(found) == text.count(b"\0") == len(contents):
        return [(tree, parents, int(seconds)) for tree, parents, seconds in found]
    return [_header(content, digits) for content in contents]


@cache
def _usual(digits: int) -> re.Pattern[bytes]:
    oid = rb"[0-9a-f]{%d}" % digits
    # In as many texts behind a NUL each as there are NULs, so many matches are one in each.
    return re.compile(
        rb"\0tree (%b)\n((?:parent %b\n)*)author .*\ncommitter .*> (-?\d{1,18})(?=[ \n]).*\n" % (oid, oid)
    )


def _header(content: bytes, digits: int) -> tuple[bytes, bytes, int]:
    if found := _usual(digits).match(b"\0" + content):
        return found[1], found[2], int(found[3])
    oid = rb"[0-9a-fA-F]{%d}" % digits
    tree = re.match(rb"tree (%b)\n" % oid, content)
    parents = re.findall(rb"^parent %b\n" % oid, content.partition(b"\n\n")[0] + b"\n", re.MULTILINE)
    return tree[1] if tree else b"0" * digits, b"".join(parents), parse("", content).timestamp


def _identity(fields: Sequence[tuple[bytes, bytes]], key: bytes) -> tuple[bytes, str, int]:
    line = next((value for name, value in fields if name == key), b"")
    found = _IDENTITY.match(line)
    if found is None:
        return line, "", 0
    seconds = int(found["seconds"])
    return found["who"], iso_date(seconds, found["zone"].decode("ascii")), seconds


def iso_date(seconds: int, zone: str) -> str:
    """Seconds since 1970 and git's time zone (`+0130`) as ISO 8601; empty where they make no date."""
    from datetime import datetime, timedelta, timezone

    minutes = (int(zone[1:3]) * 60 + int(zone[3:5])) * (-1 if zone[0] == "-" else 1)
    try:
        return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=minutes))).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def changes(
    repository: Repository, oids: Sequence[str], paths: Sequence[bytes] = (), blobs: frozenset[bytes] | None = None
) -> Iterator[CommitChanges | NotRead]:
    """What each of the commits changes, in the order asked for; each is answered.

    A merge gives what differs from all its parents. Where a tree is missing or corrupt git stops; that commit is
    "not read", and reading goes on behind it.

    Args:
        repository: Where they are.
        oids: Commits.
        paths: Only these paths, taken literally.
        blobs: Only changes from or to one of these (hexadecimal ids); None for all.
    """
    position = 0
    while position < len(oids):
        for answer in _diff_tree(repository, oids[position:], paths, blobs):
            yield answer
            position += 1
        if position < len(oids):
            yield NotRead(oids[position].encode(), "commit with a missing or corrupt tree")
            position += 1


def changes_about(
    repository: Repository, oids: Sequence[str], blobs: Collection[str] | None
) -> Iterator[CommitChanges | NotRead]:
    """What the commits change about the blobs, in the order asked for: `changes` with several processes.

    Args:
        repository: Where they are.
        oids: Commits.
        blobs: Hexadecimal ids; None for everything.
    """
    from concurrent.futures import ThreadPoolExecutor

    batches = [oids[start : start + BATCH] for start in range(0, len(oids), BATCH)]
    wanted = None if blobs is None else frozenset(oid.encode() for oid in blobs)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for answers in pool.map(lambda batch: list(changes(repository, batch, blobs=wanted)), batches):
            yield from answers


def _diff_tree(
    repository: Repository, oids: Sequence[str], paths: Sequence[bytes], blobs: frozenset[bytes] | None
) -> Iterator[CommitChanges]:
    """The changes of the first so many commits: those before the one that git stops at.

    git compares the trees of a commit completely before it writes the first line about it, so that what is written
    is whole.
    """
    arguments: list[str | bytes] = list(_DIFF_TREE)
    if paths:
        arguments += [b"--", *paths]
    with run.piped(repository.directory, repository.environment, arguments, (f"{oid}\n" for oid in oids)) as pipe:
        yield from _parsed(_fields(pipe), blobs)


def _parsed(fields: Iterator[bytes], blobs: frozenset[bytes] | None) -> Iterator[CommitChanges]:
    oid = ""
    found: list[PathChange] = []
    for head in fields:
        if head.startswith(b":"):
            path = next(fields)
            if blobs is None or not blobs.isdisjoint(head.split(b" ")):
                found.append(parse_change(head, path))
            continue
        if oid:
            yield CommitChanges(oid, tuple(found))
        oid, found = head.decode("ascii"), []
    if oid:
        yield CommitChanges(oid, tuple(found))


def _fields(pipe: IO[bytes]) -> Iterator[bytes]:
    """The NUL-terminated fields of a stream."""
    rest = b""
    while chunk := pipe.read(1 << 20):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
