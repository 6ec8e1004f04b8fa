"""Scans what the next commit would bring in."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from keysieve.blob import Place
from keysieve.engine.match import Match
from keysieve.engine.pragma import Pragma
from keysieve.engine.sieve import Sieve
from keysieve.git import run
from keysieve.git.changes import Entry, PathChange
from keysieve.git.trees import entries_at
from keysieve.scan.blobs import BlobStore, fresh, in_new_versions, is_new, new_entries, submodules
from keysieve.scan.gathering import SETTINGS_FILES, Gathered, Located, gather
from keysieve.sources import files, staged

if TYPE_CHECKING:
    from keysieve.excuses.policy import Heeding

Settle = Callable[[Mapping[bytes, bytes]], Sieve]
"""Given the settings files of the index (name, content), gives the sieve to scan with."""


def scan_staged(sieve: Sieve, names: Sequence[bytes] = (), settle: Settle | None = None) -> Gathered:
    """Everything that is staged; names that are not staged are read from disk.

    Args:
        sieve: Finds credentials, unless `settle` gives another.
        names: File names as a hook is given them, relative to the current folder.
        settle: Called once, if there is anything to scan, with the files in which the team says what is settled. They
            are read with the blobs, in one git call.
    """
    gathered = Gathered()
    store = BlobStore(sieve, gathered, None, run.environment())
    changes = staged.changes(store.env)
    entries = new_entries(changes)
    if settle is not None and (entries or names):
        _load_with_settings(store, entries, settle)
    else:
        store.load(entries)
    gathered.out_of_scope += submodules(changes)
    located = fresh(list(in_new_versions(changes, store, "staged")), changes, store)
    gathered.located += _not_merged(located, changes, store)
    if gathered.located:
        gathered.heeding = _heeding(changes, store)
    if names:
        unstaged = _unstaged(names, {change.path for change in changes}, store)
        gather(files.blobs(unstaged), store.sieve, gathered)
    return gathered


def _load_with_settings(store: BlobStore, entries: Sequence[Entry], settle: Settle) -> None:
    store.load_with_settings(
        [b":" + name for name in SETTINGS_FILES],
        lambda files: settle({name[1:]: data for name, data in files.items()}),
        entries,
    )


def _heeding(changes: Sequence[PathChange], store: BlobStore) -> Heeding:
    """A staged pragma counts, unless it was there before, for a value that is gone: a new key on an old line."""
    from keysieve.excuses.policy import Heeding

    inherited = {(change.path, pragma) for change in changes for pragma in _left_over(change, store)}

    def pragma(place: Place, match: Match) -> Pragma | None:
        return None if (place.path, match.pragma) in inherited else match.pragma

    return Heeding(pragma, "it was written for another value. To accept this one, too, give it another reason.")


def _left_over(change: PathChange, store: BlobStore) -> Iterator[Pragma]:
    """The pragmas of values that a change takes out of a path."""
    here = {match.value for match in _matches(change.new, store)}
    for entry in change.old:
        for match in _matches(entry, store):
            if match.pragma is not None and match.value not in here:
                yield match.pragma


def _matches(entry: Entry | None, store: BlobStore) -> list[Match]:
    found = store.found.get(entry.oid, ()) if entry else ()
    return [match for sifted in found for match in sifted.credential.matches]


def _not_merged(located: Sequence[Located], changes: Sequence[PathChange], store: BlobStore) -> list[Located]:
    """Those that no commit that is being merged has at the same paths."""
    kept = list(located)
    if not kept:
        return kept
    holding = {one.place.oid for one in kept}
    paths = [change.path for change in changes if change.new is not None and change.new.oid in holding]
    for parent in staged.merge_heads(store.env):
        old = store.values(entries_at(parent, paths, env=store.env))
        kept = [one for one in kept if is_new(one, old)]
    return kept


def _unstaged(names: Sequence[bytes], staged_paths: Collection[bytes], store: BlobStore) -> list[bytes]:
    prefix = run.output(["rev-parse", "--show-prefix"], env=store.env).rstrip(b"\n")
    return [name for name in dict.fromkeys(names) if os.path.normpath(prefix + name) not in staged_paths]
