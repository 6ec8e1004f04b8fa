"""Refs: their names, and what they lead to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from keysieve.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref.

    Attributes:
        name: In full, `refs/heads/main` or `HEAD`.
        oid: What it points to.
        peeled: What that leads to in the end, if it is a tag; see `peel`.
    """

    name: bytes
    oid: str
    peeled: str

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch, a remote's branch or HEAD: where `live` looks."""
        return self.name == b"HEAD" or self.name.startswith((b"refs/heads/", b"refs/remotes/"))

    def peel(self, targets: Mapping[str, str]) -> Ref:
        """With what it leads to.

        Args:
            targets: Tag object → what it points to.
        """
        end, passed = self.oid, set[str]()
        while end in targets and end not in passed:  # only a forged object database has a circle
            passed.add(end)
            end = targets[end]
        return self if end == self.peeled else replace(self, peeled=end)


def listing(repository: Repository) -> bytes:
    """HEAD (unless it is unborn) and all refs, a line each: the id of what it points to, which need not be there."""
    lines = repository.output(["for-each-ref", "--format=%(objectname) %(refname)"])
    status, head, _ = repository.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
    return head.strip() + b" HEAD\n" + lines if status == 0 else lines


def refs(lines: bytes) -> list[Ref]:
    """The refs of a listing, not peeled."""
    return [_ref(*line.split(b" ", 1)) for line in lines.split(b"\n") if line]


def _ref(oid: bytes, name: bytes) -> Ref:
    text = oid.decode()
    return Ref(name, text, text)


def pointing_at(repository: Repository, oids: Collection[str | None]) -> list[bytes]:
    """Names of the refs that point to one of the objects, or to a tag that does."""
    out = repository.output(["for-each-ref", "--format=%(objectname) %(*objectname) %(refname)"])
    lines = (line.split(b" ", 2) for line in out.split(b"\n") if line)
    return [name for oid, target, name in lines if oid.decode() in oids or target.decode() in oids]
