"""What refs reach and is not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from keysieve.blob import NotRead
from keysieve.git import run
from keysieve.git.repository import Repository

_WALK = ("rev-list", "--objects", "--no-object-names", "--missing=print", "--all")


def missing_objects(repository: Repository) -> Iterator[NotRead]:
    """Objects that a ref reaches and that the database does not hold. Walks every tree."""
    status, out, messages = repository.run(_WALK)
    for line in out.splitlines():
        if line.startswith(b"?"):
            yield NotRead(line[1:], "missing object")
    if status:
        yield NotRead(b"objects that refs reach", run.failure(messages, _WALK).message.rstrip("."))


def reachable_objects(repository: Repository) -> Collection[bytes]:
    """Raw ids of all objects that refs reach. Walks every tree."""
    _, out, _ = repository.run(_WALK)
    return {bytes.fromhex(line.decode("ascii")) for line in out.splitlines() if not line.startswith(b"?")}


def shallow_boundaries(repository: Repository) -> list[bytes]:
    """The commits whose parents a shallow clone left out."""
    if not repository.is_shallow:
        return []
    with open(repository.common_dir + b"/shallow", "rb") as file:
        return file.read().split()
