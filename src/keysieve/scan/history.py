"""Scans everything that a repository holds, and tells the story of what it finds."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from keysieve.blob import NotRead, OutOfScope, Place
from keysieve.engine.sieve import Sieve
from keysieve.git import commits, objects
from keysieve.git.attribution import Attribution, Sighting, attribute
from keysieve.git.changes import SYMLINK
from keysieve.git.commits import Commit
from keysieve.git.connectivity import missing_objects, reachable_objects, shallow_boundaries
from keysieve.git.graph import Graph
from keysieve.git.packs.directories import with_alternates
from keysieve.git.packs.plan import Plan, WorkUnit, plan, plan_again
from keysieve.git.reflog import entries
from keysieve.git.refs import Ref, refs
from keysieve.git.repository import Repository
from keysieve.git.trees import index_entries, tree_entries
from keysieve.scan.assembly import Story
from keysieve.scan.gathering import Gathered, Located, Progress, Sifted, locate, no_progress, sift_path
from keysieve.scan.grouping import Group
from keysieve.scan.heeding import heeding_at_head
from keysieve.scan.processes import all_oids, default_jobs, results
from keysieve.scan.story import Evidence, stories
from keysieve.scan.unit import UnitResult

KINDS = frozenset({"blob", "commit", "tag", "tree"})


@dataclass(slots=True)
class HistoryScan:
    """What a repository holds.

    Attributes:
        jobs: Processes to read with; 0 for one on each core.
        with_alternates: Read what lies only in another repository's object database, and no ref here reaches, too.
        commits: The commits that places name.
        order: All commits, parents first; empty when nothing was found.
    """

    repository: Repository
    sieve: Sieve
    progress: Progress = no_progress
    jobs: int = 0
    with_alternates: bool = False
    gathered: Gathered = field(default_factory=Gathered)
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: list[Ref] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    _graph: Graph = field(default_factory=Graph)
    _found: dict[str, tuple[Sifted, ...]] = field(default_factory=dict, repr=False)
    _targets: dict[str, str] = field(default_factory=dict)
    _names: set[bytes] = field(default_factory=set, repr=False)
    _present: set[bytes] = field(default_factory=set)
    _missing: set[bytes] = field(default_factory=set)
    _reachable: set[str] = field(default_factory=set)
    _notes: set[str] = field(default_factory=set)
    _attribution: Attribution = field(default_factory=Attribution)

    def run(self) -> None:
        """Read everything, then attribute what was found."""
        self.refs = refs(self.repository)
        self._read_objects()
        self._connect()
        self._sift_refs()
        if self._found or self._names or self.gathered.located:
            self.progress("attribution", 0, None)
            self.order = self._graph.order()
        self._attribution = attribute(self.repository, self.order, self._found, self._names, self.refs)
        self.gathered.not_read += self._attribution.not_read
        self.gathered.located[:] = map(self._with_reach, self.gathered.located)
        self.gathered.located += self._locate_blobs()
        self.gathered.located += self._locate_paths()
        self._read_commits()
        self.gathered.heeding = heeding_at_head(self.repository, self.gathered.located)

    def _read_objects(self) -> None:
        jobs = self.jobs or default_jobs()
        self.progress("planning", 0, None)
        for first in self._plans(jobs):
            self._present |= all_oids(first.units)
            failed = self._read_units(first.units, jobs)
            second = plan_again(first, failed, jobs)
            self.gathered.not_read += second.not_read
            self.gathered.not_read += self._read_units(second.units, jobs)
            self._present.update(bytes.fromhex(one.what.decode()) for one in failed if _is_oid(one.what))

    def _plans(self, jobs: int) -> Iterator[Plan]:
        """What to read: everything here, and of alternates only what refs reach, unless more is wanted."""
        own = Path(os.fsdecode(self.repository.objects_dir))
        directories, missing = with_alternates(own)
        self.gathered.not_read += missing
        oid_length = len(self.repository.null_oid) // 2
        if len(directories) == 1 or self.with_alternates:
            yield plan(directories, jobs, oid_length=oid_length, kinds=KINDS)
            return
        here = plan([own], jobs, oid_length=oid_length, kinds=KINDS)
        yield here
        reached = frozenset(reachable_objects(self.repository)) - all_oids(here.units)
        there = all_oids(plan(directories[1:], jobs, oid_length=oid_length, kinds=KINDS).units)
        skipped = len(there - reached - all_oids(here.units))
        if skipped:
            self.gathered.out_of_scope.append(OutOfScope(os.fsencode(directories[1]), "alternate", skipped))
        yield plan(directories[1:], jobs, oid_length=oid_length, kinds=KINDS, only=reached)

    def _read_units(self, units: Sequence[WorkUnit], jobs: int) -> list[NotRead]:
        failed: list[NotRead] = []
        for number, result in enumerate(results(units, self.sieve, jobs), start=1):
            self.progress("objects", number, len(units))
            self._take(result)
            failed += result.retry
        return failed

    def _take(self, result: UnitResult) -> None:
        self.gathered.add(result.gathered)
        self._found |= result.found
        self._targets |= result.targets
        self._names |= result.names
        self._missing |= result.references - result.submodules - self._present
        for oid, parents, timestamp in result.graph:
            self._graph.parents[oid] = parents
            self._graph.timestamps[oid] = timestamp

    def _connect(self) -> None:
        """What refs reach, and whether it is all there."""
        self.progress("connectivity", 0, None)
        reached = self._graph.reachable(ref.peeled for ref in self.refs)
        self._reachable = reached | self._reachable_tags()
        is_note = [ref.peeled for ref in self.refs if ref.name.startswith(b"refs/notes/")]
        self._notes = self._graph.reachable(is_note)
        boundaries = shallow_boundaries(self.repository)
        reason = "shallow clone: what came before this commit is not here"
        self.gathered.not_read += (NotRead(boundary, reason) for boundary in boundaries)
        self.gathered.not_read += self._absent(reached, {boundary.decode() for boundary in boundaries})
        self._present.clear()

    def _absent(self, reached: set[str], boundaries: set[str]) -> Iterator[NotRead]:
        """Objects that refs reach and that are not there.

        Trees have been read anyway, so that it is known what they name and is not there. Only if some commit is
        reached by no ref does it take a walk to tell whether that matters.
        """
        missing = self._missing - self._present
        missing |= {bytes.fromhex(oid) for oid in self._graph.missing_parents(reached - boundaries)}
        missing |= {bytes.fromhex(ref.oid) for ref in self.refs} - self._present
        if missing and len(reached) < len(self._graph.parents):
            yield from missing_objects(self.repository)
        else:
            yield from (NotRead(oid.hex().encode(), "missing object") for oid in sorted(missing))

    def _reachable_tags(self) -> set[str]:
        waiting = [ref.oid for ref in self.refs]
        reached: set[str] = set()
        while waiting:
            oid = waiting.pop()
            reached.add(oid)
            if oid in self._targets:
                waiting.append(self._targets[oid])
        return reached

    def _with_reach(self, one: Located) -> Located:
        """With whether a ref reaches the commit or tag that it stands in."""
        holder = one.place.commit or one.place.oid
        return one if holder is None else replace(one, place=replace(one.place, reachable=holder in self._reachable))

    def _sift_refs(self) -> None:
        for ref in self.refs:
            for credential in self.sieve.sift(ref.name):
                self.gathered.located.append(Located(credential, Place("ref-name", ref.name)))

    def _locate_blobs(self) -> Iterator[Located]:
        orphans = [oid for oid in self._found if oid not in self._attribution.added]
        elsewhere = self._outside_commits(orphans) if orphans else {}
        for oid, found in self._found.items():
            for sighting in self._attribution.added.get(oid, ()):
                yield from locate(found, self._place(sighting))
            if oid not in self._attribution.added:
                for place in elsewhere.get(oid) or [Place("file", None, oid, None, oid in self._reachable)]:
                    yield from locate(found, place)

    def _outside_commits(self, oids: Collection[str]) -> dict[str, list[Place]]:
        """Where blobs stand that no commit brings in: in the index, or in a tree that a tag points to."""
        places: dict[str, list[Place]] = defaultdict(list)
        for entry in index_entries(self.repository):
            if entry.oid in oids:
                places[entry.oid].append(Place("staged", entry.path, entry.oid, None, False))
        for tree in sorted({ref.peeled for ref in self.refs if ref.peeled_kind == "tree"}):
            for entry in tree_entries(self.repository, tree):
                if entry.oid in oids:
                    places[entry.oid].append(Place("file", entry.path, entry.oid, None, True))
        return places

    def _place(self, sighting: Sighting) -> Place:
        kind = "symlink" if sighting.entry.mode == SYMLINK else "file"
        if sighting.commit in self._notes:
            kind = "note"
        return Place(kind, sighting.entry.path, sighting.entry.oid, sighting.commit, sighting.commit in self._reachable)

    def _locate_paths(self) -> Iterator[Located]:
        for sighting in self._attribution.named:
            yield from sift_path(self._place(sighting), self.sieve)

    def _read_commits(self) -> None:
        """The commits that places and events name."""
        named = {one.place.commit for one in self.gathered.located if one.place.commit}
        named.update(sighting.commit for oid in self._found for sighting in self._attribution.removed.get(oid, ()))
        for answer in objects.read_from(self.repository, [oid.encode() for oid in sorted(named)]):
            if not isinstance(answer, NotRead):
                self.commits[answer.oid] = commits.parse(answer.oid, answer.data)

    def stories(self, groups: Sequence[Group]) -> dict[int, Story]:
        """The story of each group, by its position."""
        reflog = list(entries(self.repository)) if groups else []
        evidence = Evidence(self.order, self._graph, self.refs, self._attribution, self.commits, reflog)
        told = stories(groups, evidence)
        return {number: replace(story, pushed=self._is_pushed(story.refs or ())) for number, story in told.items()}

    def _is_pushed(self, holding: Collection[bytes]) -> bool | None:
        """Whether a remote-tracking ref holds it. A bare repository has none, and is what others push to."""
        return None if self.repository.is_bare else any(name.startswith(b"refs/remotes/") for name in holding)


def _is_oid(what: bytes) -> bool:
    return len(what) in (40, 64) and what.isalnum()
