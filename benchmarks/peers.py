"""The other scanners, from the package index, each with its AWS rules alone and set to be as quick as it can be.

Their programs are called directly: a package's Python wrapper costs more than a hook does.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from betterleaks.cli import get_binary_path as betterleaks_program
from kingfisher import get_binary_path as kingfisher_program

from measuring import Command


def kingfisher_rules() -> list[str]:
    """Rules of kingfisher about AWS."""
    told = _output(kingfisher_program(), "rules", "list", "--format", "json")
    return sorted(set(re.findall(r'"id": "(betterleaks\.aws[^"]*)"', told)))


def betterleaks_rules() -> list[str]:
    """Rules of betterleaks about AWS."""
    told = _output(betterleaks_program(), "config", "show", "toml")
    return re.findall(r"^id = '(aws[^']*)'", told, re.MULTILINE)


def kingfisher(target: str, *options: str, cwd: Path | None = None) -> Command:
    """A scan by kingfisher: offline, AWS rules alone. Its statuses from 200 on mean findings."""
    rules = [word for rule in kingfisher_rules() for word in ("--rule", rule)]
    fixed = ("--no-validate", "--no-update-check", "--format", "json")
    return Command(
        [kingfisher_program(), "scan", target, *fixed, *options, *rules], cwd, (0, 200, 201, 202, 203, 204, 205)
    )


def betterleaks(target: str, *options: str, cwd: Path | None = None) -> Command:
    """A scan by betterleaks, AWS rules alone."""
    rules = f"--isolate-rule={','.join(betterleaks_rules())}"
    return Command([betterleaks_program(), "git", target, "--no-banner", *options, rules], cwd)


def git_secrets(*arguments: str, cwd: Path) -> Command | None:
    """A call of git-secrets where it is installed; its AWS patterns have to be registered in the repository."""
    program = shutil.which("git-secrets")
    return Command([program, *arguments], cwd) if program else None


def versions() -> Sequence[str]:
    """Name and version of each."""
    program = _output(betterleaks_program(), "version").split()[-1]
    return (_output(kingfisher_program(), "--version").strip(), f"betterleaks {program}")


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
