"""Tells by their first bytes what may be an archive, without importing what unpacks it."""

from __future__ import annotations

_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")


def is_archive(data: bytes) -> bool:
    """Whether the bytes begin like a zip, gzip, bzip2, xz or tar file."""
    return data.startswith(_MAGIC) or data[257:262] == b"ustar"
