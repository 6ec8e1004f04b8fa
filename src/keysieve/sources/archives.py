"""What archives hold: zip (jar, wheel, docx, xlsx …), tar, gzip, bzip2 and xz, told by their first bytes.

Archives are hostile input: everything is read in chunks and under limits, and a limit that bites is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from keysieve.blob import NotRead, OutOfScope
from keysieve.sources.archive_streams import (
    Allowance,
    Counted,
    Exhausted,
    Inflated,
    Limits,
    Readable,
    TarContent,
    damage,
    read,
    reason,
)

if TYPE_CHECKING:
    import io
    import tarfile
    import zipfile

_ZIP, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_GZIP, _BZIP2, _XZ = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00"
_BZIP2_BLOCK = b"1AY&SY"
_ENDINGS = (b".gz", b".bz2", b".xz")


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. The bytes never show in a representation.

    Attributes:
        path: `outer.zip!/inner/file`, once more with `!/` for each archive on the way.
    """

    path: bytes
    data: bytes = field(repr=False)


Item = Member | NotRead | OutOfScope

_DEFAULT = Limits()

__all__ = ["Item", "Limits", "Member", "is_archive", "members"]


def is_archive(data: bytes) -> bool:
    """Whether the first bytes are those of an archive that `members` can read."""
    return data.startswith((_ZIP, _EMPTY_ZIP)) or _compression(data) is not None or _is_tar(data)


def members(data: bytes, path: bytes, limits: Limits = _DEFAULT) -> Iterator[Item]:
    """What an archive holds, archives inside it included; nothing when it is none.

    Args:
        data: The archive.
        path: Its path, which the members' paths begin with.
        limits: How much to unpack at most.

    Yields:
        Members as they stand in the archive, of damaged or too large ones the part that could be read; `NotRead`
        for what could not be (`archive limit: …`, `damaged archive`, `unsupported compression`), `OutOfScope` for
        encrypted members.
    """
    try:
        yield from _unpack(data, path, Allowance(limits))
    except Exhausted as limit:
        yield NotRead(path, str(limit))


def _unpack(data: bytes, path: bytes, allowance: Allowance) -> Iterator[Item]:
    allowance.depth += 1
    if data.startswith((_ZIP, _EMPTY_ZIP)):
        yield from _zip_members(data, path, allowance)
    elif _compression(data):
        yield from _compressed_members(data, path, allowance)
    elif _is_tar(data):
        import io

        yield from _tar_members(io.BytesIO(data), path, allowance, "r:")
    allowance.depth -= 1


def _member(path: bytes, data: bytes, problem: str | None, allowance: Allowance) -> Iterator[Item]:
    """A member that was read, or what is inside if it is an archive itself; then what was wrong with it."""
    if not is_archive(data):
        yield Member(path, data)
    elif allowance.depth >= allowance.limits.depth:
        problem = problem or "archive limit: depth"
    else:
        yield from _unpack(data, path, allowance)
    if problem:
        yield NotRead(path, problem)


# zip


def _zip_members(data: bytes, path: bytes, allowance: Allowance) -> Iterator[Item]:
    import io
    import zipfile

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except damage():
        yield from _zip_members_without_directory(data, path, allowance)
        return
    with archive:
        for info in archive.infolist():
            if not info.is_dir():
                allowance.take_member()
                yield from _zip_member(
                    archive, info, path + b"!/" + _zip_name(info.orig_filename, info.flag_bits), allowance
                )


def _zip_name(name: str, flags: int) -> bytes:
    """The name's bytes as they stand in the archive, which `zipfile` decodes as UTF-8 or as code page 437."""
    return name.encode("utf-8" if flags & 0x800 else "cp437", "surrogateescape")


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: bytes, allowance: Allowance) -> Iterator[Item]:
    if info.flag_bits & 1:
        yield OutOfScope(path, "encrypted archive")
        return
    try:
        stream = archive.open(info)
    except damage() as error:
        yield NotRead(path, reason(error))
        return
    with stream:
        content, problem = read(cast("Readable", stream), info.compress_size, allowance)
    yield from _member(path, content, problem, allowance)


