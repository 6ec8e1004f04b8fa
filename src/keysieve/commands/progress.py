"""Progress on a terminal, for anything that takes longer than a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds before anything is shown."""
STEP = 0.1
"""Seconds between two updates."""


class TerminalProgress:
    """Shows on stderr what a scan is at; nothing at all when stderr is no terminal.

    Args:
        is_wanted: False switches it off.
    """

    def __init__(self, *, is_wanted: bool) -> None:
        self._is_wanted = is_wanted and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Told by the scan; cheap until it is time to show something."""
        if not self._is_wanted or ((now := time.monotonic()) < self._next and stage == self._stage):
            return
        if self._bar is None and now < self._next:
            return
        self._next = now + STEP
        bar = self._started()
        if stage != self._stage or self._task is None:
            if self._task is not None:
                bar.remove_task(self._task)
            self._task, self._stage = bar.add_task(stage, total=total), stage
        bar.update(self._task, completed=done, total=total)

    def _started(self) -> Progress:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("keysieve: {task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        return self._bar
