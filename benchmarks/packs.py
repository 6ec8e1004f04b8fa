"""CPU seconds that reading whole object databases takes, ours and git's: `python benchmarks/packs.py PATH…`.

A path is an objects directory or a bare or ordinary repository. What is read is thrown away.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from keysieve.blob import NotRead
from keysieve.git.packs.delta import is_compiled
from keysieve.git.packs.family import find_families
from keysieve.git.packs.headers import TYPES
from keysieve.git.packs.index import open_index
from keysieve.git.packs.inflate import library
from keysieve.git.packs.plan import Plan, WorkUnit, plan, read
from keysieve.git.packs.store import pack_paths
from keysieve.git.packs.stored import StoredObject
from keysieve.git.packs.walk import open_pack

T = TypeVar("T")
BLOBS = frozenset({"blob"})
ALL = frozenset({"blob", "commit", "tag"})


def timed(name: str, job: Callable[[], T]) -> T:
    cpu, wall = sum(os.times()[:4]), time.perf_counter()
    result = job()
    cpu, wall = sum(os.times()[:4]) - cpu, time.perf_counter() - wall
    print(f"  {name:64} {cpu:7.2f} CPU s {wall:7.2f} s")
    return result


def find_all_families(objects: Path, kinds: frozenset[str]) -> int:
    count = 0
    for path in pack_paths(objects):
        index = open_index(path, 20)
        families = find_families(open_pack(path.with_suffix(".pack")), index, frozenset(TYPES[kind] for kind in kinds))
        count += len(families)
    return count


def read_unit(unit: WorkUnit) -> tuple[int, int, int]:
    objects = size = unread = 0
    for item in read(unit):
        if isinstance(item, NotRead):
            unread += 1
        else:
            objects += 1
            size += len(item.data) if isinstance(item, StoredObject) else item.size
    return objects, size, unread


def read_units(planned: Plan, processes: int) -> tuple[int, ...]:
    if processes == 1:
        results = [read_unit(unit) for unit in planned.units]
    else:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            results = list(pool.imap_unordered(read_unit, planned.units))
            pool.close()
            pool.join()
    return tuple(map(sum, zip(*results, strict=True)))


def unchanged_bytes(planned: Plan, ratio: int) -> tuple[int, int]:
    unchanged = total = 0
    for unit in planned.units:
        for item in read(unit):
            if isinstance(item, StoredObject) and item.delta is not None:
                total += len(item.data)
                if len(item.data) > ratio * len(item.delta):
                    unchanged += sum(item.unchanged())
    return unchanged, total


def git_reads(repository: Path) -> None:
    command = ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch", "--unordered"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measure(path: Path) -> None:
    objects = next(place for place in (path / ".git/objects", path / "objects", path) if place.is_dir())
    print(f"{path}")
    for kinds in (BLOBS, ALL):
        planned = measure_kinds(objects, kinds)
    for ratio in (0, 400):
        name = f"read and look at ends of objects over {ratio} times their delta"
        unchanged, total = timed(name, partial(unchanged_bytes, planned, ratio))
        print(f"  {unchanged / max(total, 1):.1%} of the bytes of deltified objects are unchanged ends")
    if path != objects:
        timed("git cat-file --batch-all-objects --batch --unordered", partial(git_reads, path))


def measure_kinds(objects: Path, kinds: frozenset[str]) -> Plan:
    names = ", ".join(sorted(kinds))
    count = timed(f"index, headers, families ({names})", partial(find_all_families, objects, kinds))
    planned = timed(f"whole plan ({names})", partial(plan, [objects], 2, kinds=kinds))
    result: tuple[int, ...] = ()
    for processes in (1, 2):
        result = timed(f"read, processes: {processes} ({names})", partial(read_units, planned, processes))
    print(f"  {count:,} entries, {result[0]:,} objects, {result[1]:,} bytes, {result[2]} not read")
    return planned


if __name__ == "__main__":
    print(f"inflate by {library().__name__}, deltas by {'compiled' if is_compiled() else 'Python'} code")
    for argument in sys.argv[1:]:
        measure(Path(argument))