def _zip_members_without_directory(data: bytes, path: bytes, allowance: Allowance) -> Iterator[Item]:
    """Members of a zip that lost its end, where the directory stands: what the headers before each member tell.

    The layout is that of APPNOTE.TXT 4.3.7. `zipfile` cannot read on without the directory.
    """
    import io
    import struct

    at = 0
    while (at := data.find(_ZIP, at)) >= 0 and len(data) >= at + 30:
        flags, method, packed, name_size, extra_size = struct.unpack_from("<2xHH8xI4xHH", data, at + 4)
        start = at + 30 + name_size + extra_size
        name = path + b"!/" + data[at + 30 : at + 30 + name_size]
        at = start + packed
        if flags & 1:
            yield OutOfScope(name, "encrypted archive")
        elif method in (0, 8) and not name.endswith(b"/"):
            allowance.take_member()
            stream: Readable = Inflated(data, start) if method else io.BytesIO(data[start : start + packed])
            content, problem = read(stream, packed or len(data) - start, allowance)
            yield from _member(name, content, problem, allowance)
    yield NotRead(path, "damaged archive")


# gzip, bzip2, xz


def _compression(data: bytes) -> str | None:
    if data.startswith(_GZIP):
        return "gzip"
    if data.startswith(_BZIP2) and data[4:10] == _BZIP2_BLOCK:
        return "bz2"
    return "lzma" if data.startswith(_XZ) else None


def _compressed_members(data: bytes, path: bytes, allowance: Allowance) -> Iterator[Item]:
    if _is_tar(_beginning(data)):
        reader = Counted(_opened(data), len(data), allowance)
        yield from _tar_members(reader, path, allowance, "r|")
        return
    allowance.take_member()
    content, problem = read(_opened(data), len(data), allowance)
    name = path.rpartition(b"/")[2]
    stem = next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)
    yield from _member(path + b"!/" + stem, content, problem, allowance)


def _opened(data: bytes) -> Readable:
    import bz2
    import gzip
    import io
    import lzma

    stream = io.BytesIO(data)
    kind = _compression(data)
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stream)
    return bz2.BZ2File(stream) if kind == "bz2" else lzma.LZMAFile(stream)


def _beginning(data: bytes) -> bytes:
    stream = _opened(data)
    beginning = b""
    try:
        while len(beginning) < 512 and (chunk := stream.read1(512)):
            beginning += chunk
    except damage():
        pass
    return beginning


# tar


def _is_tar(data: bytes) -> bool:
    return data[257:262] == b"ustar"


def _tar_members(stream: io.BytesIO | Counted, path: bytes, allowance: Allowance, mode: str) -> Iterator[Item]:
    import tarfile

    reader = stream if isinstance(stream, Counted) else None
    problem = None
    try:
        with tarfile.open(fileobj=stream, mode=mode, errors="surrogateescape") as archive:  # type: ignore[call-overload]
            for info in archive:
                if info.isreg():
                    allowance.take_member()
                    name = path + b"!/" + info.name.encode("utf-8", "surrogateescape")
                    yield from _tar_member(archive, info, name, allowance, reader)
            # A bad header ends the iteration without a word; an archive that is whole ends with a block of zeros.
            if _block(stream, archive.offset) != bytes(512):
                problem = "damaged archive"
    except damage() as error:
        problem = reason(error)
    if reader and reader.problem:
        problem = reader.problem
    if problem:
        yield NotRead(path, problem)


def _block(stream: io.BytesIO | Counted, offset: int) -> bytes:
    return stream.block(offset) if isinstance(stream, Counted) else bytes(stream.getbuffer()[offset : offset + 512])


def _tar_member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, path: bytes, allowance: Allowance, reader: Counted | None
) -> Iterator[Item]:
    content, problem = read(TarContent(archive, info), info.size, allowance, counted=reader is not None)
    if problem == "damaged archive" and reader and reader.problem:
        problem = reader.problem
    yield from _member(path, content, problem, allowance)
