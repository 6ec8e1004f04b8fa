"""Which of many objects an object database holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keysieve.git.packs.oids import OidTable, separate


@dataclass(frozen=True, slots=True)
class Presence:
    """The ids of all objects of an object database, those that cannot be read included.

    It never changes. Forked processes share its memory, and the pages of the indexes that it maps; pickled, it
    holds the ids themselves, so that it outlives the files.

    Attributes:
        oid_length: 20 for SHA-1, 32 for SHA-256.
        tables: The ids of each pack, the largest first, and of the loose objects.
    """

    oid_length: int
    tables: tuple[OidTable, ...] = ()

    @classmethod
    def of(cls, oid_length: int, tables: Iterable[OidTable]) -> Presence:
        """Of the ids in `tables`."""
        return cls(oid_length, tuple(sorted(filter(len, tables), key=len, reverse=True)))

    def absent(self, oids: bytes) -> list[bytes]:
        """Those of the joined raw ids that the database does not hold, each once, ascending."""
        for table in self.tables:
            oids = table.without(oids)
        return sorted(set(separate(oids, self.oid_length)))

    def __or__(self, other: Presence) -> Presence:
        """Of two databases together."""
        return Presence.of(self.oid_length, (*self.tables, *other.tables))

    def __iter__(self) -> Iterator[bytes]:
        """All raw ids; those of which there are several copies, several times."""
        for table in self.tables:
            yield from separate(table.rows.tobytes(), self.oid_length)
