"""Reading archives' streams under limits, as far as they are whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tarfile

CHUNK = 1 << 16
_TAIL = 2 * 10240 + 512  # tarfile reads streams in pieces of 10,240 bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """How much to unpack at most.

    Attributes:
        depth: Archives inside each other; a compressed tar counts as one.
        members: Members of the outermost archive and of all that it holds together.
        member_size: Bytes of one member; the bytes up to there are read.
        total_size: Bytes unpacked from the outermost archive and from all that it holds together.
        ratio: Bytes out of one byte in, for each member beyond `free_size`. Deflate cannot do more than 1,032;
            logs and source code stay below 50.
        free_size: Bytes of a member for which the ratio does not matter.
    """

    depth: int = 3
    members: int = 10_000
    member_size: int = 64 << 20
    total_size: int = 256 << 20
    ratio: int = 200
    free_size: int = 1 << 20


class Exhausted(Exception):  # noqa: N818 - not an error: what was read so far counts
    """The outermost archive's allowance is used up."""


class Allowance:
    """What is left of the limits that hold for the outermost archive as a whole."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.depth = 0
        self._members = 0
        self._size = 0

    def take_member(self) -> None:
        """Count one more member.

        Raises:
            Exhausted: There were too many, or too many bytes already.
        """
        self._members += 1
        if self._members > self.limits.members:
            raise Exhausted("archive limit: members")
        if self._size >= self.limits.total_size:
            raise Exhausted("archive limit: total size")

    def objection(self, new: int, size: int, packed: int) -> str | None:
        """Count `new` bytes; say why a stream of `size` bytes so far, out of `packed` bytes, must stop here."""
        self._size += new
        if self._size >= self.limits.total_size:
            return "archive limit: total size"
        if size > self.limits.free_size and size > self.limits.ratio * packed:
            return "archive limit: ratio"
        return None


class Readable(Protocol):
    """What gives bytes in chunks and none at its end."""

    def read1(self, size: int, /) -> bytes:
        """At most `size` bytes, at least one before the end."""


def read(stream: Readable, packed: int, allowance: Allowance, *, counted: bool = False) -> tuple[bytes, str | None]:
    """What a stream holds up to the limits or to where it is damaged, and why it was not read further.

    Args:
        stream: The stream.
        packed: How many bytes of the archive it is made from.
        allowance: The limits.
        counted: Whether what comes out of the stream is counted elsewhere.
    """
    chunks: list[bytes] = []
    size = 0
    problem: str | None = None
    while not problem:
        try:
            chunk = stream.read1(CHUNK)
        except damage() as error:
            problem = reason(error)
            break
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
        problem = None if counted else allowance.objection(len(chunk), size, packed)
        if size > allowance.limits.member_size:
            problem = "archive limit: member size"
    return b"".join(chunks)[: allowance.limits.member_size], problem


def damage() -> tuple[type[Exception], ...]:
    """What the standard library raises on damaged archives of any kind (`OSError` covers gzip and bzip2)."""
    import lzma
    import struct
    import tarfile
    import zipfile
    import zlib

    return (
        *(EOFError, OSError, ValueError, IndexError, OverflowError, NotImplementedError, RuntimeError, struct.error),
        *(lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error),
    )


def reason(error: Exception) -> str:
    """The words for what the standard library raised."""
    return "unsupported compression" if isinstance(error, NotImplementedError) else "damaged archive"


class Inflated:
    """Raw deflate that may break off anywhere."""

    def __init__(self, data: bytes, start: int) -> None:
        import zlib

        self._data = data
        self._at = start
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def read1(self, size: int, /) -> bytes:
        """As `Readable`; `EOFError` where the data breaks off."""
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail
            if not packed:
                packed = self._data[self._at : self._at + CHUNK]
                self._at += len(packed)
            chunk = self._inflater.decompress(packed, size)
            if chunk:
                return chunk
            if not packed:
                raise EOFError
        return b""


class Counted:
    """A decompressor for `tarfile`: it ends where a limit or damage ends it, and keeps the reason in `problem`."""

    def __init__(self, stream: Readable, packed: int, allowance: Allowance) -> None:
        self.problem: str | None = None
        self._stream = stream
        self._packed = packed
        self._allowance = allowance
        self._size = 0
        self._tail = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none after the end."""
        if self.problem:
            return b""
        try:
            chunk = self._stream.read1(size)
        except damage() as error:
            self.problem = reason(error)
            return b""
        self._size += len(chunk)
        self._tail = (self._tail + chunk)[-_TAIL:]
        self.problem = self._allowance.objection(len(chunk), self._size, self._packed)
        return chunk

    def block(self, offset: int) -> bytes:
        """The tar block at an offset, which must have been read lately; less than 512 bytes where there is no more."""
        return self._tail[max(offset - self._size + len(self._tail), 0) :][:512]


class TarContent:
    """One member's bytes; unlike `extractfile`, it gives the part that a truncated archive still has."""

    def __init__(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self._stream = archive.fileobj
        self._left = info.size
        self._stream.seek(info.offset_data)

    def read1(self, size: int, /) -> bytes:
        """As `Readable`; `EOFError` where the archive breaks off."""
        wanted = min(size, self._left)
        chunk = self._stream.read(wanted) if wanted else b""
        self._left -= len(chunk)
        if wanted and not chunk:
            raise EOFError
        return chunk
