"""Sifts one unit of work of an object database: the part of a history scan that runs in each process."""

from __future__ import annotations

from binascii import hexlify
from dataclasses import dataclass, field
from itertools import chain

from keysieve.blob import NotRead, OutOfScope, Place
from keysieve.engine.sieve import Sieve
from keysieve.git import commits
from keysieve.git.changes import SUBMODULE
from keysieve.git.containment import Namer, Naming, Wanted
from keysieve.git.graph import Commits
from keysieve.git.packs.inflate import CorruptStreamError
from keysieve.git.packs.oids import separate
from keysieve.git.packs.plan import WorkUnit, read
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import LargeObject, StoredObject, not_read
from keysieve.git.packs.tree_changes import differences
from keysieve.git.packs.tree_entries import Entries, entries_of
from keysieve.scan.gathering import Gathered, Located, Sifted, in_commit, sift_blob
from keysieve.scan.versions import Versions
from keysieve.sources.magic import is_archive

COMMITS = 256
"""Commits that the prefilter is given at once: most of them are shorter than a call is long."""
TREES = 4096
"""Trees that are looked at together; fewer when they hold more than `MOST_HELD` bytes."""
MOST_HELD = 8 << 20


@dataclass(frozen=True, slots=True)
class Tools:
    """What every process is given once.

    Attributes:
        sieve: Finds credentials.
        presence: Tells what is there.
        wanted: Blobs of which the trees are to say where they stand.
    """

    sieve: Sieve
    presence: Presence
    wanted: Wanted | None = None


@dataclass(slots=True)
class UnitResult:
    """What one unit holds.

    Attributes:
        gathered: Counts, gaps, and credentials in commits and tags.
        found: Hexadecimal blob id → the credentials in it; blobs without any are not there.
        commits: What they say of each other.
        targets: Tag object → what it points to.
        namings: What trees name, as far as it can lead to the wanted blobs.
        names: Names in trees that hold a credential.
        absent: Raw ids that trees name, or commits as their tree, and that the object database does not hold.
        submodules: Raw ids of the commits that trees name in other repositories.
        retry: What could not be read in this way and may be found in another.
    """

    gathered: Gathered = field(default_factory=Gathered)
    found: dict[str, tuple[Sifted, ...]] = field(default_factory=dict, repr=False)
    commits: list[Commits] = field(default_factory=list)
    namings: list[Naming] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    names: set[bytes] = field(default_factory=set, repr=False)
    absent: set[bytes] = field(default_factory=set)
    submodules: set[bytes] = field(default_factory=set)
    retry: list[NotRead] = field(default_factory=list)


def sift_unit(unit: WorkUnit, tools: Tools) -> UnitResult:
    """Read a unit, sift every object in it, and note what is named and not there."""
    work = _Work(tools)
    take = {"blob": work.blob, "tree": work.tree, "commit": work.commit, "tag": work.tag}
    for item in read(unit):
        if isinstance(item, StoredObject):
            take[item.kind](item)
        elif isinstance(item, NotRead):
            work.result.retry.append(item)
        else:
            work.large(item)
    work.flush()
    return work.result


class _Work:
    def __init__(self, tools: Tools) -> None:
        self.result = UnitResult()
        self._sieve = tools.sieve
        self._presence = tools.presence
        self._namer = Namer(tools.presence, tools.wanted) if tools.wanted else None
        self._versions = Versions(tools.sieve.prefilter)
        self._commits: list[StoredObject] = []
        self._trees: list[StoredObject] = []
        self._held = 0

    def flush(self) -> None:
        """Sift what waits for a batch to be full."""
        if self._commits:
            self._sift_commits()
        if self._trees:
            self._sift_trees()

    def blob(self, item: StoredObject) -> None:
        """Sift a blob that is held whole."""
        name = hexlify(item.oid)
        sifted = sift_blob(item.data, name, self._sieve, self.result.gathered, self._versions.spots(item))
        if sifted:
            self.result.found[name.decode()] = sifted

    def commit(self, item: StoredObject) -> None:
        """Sift a commit, some time."""
        self._commits.append(item)
        if len(self._commits) == COMMITS:
            self._sift_commits()

    def _sift_commits(self) -> None:
        items = self._commits
        self.result.gathered.commits += len(items)
        said = Commits.of(items, self._presence)
        self.result.commits.append(said)
        self._note_absent(said.absent_trees)
        test = self._sieve.prefilter.may_match
        suspects = [item for item in items if test(item.data)] if test(b"\0".join([one.data for one in items])) else ()
        for item in suspects:
            self.result.gathered.located += in_commit(commits.parse(item.oid.hex(), item.data), self._sieve)
        items.clear()

    def tree(self, item: StoredObject) -> None:
        """Look at a tree, some time."""
        self._trees.append(item)
        self._held += len(item.data)
        if len(self._trees) == TREES or self._held > MOST_HELD:
            self._sift_trees()

    def _sift_trees(self) -> None:
        oid_length = self._presence.oid_length
        found = differences(self._trees, self._presence)
        runs = found.runs(self._trees)
        new = entries_of(runs.new, oid_length)
        named = self._presence.places(new.ids(oid_length))
        if self._namer:
            self.result.namings.append(self._namer.take_down(self._trees, found, runs, new, named))
        self._note_absent(new.only(named < 0).ids(oid_length))
        self._submodules(new.only(new.have_mode(SUBMODULE.encode())), oid_length)
        test = self._sieve.prefilter.may_match
        for entries in runs.new if test(new.text) else ():
            if test(entries):
                names = entries_of([entries], oid_length).names()
                self.result.names.update(name for name in names if self._sieve.sift(name))
        self._trees.clear()
        self._held = 0

    def _note_absent(self, oids: bytes) -> None:
        self.result.absent.update(self._presence.absent(oids))
        self.result.absent.discard(bytes(self._presence.oid_length))

    def _submodules(self, entries: Entries, oid_length: int) -> None:
        self.result.submodules.update(separate(entries.ids(oid_length), oid_length))
        self.result.gathered.out_of_scope += (OutOfScope(name, "submodule") for name in dict.fromkeys(entries.names()))

    def tag(self, item: StoredObject) -> None:
        """Sift a tag."""
        headers, _, message = item.data.partition(b"\n\n")
        oid = item.oid.hex()
        self.result.targets[oid] = headers.split(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
        for kind, data in (("tag-message", message), ("identity", headers)):
            for credential in self._sieve.sift(data):
                self.result.gathered.located.append(Located(credential, Place(kind, None, oid)))

    def large(self, item: LargeObject) -> None:
        """Sift an object too large to be held, piece by piece."""
        gathered = self.result.gathered
        name = item.oid.hex()

        def on_limit(reason: str) -> None:
            gathered.not_read.append(not_read(item.oid, reason))

        found: list[Sifted] = []
        try:
            first = next(item.pieces, b"")
            if is_archive(first):
                on_limit("archive too large to be opened")
            for credential in self._sieve.sift_stream(chain([first], item.pieces), on_limit):
                found.append(Sifted(credential))
        except CorruptStreamError as error:
            on_limit(str(error))
        gathered.blobs += 1
        gathered.bytes += item.size
        if found:
            self.result.found[name] = tuple(found)
