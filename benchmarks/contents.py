"""Stages of a history scan, each with its CPU seconds: `python benchmarks/contents.py [OPTION] REPOSITORY`.

With --only-contents every blob, commit and tag is read and sifted, and nothing attributed: no trees, no walk over the
commits, which tell where and when what was found came in. With --only-blobs, blobs alone are.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `keysieve.cli` does, before numpy is loaded

from keysieve.engine.sieve import Sieve
from keysieve.git.packs.directories import with_alternates
from keysieve.git.packs.plan import plan
from keysieve.git.repository import discover
from keysieve.scan.history import HistoryScan
from keysieve.scan.processes import default_jobs, results
from keysieve.scan.unit import Tools


@dataclass
class Stages:
    """Takes the progress of a scan, and the time since the stage before."""

    spent: dict[str, tuple[float, float]] = field(default_factory=dict)
    _stage: str = "start"
    _cpu: float = field(default_factory=lambda: sum(os.times()[:4]))
    _wall: float = field(default_factory=time.perf_counter)

    def __call__(self, stage: str, _done: int, _total: int | None) -> None:
        """Told by the scan."""
        if stage == self._stage:
            return
        cpu, wall = sum(os.times()[:4]), time.perf_counter()
        before = self.spent.get(self._stage, (0.0, 0.0))
        self.spent[self._stage] = before[0] + cpu - self._cpu, before[1] + wall - self._wall
        self._stage, self._cpu, self._wall = stage, cpu, wall


def main() -> None:
    """Scan and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository")
    parser.add_argument("--jobs", type=int, default=0)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--only-contents", action="store_true")
    only.add_argument("--only-blobs", action="store_true")
    arguments = parser.parse_args()
    stages = Stages()
    scan = HistoryScan(discover(arguments.repository, foreign=True), Sieve(), stages, arguments.jobs)
    if arguments.only_contents:
        read_contents(scan)
    elif arguments.only_blobs:
        read_blobs(scan, arguments.jobs or default_jobs())
    else:
        scan.run()
    stages("end", 0, None)
    for name, (cpu, wall) in stages.spent.items():
        print(f"{name:16}{cpu:8.2f} CPU s{wall:8.2f} s")
    print(f"{scan.gathered.blobs:,} blobs, {scan.gathered.bytes:,} bytes, {len(scan.gathered.not_read)} not read")


def read_contents(scan: HistoryScan) -> None:
    """What a scan does before trees and attribution."""
    scan.plan()
    scan.read_contents()


def read_blobs(scan: HistoryScan, jobs: int) -> None:
    """What a scan does with blobs, and nothing else."""
    scan.progress("planning", 0, None)
    own = Path(os.fsdecode(scan.repository.objects_dir))
    planned = plan(with_alternates(own)[0], jobs, kinds=frozenset({"blob"}))
    scan.gathered.not_read += planned.not_read
    for number, result in enumerate(results(planned.units, Tools(scan.sieve, planned.presence), jobs), start=1):
        scan.progress("objects", number, None)
        scan.gathered.add(result.gathered)
        scan.gathered.not_read += result.retry


if __name__ == "__main__":
    main()
