"""The least that a scan can cost: blobs inflated, deltas applied, one pass of the prefilter: `floor.py REPOSITORY`.

The pack reader, the prefilter and the number of processes are the scan's own. Nothing is matched, counted or kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from keysieve.blob import NotRead
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.git.packs.directories import with_alternates
from keysieve.git.packs.plan import WorkUnit, plan, read
from keysieve.git.packs.stored import LargeObject
from keysieve.git.repository import discover
from keysieve.scan.processes import SMALL, default_jobs

BLOBS = frozenset({"blob"})
_prefilter: list[Prefilter] = []


def start() -> None:
    """Make the prefilter, once in each process."""
    _prefilter.append(Prefilter(shipped_expressions(), is_large=True))


def pass_over(unit: WorkUnit) -> tuple[int, int]:
    """Blobs of a unit, and those that the prefilter would have looked at."""
    blobs = suspects = 0
    test = _prefilter[0].may_match
    for item in read(unit):
        if isinstance(item, NotRead):
            continue
        blobs += 1
        if isinstance(item, LargeObject):
            suspects += any(list(map(test, item.pieces)))  # all of them are read, whatever the first says
        else:
            suspects += test(item.data)
    return blobs, suspects


def results(units: list[WorkUnit], jobs: int) -> Iterable[tuple[int, int]]:
    """As a scan spreads its units."""
    if jobs == 1 or len(units) < 2 or sum(unit.cost for unit in units) < SMALL:
        start()
        return map(pass_over, units)
    with ProcessPoolExecutor(jobs, initializer=start) as pool:
        return list(pool.map(pass_over, units))


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository")
    parser.add_argument("--jobs", type=int, default=default_jobs())
    arguments = parser.parse_args()
    objects = Path(discover(arguments.repository, foreign=True).objects_dir.decode())
    units = plan(with_alternates(objects)[0], arguments.jobs, kinds=BLOBS).units
    blobs, suspects = map(sum, zip(*results(units, arguments.jobs), strict=True))
    print(f"{blobs:,} blobs, {suspects:,} to be looked at")


if __name__ == "__main__":
    main()
