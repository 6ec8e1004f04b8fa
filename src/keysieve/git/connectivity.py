"""What refs reach and is not there."""

from __future__ import annotations

from collections.abc import Iterator

from keysieve.blob import NotRead
from keysieve.git import run
from keysieve.git.repository import Repository


def missing_objects(repository: Repository) -> Iterator[NotRead]:
    """Objects that a ref reaches and that the database does not hold, and where a shallow clone ends."""
    for boundary in shallow_boundaries(repository):
        yield NotRead(boundary, "shallow clone: what came before this commit is not here")
    arguments = ["rev-list", "--objects", "--no-object-names", "--missing=print", "--all"]
    status, out, messages = repository.run(arguments)
    for line in out.splitlines():
        if line.startswith(b"?"):
            yield NotRead(line[1:], "missing object")
    if status:
        yield NotRead(b"objects that refs reach", run.failure(messages, arguments).message.rstrip("."))


def shallow_boundaries(repository: Repository) -> list[bytes]:
    """The commits whose parents a shallow clone left out."""
    if not repository.is_shallow:
        return []
    with open(repository.common_dir + b"/shallow", "rb") as file:
        return file.read().split()
