"""Tells in a few milliseconds that nothing of what is staged needs a closer look.

A hook runs at every commit, and nearly every commit is clean. This module imports nothing but what that takes, and
decides nothing else: whatever is out of the ordinary goes to the full scan, which decides for itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.git import run
from keysieve.sources.magic import is_archive

SETTINGS = (b":.keysieve.toml", b":pyproject.toml")
"""What can add rules. A baseline cannot: it only excuses, and here is nothing to excuse."""
TABLE = b"[tool.keysieve"
MOST = 32_000_000
"""Bytes that are read at once here; what is more is left to the full scan."""
_DIFF = ("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
_ABSENT, _SUBMODULE = b"000000", b"160000"


def clean(names: Sequence[bytes]) -> tuple[int, int] | None:
    """Number and bytes of the staged blobs if it is plain that they hold nothing; None if it takes a closer look.

    Args:
        names: Files as the hook was given them, relative to the current folder.
    """
    if names and not os.path.exists(".git"):  # not the top, where names are paths
        return None
    env = run.environment()
    status, out, _ = run.run([*_DIFF, "--ita-invisible-in-index", "HEAD", "--"], env=env)
    if status:
        return None
    fields = out.split(b"\0")[:-1]
    heads, paths = fields[::2], fields[1::2]
    # The order is git's (git-diff-index, "RAW OUTPUT FORMAT"): old mode, new mode, old id, new id, status.
    new = [words[3] for words in map(bytes.split, heads) if words[1] != _ABSENT]
    if any(head.endswith(b" U") or _SUBMODULE in head for head in heads) or not set(names).issubset(paths):
        return None
    prefilter = Prefilter(shipped_expressions())
    if any(map(prefilter.may_match, paths)):
        return None
    return _read(list(dict.fromkeys(new)), prefilter, env)


def _read(oids: list[bytes], prefilter: Prefilter, env: dict[str, str]) -> tuple[int, int] | None:
    total = 0
    requests = [*SETTINGS, *oids]
    with run.piped(
        None, env, ["cat-file", "--batch", "--buffer"], (os.fsdecode(name) + "\n" for name in requests)
    ) as pipe:
        for name in requests:
            header = pipe.readline().split()
            if header[-1:] == [b"missing"]:
                if name in SETTINGS:
                    continue
                return None
            if len(header) != 3 or total > MOST or int(header[2]) > MOST:
                return None
            data = pipe.read(int(header[2]))
            if pipe.read(1) != b"\n":
                return None
            if name in SETTINGS:
                if name == SETTINGS[0] or TABLE in data:
                    return None
                continue
            total += len(data)
            if prefilter.may_match(data) or is_archive(data) or _is_pointer(data):
                return None
    return len(oids), total


def _is_pointer(data: bytes) -> bool:
    return data.startswith(b"version https://git-lfs")


def is_plain(arguments: Iterable[str]) -> bool:
    """Whether a command line asks for nothing but the verdict, on a terminal or not."""
    asked = "PRE_COMMIT_FROM_REF" in os.environ
    return not asked and all(word == "--quiet" or not word.startswith("-") for word in arguments)


def headline(blobs: int, size: int) -> str:
    """The text report on a clean commit; the same as the reporter's, which would take longer to import than to say."""
    told = f"{size / 1000:.1f} kB" if size >= 1000 else f"{size} bytes"
    if size >= 1_000_000:
        told = f"{size / 1e6:.1f} MB"
    noun = "blob" if blobs == 1 else "blobs"
    return f"keysieve staged: 0 credentials found, none set aside. Read {blobs:,} {noun}, {told} in 0.0 s.\n"
