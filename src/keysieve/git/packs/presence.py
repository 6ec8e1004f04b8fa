"""Which of many objects an object database holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from keysieve.git.packs.columns import Rows, row_type
from keysieve.git.packs.oids import OidTable, rows_of, separate


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

    def places(self, oids: bytes) -> Rows:
        """A number below `size` for each of the joined raw ids, the same for the same id; -1 where it is absent."""
        result = np.full(len(oids) // self.oid_length, -1, row_type(self.size))
        before = 0
        for table in self.tables:
            open_ = np.flatnonzero(result < 0)
            rest = oids if len(open_) == len(result) else rows_of(oids, self.oid_length)[open_].tobytes()
            found = table.find(rest)
            result[open_] = np.where(found < 0, -1, found + before)
            before += len(table)
        return result

    def at(self, places: Rows) -> bytes:
        """The raw ids at the places, none of which is -1, joined."""
        result = np.empty(len(places), f"S{self.oid_length}")
        before = 0
        for table in self.tables:
            is_here = (before <= places) & (places < before + len(table))
            result[is_here] = table.at(places[is_here] - before)
            before += len(table)
        return result.tobytes()

    @property
    def size(self) -> int:
        """How many ids there are, copies included."""
        return sum(map(len, self.tables))

    def __or__(self, other: Presence) -> Presence:
        """Of two databases together."""
        return Presence.of(self.oid_length, (*self.tables, *other.tables))

    def __iter__(self) -> Iterator[bytes]:
        """All raw ids; those of which there are several copies, several times."""
        for table in self.tables:
            yield from separate(table.rows.tobytes(), self.oid_length)
