"""The library: four functions that scan and give a report, and one that renders it.

They read no configuration, print nothing, never raise for what they find, and raise `KeysieveError` where the command
line would exit with 2. Reports hold no secret in clear unless `reveal` is true.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from keysieve.blob import Blob, Place
from keysieve.engine.sieve import Sieve
from keysieve.errors import KeysieveError
from keysieve.finding import Finding, Occurrence, Report
from keysieve.reporters import FORMATS, render
from keysieve.scan.assembly import Telling, report
from keysieve.scan.gathering import Gathered, gather

__all__ = [
    "FORMATS",
    "Finding",
    "KeysieveError",
    "Occurrence",
    "Report",
    "render",
    "scan_bytes",
    "scan_files",
    "scan_history",
    "scan_range",
]

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def scan_bytes(data: bytes, path: Path | None = None, *, reveal: bool = False) -> Report:
    """Scan bytes that are at hand.

    Args:
        data: Text in any encoding, or an archive.
        path: Name to report them under; the kind of file decides which remedy fits.
        reveal: Put secrets into the report in clear.

    Returns:
        A report as that of `keysieve files`.
    """
    started = time.monotonic()
    sieve, gathered = Sieve(), Gathered()
    place = Place("stdin") if path is None else Place("file", os.fsencode(path))
    gather([Blob(bytes(data), place)], sieve, gathered)
    return report(gathered, sieve, Telling("files", reveal), started)


def scan_files(paths: Iterable[Path], *, reveal: bool = False) -> Report:
    """Scan files and folders as they are on disk, as `keysieve files` does.

    Args:
        paths: Files and folders. Links are not followed, `.git` is not entered.
        reveal: Put secrets into the report in clear.
    """
    from keysieve.sources import files

    started = time.monotonic()
    sieve, gathered = Sieve(), Gathered()
    for item in files.blobs(os.fsencode(path) for path in paths):
        gather([item], sieve, gathered)
    return report(gathered, sieve, Telling("files", reveal), started)


def scan_range(commits: str, repository: Path = ".", *, reveal: bool = False) -> Report:
    """Scan what commits bring in, as `keysieve range` does.

    Args:
        commits: `BASE..HEAD`, with anything that git takes for a revision.
        repository: A folder of it.
        reveal: Put secrets into the report in clear.

    Raises:
        KeysieveError: There is no such repository or range, or its history is not all there.
    """
    from keysieve.commands.range import stories
    from keysieve.git.repository import discover
    from keysieve.scan.commits import scan_range as scan
    from keysieve.sources.commits import resolve_range

    started = time.monotonic()
    found_in = discover(os.fsdecode(repository), foreign=True)
    span = resolve_range(found_in, commits)
    sieve = Sieve()
    found = scan(found_in, span, sieve)
    telling = Telling("range", reveal, found.commits, lambda groups: stories(groups, found, span.commits))
    return report(found.gathered, sieve, telling, started)


def scan_history(repository: Path = ".", *, jobs: int = 0, reveal: bool = False) -> Report:
    """Scan everything that a repository holds, as `keysieve history` does.

    Args:
        repository: A folder of it, or a bare repository.
        jobs: Worker processes; 0 for one on each core, 1 for none beside this one.
        reveal: Put secrets into the report in clear.

    Raises:
        KeysieveError: There is no such repository, or git refuses it.
    """
    from keysieve.git.repository import discover
    from keysieve.scan.history import HistoryScan

    started = time.monotonic()
    scan = HistoryScan(discover(os.fsdecode(repository), foreign=True), Sieve(), jobs=jobs)
    scan.run()
    return report(scan.gathered, scan.sieve, Telling("history", reveal, scan.commits, scan.stories), started)
