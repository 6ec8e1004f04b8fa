"""Which commits brought blobs in, which took them out, and where they are live. Only for blobs that matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from keysieve.blob import NotRead
from keysieve.git import commits
from keysieve.git.changes import Entry
from keysieve.git.refs import Ref
from keysieve.git.repository import Repository


@dataclass(frozen=True, slots=True)
class Sighting:
    """A blob at a path, in a commit that brings it there or takes it away."""

    commit: str
    entry: Entry


@dataclass(slots=True)
class Attribution:
    """What history says of some blobs.

    Attributes:
        added: Blob → the commits that bring it to a path, in the order of history.
        removed: Blob → the commits that take it from a path.
        live: Blobs in the tree of HEAD or of a branch tip.
        not_read: Commits that git could not compare.
    """

    added: dict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    removed: dict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    live: set[str] = field(default_factory=set)
    not_read: list[NotRead] = field(default_factory=list)


def attribute(repository: Repository, order: Sequence[str], blobs: Collection[str], tips: Iterable[Ref]) -> Attribution:
    """Where and when the blobs came in and went out.

    Args:
        repository: Where they are.
        order: Commits to look at, parents first.
        blobs: Hexadecimal object ids.
        tips: Refs whose trees count as live.
    """
    result = Attribution()
    if not blobs:
        return result
    wanted = set(blobs)
    for answer in commits.changes(repository, order):
        if isinstance(answer, NotRead):
            result.not_read.append(answer)
            continue
        for change in answer.changes:
            new = change.new
            if new is not None and new.oid in wanted:
                result.added[new.oid].append(Sighting(answer.oid, new))
            for old in change.old:
                if old.oid in wanted:
                    result.removed[old.oid].append(Sighting(answer.oid, old))
    paths = {sighting.entry.path for sightings in result.added.values() for sighting in sightings}
    result.live = live_blobs(repository, wanted, paths, {tip.peeled for tip in tips if tip.is_branch})
    return result


def live_blobs(
    repository: Repository, blobs: Collection[str], paths: Collection[bytes], tips: Collection[str]
) -> set[str]:
    """Those of the blobs that stand at one of the paths in the tree of one of the commits."""
    from keysieve.git import objects

    names = [tip.encode() + b":" + path for tip in sorted(tips) for path in sorted(paths) if b"\n" not in path]
    found = set(objects.resolve(repository, names)) if names else set()
    odd = [path for path in paths if b"\n" in path]  # cat-file reads one name a line
    for tip in tips if odd else ():
        _, out, _ = repository.run(["ls-tree", "-z", "--full-tree", tip, "--", *odd])
        found.update(line.split(b"\t")[0].split(b" ")[2].decode() for line in out.split(b"\0") if line)
    return found & set(blobs)
