"""Blobs of changes through the engine, and what is new told from what is old.

New or old is decided by the credential: new is what stands in a change's new blobs and in none of its old blobs, at
any path that the change touches. Patch lines and rename detection play no part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from keysieve.blob import NotRead, OutOfScope, Place
from keysieve.engine.sieve import Sieve
from keysieve.git import objects
from keysieve.git.changes import SUBMODULE, SYMLINK, Entry, PathChange
from keysieve.scan.gathering import Gathered, Located, Progress, Sifted, locate, no_progress, sift_blob, sift_path


@dataclass(slots=True)
class BlobStore:
    """Sifts blobs of one object database, each once, and keeps what was found.

    Attributes:
        sieve: Finds credentials.
        gathered: Counts, and takes what is not read.
        cwd: Where git is run, with `env`.
    """

    sieve: Sieve
    gathered: Gathered
    cwd: str | bytes | None
    env: Mapping[str, str] = field(repr=False)
    progress: Progress = no_progress
    found: dict[str, tuple[Sifted, ...]] = field(default_factory=dict, repr=False)
    _seen: set[str] = field(default_factory=set, repr=False)

    def load(self, entries: Iterable[Entry], *, is_required: bool = True) -> None:
        """Read and sift the blobs of the entries that were not yet.

        Args:
            entries: Submodules among them are passed over.
            is_required: Whether a blob that cannot be read makes the scan incomplete.
        """
        names = self._unseen(entries)
        self._take(objects.read([oid.encode() for oid in names], cwd=self.cwd, env=self.env), names, is_required)

    def load_with_settings(
        self, files: Sequence[bytes], settle: Callable[[Mapping[bytes, bytes]], Sieve], entries: Iterable[Entry]
    ) -> None:
        """Read a few files before the blobs of the entries, in the same git call, and sift with what they settle.

        Args:
            files: Names for git, such as `:path` of a file in the index; those that are not there are passed over.
            settle: Called with the content of the files, by name; gives the sieve for everything that follows.
            entries: As for `load`.
        """
        names = self._unseen(entries)
        answers = objects.read([*files, *(oid.encode() for oid in names)], cwd=self.cwd, env=self.env)
        found = [next(answers) for _ in files]
        self.sieve = settle({answer.name: answer.data for answer in found if not isinstance(answer, NotRead)})
        self._take(answers, names, is_required=True)

    def _unseen(self, entries: Iterable[Entry]) -> dict[str, bytes]:
        """The blobs of the entries that are not loaded, with their paths; they count as seen from now on."""
        names = {entry.oid: entry.path for entry in entries if entry.mode != SUBMODULE and entry.oid not in self._seen}
        self._seen.update(names)
        return names

    def _take(self, answers: Iterable[objects.Answer], names: Mapping[str, bytes], is_required: bool) -> None:
        for number, answer in enumerate(answers):
            self.progress("blobs", number, len(names))
            if isinstance(answer, NotRead):
                if is_required:
                    path = names[answer.what.decode()]
                    self.gathered.not_read.append(NotRead(path + b" (" + answer.what + b")", answer.reason))
            else:
                self._sift(answer, names[answer.oid])

    def _sift(self, answer: objects.StoredObject, path: bytes) -> None:
        sifted = sift_blob(answer.data, path, self.sieve, self.gathered)
        if sifted:
            self.found[answer.oid] = sifted

    def values(self, entries: Iterable[Entry]) -> set[bytes]:
        """All values in the blobs and paths of the entries, which are loaded as needed."""
        present = list(entries)
        self.load(present, is_required=False)
        values = {value for entry in present for one in self.found.get(entry.oid, ()) for value in _values(one)}
        for entry in present:
            for located in sift_path(Place("path", entry.path), self.sieve):
                values.update(located.credential.values.values())
        return values


def _values(one: Sifted) -> Iterable[bytes]:
    return one.credential.values.values()


def is_new(located: Located, old: set[bytes]) -> bool:
    """Whether a credential is new against the old values: it is old only if all its values are."""
    return not old.issuperset(located.credential.values.values())


def in_new_versions(
    changes: Iterable[PathChange], store: BlobStore, kind: str, commit: str | None = None
) -> Iterator[Located]:
    """Every credential in the new versions of the paths, and in the paths themselves; new or not."""
    for change in changes:
        entry = change.new
        if entry is None:
            continue
        place = Place("symlink" if entry.mode == SYMLINK else kind, entry.path, entry.oid, commit)
        yield from locate(store.found.get(entry.oid, ()), place)
        yield from sift_path(Place("path", entry.path, None, commit), store.sieve)


def submodules(changes: Iterable[PathChange]) -> Iterator[OutOfScope]:
    """The submodules among the new versions."""
    for change in changes:
        if change.new is not None and change.new.mode == SUBMODULE:
            yield OutOfScope(change.path, "submodule")


def new_entries(changes: Iterable[PathChange]) -> list[Entry]:
    """The new versions."""
    return [change.new for change in changes if change.new is not None]


def old_entries(changes: Iterable[PathChange]) -> list[Entry]:
    """The old versions, of every parent."""
    return [entry for change in changes for entry in change.old]


def fresh(located: Sequence[Located], changes: Sequence[PathChange], store: BlobStore) -> list[Located]:
    """Those of the credentials of a change that it brings in. Old versions are read only when there are any."""
    if not located:
        return []
    old = store.values(old_entries(changes))
    return [one for one in located if is_new(one, old)]
