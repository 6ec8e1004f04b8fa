from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from repository import Repository

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def new_pair(keys) -> Callable[[], str]:
    """Makes a new pair at each call."""
    return lambda: keys.fill(PAIR)[0]


@pytest.fixture
def put_hook() -> Callable[..., Path]:
    """Writes a hook that runs keysieve, as documented for those who write their own."""

    def put(folder: Path, name: str, command: str = "") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        hook = folder / name
        python = shlex.quote(sys.executable)
        hook.write_text(f'#!/bin/sh\nexec {python} -P -m keysieve {command or name} "$@"\n')
        hook.chmod(0o755)
        return hook

    return put


@pytest.fixture
def server(make_repository) -> Repository:
    """A bare repository to push to."""
    return make_repository("server", "--bare")


@pytest.fixture
def local(repo, server) -> Repository:
    """A clone with one pushed commit."""
    repo.git("remote", "add", "origin", str(server.path))
    repo.commit({"README": "x"})
    repo.git("push", "-q", "-u", "origin", "main")
    return repo
