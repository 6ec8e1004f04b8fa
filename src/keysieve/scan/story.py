"""The story of each credential: who brought it in, whether it is gone, which refs and reflogs still lead to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from keysieve.git.attribution import Attribution
from keysieve.git.commits import Commit
from keysieve.git.graph import Graph
from keysieve.git.reflog import ReflogEntry
from keysieve.git.refs import Ref
from keysieve.scan.assembly import Story
from keysieve.scan.grouping import Group

DAY = 86_400
FEW = 3
"""Reflog entries that a note names."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stories are made from.

    Attributes:
        order: Commits, parents first.
        commits: Those that places and events name.
        reflog: Entries of all reflogs.
    """

    order: Sequence[str]
    graph: Graph
    refs: Sequence[Ref]
    attribution: Attribution
    commits: Mapping[str, Commit] = field(repr=False)
    reflog: Sequence[ReflogEntry] = ()


def first_complete(group: Group, rank: Mapping[str, int]) -> str | None:
    """The commit with which the credential was first whole: a pair may come in one half at a time.

    Args:
        group: The credential.
        rank: Commit → its position in the order of history.
    """
    firsts: dict[str, str] = {}
    for one in group.located:
        commit = one.place.commit
        if commit is None or commit not in rank:
            continue
        for match in one.credential.matches:
            known = firsts.get(match.name)
            if known is None or rank[commit] < rank[known]:
                firsts[match.name] = commit
    return max(firsts.values(), key=rank.__getitem__, default=None)


def stories(groups: Sequence[Group], evidence: Evidence) -> dict[int, Story]:
    """The story of each group, by its position."""
    rank = {oid: number for number, oid in enumerate(evidence.order)}
    marks: dict[str, int] = {}
    for number, group in enumerate(groups):
        for commit in _commits(group):
            marks[commit] = marks.get(commit, 0) | 1 << number
    held = evidence.graph.containing(evidence.order, marks) if marks else {}
    return {number: _story(number, group, rank, held, evidence) for number, group in enumerate(groups)}


def _commits(group: Group) -> set[str]:
    return {one.place.commit for one in group.located if one.place.commit}


def _story(number: int, group: Group, rank: Mapping[str, int], held: Mapping[str, int], evidence: Evidence) -> Story:
    live = any(one.place.oid in evidence.attribution.live for one in group.located)
    introduced = first_complete(group, rank)
    removed = None if live else _removed(group, rank, evidence)
    refs = tuple(ref.name for ref in evidence.refs if held.get(ref.peeled, 0) >> number & 1)
    notes = [
        *_exposure(introduced, removed, evidence),
        *_publication(refs, evidence.refs),
        *_lifeline(number, group, refs, held, evidence),
    ]
    return Story(introduced, removed, live, refs, tuple(notes))


def _removed(group: Group, rank: Mapping[str, int], evidence: Evidence) -> str | None:
    """The last commit that takes it away without bringing it in somewhere else."""
    blobs = {one.place.oid for one in group.located if one.place.oid}
    brought = _commits(group)
    gone = (
        sighting.commit
        for oid in blobs
        for sighting in evidence.attribution.removed.get(oid, ())
        if sighting.commit not in brought
    )
    return max(gone, key=rank.__getitem__, default=None)


def _exposure(introduced: str | None, removed: str | None, evidence: Evidence) -> Iterable[str]:
    first, last = evidence.commits.get(introduced or ""), evidence.commits.get(removed or "")
    if first is not None and last is not None and last.timestamp >= first.timestamp:
        days = (last.timestamp - first.timestamp) // DAY
        yield f"It stood in the tree for {days} day{'' if days == 1 else 's'} before it was removed."


def _publication(refs: Sequence[bytes], every: Sequence[Ref]) -> Iterable[str]:
    has_remote = any(ref.name.startswith(b"refs/remotes/") for ref in every)
    if has_remote and refs and not any(name.startswith(b"refs/remotes/") for name in refs):
        yield "No remote-tracking branch holds it: it may not have left this clone yet."


def _lifeline(
    number: int, group: Group, refs: Sequence[bytes], held: Mapping[str, int], evidence: Evidence
) -> Iterable[str]:
    """How it can still be reached where no ref leads to it."""
    if refs or any(one.place.reachable is not False for one in group.located):
        return
    names = [entry.name for entry in evidence.reflog if held.get(entry.oid, 0) >> number & 1]
    if names:
        told = ", ".join(name.decode("utf-8", "backslashreplace") for name in names[:FEW])
        yield f"No ref reaches it, only the reflog does: {told}{' and more' if len(names) > FEW else ''}."
    elif all(one.place.kind == "staged" for one in group.located):
        yield "It is in the index only; no commit holds it."
    else:
        yield "Nothing reaches it any more; git gc drops it in time, a copy of the repository may keep it."
