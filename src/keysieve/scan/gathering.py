"""What a scan gathers while it reads: credentials with their places, and what could not be read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keysieve.blob import Blob, NotRead, OutOfScope, Place
from keysieve.engine.match import Credential
from keysieve.engine.sieve import Sieve
from keysieve.sources.magic import is_archive

if TYPE_CHECKING:
    from keysieve.excuses.policy import Heeding
    from keysieve.git.commits import Commit

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
SETTINGS_FILES = (b".keysieve.toml", b"pyproject.toml", b".keysieve-baseline")
"""Files at the root of a repository in which its team says what is settled."""
WINDOW = 4096
"""Bytes of a blob's beginning, and on either side of a value, that advice looks at."""
Progress = Callable[[str, int, int | None], None]
"""Called with what is going on, how many are done, and how many there are (None: not known)."""


def no_progress(_stage: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Located:
    """A credential at one place.

    Attributes:
        context: The blob's first bytes and those around the credential, for advice. They may hold the secret.
    """

    credential: Credential
    place: Place
    context: bytes = field(default=b"", repr=False, compare=False)


@dataclass(slots=True)
class Gathered:
    """Everything that a scan has found so far.

    Attributes:
        heeding: Which pragmas count; None where each counts as it stands.
        is_change: Whether it is a change that may come with excuses for itself, which do not count.
    """

    located: list[Located] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    out_of_scope: list[OutOfScope] = field(default_factory=list)
    blobs: int = 0
    bytes: int = 0
    commits: int = 0
    heeding: Heeding | None = None
    is_change: bool = False

    def add(self, other: Gathered) -> None:
        """Take over what another part of the scan has found."""
        self.located += other.located
        self.not_read += other.not_read
        self.out_of_scope += other.out_of_scope
        self.blobs += other.blobs
        self.bytes += other.bytes
        self.commits += other.commits
        self.heeding = _either(self.heeding, other.heeding)
        self.is_change = self.is_change or other.is_change

    def sort(self, ranks: Mapping[str, int]) -> None:
        """Put all in an order that does not depend on which process was first.

        Args:
            ranks: Of the commits that places name. What stands in none comes last.
        """

        def age(one: Located) -> tuple[int, bytes, str, str, int, str]:
            place, first = one.place, one.credential.first
            rank = sys.maxsize if place.commit is None else ranks[place.commit]
            return rank, place.path or b"", place.oid or "", place.kind, first.start, one.credential.rule

        self.located.sort(key=age)
        self.not_read.sort(key=lambda one: (one.what, one.reason))
        self.out_of_scope.sort(key=lambda one: (one.reason, one.what))


def _either(one: Heeding | None, other: Heeding | None) -> Heeding | None:
    """A pragma counts if it does in one of two parts of a scan; a part that says nothing leaves it to the other."""
    if one is None or other is None:
        return one or other
    from keysieve.excuses.policy import Heeding

    return Heeding(lambda place, match: one.pragma(place, match) or other.pragma(place, match), one.otherwise)


@dataclass(frozen=True, slots=True)
class Sifted:
    """A credential in a blob or in a member of the archive that the blob is."""

    credential: Credential
    member: bytes = b""
    context: bytes = field(default=b"", repr=False, compare=False)


def sift_blob(
    data: bytes, name: bytes, sieve: Sieve, gathered: Gathered, spots: Sequence[int] | None = None
) -> tuple[Sifted, ...]:
    """The credentials in a blob and in what it packs, counted in `gathered`.

    Args:
        data: The blob's bytes.
        name: Path or object id, for what is not read.
        sieve: Finds them.
        gathered: Counts the blob; takes what is not read.
        spots: Where the prefilter points, if that is known already.
    """
    gathered.blobs += 1
    gathered.bytes += len(data)

    if spots is None:
        spots = sieve.prefilter.spots(data)
    found = []
    if spots:
        limits: list[str] = []
        found = _with_context(data, sieve.look(data, spots, limits.append))
        gathered.not_read += (NotRead(name, reason) for reason in limits)
    if data.startswith(LFS_POINTER):
        gathered.out_of_scope.append(OutOfScope(name, "git-lfs"))
    if is_archive(data):
        found += _sift_members(data, name, sieve, gathered)
    return tuple(found)


def _sift_members(data: bytes, name: bytes, sieve: Sieve, gathered: Gathered) -> Iterator[Sifted]:
    from keysieve.sources.archives import members

    for item in members(data, name):
        if isinstance(item, NotRead):
            gathered.not_read.append(item)
        elif isinstance(item, OutOfScope):
            gathered.out_of_scope.append(item)
        else:
            inner = item.path.removeprefix(name)
            yield from _with_context(item.data, sieve.sift(item.data), inner)


def _with_context(data: bytes, found: Iterable[Credential], member: bytes = b"") -> list[Sifted]:
    """With what advice looks at, unless all values are set aside: histories are full of documented examples."""
    from keysieve.excuses import excuse_of_value

    windows: dict[int, bytes] = {}
    sifted = []
    for credential in found:
        if all(map(excuse_of_value, credential.matches)):
            sifted.append(Sifted(credential, member))
            continue
        # One window for all that stand close together: a dump of keys costs its own size, not its square.
        spot = credential.first.start // WINDOW
        if spot not in windows:
            near = max(WINDOW, (spot - 1) * WINDOW)
            windows[spot] = data[:WINDOW] + data[near : (spot + 2) * WINDOW]
        sifted.append(Sifted(credential, member, windows[spot]))
    return sifted


def locate(found: Iterable[Sifted], place: Place) -> Iterator[Located]:
    """The credentials of a blob at a place that holds the blob."""
    for one in found:
        yield Located(one.credential, _member_place(place, one.member) if one.member else place, one.context)


def _member_place(place: Place, member: bytes) -> Place:
    path = (place.path or place.oid.encode() if place.oid else place.path or b"") + member
    return Place("archive-member", path, place.oid, place.commit, place.reachable)


def gather(items: Iterable[Blob | NotRead | OutOfScope], sieve: Sieve, gathered: Gathered) -> None:
    """Sift blobs that each stand at one place, and their paths."""
    for item in items:
        if isinstance(item, NotRead):
            gathered.not_read.append(item)
        elif isinstance(item, OutOfScope):
            gathered.out_of_scope.append(item)
        else:
            name = item.place.path or item.place.kind.encode()
            gathered.located += locate(sift_blob(item.data, name, sieve, gathered), item.place)
            gathered.located += sift_path(item.place, sieve)


def sift_path(place: Place, sieve: Sieve) -> Iterator[Located]:
    """Credentials in the path itself."""
    if place.path:
        for credential in sieve.sift(place.path):
            yield Located(credential, Place("path", place.path, None, place.commit, place.reachable))


def in_commit(commit: Commit, sieve: Sieve, *, reachable: bool | None = None) -> Iterator[Located]:
    """Credentials in a commit's message and in the names of its author and committer."""
    for kind, data in (("commit-message", commit.message), ("identity", commit.identities)):
        for credential in sieve.sift(data):
            yield Located(credential, Place(kind, None, None, commit.oid, reachable))
