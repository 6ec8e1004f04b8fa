"""Spreads the units of a plan over processes, and loses none of them."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from keysieve.git.packs.plan import WorkUnit, planned
from keysieve.git.packs.stored import not_read
from keysieve.scan.unit import Tools, UnitResult, sift_unit

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SMALL = 300_000_000
"""Estimated nanoseconds of work below which starting processes costs more than it gains."""

TINY = 5_000_000
"""The same, below which compiling the fast prefilter does: some hundred kilobytes of text."""


def results(units: list[WorkUnit], tools: Tools, jobs: int) -> Iterator[UnitResult]:
    """The result of each unit, in the order in which they are done.

    A unit whose process dies is tried once more, alone; if that dies, too, its objects are "not read".

    Args:
        units: From a plan, the costliest first. They are taken out of the list: they take memory until they are read.
        tools: Given to each process once.
        jobs: Processes.
    """
    cost = sum(unit.cost for unit in units)
    if jobs == 1 or len(units) < 2 or cost < SMALL:
        if cost > TINY:
            tools.sieve.prefilter.warm()
        units.reverse()
        while units:
            yield sift_unit(units.pop(), tools)
        return
    lost = yield from _spread(units, tools, min(jobs, len(units)))
    for unit in lost:
        if (yield from _spread([unit], tools, 1)):
            yield UnitResult(retry=[not_read(oid, "the process that read it died") for oid in planned(unit)])


def default_jobs() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spread(units: list[WorkUnit], tools: Tools, jobs: int) -> Generator[UnitResult, None, list[WorkUnit]]:
    """Yields results; returns the units that were lost with a process."""
    import multiprocessing
    from multiprocessing.connection import wait

    tools.sieve.warm()  # before processes fork
    units.reverse()
    lost: list[WorkUnit] = []
    busy: dict[Connection, WorkUnit] = {}
    processes: list[multiprocessing.Process] = []
    inherited = units if multiprocessing.get_start_method() == "fork" else []
    try:
        release()
        for _ in range(jobs):
            here, there = multiprocessing.Pipe()
            processes.append(multiprocessing.Process(target=_serve, args=(here, there, tools, inherited), daemon=True))
            processes[-1].start()
            there.close()
            _give(here, units, busy)
        while busy:
            for connection in set(busy).intersection(wait(list(busy))):
                unit = busy.pop(connection)
                try:
                    result: UnitResult | Exception = connection.recv()
                except (EOFError, OSError):
                    lost.append(unit)
                    continue
                _give(connection, units, busy)
                if isinstance(result, Exception):
                    raise result
                yield result
                del result, unit
                release()
        return lost + units
    finally:
        for process in processes:
            if busy:
                process.terminate()
            process.join()


def _give(connection: Connection, waiting: list[WorkUnit], busy: dict[Connection, WorkUnit]) -> None:
    """Give a process the next unit; None ends it."""
    unit = waiting.pop() if waiting else None
    if unit is not None:
        busy[connection] = unit
    with suppress(OSError):  # it has died, which is noticed where its result is waited for
        connection.send(unit)


def _serve(others: Connection, connection: Connection, tools: Tools, inherited: list[WorkUnit]) -> None:
    """What a process does: the units that it is given, until there are no more, or nobody who gives any."""
    inherited.clear()  # they would take memory here when those who gave them have forgotten them
    release()
    gc.freeze()  # what was there before the fork: looking through it would copy the pages that it shares
    others.close()
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while (unit := connection.recv()) is not None:
            try:
                result: UnitResult | Exception = sift_unit(unit, tools)
            except Exception as error:
                result = error
            connection.send(result)
            del result, unit


def release() -> None:
    """Give back what memory is free: glibc keeps it where something behind it is in use, see malloc_trim(3)."""
    with suppress(ImportError, OSError, TypeError, AttributeError):  # other systems, other C libraries
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)


def all_oids(units: Iterable[WorkUnit]) -> set[bytes]:
    """Raw ids of all objects of the units."""
    return {oid for unit in units for oid in planned(unit)}
