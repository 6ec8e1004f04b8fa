"""Scans what a range of commits brings in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from keysieve.blob import NotRead
from keysieve.engine.sieve import Sieve
from keysieve.excuses.policy import Heeding
from keysieve.git import commits, objects
from keysieve.git.commits import Commit, CommitChanges
from keysieve.git.repository import Repository
from keysieve.git.trees import entries_at
from keysieve.scan.blobs import BlobStore, fresh, in_new_versions, new_entries, submodules
from keysieve.scan.gathering import Gathered, Located, Progress, in_commit, no_progress
from keysieve.sources.commits import Range


@dataclass(slots=True)
class RangeScan:
    """What a range brings in.

    Attributes:
        commits: The commits of the range, as far as they can be read.
        base_values: Values of what was found that the base has, too.
        store: The blobs that were read.
    """

    gathered: Gathered
    store: BlobStore
    commits: dict[str, Commit] = field(default_factory=dict)
    base_values: set[bytes] = field(default_factory=set, repr=False)


def scan_range(repository: Repository, span: Range, sieve: Sieve, progress: Progress = no_progress) -> RangeScan:
    """Every credential that a commit of the range brings in, also if a later one takes it out again."""
    result = scan_commits(repository, span.commits, sieve, progress)
    result.base_values = _base_values(repository, span, result.gathered.located, result.store)
    heed_what_was_there(span.merge_base, result.gathered, result.store)
    return result


def scan_commits(
    repository: Repository, oids: Sequence[str], sieve: Sieve, progress: Progress = no_progress
) -> RangeScan:
    """Every credential that one of the commits brings in against its parents.

    Args:
        repository: Where they are.
        oids: The commits, parents first.
        sieve: Finds credentials.
        progress: Told what is going on.
    """
    gathered = Gathered(commits=len(oids))
    store = BlobStore(sieve, gathered, repository.directory, repository.environment, progress)
    result = RangeScan(gathered, store)
    changed = _changes(repository, oids, gathered)
    store.load(entry for one in changed for entry in new_entries(one.changes))
    for one in changed:
        gathered.out_of_scope += submodules(one.changes)
        present = list(in_new_versions(one.changes, store, "file", one.oid))
        gathered.located += fresh(present, one.changes, store)
    for commit in _commits(repository, oids, gathered):
        result.commits[commit.oid] = commit
        gathered.located += in_commit(commit, sieve)
    return result


def heed_what_was_there(base: str | None, gathered: Gathered, store: BlobStore) -> None:
    """Let a pragma count for a value that had one at the same path before the change, and no other pragma.

    Args:
        base: The commit before it; None for a change that begins with nothing.
        gathered: What the change brings in.
        store: The blobs that were read.
    """
    paths = sorted({one.place.path for one in gathered.located if one.place.path and one.place.oid and _asks(one)})
    entries = entries_at(base, paths, env=store.env, cwd=store.cwd) if base else []
    store.load(entries, is_required=False)
    there = [sifted.credential for entry in entries for sifted in store.found.get(entry.oid, ())]
    values = frozenset(match.value for credential in there for match in credential.matches if match.pragma)
    gathered.heeding = Heeding(
        lambda _place, match: match.pragma if match.value in values else None, "only this change adds it."
    )
    gathered.is_change = True


def _asks(one: Located) -> bool:
    return any(match.pragma for match in one.credential.matches)


def _changes(repository: Repository, oids: Sequence[str], gathered: Gathered) -> list[CommitChanges]:
    answers = list(commits.changes(repository, oids))
    gathered.not_read += (answer for answer in answers if isinstance(answer, NotRead))
    return [answer for answer in answers if not isinstance(answer, NotRead)]


def _commits(repository: Repository, oids: Iterable[str], gathered: Gathered) -> Iterator[Commit]:
    for answer in objects.read_from(repository, [oid.encode() for oid in oids]):
        if isinstance(answer, NotRead):
            gathered.not_read.append(answer)
        else:
            yield commits.parse(answer.oid, answer.data)


def _base_values(repository: Repository, span: Range, located: Sequence[Located], store: BlobStore) -> set[bytes]:
    """Values at the same paths in the base or in what only the base reaches: a cherry-pick has them there, too."""
    paths = sorted({one.place.path for one in located if one.place.path is not None and one.place.oid is not None})
    if not paths:
        return set()
    entries = entries_at(span.base, paths, env=repository.environment, cwd=repository.directory)
    for answer in commits.changes(repository, span.ahead, paths):
        if not isinstance(answer, NotRead):
            entries += new_entries(answer.changes)
    return store.values(entries)
