"""Sifts one unit of work of an object database: the part of a history scan that runs in each process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from keysieve.blob import NotRead, OutOfScope, Place
from keysieve.engine.matcher import MARGIN
from keysieve.engine.sieve import Sieve
from keysieve.git import commits
from keysieve.git.commits import Commit
from keysieve.git.packs.inflate import CorruptStreamError
from keysieve.git.packs.plan import WorkUnit, read
from keysieve.git.packs.stored import LargeObject, StoredObject, not_read
from keysieve.git.trees import submodule_names, tree_names
from keysieve.scan.gathering import Gathered, Located, Sifted, sift_blob

BATCH = 256
"""Commits or trees that the prefilter is given at once: most of them are shorter than a call is long."""
WORTHWHILE = 400
"""An object has to be so many times as long as its delta for the delta's unchanged ends to be worth knowing."""
_GRAPH = re.compile(rb"tree [0-9a-f]+\n((?:parent [0-9a-f]+\n)*)author [^\n]*\ncommitter [^\n]*> (-?\d+)")


@dataclass(slots=True)
class UnitResult:
    """What one unit holds.

    Attributes:
        gathered: Counts, gaps, and credentials in commits and tags.
        found: Hexadecimal blob id → the credentials in it; blobs without any are not there.
        graph: Commit, its parents, its committer date in seconds since 1970.
        targets: Tag object → what it points to.
        names: Names in trees that hold a credential.
        references: Raw object ids that trees name, each once.
        submodules: Raw ids of the commits that trees name in other repositories.
        retry: What could not be read in this way and may be found in another.
    """

    gathered: Gathered = field(default_factory=Gathered)
    found: dict[str, tuple[Sifted, ...]] = field(default_factory=dict, repr=False)
    graph: list[tuple[str, tuple[str, ...], int]] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    names: set[bytes] = field(default_factory=set, repr=False)
    references: set[bytes] = field(default_factory=set)
    submodules: set[bytes] = field(default_factory=set)
    retry: list[NotRead] = field(default_factory=list)


def sift_unit(unit: WorkUnit, sieve: Sieve) -> UnitResult:
    """Read a unit and sift every object in it."""
    work = _Work(sieve)
    for item in read(unit):
        if isinstance(item, NotRead):
            work.result.retry.append(item)
        elif isinstance(item, LargeObject):
            work.large(item)
        else:
            work.stored(item)
    work.flush()
    return work.result


class _Work:
    def __init__(self, sieve: Sieve) -> None:
        self.result = UnitResult()
        self._sieve = sieve
        self._clean: set[bytes] = set()
        self._commits: list[StoredObject] = []
        self._trees: list[StoredObject] = []
        self._by_kind: dict[str, Callable[[StoredObject], None]] = {
            "blob": self._blob,
            "commit": self._commit,
            "tree": self._tree,
            "tag": self._tag,
        }

    def stored(self, item: StoredObject) -> None:
        """Sift an object that is held whole."""
        self._by_kind[item.kind](item)

    def flush(self) -> None:
        """Sift what waits for a batch to be full."""
        self._sift_commits()
        self._sift_trees()

    def _blob(self, item: StoredObject) -> None:
        if self._is_as_clean_as_its_base(item):
            self.result.gathered.blobs += 1
            self.result.gathered.bytes += len(item.data)
            self._clean.add(item.oid)
            return
        sifted = sift_blob(item.data, item.oid.hex().encode(), self._sieve, self.result.gathered)
        if sifted:
            self.result.found[item.oid.hex()] = sifted
        else:
            self._clean.add(item.oid)

    def _is_as_clean_as_its_base(self, item: StoredObject) -> bool:
        """Whether nothing can have come in: the base holds no credential, nor does what differs, nor what is near."""
        if item.base is None or item.delta is None or item.base not in self._clean:
            return False
        size = len(item.data)
        if size < WORTHWHILE * len(item.delta) or size < 4 * MARGIN:
            return False
        head, tail = item.unchanged()
        changed = item.data[max(0, head - MARGIN) : size - max(0, tail - MARGIN)]
        return not self._sieve.prefilter.may_match(changed)

    def _commit(self, item: StoredObject) -> None:
        found = _GRAPH.match(item.data)
        if found is None:
            self._odd_commit(item)
        else:
            parents = tuple(line[7:].decode("ascii") for line in found[1].splitlines())
            self.result.graph.append((item.oid.hex(), parents, int(found[2])))
        self._commits.append(item)
        if len(self._commits) == BATCH:
            self._sift_commits()

    def _odd_commit(self, item: StoredObject) -> None:
        commit = commits.parse(item.oid.hex(), item.data)
        self.result.graph.append((commit.oid, commit.parents, commit.timestamp))

    def _sift_commits(self) -> None:
        self.result.gathered.commits += len(self._commits)
        for item in self._suspects(self._commits):
            self.result.gathered.located += in_commit(commits.parse(item.oid.hex(), item.data), self._sieve)
        self._commits.clear()

    def _tree(self, item: StoredObject) -> None:
        self._trees.append(item)
        if len(self._trees) == BATCH:
            self._sift_trees()

    def _sift_trees(self) -> None:
        for item in self._trees:
            self.result.references.update(_references(len(item.oid))(item.data))
            if b"160000 " in item.data:
                self._submodules(item)
        for item in self._suspects(self._trees):
            names = tree_names(item.data, len(item.oid))
            self.result.names.update(name for name in names if self._sieve.sift(name))
        self._trees.clear()

    def _submodules(self, item: StoredObject) -> None:
        for name, oid in submodule_names(item.data, len(item.oid)):
            self.result.submodules.add(oid)
            self.result.gathered.out_of_scope.append(OutOfScope(name, "submodule"))

    def _suspects(self, items: list[StoredObject]) -> Iterable[StoredObject]:
        """Those that the prefilter lets through; all are tried at once first."""
        test = self._sieve.prefilter.may_match
        if not items or not test(b"\0".join(item.data for item in items)):
            return ()
        return [item for item in items if test(item.data)]

    def _tag(self, item: StoredObject) -> None:
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
        found: list[Sifted] = []
        try:
            for credential in self._sieve.sift_stream(item.pieces):
                found.append(Sifted(credential))
        except CorruptStreamError as error:
            gathered.not_read.append(not_read(item.oid, str(error)))
        gathered.blobs += 1
        gathered.bytes += item.size
        if found:
            self.result.found[name] = tuple(found)


def _references(oid_size: int) -> Callable[[bytes], list[bytes]]:
    return (_REFERENCES_SHA256 if oid_size == 32 else _REFERENCES_SHA1).findall


_REFERENCES_SHA1 = re.compile(rb"(?s)[0-7]{5,6} [^\0]+\0(.{20})")
_REFERENCES_SHA256 = re.compile(rb"(?s)[0-7]{5,6} [^\0]+\0(.{32})")


def in_commit(commit: Commit, sieve: Sieve, *, reachable: bool | None = None) -> Iterator[Located]:
    """Credentials in a commit's message and in the names of its author and committer."""
    for kind, data in (("commit-message", commit.message), ("identity", commit.identities)):
        for credential in sieve.sift(data):
            yield Located(credential, Place(kind, None, None, commit.oid, reachable))
