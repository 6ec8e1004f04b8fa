"""Reflog entries: what still leads to commits that no ref reaches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from keysieve.git.repository import Repository


@dataclass(frozen=True, slots=True)
class ReflogEntry:
    """One entry: `name` is what git calls it, `HEAD@{2}` or `stash@{1}`; `oid` is the commit."""

    name: bytes
    oid: str


def entries(repository: Repository) -> Iterator[ReflogEntry]:
    """All entries of all reflogs, of every work tree, newest first within one."""
    for root in dict.fromkeys((repository.git_dir, repository.common_dir)):
        logs = os.path.join(root, b"logs")
        for folder, _, names in os.walk(logs):
            for name in sorted(names):
                path = os.path.join(folder, name)
                yield from _read(path, os.path.relpath(path, logs))


def _read(path: bytes, ref: bytes) -> Iterator[ReflogEntry]:
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    short = ref.removeprefix(b"refs/heads/").removeprefix(b"refs/remotes/").removeprefix(b"refs/")
    for number, line in enumerate(reversed(lines)):
        words = line.split(b" ", 2)
        if len(words) == 3:
            yield ReflogEntry(b"%s@{%d}" % (short, number), words[1].decode("ascii", "replace"))
