"""The law: the fast path and the plain path find the same in every blob of a repository.

    python benchmarks/law.py [--jobs N] REPOSITORY…

The fast path is a history scan: packs, deltas, prefilter, what is remembered. The plain path is `git cat-file --batch`
of every blob, and the exact matcher over all of it (archives are not unpacked). Compared are sets of (blob, rule,
offset, value); differences are printed without the values. Exit status 1 if there are any. The plain path takes minutes
to hours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import IO

from contents import read_contents
from keysieve.engine import credentials
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.match import Credential
from keysieve.engine.redaction import redact
from keysieve.engine.sieve import Sieve
from keysieve.git.packs.stored import DEFAULT_LIMITS
from keysieve.git.repository import discover
from keysieve.scan.history import HistoryScan
from keysieve.scan.processes import default_jobs
from measuring import progress

BATCH = 4_000_000
"""Bytes of blobs that a process is given at once."""

Found = tuple[str, str, int, bytes]
"""Blob, rule, offset, value."""


def entries(oid: str, found: Iterable[Credential]) -> Iterator[Found]:
    """What the credentials of a blob are made of."""
    for credential in found:
        for match in credential.matches:
            yield oid, match.rule, match.start, match.value


def fast(path: str, jobs: int) -> set[Found]:
    """What a history scan finds in blobs, members of archives left out."""
    scan = HistoryScan(discover(path, foreign=True), Sieve(), jobs=jobs)
    read_contents(scan)
    found = scan._found.items()  # noqa: SLF001
    return {
        entry for oid, every in found for one in every if not one.member for entry in entries(oid, [one.credential])
    }


def plain(path: str, jobs: int) -> tuple[set[Found], int, int]:
    """What the exact matcher finds, the number of blobs, and of those too large to be held that are passed over."""
    found: set[Found] = set()
    blobs = skipped = 0
    started = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        waiting: set[Future[set[Found]]] = set()
        for batch, too_large in batches(path):
            waiting.add(pool.submit(match_all, batch))
            blobs += len(batch)
            skipped += too_large
            if len(waiting) > 2 * jobs:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                found.update(*(future.result() for future in done))
                progress(f"{path}: {blobs:,} blobs, {len(found):,} found, {time.monotonic() - started:,.0f} s")
        found.update(*(future.result() for future in waiting))
    progress("")
    return found, blobs, skipped


def match_all(batch: list[tuple[str, bytes]]) -> set[Found]:
    """The exact matcher over whole blobs, with nothing to tell it where to look."""
    rules = shipped_rules()
    return {entry for oid, data in batch for entry in entries(oid, credentials(data, rules))}


def batches(path: str) -> Iterator[tuple[list[tuple[str, bytes]], int]]:
    """All blobs of a repository, some at a time, with how many were passed over."""
    command = ["git", "-C", path, "cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        batch: list[tuple[str, bytes]] = []
        size = skipped = 0
        for oid, data in blobs(process.stdout):
            if len(data) > DEFAULT_LIMITS.max_blob:
                skipped += 1
                continue
            batch.append((oid, data))
            size += len(data)
            if size > BATCH:
                yield batch, skipped
                batch, size, skipped = [], 0, 0
        yield batch, skipped


def blobs(pipe: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """The blobs among the answers of `cat-file --batch`."""
    while header := pipe.readline():
        oid, kind, size = header.split()
        data = pipe.read(int(size))
        if len(data) != int(size) or pipe.read(1) != b"\n":
            raise SystemExit(f"git cat-file ended over {oid.decode()}")
        if kind == b"blob":
            yield oid.decode(), data


def compare(path: str, jobs: int) -> bool:
    """Print counts and differences; whether there are none."""
    one = fast(path, jobs)
    other, count, skipped = plain(path, jobs)
    print(f"{path}: {count:,} blobs ({skipped} too large), fast {len(one):,}, plain {len(other):,}", flush=True)
    for sign, only in (("only fast", one - other), ("only plain", other - one)):
        for oid, rule, start, value in sorted(only):
            print(f"  {sign}: {oid} {rule} at {start}: {redact(value, is_secret=True)}")
    return one == other


def main() -> int:
    """Compare each repository."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--jobs", type=int, default=default_jobs(), metavar="N")
    arguments = parser.parse_args()
    holds = [compare(path, arguments.jobs) for path in arguments.repositories]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
