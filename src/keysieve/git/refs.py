"""Refs: their names, and what they lead to."""

from __future__ import annotations

from dataclasses import dataclass

from keysieve.git.repository import Repository

_FORMAT = "%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)"


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref.

    Attributes:
        name: In full, `refs/heads/main` or `HEAD`.
        oid: What it points to; `kind` is its type.
        peeled: What a tag leads to in the end, else `oid`; `peeled_kind` is its type.
    """

    name: bytes
    oid: str
    kind: str
    peeled: str
    peeled_kind: str

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch, a remote's branch or HEAD: where `live` looks."""
        return self.name == b"HEAD" or self.name.startswith((b"refs/heads/", b"refs/remotes/"))


def refs(repository: Repository) -> list[Ref]:
    """HEAD (unless it is unborn) and all refs."""
    out = repository.output(["for-each-ref", f"--format={_FORMAT}"])
    found = [_parse(line) for line in out.split(b"\n") if line]
    status, head, _ = repository.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    if status == 0:
        oid = head.decode().strip()
        found.insert(0, Ref(b"HEAD", oid, "commit", oid, "commit"))
    return found


def _parse(line: bytes) -> Ref:
    oid, kind, peeled, peeled_kind, name = line.split(b" ", 4)
    end = (peeled, peeled_kind) if peeled else (oid, kind)
    return Ref(name, oid.decode(), kind.decode(), end[0].decode(), end[1].decode())
