"""Stages of a history scan, each with its CPU seconds: `python benchmarks/contents.py [--only-contents] REPOSITORY`.

With --only-contents every blob, commit and tag is read and sifted, and nothing attributed: no trees, no walk over the
commits, which tell where and when what was found came in.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, field

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `keysieve.cli` does, before numpy is loaded

from keysieve.engine.sieve import Sieve
from keysieve.git.repository import discover
from keysieve.scan.history import HistoryScan


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
    parser.add_argument("--only-contents", action="store_true")
    arguments = parser.parse_args()
    stages = Stages()
    scan = HistoryScan(discover(arguments.repository, foreign=True), Sieve(), stages, arguments.jobs)
    if arguments.only_contents:
        read_contents(scan)
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


if __name__ == "__main__":
    main()
