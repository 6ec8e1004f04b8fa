"""Real repositories, and packs written by hand, for the tests of the pack reader."""

from __future__ import annotations

import hashlib
import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

from keysieve.blob import NotRead
from keysieve.git.packs.inflate import CorruptStreamError
from keysieve.git.packs.plan import read_all
from keysieve.git.packs.stored import DEFAULT_LIMITS, LargeObject, Limits

BLOB, OFS_DELTA, REF_DELTA = 3, 6, 7


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_AUTHOR_DATE": "1700000000 +0000",
        "GIT_COMMITTER_DATE": "1700000000 +0000",
    }
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, input=stdin, env=environment, check=True, capture_output=True).stdout


def make_repository(path: Path, object_format: str = "sha1") -> Path:
    path.mkdir(parents=True)
    git(path, "init", "-q", "-b", "main", f"--object-format={object_format}")
    git(path, "config", "gc.auto", "0")
    return path


def grow(repository: Path, commits: int, seed: int = 1) -> None:
    """Add commits that change the start, the middle and the end of files, and a tag; all loose."""
    chance = random.Random(seed)
    lines = [f"line {number} {chance.random()}\n" for number in range(200)]
    who = "A <a@example.org> 1700000000 +0000"
    has_commits = git(repository, "for-each-ref", "refs/heads/main")
    stream = []
    for number in range(commits):
        lines[chance.randrange(len(lines))] = f"changed {chance.random()}\n"
        if number % 3 == 0:
            lines.insert(chance.choice([0, len(lines) // 2, len(lines)]), f"new {chance.random()}\n")
        stream.append(
            f"commit refs/heads/main\ncommitter {who}\n".encode() + _data(f"commit {number} of {seed}\n".encode())
        )
        if number == 0 and has_commits:
            stream.append(b"from refs/heads/main^0\n")
        stream.append(b"M 100644 inline file\n" + _data("".join(lines).encode()))
        stream.append(
            b"M 100644 inline folder%d/other\n" % (number % 4) + _data(chance.randbytes(chance.randrange(600)))
        )
    stream.append(f"tag v{seed}\nfrom refs/heads/main\ntagger {who}\n".encode() + _data(b"annotated"))
    git(repository, "-c", "fastimport.unpackLimit=1000000", "fast-import", "--quiet", stdin=b"".join(stream))


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def objects_of(repository: Path) -> Path:
    place = repository / ".git" / "objects"
    return place if place.is_dir() else repository / "objects"


Seen = set[tuple[str, str, str]]


def as_git_sees(repository: Path) -> Seen:
    """(id, kind, hash of content) of all objects but trees."""
    output = git(repository, "cat-file", "--batch-all-objects", "--batch", "--unordered")
    found = set()
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        oid, kind, size = output[position:end].decode().split()
        data = output[end + 1 : end + 1 + int(size)]
        position = end + 2 + int(size)
        if kind != "tree":
            found.add((oid, kind, hashlib.sha256(data).hexdigest()))
    return found


def as_we_see(
    directories: list[Path], oid_length: int = 20, limits: Limits = DEFAULT_LIMITS, *, verify: bool = True
) -> tuple[Seen, dict[bytes, str]]:
    """The same by the pack reader, and what it could not read; no object twice."""
    found: Seen = set()
    unread: dict[bytes, str] = {}
    for item in read_all(directories, oid_length=oid_length, limits=limits, verify=verify):
        if isinstance(item, NotRead):
            unread[item.what] = item.reason
            continue
        try:
            pieces = list(item.pieces) if isinstance(item, LargeObject) else [item.data]
        except CorruptStreamError as error:
            unread[item.oid.hex().encode()] = str(error)
            continue
        entry = (item.oid.hex(), item.kind, hashlib.sha256(b"".join(pieces)).hexdigest())
        assert entry not in found
        found.add(entry)
    return found, unread


def entry_header(type_: int, size: int) -> bytes:
    result = bytearray([type_ << 4 | size & 15])
    size >>= 4
    while size:
        result[-1] |= 0x80
        result.append(size & 0x7F)
        size >>= 7
    return bytes(result)


def distance(value: int) -> bytes:
    result = [value & 0x7F]
    value >>= 7
    while value:
        value -= 1
        result.insert(0, 0x80 | value & 0x7F)
        value >>= 7
    return bytes(result)


def varint(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(0x80 | value & 0x7F)
        value >>= 7
    return bytes([*result, value])


def copy_all(size: int, times: int = 1) -> bytes:
    """A delta that copies a base of `size` bytes `times` times over."""
    step = b"\xf0" + size.to_bytes(3, "little")
    return varint(size) + varint(size * times) + step * times


def copy(offset: int, size: int) -> bytes:
    """The instruction of a delta that copies so much from there: bytes that are zero are left out."""
    operands = [*offset.to_bytes(4, "little"), *(size if size != 0x10000 else 0).to_bytes(3, "little")]
    bits = sum(1 << number for number, byte in enumerate(operands) if byte)
    return bytes([0x80 | bits, *filter(None, operands)])


class HandmadePack:
    """A pack and its index, entry by entry, whatever sense that makes."""

    def __init__(self) -> None:
        self.data = bytearray(b"PACK\0\0\0\2\0\0\0\0")
        self.entries: dict[bytes, int] = {}

    def add(self, oid: bytes, header: bytes, content: bytes, *, level: int = 6) -> int:
        offset = len(self.data)
        self.entries[oid] = offset
        self.data += header + zlib.compress(content, level)
        return offset

    def write(self, objects: Path, name: str = "handmade") -> Path:
        self.data[8:12] = struct.pack(">I", len(self.entries))
        self.data += hashlib.sha1(self.data).digest()
        oids = sorted(self.entries)
        fanout = [sum(oid[0] <= first for oid in oids) for first in range(256)]
        index = b"\xfftOc\0\0\0\2" + struct.pack(">256I", *fanout) + b"".join(oids) + bytes(4 * len(oids))
        index += struct.pack(f">{len(oids)}I", *(self.entries[oid] for oid in oids)) + self.data[-20:]
        index += hashlib.sha1(index).digest()
        (objects / "pack").mkdir(parents=True, exist_ok=True)
        (objects / "pack" / f"pack-{name}.pack").write_bytes(self.data)
        (objects / "pack" / f"pack-{name}.idx").write_bytes(index)
        return objects


def blob_id(content: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).digest()
