from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from keysieve.engine.generator import Generator
from repository import Repository, clean_environment

SCHEMA = json.loads((Path(__file__).parent.parent / "src/keysieve/report.schema.json").read_text())


@pytest.fixture
def keys() -> Generator:
    return Generator(11)


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[..., Repository]:
    """Makes repositories, by name, with options for `git init`."""

    def make(name: str = "repo", *options: str) -> Repository:
        return Repository.create(tmp_path / name, *options)

    return make


@pytest.fixture
def repo(make_repository: Callable[..., Repository]) -> Repository:
    return make_repository()


@dataclass
class Outcome:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report, checked against the schema that ships."""
        report = json.loads(self.out)
        jsonschema.validate(report, SCHEMA, format_checker=jsonschema.FormatChecker())
        return report

    @property
    def findings(self) -> list[dict[str, Any]]:
        return self.report["findings"]

    @property
    def rules(self) -> list[str]:
        return sorted(finding["rule"] for finding in self.findings)


@pytest.fixture
def keysieve(tmp_path: Path) -> Callable[..., Outcome]:
    """Runs the program as a process of its own."""

    def run(
        *arguments: str | bytes | Path, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: bytes = b""
    ) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "keysieve", *arguments],
            cwd=cwd or tmp_path,
            env=clean_environment(tmp_path) | (env or {}),
            input=stdin,
            capture_output=True,
        )
        return Outcome(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))

    return run
