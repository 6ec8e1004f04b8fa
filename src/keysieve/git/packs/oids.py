"""Tables of raw object ids, in which many others are found at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OidTable:
    """Raw ids in ascending order.

    Attributes:
        length: 20 for SHA-1, 32 for SHA-256.
        rows: The ids.
        heads: Their first 8 bytes as numbers: ids are looked up by them, and then compared in full.
        places: Where each id stood in what the table was made of; None where that was in order.
    """

    length: int
    rows: NDArray[np.bytes_] = field(repr=False)
    heads: NDArray[np.uint64] = field(repr=False)
    places: NDArray[np.intp] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, oids: bytes | memoryview, length: int) -> OidTable:
        """The table of the ids in `oids`, one after the other. Keeps `oids`, no copy, where they are in order."""
        rows, heads = _rows(oids, length), _heads(oids, length)
        if np.all(heads[:-1] < heads[1:]) or np.all(rows[:-1] <= rows[1:]):
            return cls(length, rows, heads)
        places = np.argsort(rows, kind="stable")
        return cls(length, rows[places], heads[places], places)

    def find(self, oids: bytes | memoryview) -> NDArray[np.intp]:
        """For each of the joined ids, where it stood in what the table was made of; -1 where it did not."""
        wanted, heads = _rows(oids, self.length), _heads(oids, self.length)
        if not len(self.rows):
            return np.full(len(wanted), -1)
        last = len(self.rows) - 1
        found = np.minimum(np.searchsorted(self.heads, heads), last)
        is_same = self.rows[found] == wanted
        unsure = np.flatnonzero(~is_same & (self.heads[found] == heads))  # another id begins like it
        if len(unsure):
            found[unsure] = np.minimum(np.searchsorted(self.rows, wanted[unsure]), last)
            is_same[unsure] = self.rows[found[unsure]] == wanted[unsure]
        if self.places is not None:
            found = self.places[found]
        found[~is_same] = -1
        return found

    def without(self, oids: bytes) -> bytes:
        """Those of the joined ids that are not in the table, joined."""
        return _rows(oids, self.length)[self.find(oids) < 0].tobytes() if oids else b""

    def __len__(self) -> int:
        return len(self.rows)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the ids alone, which need not be those of a file that is still there."""
        return OidTable.of, (self.rows.tobytes(), self.length)


def _rows(oids: bytes | memoryview, length: int) -> NDArray[np.bytes_]:
    """An array of the ids. All have one length, so that no id is taken for another that ends in zero bytes."""
    return np.frombuffer(oids, f"S{length}")


def _heads(oids: bytes | memoryview, length: int) -> NDArray[np.uint64]:
    fields = np.dtype([("head", ">u8"), ("rest", f"V{length - 8}")])
    return np.frombuffer(oids, fields)["head"].astype(np.uint64)


def separate(oids: bytes, length: int) -> list[bytes]:
    """The single ids of joined ones."""
    return [oids[at : at + length] for at in range(0, len(oids), length)]


def repeated(oids: bytes, length: int) -> NDArray[np.bool_]:
    """For each of the joined ids, whether it stands among them before."""
    heads = _heads(oids, length)
    order = np.argsort(heads, kind="stable")
    is_same = heads[order[1:]] == heads[order[:-1]]
    alike = np.zeros(len(heads), bool)
    alike[order[1:][is_same]] = alike[order[:-1][is_same]] = True
    rows = np.flatnonzero(alike)
    _, first = np.unique(_rows(oids, length)[rows], return_index=True)
    alike[rows[first]] = False
    return alike
