"""Scans everything that a repository holds, and tells the story of what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from keysieve.blob import NotRead, Place
from keysieve.engine.sieve import Sieve
from keysieve.git import commits, objects
from keysieve.git.attribution import Attribution, Sighting, attribute
from keysieve.git.changes import SYMLINK
from keysieve.git.commits import Commit
from keysieve.git.connectivity import missing_objects
from keysieve.git.graph import Graph
from keysieve.git.refs import Ref, refs
from keysieve.git.repository import Repository
from keysieve.git.trees import tree_names
from keysieve.scan.assembly import Story
from keysieve.scan.commits import in_commit
from keysieve.scan.gathering import Gathered, Located, Progress, Sifted, locate, no_progress, sift_blob, sift_path
from keysieve.scan.grouping import Group


@dataclass(slots=True)
class HistoryScan:
    """What a repository holds.

    Attributes:
        commits: The commits that places name.
        order: All commits, parents first.
    """

    repository: Repository
    sieve: Sieve
    progress: Progress = no_progress
    gathered: Gathered = field(default_factory=Gathered)
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: list[Ref] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    _graph: Graph = field(default_factory=Graph)
    _found: dict[str, tuple[Sifted, ...]] = field(default_factory=dict, repr=False)
    _targets: dict[str, str] = field(default_factory=dict)
    _names: set[bytes] = field(default_factory=set, repr=False)
    _reachable: set[str] = field(default_factory=set)
    _notes: set[str] = field(default_factory=set)
    _attribution: Attribution = field(default_factory=Attribution)

    def run(self) -> None:
        """Read everything, then attribute what was found."""
        self.refs = refs(self.repository)
        self._read_objects()
        self._connect()
        self._sift_refs()
        self.progress("attribution", 0, None)
        self._attribution = attribute(self.repository, self.order, self._found, self._names, self.refs)
        self.gathered.not_read += self._attribution.not_read
        self.gathered.located[:] = map(self._with_reach, self.gathered.located)
        self.gathered.located += self._locate_blobs()
        self.gathered.located += self._locate_paths()
        self._read_commits()

    def _connect(self) -> None:
        self.progress("connectivity", 0, None)
        self.order = self._graph.order()
        tips = [ref.peeled for ref in self.refs]
        self._reachable = self._graph.reachable(tips) | self._reachable_tags()
        is_note = [ref.peeled for ref in self.refs if ref.name.startswith(b"refs/notes/")]
        self._notes = self._graph.reachable(is_note)
        self.gathered.not_read += missing_objects(self.repository)

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

    def _read_objects(self) -> None:
        wanted: list[bytes] = []
        for name, kind in objects.names_and_kinds(self.repository):
            if kind:
                wanted.append(name)
            else:
                self.gathered.not_read.append(NotRead(name, "corrupt object"))
        for number, answer in enumerate(objects.read_from(self.repository, wanted)):
            self.progress("objects", number, len(wanted))
            if isinstance(answer, NotRead):
                self.gathered.not_read.append(answer)
            elif answer.kind == "blob":
                self._sift_blob(answer)
            elif answer.kind == "commit":
                self._sift_commit(commits.parse(answer.oid, answer.data))
            elif answer.kind == "tag":
                self._sift_tag(answer)
            else:
                self._sift_tree(answer)

    def _sift_blob(self, blob: objects.StoredObject) -> None:
        sifted = sift_blob(blob.data, blob.oid.encode(), self.sieve, self.gathered)
        if sifted:
            self._found[blob.oid] = sifted

    def _sift_commit(self, commit: Commit) -> None:
        self.gathered.commits += 1
        self._graph.parents[commit.oid] = commit.parents
        self._graph.timestamps[commit.oid] = commit.timestamp
        self.gathered.located += in_commit(commit, self.sieve)

    def _sift_tag(self, tag: objects.StoredObject) -> None:
        headers, _, message = tag.data.partition(b"\n\n")
        self._targets[tag.oid] = headers.split(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
        for kind, data in (("tag-message", message), ("identity", headers)):
            for credential in self.sieve.sift(data):
                self.gathered.located.append(Located(credential, Place(kind, None, tag.oid)))

    def _sift_tree(self, tree: objects.StoredObject) -> None:
        """Names that hold a credential; which paths they are part of is told by attribution."""
        if self.sieve.prefilter.may_match(tree.data):
            size = len(tree.oid) // 2
            self._names.update(name for name in tree_names(tree.data, size) if self.sieve.sift(name))

    def _sift_refs(self) -> None:
        for ref in self.refs:
            for credential in self.sieve.sift(ref.name):
                self.gathered.located.append(Located(credential, Place("ref-name", ref.name)))

    def _locate_blobs(self) -> Iterator[Located]:
        for oid, found in self._found.items():
            sightings = self._attribution.added.get(oid, ())
            for sighting in sightings:
                yield from locate(found, self._place(sighting))
            if not sightings:
                yield from locate(found, Place("file", None, oid, None, oid in self._reachable))

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
        rank = {oid: number for number, oid in enumerate(self.order)}
        marks: dict[str, int] = {}
        for number, group in enumerate(groups):
            for one in group.located:
                if one.place.commit:
                    marks[one.place.commit] = marks.get(one.place.commit, 0) | 1 << number
        held = self._graph.containing(self.order, marks) if marks else {}
        return {number: self._story(number, group, rank, held) for number, group in enumerate(groups)}

    def _story(self, number: int, group: Group, rank: dict[str, int], held: dict[str, int]) -> Story:
        blobs = {one.place.oid for one in group.located if one.place.oid}
        brought = {one.place.commit for one in group.located if one.place.commit}
        live = bool(blobs & self._attribution.live)
        gone = [
            sighting.commit
            for oid in blobs
            for sighting in self._attribution.removed.get(oid, ())
            if sighting.commit not in brought
        ]
        holding = tuple(ref.name for ref in self.refs if held.get(ref.peeled, 0) >> number & 1)
        return Story(
            introduced=min(brought, key=rank.__getitem__, default=None),
            removed=None if live else max(gone, key=rank.__getitem__, default=None),
            live=live,
            refs=holding,
            pushed=self._is_pushed(holding),
        )

    def _is_pushed(self, holding: Sequence[bytes]) -> bool | None:
        """Whether a remote-tracking ref holds it. A bare repository has none, and is what others push to."""
        return None if self.repository.is_bare else any(name.startswith(b"refs/remotes/") for name in holding)
