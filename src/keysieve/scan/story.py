"""The story of each credential: who brought it in, whether it is gone, which refs and reflogs still lead to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from keysieve.git.attribution import Attribution
from keysieve.git.commits import Commit
from keysieve.git.graph import Graph
from keysieve.git.packs.columns import Rows
from keysieve.git.reflog import ReflogEntry
from keysieve.git.refs import Ref
from keysieve.scan.assembly import Story
from keysieve.scan.grouping import Group, first_complete

DAY = 86_400
FEW = 3
"""Reflog entries that a note names."""


@dataclass(frozen=True)
class Evidence:
    """What the stories are made from.

    Attributes:
        graph: All commits.
        order: Their rows in it, parents first.
        commits: Those that places and events name.
        reflog: Entries of all reflogs.
    """

    graph: Graph
    order: Rows
    refs: Sequence[Ref]
    attribution: Attribution
    commits: Mapping[str, Commit] = field(repr=False)
    reflog: Sequence[ReflogEntry] = ()

    @cached_property
    def has_remote(self) -> bool:
        """Whether there is a remote-tracking branch."""
        return any(ref.name.startswith(b"refs/remotes/") for ref in self.refs)


def stories(groups: Sequence[Group], evidence: Evidence) -> dict[int, Story]:
    """The story of each group, by its position."""
    rank = _ranks(groups, evidence)
    marks: dict[str, int] = {}
    for number, group in enumerate(groups):
        for commit in _commits(group):
            marks[commit] = marks.get(commit, 0) | 1 << number
    graph = evidence.graph
    held = graph.containing(evidence.order, dict(zip(graph.rows(list(marks)).tolist(), marks.values(), strict=True)))
    refs = _names([(ref.name, ref.peeled) for ref in evidence.refs], held, graph)
    reflog = _names([(entry.name, entry.oid) for entry in evidence.reflog], held, graph)
    return {number: _story(group, rank, refs(number), reflog(number), evidence) for number, group in enumerate(groups)}


def _ranks(groups: Sequence[Group], evidence: Evidence) -> dict[str, int]:
    """The positions in the order of history of the commits that the stories are about."""
    gone = (sighting.commit for sightings in evidence.attribution.removed.values() for sighting in sightings)
    named = sorted({*chain.from_iterable(map(_commits, groups)), *gone})
    ranks = np.full(len(evidence.graph) + 1, -1)
    ranks[evidence.order] = np.arange(len(evidence.order))
    positions = zip(named, ranks[evidence.graph.rows(named)].tolist(), strict=True)
    return {commit: position for commit, position in positions if position >= 0}


def _names(named: Sequence[tuple[bytes, str]], held: Sequence[int], graph: Graph) -> Callable[[int], tuple[bytes, ...]]:
    """Gives the names of those of the commits that hold a group, by its position."""
    alike: dict[int, list[int]] = defaultdict(list)
    for position, row in enumerate(graph.rows([oid for _, oid in named]).tolist()):
        alike[held[row]].append(position)

    def names(number: int) -> tuple[bytes, ...]:
        holding = (positions for bits, positions in alike.items() if bits >> number & 1)
        return tuple(named[position][0] for position in sorted(chain.from_iterable(holding)))

    return names


def _commits(group: Group) -> set[str]:
    return {one.place.commit for one in group.located if one.place.commit}


def _story(
    group: Group, rank: Mapping[str, int], refs: tuple[bytes, ...], reflog: Sequence[bytes], evidence: Evidence
) -> Story:
    live = any(one.place.oid in evidence.attribution.live for one in group.located)
    introduced = first_complete(group, rank)
    removed = None if live else _removed(group, rank, evidence)
    notes = [
        *_exposure(introduced, removed, evidence),
        *(_publication(refs) if evidence.has_remote else ()),
        *_lifeline(group, refs, reflog),
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


def _publication(refs: Sequence[bytes]) -> Iterable[str]:
    if refs and not any(name.startswith(b"refs/remotes/") for name in refs):
        yield "No remote-tracking branch holds it: it may not have left this clone yet."


def _lifeline(group: Group, refs: Sequence[bytes], reflog: Sequence[bytes]) -> Iterable[str]:
    """How it can still be reached where no ref leads to it."""
    if refs or any(one.place.reachable is not False for one in group.located):
        return
    if reflog:
        told = ", ".join(name.decode("utf-8", "backslashreplace") for name in reflog[:FEW])
        yield f"No ref reaches it, only the reflog does: {told}{' and more' if len(reflog) > FEW else ''}."
    elif all(one.place.kind == "staged" for one in group.located):
        yield "It is in the index only; no commit holds it."
    else:
        yield "Nothing reaches it any more; git gc drops it in time, a copy of the repository may keep it."
