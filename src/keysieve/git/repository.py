"""One repository: where it is, and what kind it is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keysieve.errors import GitError, UsageError
from keysieve.git import run

_QUESTIONS = (
    "--is-bare-repository",
    "--is-shallow-repository",
    "--show-object-format",
    "--absolute-git-dir",
    "--path-format=absolute",
    "--git-common-dir",
    "--git-path",
    "objects",
    "--show-cdup",  # last, because outside of a work tree nothing answers it
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that git itself has found and accepted the ownership of.

    Attributes:
        directory: Where git is run: the top of the work tree, or the git directory of a bare repository.
        git_dir: Absolute path of this work tree's git directory.
        common_dir: Absolute path of the git directory that all work trees share.
        objects_dir: Absolute path of the object database.
        object_format: `sha1` or `sha256`.
        environment: The environment to run git in.
    """

    directory: bytes
    git_dir: bytes
    common_dir: bytes
    objects_dir: bytes
    object_format: str
    is_bare: bool
    is_shallow: bool
    environment: Mapping[str, str] = field(repr=False)

    def run(self, arguments: Sequence[str | bytes], stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        """Exit status, output and messages of a git call here."""
        return run.run(arguments, cwd=self.directory, env=self.environment, stdin=stdin)

    def output(self, arguments: Sequence[str | bytes], stdin: bytes = b"") -> bytes:
        """The output of a git call here.

        Raises:
            GitError: Its exit status is not 0.
        """
        return run.output(arguments, cwd=self.directory, env=self.environment, stdin=stdin)

    @property
    def null_oid(self) -> str:
        """The object id that stands for "no object"."""
        return "0" * (64 if self.object_format == "sha256" else 40)


def discover(path: str | bytes = b".", *, foreign: bool = False) -> Repository:
    """The repository that `path` lies in, as git finds it (with git's own check of ownership).

    Args:
        path: A folder.
        foreign: The user named it: variables that tie git to the repository we were started in are dropped.

    Raises:
        GitError: It is not in a repository, or git refuses it.
    """
    start = os.fsencode(path)
    if not os.path.isdir(start):
        raise UsageError(f"There is no folder {os.fsdecode(start)!r}.", "Name a repository: keysieve history PATH")
    environment = run.environment(foreign=foreign)
    out = run.output(["rev-parse", *_QUESTIONS], cwd=start, env=environment)
    lines = out.split(b"\n")[:-1]
    if len(lines) not in (6, 7):
        raise GitError(
            "git gave an answer that cannot be read; is there a line break in the path of the repository?",
            "Move the repository to a path without line breaks.",
        )
    bare, shallow, object_format, git_dir, common_dir, objects_dir = lines[:6]
    directory = os.path.join(os.path.abspath(start), lines[6]) if len(lines) == 7 else git_dir
    return Repository(
        directory=os.path.abspath(directory),
        git_dir=git_dir,
        common_dir=common_dir,
        objects_dir=objects_dir,
        object_format=object_format.decode(),
        is_bare=bare == b"true",
        is_shallow=shallow == b"true",
        environment=environment,
    )


def current() -> Repository | None:
    """The repository that we were started in; None where there is none that git accepts."""
    try:
        return discover()
    except GitError:
        return None


def is_current(repository: Repository) -> bool:
    """Whether it is the repository that we were started in, or another work tree of it."""
    here = current()
    return here is not None and os.path.realpath(here.common_dir) == os.path.realpath(repository.common_dir)


def resolve(repository: Repository, revision: str, kind: str = "commit") -> str:
    """The object id of a revision.

    Args:
        repository: Where to look.
        revision: What the user typed: branch, tag, abbreviated id, `HEAD~3`, …
        kind: The type of object it has to lead to.

    Raises:
        UsageError: There is no such revision.
    """
    status, out, _ = repository.run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{{kind}}}"])
    if status:
        fetch = f"git fetch origin {revision}" if not revision.startswith("-") else "git fetch"
        raise UsageError(
            f"There is no {kind} {revision!r} in this repository.", f"Fetch it first, for example: {fetch}"
        )
    return out.decode().strip()
