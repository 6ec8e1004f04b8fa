"""Reads objects through `git cat-file`, and accounts for each one by its answer, never by git's exit status."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from keysieve.blob import NotRead
from keysieve.git import run
from keysieve.git.repository import Repository


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the database.

    Attributes:
        name: What was asked for: an object id, or a name such as `:path`.
        oid: Hexadecimal object id.
        kind: `blob`, `commit`, `tag` or `tree`.
        data: Its content.
    """

    name: bytes
    oid: str
    kind: str
    data: bytes = field(repr=False)


Answer = StoredObject | NotRead


def read(names: Sequence[bytes], *, cwd: str | bytes | None, env: Mapping[str, str]) -> Iterator[Answer]:
    """The named objects in the order asked for, each answered: with its content, or with why there is none.

    A corrupt object makes git stop; the answer to it is then "corrupt", and reading goes on behind it.

    Args:
        names: Object ids in hexadecimal, or names that git resolves; without line breaks.
        cwd: Where to run git.
        env: From `run.environment`.
    """
    position = 0
    while position < len(names):
        answered = position
        for item in _batch(names[position:], cwd=cwd, env=env):
            yield item
            answered += 1
        position = answered
        if position < len(names):  # git died over this one
            yield NotRead(names[position], "corrupt object")
            position += 1


def read_from(repository: Repository, names: Sequence[bytes]) -> Iterator[Answer]:
    """`read` in a repository."""
    return read(names, cwd=repository.directory, env=repository.environment)


def _batch(names: Sequence[bytes], *, cwd: str | bytes | None, env: Mapping[str, str]) -> Iterator[Answer]:
    """Answers up to the object that git dies over."""
    requests = (os.fsdecode(name) + "\n" for name in names)
    with run.piped(cwd, env, ["cat-file", "--batch", "--buffer"], requests) as pipe:
        for name in names:
            answer = _answer(pipe, name)
            if answer is None:
                return
            yield answer


def _answer(pipe: IO[bytes], name: bytes) -> Answer | None:
    """One answer of `cat-file --batch` (see its section BATCH OUTPUT), None where git has died."""
    header = pipe.readline()
    if not header.endswith(b"\n"):
        return None
    if header.endswith((b" missing\n", b" ambiguous\n")):
        return NotRead(name, f"{header.rpartition(b' ')[2].strip().decode()} object")
    oid, kind, size = header.split(b" ")
    data = pipe.read(int(size))
    if len(data) != int(size) or pipe.read(1) != b"\n":
        return None
    return StoredObject(name, oid.decode(), kind.decode(), data)


def names_and_kinds(repository: Repository) -> Iterator[tuple[bytes, str]]:
    """Every object of the database, reachable or not, with its kind (empty where it cannot be told), in pack order.

    Duplicates (an object in two packs) come once.
    """
    out = repository.output(
        ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"]
    )
    for line in out.splitlines():
        name, _, kind = line.partition(b" ")
        yield name, "" if kind == b"missing" else kind.decode()


def resolve(repository: Repository, names: Sequence[bytes]) -> Iterator[str]:
    """The object id of each name (`commit:path`, without line feeds); empty for what is not there."""
    requests = (os.fsdecode(name) + "\n" for name in names)
    arguments = ["cat-file", "--batch-check=%(objectname)", "--buffer"]
    with run.piped(repository.directory, repository.environment, arguments, requests) as pipe:
        for line in pipe:
            yield "" if line.endswith((b" missing\n", b" ambiguous\n")) else line.strip().decode()
