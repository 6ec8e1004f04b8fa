"""Builds real git repositories for tests: clean environment, fixed identity, a clock that ticks."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

EPOCH = 1_700_000_000
STEP = 3600


def clean_environment(home: Path) -> dict[str, str]:
    """An environment without the caller's git variables and configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Grace",
        "GIT_COMMITTER_EMAIL": "grace@example.com",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONHASHSEED": "0",
    }


@dataclass
class Repository:
    """A repository in a folder of its own.

    Each commit is an hour after the one before.
    """

    path: Path
    env: dict[str, str] = field(default_factory=dict)
    clock: int = EPOCH

    @classmethod
    def create(cls, path: Path, *options: str) -> Repository:
        path.mkdir(parents=True, exist_ok=True)
        repository = cls(path, clean_environment(path.parent))
        repository.git("init", "-q", "-b", "main", *options)
        return repository

    def run(self, *command: str, **options) -> subprocess.CompletedProcess[bytes]:
        env = self.env | {"GIT_AUTHOR_DATE": f"{self.clock} +0000", "GIT_COMMITTER_DATE": f"{self.clock} +0000"}
        return subprocess.run(command, cwd=self.path, env=env | options.pop("env", {}), capture_output=True, **options)

    def git(self, *arguments: str, **options) -> str:
        done = self.run("git", *arguments, **options)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, files: dict[str, str | bytes | None], message: str = "Change") -> str:
        """Write the files (None: remove), and commit all. Gives the commit's id."""
        for name, content in files.items():
            if content is None:
                (self.path / name).unlink()
            else:
                self.write(name, content)
        self.git("add", "-A")
        return self.commit_staged(message)

    def commit_staged(self, message: str = "Change", *options: str) -> str:
        self.clock += STEP
        self.git("commit", "-q", "--allow-empty", "-m", message, *options)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str, files: dict[str, str | bytes], message: str = "Merge") -> str:
        """Merge a branch, with what the merge commit itself brings in. Gives its id."""
        self.run("git", "merge", "-q", "--no-ff", "--no-commit", branch)
        return self.commit(files, message)
