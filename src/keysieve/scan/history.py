"""Scans everything that a repository holds, and tells the story of what it finds."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from threading import Thread

import numpy as np

from keysieve.blob import NotRead, OutOfScope, Place
from keysieve.engine.literals import MUCH
from keysieve.engine.sieve import Sieve
from keysieve.git import commits, objects
from keysieve.git.attribution import Attribution, Sighting, attribute
from keysieve.git.changes import SYMLINK
from keysieve.git.commits import Commit
from keysieve.git.connectivity import missing_objects, reachable_objects, shallow_boundaries
from keysieve.git.containment import Wanted
from keysieve.git.graph import Chosen, Commits, Graph
from keysieve.git.numbering import Numbering, moving
from keysieve.git.packs.columns import Rows
from keysieve.git.packs.directories import packed_bytes, with_alternates
from keysieve.git.packs.plan import Plan, WorkUnit, parts, plan, plan_again
from keysieve.git.packs.presence import Presence
from keysieve.git.reflog import entries
from keysieve.git.refs import Ref, listing, refs
from keysieve.git.repository import Repository
from keysieve.git.trees import index_entries, tree_entries
from keysieve.scan.assembly import Story
from keysieve.scan.gathering import Gathered, Located, Progress, Sifted, locate, no_progress, sift_path
from keysieve.scan.grouping import Group
from keysieve.scan.heeding import heeding_at_head
from keysieve.scan.processes import all_oids, default_jobs, results
from keysieve.scan.story import Evidence, stories
from keysieve.scan.unit import Tools, UnitResult

KINDS = frozenset({"blob", "commit", "tag", "tree"})


@dataclass(slots=True)
class HistoryScan:
    """What a repository holds.

    Attributes:
        jobs: Processes to read with; 0 for one on each core.
        with_alternates: Read what lies only in another repository's object database, and no ref here reaches, too.
        commits: The commits that places name.
        graph: All commits.
        order: Their rows in it, parents first; empty when nothing was found.
    """

    repository: Repository
    sieve: Sieve
    progress: Progress = no_progress
    jobs: int = 0
    with_alternates: bool = False
    gathered: Gathered = field(default_factory=Gathered)
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: list[Ref] = field(default_factory=list, repr=False)
    graph: Graph = field(init=False)
    order: Rows = field(default_factory=lambda: np.empty(0, np.int32), repr=False)
    _listing: bytes = field(default=b"", repr=False)
    _commits: list[Commits] = field(default_factory=list, repr=False)
    _found: dict[str, tuple[Sifted, ...]] = field(default_factory=dict, repr=False)
    _targets: dict[str, str] = field(default_factory=dict)
    _names: set[bytes] = field(default_factory=set, repr=False)
    _presence: Presence = field(init=False)
    _plans: list[Plan] = field(default_factory=list)
    _numbering: Numbering | None = field(default=None, repr=False)
    _failed: dict[int, list[NotRead]] = field(default_factory=lambda: defaultdict(list))
    _absent: set[bytes] = field(default_factory=set)
    _reached: Chosen = field(init=False, repr=False)
    _of_notes: Chosen = field(init=False, repr=False)
    _reachable: set[str] = field(default_factory=set)
    _notes: set[str] = field(default_factory=set)
    _attribution: Attribution = field(default_factory=Attribution)

    def run(self) -> None:
        """Read everything, then attribute what was found."""
        self.plan()
        self.read_contents()
        self.read_trees()
        self._read_again()
        self._connect()
        self._sift_refs()
        self._attribute()

    def _attribute(self) -> None:
        moving: Sequence[str] = ()
        if self._found or self._names or self.gathered.located:
            self.progress("attribution", 0, None)
            self.order = self.graph.order()
            moving = self.graph.oids(self._moving())
        self._attribution = attribute(self.repository, moving, self._found, self._names, self.refs)
        self.gathered.not_read += self._attribution.not_read
        self._tell_reachable()
        self.gathered.located[:] = map(self._with_reach, self.gathered.located)
        self.gathered.located += self._locate_blobs()
        self.gathered.located += self._locate_paths()
        named = {one.place.commit for one in self.gathered.located if one.place.commit}
        self.gathered.sort(self.graph.ranks(named, self.order))
        self._read_commits()
        self.gathered.heeding = heeding_at_head(self.repository, self.gathered.located)

    def plan(self) -> None:
        """Find what there is: everything here, and of alternates only what refs reach, unless more is wanted."""
        self.progress("planning", 0, None)
        own = Path(os.fsdecode(self.repository.objects_dir))
        warming = Thread(target=self.sieve.prefilter.warm)
        if packed_bytes(own) > MUCH:  # it will be in any case, which takes as long as planning does, on another core
            warming.start()
        try:
            self._plan(own)
        finally:
            if warming.is_alive():
                warming.join()

    def _plan(self, own: Path) -> None:
        self._listing = listing(self.repository)
        self._presence = Presence(self._oid_length)
        directories, missing = with_alternates(own)
        self.gathered.not_read += missing
        if len(directories) == 1 or self.with_alternates:
            self._add_plan(directories)
            return
        here = self._add_plan([own])
        there = self._planned(directories[1:])
        self._presence |= there.presence
        reached = frozenset(reachable_objects(self.repository)) - all_oids(here.units)
        skipped = len(all_oids(there.units) - reached - all_oids(here.units))
        if skipped:
            self.gathered.out_of_scope.append(OutOfScope(os.fsencode(directories[1]), "alternate", skipped))
        self._add_plan(directories[1:], reached)

    def _add_plan(self, directories: Sequence[Path], only: frozenset[bytes] | None = None) -> Plan:
        self._plans.append(self._planned(directories, only))
        self._presence |= self._plans[-1].presence
        return self._plans[-1]

    def _planned(self, directories: Sequence[Path], only: frozenset[bytes] | None = None) -> Plan:
        return plan(directories, self._processes, oid_length=self._oid_length, kinds=KINDS, only=only)

    @property
    def _oid_length(self) -> int:
        return len(self.repository.null_oid) // 2

    @property
    def _processes(self) -> int:
        return self.jobs or default_jobs()

    def read_contents(self) -> None:
        """Read blobs, commits and tags."""
        contents = [parts(first.units, are_trees=False) for first in self._plans]
        for first in self._plans:
            first.units[:] = parts(first.units, are_trees=True)
        self._read("objects", contents)

    def read_trees(self) -> None:
        """Read trees: for what they name and is not there, names that hold credentials, and where blobs stand."""
        if self._found:
            wanted = Wanted(frozenset(map(bytes.fromhex, self._found)), os.urandom(16))
            self._numbering = Numbering(self._presence, wanted)
        self._read("trees", [first.units for first in self._plans])

    def _read(self, stage: str, units: Iterable[list[WorkUnit]]) -> None:
        for number, of_plan in enumerate(units):
            self._failed[number] += self._read_units(stage, of_plan)

    def _read_again(self) -> None:
        """Look elsewhere for what could not be read: packs are replaced, and damaged objects may have a sound copy."""
        for number, first in enumerate(self._plans):
            again = plan_again(first, self._failed[number], self._processes)
            self.gathered.not_read += again.not_read
            self.gathered.not_read += self._read_units("objects", again.units)

    def _read_units(self, stage: str, units: list[WorkUnit]) -> list[NotRead]:
        failed: list[NotRead] = []
        count = len(units)
        tools = Tools(self.sieve, self._presence, self._numbering.wanted if self._numbering else None)
        for number, result in enumerate(results(units, tools, self._processes), start=1):
            self.progress(stage, number, count)
            self._take(result)
            failed += result.retry
        return failed

    def _take(self, result: UnitResult) -> None:
        self.gathered.add(result.gathered)
        self._found |= result.found
        self._targets |= result.targets
        self._names |= result.names
        self._absent |= result.absent - result.submodules
        if self._numbering:
            while result.namings:
                self._numbering.add(result.namings.pop())
        self._commits += result.commits

    def _connect(self) -> None:
        """What refs reach, and whether it is all there."""
        self.progress("connectivity", 0, None)
        self.refs = [ref.peel(self._targets) for ref in refs(self._listing)]
        self.graph = Graph.of(self._commits, self._presence)
        self._commits.clear()
        self._reached = self.graph.reachable(self.graph.rows([ref.peeled for ref in self.refs]))
        notes = [ref.peeled for ref in self.refs if ref.name.startswith(b"refs/notes/")]
        self._of_notes = self.graph.reachable(self.graph.rows(notes))
        boundaries = shallow_boundaries(self.repository)
        reason = "shallow clone: what came before this commit is not here"
        self.gathered.not_read += (NotRead(boundary, reason) for boundary in boundaries)
        self.gathered.not_read += self._missing([boundary.decode("ascii", "replace") for boundary in boundaries])

    def _missing(self, boundaries: Sequence[str]) -> Iterator[NotRead]:
        """Objects that refs reach and that are not there.

        Trees have been read anyway, so that it is known what they name and is not there. Only if some commit is
        reached by no ref does it take a walk to tell whether that matters.
        """
        missing = self._absent | set(self._presence.absent(b"".join(bytes.fromhex(ref.oid) for ref in self.refs)))
        children = np.append(self._reached, False)  # the last one is that of what is no commit
        children[self.graph.rows(boundaries)] = False
        missing |= self.graph.missing_parents(children)
        if missing and not self._reached.all():
            yield from missing_objects(self.repository)
        else:
            yield from (NotRead(oid.hex().encode(), "missing object") for oid in sorted(missing))

    def _tell_reachable(self) -> None:
        """Which of the commits that places name a ref reaches, or a ref for notes; and what else refs reach."""
        sightings = [*chain.from_iterable(self._attribution.added.values()), *self._attribution.named]
        named = {sighting.commit for sighting in sightings}
        named.update(one.place.commit for one in self.gathered.located if one.place.commit)
        self._reachable = self.graph.chosen(named, self._reached)
        self._notes = self.graph.chosen(named, self._of_notes)
        waiting = self.graph.others([ref.oid for ref in self.refs])
        while waiting:
            oid = waiting.pop()
            if oid not in self._reachable and oid in self._targets:
                waiting.append(self._targets[oid])
            self._reachable.add(oid)

    def _with_reach(self, one: Located) -> Located:
        """With whether a ref reaches the commit or tag that it stands in."""
        holder = one.place.commit or one.place.oid
        return one if holder is None else replace(one, place=replace(one.place, reachable=holder in self._reachable))

    def _sift_refs(self) -> None:
        may_match = self.sieve.prefilter.may_match(b"\0".join(ref.name for ref in self.refs))
        for ref in self.refs if may_match else ():
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
        for tree in sorted(set(self.graph.others([ref.peeled for ref in self.refs]))):
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
        evidence = Evidence(self.graph, self.order, self.refs, self._attribution, self.commits, reflog)
        told = stories(groups, evidence)
        return {number: replace(story, pushed=self._is_pushed(story.refs or ())) for number, story in told.items()}

    def _is_pushed(self, holding: Collection[bytes]) -> bool | None:
        """Whether a remote-tracking ref holds it. A bare repository has none, and is what others push to."""
        return None if self.repository.is_bare else any(name.startswith(b"refs/remotes/") for name in holding)

    def _moving(self) -> Rows:
        """The commits to compare with their parents: those that can have moved a blob, or all if names matter."""
        if not self._found and not self._names:
            return self.order[:0]
        numbering, self._numbering = self._numbering, None
        if self._names or numbering is None or len(numbering.wanted.oids) < len(self._found):  # found when read again
            return self.order
        return moving(self.order, self.graph, numbering.numbers())
