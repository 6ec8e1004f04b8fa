from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keysieve.cli import main
from repository import clean_environment


@dataclass
class Outcome:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        return json.loads(self.out)["findings"]


@pytest.fixture
def keysieve(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs the program in this process: these tests run it hundreds of times, and starting it takes the longest."""

    def run(*arguments: str | bytes | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> Outcome:
        before, here = dict(os.environ), os.getcwd()
        during = clean_environment(tmp_path) | (env or {})
        capfd.readouterr()
        try:
            os.environ.clear()
            os.environ.update(during)
            os.chdir(cwd or tmp_path)
            status = main([os.fsdecode(argument) for argument in arguments])
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(here)
        said = capfd.readouterr()
        return Outcome(status, said.out, said.err)

    return run
