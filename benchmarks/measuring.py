"""Measures commands from outside: CPU seconds and memory of all their processes together, and the time that passes.

CPU seconds are user and system time of the command and of every process that it waited for (wait4). Memory is the
largest sum, over 20 looks a second, of the anonymous memory of the processes of its session, what forked processes
share counted once (`Pss_Anon`): a mapped pack belongs to the page cache and to nobody. Linux tells that; elsewhere
memory is None.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

LOOK_EVERY = 0.05
ROLLUP = "smaps_rollup"


@dataclass(frozen=True, slots=True)
class Command:
    """What is run: its standard output and messages are thrown away.

    Attributes:
        accepted: Exit statuses of a run that did its job.
        environment: Added to this process's.
    """

    arguments: Sequence[str]
    cwd: Path | None = None
    accepted: Iterable[int] = (0, 1)
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds, seconds that passed, and bytes of anonymous memory at the peak (None where nothing tells)."""

    cpu: float
    wall: float
    memory: int | None


class FailedError(Exception):
    """A command ended with a status that means that it did not do its job."""


def measure(command: Command, *, with_memory: bool = True, patience: float | None = None) -> Cost:
    """Run a command once.

    Args:
        command: What to run.
        with_memory: Look at its memory; for commands of a few milliseconds that would cost more than they do.
        patience: Seconds after which it is ended.

    Raises:
        FailedError: It did not do its job, or not in time.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command.arguments),
        cwd=command.cwd,
        env={**os.environ, **(command.environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    watch = _Watch(process.pid, patience)
    if with_memory or patience:
        watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    watch.ended.set()
    if with_memory or patience:
        watch.join()
    if process.returncode not in command.accepted:
        raise FailedError(f"{Path(command.arguments[0]).name}: exit status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, watch.peak if with_memory else None)


class _Watch(threading.Thread):
    def __init__(self, session: int, patience: float | None) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.peak: int | None = None
        self._session = session
        self._deadline = time.monotonic() + patience if patience else float("inf")

    def run(self) -> None:
        while not self.ended.wait(LOOK_EVERY):
            if (now := _anonymous_memory(self._session)) is not None:
                self.peak = max(now, self.peak or 0)
            if time.monotonic() > self._deadline:
                os.killpg(self._session, 9)
                return


def _anonymous_memory(session: int) -> int | None:
    """Bytes of anonymous memory of the processes of a session."""
    if not Path("/proc/self", ROLLUP).exists():
        return None
    return sum(_rollup(Path(entry.path)) for entry in os.scandir("/proc") if _is_of(entry, session))


def _is_of(entry: os.DirEntry[str], session: int) -> bool:
    if not entry.name.isdigit():
        return False
    try:  # proc(5): after the name in brackets come state, parent, group, session
        return int(Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()[3]) == session
    except (OSError, IndexError):
        return False


def _rollup(process: Path) -> int:
    try:
        lines = (process / ROLLUP).read_bytes().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss_Anon:"))


def interleaved(
    commands: Mapping[str, Command], runs: int, *, with_memory: bool = True, patience: float | None = None
) -> dict[str, list[Cost]]:
    """The costs of each command: all are run in turn, so that what else the machine does hits all of them alike.

    Each is run once before, so that caches are filled, the disk's and its own, and its memory is looked at in that run
    alone: looking takes time, and the more processes there are the more. One that fails or takes too long is said to,
    and left out.

    Args:
        commands: By name.
        runs: Measured runs of each.
        with_memory: See `measure`.
        patience: Seconds that a run may take.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    memories: dict[str, int | None] = {}
    for number in range(runs + 1):
        for name in list(costs):
            progress(f"{name} ({number or 'warm-up'})")
            try:
                cost = measure(commands[name], with_memory=with_memory and not number, patience=patience)
            except FailedError as error:
                print(f"{name}: left out: {error}", file=sys.stderr)
                del costs[name]
                continue
            if number:
                costs[name].append(replace(cost, memory=memories[name]))
            else:
                memories[name] = cost.memory
    progress("")
    return costs


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each quantity; the memory of the first."""
    cpu, wall = (statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall"))
    return Cost(cpu, wall, costs[0].memory)


def progress(text: str) -> None:
    """Say on a terminal what is being done, over what was said before."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column holds text, the others numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def megabytes(size: int | None) -> str:
    """Bytes as whole megabytes."""
    return "–" if size is None else f"{size / 1e6:,.0f} MB"
