"""What is carried from version to version is what a look at each version gives."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from packing import git, make_repository, objects_of

from keysieve.engine.generator import Generator
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from keysieve.git.packs.plan import plan, read
from keysieve.git.packs.stored import StoredObject
from keysieve.scan import versions
from keysieve.scan.versions import Versions

TEMPLATES = ["{access_key_id}", "aws_secret_access_key = {secret_access_key}", "AKIA", "x" * 300]
NEAR = 400


def make_versions(path: Path, keys: float) -> Path:
    """A packed repository of 60 versions of a text; `keys` is the share of lines with a key or what looks like one."""
    chance, generator = random.Random(int(keys * 100)), Generator(5)

    def line() -> str:
        found = generator.fill(chance.choice(TEMPLATES))[0]
        return found if chance.random() < keys else f"line {chance.random()}"

    lines = [line() for _ in range(3000)]
    stream = []
    for _ in range(60):
        at = chance.randrange(len(lines))
        edits = [
            [*lines[:at], line(), *lines[at + 1 :]],
            [line(), *lines[:at], line(), *lines[at:], line()],
            lines[:at] + lines[at + 40 :],
            [*lines, *lines[at : at + 50]],
            lines[-100:] + lines[:-100],
        ]
        lines = chance.choice(edits)
        text = "\n".join(lines)
        stream.append("commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 1\nx\n")
        stream.append(f"M 644 inline text\ndata {len(text)}\n{text}\n")
    repository = make_repository(path)
    git(repository, "fast-import", "--quiet", stdin="".join(stream).encode())
    git(repository, "repack", "-adfq", "--window=20", "--depth=40")
    return repository


@pytest.mark.parametrize("is_large", [True, False], ids=["Hyperscan", "re"])
@pytest.mark.parametrize("keys", [0.0, 0.02, 0.3])
def test_spots_are_those_of_each_version(tmp_path: Path, is_large: bool, keys: float) -> None:
    prefilter = Prefilter(shipped_expressions(), is_large=is_large)
    carried = Versions(prefilter)
    seen = deltas = 0
    for unit in plan([objects_of(make_versions(tmp_path / "r", keys))], 1).units:
        for item in read(unit):
            assert isinstance(item, StoredObject)
            deltas += item.delta is not None and len(item.data) > 2 * versions.PER_INSTRUCTION
            spots, whole = carried.spots(item), prefilter.spots(item.data)
            if is_large:
                assert list(spots) == whole
            else:  # of matches that overlap, `re` reports the first, which depends on where it begins
                assert all(any(abs(spot - other) < NEAR for other in spots) for spot in whole)
            seen += len(spots)
    assert deltas > 30
    assert (seen > 0) == (keys > 0)
