"""Spreads the units of a plan over processes, and loses none of them."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence

from keysieve.git.packs.plan import WorkUnit, planned
from keysieve.git.packs.stored import not_read
from keysieve.scan.unit import Tools, UnitResult, sift_unit

SMALL = 300_000_000
"""Estimated nanoseconds of work below which starting processes costs more than it gains."""
_tools: Tools | None = None


def results(units: Sequence[WorkUnit], tools: Tools, jobs: int) -> Iterator[UnitResult]:
    """The result of each unit, in the order in which they are done.

    A unit whose process dies is tried once more, alone; if that dies, too, its objects are "not read".

    Args:
        units: From a plan, the costliest first.
        tools: Sent to each process once.
        jobs: Processes.
    """
    if jobs == 1 or len(units) < 2 or sum(unit.cost for unit in units) < SMALL:
        yield from (sift_unit(unit, tools) for unit in units)
        return
    lost = yield from _spread(units, tools, min(jobs, len(units)))
    for unit in lost:
        if (yield from _spread([unit], tools, 1)):
            yield UnitResult(retry=[not_read(oid, "the process that read it died") for oid in planned(unit)])


def default_jobs() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spread(units: Sequence[WorkUnit], tools: Tools, jobs: int) -> Generator[UnitResult, None, list[WorkUnit]]:
    """Yields results; returns the units that were lost with a process."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    lost: list[WorkUnit] = []
    tools.sieve.warm()  # before processes fork
    context = multiprocessing.get_context()
    with ProcessPoolExecutor(jobs, context, _start, (tools,)) as pool:
        waiting = {pool.submit(_work, unit): unit for unit in units}
        try:
            for future in as_completed(list(waiting)):
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost.append(waiting.pop(future))
                    continue
                del waiting[future]
                yield result
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return lost


def _start(tools: Tools) -> None:
    global _tools
    _tools = tools


def _work(unit: WorkUnit) -> UnitResult:
    assert _tools is not None  # noqa: S101  (for the type checker: _start has run)
    return sift_unit(unit, _tools)


def all_oids(units: Iterable[WorkUnit]) -> set[bytes]:
    """Raw ids of all objects of the units."""
    return {oid for unit in units for oid in planned(unit)}
