"""What a history holds does not decide how much memory reading it takes."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from keysieve.engine.sieve import WINDOW
from repository import Repository, clean_environment

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel does not say the peak")

MIB = 1 << 20
PAIR = "\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
PROGRAM = """
import sys
from keysieve.cli import main
status = main()
with open("/proc/self/status") as file:
    print(next(line for line in file if line.startswith("VmHWM")).split()[1], file=sys.stderr)
sys.exit(status)
"""


def scan(repo: Repository) -> tuple[int, dict, int]:
    """Exit status, report, and the most bytes that the process had in memory."""
    command = [sys.executable, "-c", PROGRAM, "history", "--format", "json", "--jobs", "1"]
    done = subprocess.run(command, cwd=repo.path, env=clean_environment(repo.path.parent), capture_output=True)
    return done.returncode, json.loads(done.stdout), int(done.stderr.split()[-1]) * 1024


def number(value: int) -> bytes:
    """As deltas write sizes."""
    return bytes([value]) if value < 0x80 else bytes([0x80 | value & 0x7F]) + number(value >> 7)


def header(type_: int, size: int) -> bytes:
    """Of a pack entry with a size above 15."""
    return bytes([0x80 | type_ << 4 | size & 15]) + number(size >> 4)


def add_delta_bomb(repo: Repository, times: int) -> str:
    """A pack with 16 MiB of zeros, and a delta that repeats them so many times. Gives what it makes an id."""
    content = bytes(16 * MIB - 1)
    delta = number(len(content)) + number(len(content) * times) + b"\xf0\xff\xff\xff" * times
    base = hashlib.sha1(b"blob %d\0" % len(content) + content).digest()
    bomb = hashlib.sha1(b"bomb").digest()
    pack = bytearray(b"PACK\0\0\0\2\0\0\0\2")
    places = {base: len(pack)}
    pack += header(3, len(content)) + zlib.compress(content)
    places[bomb] = len(pack)
    pack += header(7, len(delta)) + base + zlib.compress(delta)
    pack += hashlib.sha1(pack).digest()
    oids = sorted(places)
    index = b"\xfftOc\0\0\0\2" + b"".join(sum(oid[0] <= n for oid in oids).to_bytes(4, "big") for n in range(256))
    index += b"".join(oids) + bytes(8) + b"".join(places[oid].to_bytes(4, "big") for oid in oids) + pack[-20:]
    folder = repo.path / ".git/objects/pack"
    (folder / "pack-bomb.pack").write_bytes(pack)
    (folder / "pack-bomb.idx").write_bytes(index + hashlib.sha1(index).digest())
    assert len(pack) < 40_000
    return bomb.hex()


@pytest.mark.parametrize("times", [40, 4000], ids=["640 MiB", "62 GiB"])
def test_delta_bomb_is_reported_and_takes_no_memory(repo: Repository, times: int) -> None:
    repo.commit({"a": "x"})
    bomb = add_delta_bomb(repo, times)
    status, report, peak = scan(repo)
    assert status == 3
    assert report["not_read"] == [{"what": bomb, "reason": f"too large: {times * (16 * MIB - 1)} bytes"}]
    assert peak < 250 * MIB


def test_blob_too_large_to_be_held_is_read_in_windows(repo: Repository, keys) -> None:
    texts = [keys.fill(PAIR)[0].encode() for _ in range(3)]
    with (repo.path / "large").open("wb") as file:
        for window, before, text in zip((1, 30, 70), (30, 60, len(PAIR) + 20), texts, strict=True):
            file.seek(window * WINDOW - before)
            file.write(text)
        file.truncate(600 * MIB)
    repo.git("config", "core.compression", "1")
    repo.git("config", "core.bigFileThreshold", "1m")
    repo.git("add", "large")
    os.unlink(repo.path / "large")
    repo.commit_staged()
    status, report, peak = scan(repo)
    assert (status, report["not_read"]) == (1, [])
    assert [finding["rule"] for finding in report["findings"]] == ["aws-access-key-pair"] * 3
    assert peak < 250 * MIB


KEEPS = """
from keysieve.scan.processes import release

def held():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("RssAnon")).split()[1]) * 1024

blocks = [b"x" * 100_000 for _ in range(1000)]
before = held()
del blocks[:-1]
release()
print(before - held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_free_memory_is_given_back_though_something_behind_it_is_in_use() -> None:
    done = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, check=True)
    assert int(done.stdout) > 80 * MIB


def test_archive_too_large_to_be_opened_is_not_read(repo: Repository) -> None:
    with (repo.path / "large.zip").open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(513 * MIB)
    repo.git("config", "core.compression", "1")
    repo.git("add", "large.zip")
    os.unlink(repo.path / "large.zip")
    repo.commit_staged()
    status, report, _ = scan(repo)
    assert status == 3
    assert [one["reason"] for one in report["not_read"]] == ["archive too large to be opened"]
