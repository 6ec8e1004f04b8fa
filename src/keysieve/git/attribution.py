"""Which commits brought blobs in, which took them out, and where they are live. Only for blobs that matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from keysieve.blob import NotRead
from keysieve.git import commits
from keysieve.git.changes import Entry, PathChange
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
        named: Paths with one of the wanted names, each where it first came in.
        live: Blobs in the tree of HEAD or of a branch tip.
        not_read: Commits that git could not compare.
    """

    added: dict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    removed: dict[str, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    named: list[Sighting] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    not_read: list[NotRead] = field(default_factory=list)


def attribute(
    repository: Repository,
    order: Sequence[str],
    blobs: Collection[str],
    names: Collection[bytes],
    tips: Iterable[Ref],
) -> Attribution:
    """Where and when the blobs came in and went out.

    Args:
        repository: Where they are.
        order: Commits to look at, parents first.
        blobs: Hexadecimal object ids.
        names: Names of files and folders whose paths are wanted.
        tips: Refs whose trees count as live.
    """
    result = Attribution()
    if not blobs and not names:
        return result
    seen: set[bytes] = set()
    for answer in commits.changes_about(repository, order, blobs if not names else None):
        if isinstance(answer, NotRead):
            result.not_read.append(answer)
            continue
        for change in answer.changes:
            _note(result, answer.oid, change, blobs)
            if names and change.new and change.path not in seen and not set(names).isdisjoint(change.path.split(b"/")):
                seen.add(change.path)
                result.named.append(Sighting(answer.oid, change.new))
    paths = {sighting.entry.path for sightings in result.added.values() for sighting in sightings}
    result.live = live_blobs(repository, blobs, paths, {tip.peeled for tip in tips if tip.is_branch})
    return result


def _note(result: Attribution, commit: str, change: PathChange, blobs: Collection[str]) -> None:
    if change.new is not None and change.new.oid in blobs:
        result.added[change.new.oid].append(Sighting(commit, change.new))
    for old in change.old:
        if old.oid in blobs:
            result.removed[old.oid].append(Sighting(commit, old))


def live_blobs(
    repository: Repository, blobs: Collection[str], paths: Collection[bytes], tips: Collection[str]
) -> set[str]:
    """Those of the blobs that stand at one of the paths in the tree of one of the commits.

    Folders are looked up first, as most are the same in many commits.
    """
    from keysieve.git import objects

    names: dict[bytes, list[bytes]] = defaultdict(list)
    odd = [path for path in paths if b"\n" in path or b"\r" in path]  # cat-file reads one name a line, without its end
    for path in sorted(set(paths).difference(odd)):
        folder, _, name = path.rpartition(b"/")
        names[folder].append(name)
    asked = [(tip.encode(), folder) for tip in sorted(tips) for folder in names]
    trees = objects.resolve(repository, [tip + b":" + folder for tip, folder in asked]) if asked else ()
    standing = {(tree.encode(), folder) for tree, (_, folder) in zip(trees, asked, strict=False) if tree}
    entries = [tree + b":" + name for tree, folder in sorted(standing) for name in names[folder]]
    found = set(objects.resolve(repository, entries)) if entries else set()
    for tip in tips if odd else ():
        _, out, _ = repository.run(["ls-tree", "-z", "--full-tree", tip, "--", *odd])
        found.update(line.split(b"\t")[0].split(b" ")[2].decode() for line in out.split(b"\0") if line)
    return found & set(blobs)
