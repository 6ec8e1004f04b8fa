"""What a clean commit and a large scan may cost, counted instead of timed: these machines are shared."""

from __future__ import annotations

import cProfile
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keysieve.engine.generator import Generator
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.engine.sieve import Sieve
from keysieve.git.repository import discover
from keysieve.scan.history import HistoryScan
from repository import Repository, clean_environment

HEAVY = {
    "argparse", "dataclasses", "inspect", "json", "tomllib", "typing", "logging", "regex", "hyperscan", "deflate",
    "dulwich", "numpy", "pathspec", "rich", "hashlib", "multiprocessing", "keysieve.rule", "keysieve.finding",
    "keysieve.config", "keysieve.commands.options", "keysieve.scan.assembly", "keysieve.engine.examining",
    "keysieve.remedies",
}  # fmt: skip
OURS = 16
"""Modules of keysieve that a clean commit may load."""
OBJECTS = 4800
CALLS = 69.7
"""Function calls for each object of a history that holds nothing, as measured; who lowers it writes that here."""
CALLS_OF_A_FIND = 1197
"""The same for each blob that holds a pair of keys, on top."""
HEADROOM = 0.2
LOOKED_AT = 0.01
"""Share of texts without a credential that may be looked at closely."""

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def clean_commit(repo):
    repo.commit({"a": "x\n"})
    repo.write("a", "y\n")
    repo.git("add", "-A")
    return repo


def test_clean_commit_loads_little(clean_commit, tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-X", "importtime", "-m", "keysieve", "staged", "--quiet"],
        cwd=clean_commit.path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    start = done.stderr.index("keysieve.cli") if "keysieve.cli" in done.stderr else 0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert start
    at_start = {line.split()[0] for line in _modules_of_bare_python(tmp_path)}
    assert (loaded - at_start) & HEAVY == set()
    assert len([name for name in loaded if name.startswith("keysieve")]) <= OURS


def test_changes_are_read_without_what_histories_need(clean_commit, tmp_path) -> None:
    clean_commit.commit({"a": "z\n"})
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "keysieve", "range", "HEAD~1..HEAD"],
        cwd=clean_commit.path,
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "keysieve.scan.commits" in done.stderr
    assert "numpy" not in done.stderr


def _modules_of_bare_python(tmp_path) -> list[str]:
    """What the interpreter and its site packages load before any of our code runs."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print('\\n'.join(sys.modules))"],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(("is_clean", "calls"), [(True, 2), (False, 6)])
def test_git_is_called_rarely(clean_commit, keysieve, tmp_path, is_clean, calls) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\necho \"$*\" >> '{tmp_path}/calls'\nexec '{shutil.which('git')}' \"$@\"\n")
    (folder / "git").chmod(0o755)
    if not is_clean:
        clean_commit.write("b", Generator(1).fill("{access_key_id} {secret_access_key}")[0])
        clean_commit.git("add", "-A")
    env = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    assert keysieve("staged", cwd=clean_commit.path, env=env).status == (0 if is_clean else 1)
    assert len((tmp_path / "calls").read_text().splitlines()) <= calls


def test_prefilter_lets_little_through() -> None:
    """Our own sources speak of secrets on every other line; of theirs (the standard library) next to none does."""
    prefilter = Prefilter(shipped_expressions(), is_large=True)
    texts = [path.read_bytes() for path in sorted(Path(os.__file__).parent.glob("*.py"))]
    assert len(texts) > 100
    assert sum(map(prefilter.may_match, texts)) <= LOOKED_AT * len(texts)


@pytest.mark.parametrize(("keys", "budget"), [(0, CALLS), (30, CALLS + CALLS_OF_A_FIND * 30 / OBJECTS)])
def test_history_calls_little_for_each_object(tmp_path, keys, budget) -> None:
    """What the interpreter's profiler counts: calls of Python functions, and of C functions from Python."""
    repo = _some_thousand_objects(tmp_path / "repo", keys)
    assert int(repo.git("rev-list", "--all", "--objects", "--count")) == OBJECTS
    _calls_of_a_scan(repo, keys)  # imports and compiles what the first scan has to
    assert _calls_of_a_scan(repo, keys) / OBJECTS <= budget * (1 + HEADROOM)


def _some_thousand_objects(path: Path, keys: int) -> Repository:
    """One pack: 300 commits on 40 files, most blobs deltas; so many blobs with a pair of keys."""
    dice = random.Random(7)
    lines = [f"line {number} = {dice.random()}\n" for number in range(100)]
    stream = []
    for step in range(3000):
        if step % 10 == 0:
            date = 1_700_000_000 + step
            stream.append(f"commit refs/heads/main\ncommitter A <a@example.com> {date} +0000\ndata 2\nx\n")
        lines[dice.randrange(100)] = f"line {step} = {dice.random()}\n"
        text = "".join(lines) + (Generator(step).fill(PAIR)[0] if step < keys else "")
        stream.append(f"M 100644 inline d{step % 4}/f{step % 10}\ndata {len(text)}\n{text}\n")
    repo = Repository.create(path)
    repo.git("fast-import", "--quiet", input="".join(stream).encode())
    repo.git("repack", "-q", "-a", "-d", "-f", "--threads=1")
    return repo


def _calls_of_a_scan(repo: Repository, found: int) -> int:
    scan = HistoryScan(discover(repo.path, foreign=True), Sieve(is_large=True), jobs=1)
    profile = cProfile.Profile()
    for step in (scan.plan, scan.read_contents, scan.read_trees):
        profile.runcall(step)
    assert len(scan._found) == found
    return sum(entry.callcount for entry in profile.getstats())
