"""Which pragmas count in a whole history: those that stand at HEAD."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from keysieve.blob import Place
from keysieve.engine.match import Match
from keysieve.engine.pragma import Pragma
from keysieve.excuses.policy import Heeding
from keysieve.git.repository import Repository
from keysieve.git.trees import entries_at
from keysieve.scan.gathering import Located

BATCH = 100
"""Paths for one git call: a command line has an end."""


def heeding_at_head(repository: Repository, located: Sequence[Located]) -> Heeding:
    """Pragmas count as they stand at HEAD: there at their place, and for the same value in older versions."""
    asking = {match.value for one in located for match in one.credential.matches if match.pragma}
    here = [one for one in located if not asking.isdisjoint(one.credential.values.values())]
    is_current = current(repository, here)
    there = (one for one in here if is_current(one.place))
    excused = {match.value: match.pragma for one in there for match in one.credential.matches if match.pragma}

    def pragma(place: Place, match: Match) -> Pragma | None:
        return match.pragma if is_current(place) else excused.get(match.value)

    return Heeding(pragma, "it does not stand at HEAD.")


def current(repository: Repository, located: Iterable[Located]) -> Callable[[Place], bool]:
    """Tells whether a place stands at HEAD as it is."""
    paths = sorted({_file(one.place) for one in located} - {b""})
    at_head = _at_head(repository, paths)
    return lambda place: (_file(place), place.oid) in at_head


def _at_head(repository: Repository, paths: Sequence[bytes]) -> set[tuple[bytes, str]]:
    """Those of the paths that HEAD has, each with its blob."""
    if not paths or repository.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])[0]:
        return set()
    parts = (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))
    entries = (entries_at("HEAD", part, env=repository.environment, cwd=repository.directory) for part in parts)
    return {(entry.path, entry.oid) for found in entries for entry in found}


def _file(place: Place) -> bytes:
    """The path of the file that a place lies in; empty where it lies in none."""
    if place.path is None or place.oid is None:
        return b""
    return place.path.partition(b"!/")[0] if place.kind == "archive-member" else place.path
