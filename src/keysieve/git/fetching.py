"""Fetches what a CI service has left out of its clone. Nothing else in keysieve uses the network of git."""

from __future__ import annotations

from collections.abc import Sequence

from keysieve.git import run
from keysieve.git.repository import Repository

# Reading must not fetch; here it is what was asked for.
_RELEASED = ("GIT_ALLOW_PROTOCOL", "GIT_NO_LAZY_FETCH")


def fetch(repository: Repository, refspecs: Sequence[str], *options: str) -> bool:
    """Fetch from the remote that the clone came from.

    Args:
        repository: The clone.
        refspecs: What to fetch; object ids, too, where the server allows it.
        options: Of `git fetch`.

    Returns:
        Whether it worked.
    """
    quiet = ("fetch", "--quiet", "--no-recurse-submodules", "--no-auto-gc", *options)
    return _online(repository, [*quiet, remote(repository), *refspecs])[0] == 0


def _online(repository: Repository, arguments: Sequence[str]) -> tuple[int, bytes, bytes]:
    env = {name: value for name, value in repository.environment.items() if name not in _RELEASED}
    return run.run(arguments, cwd=repository.directory, env=env)


def remote(repository: Repository) -> str:
    """The remote that the clone came from: `origin`, else the first one."""
    names = repository.output(["remote"]).decode("utf-8", "surrogateescape").split()
    return "origin" if "origin" in names or not names else names[0]


def fetched_oid(repository: Repository) -> str:
    """The object that the last fetch of one ref has brought."""
    return repository.output(["rev-parse", "--verify", "FETCH_HEAD"]).decode().strip()


def default_branch(repository: Repository) -> str | None:
    """The branch that HEAD of the remote names (`refs/heads/…`), as the remote says it; None where it does not."""
    _, out, _ = _online(repository, ["ls-remote", "--symref", remote(repository), "HEAD"])
    line = out.split(b"\n", 1)[0]
    return line[5:].split(b"\t")[0].decode("utf-8", "surrogateescape") if line.startswith(b"ref: ") else None


def is_partial(repository: Repository) -> bool:
    """Whether the clone leaves out objects that it would fetch one by one when needed."""
    status, _, _ = repository.run(["config", "--get-regexp", r"^remote\..*\.promisor$"])
    return status == 0
