"""Tables of raw object ids, in which many others are found at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keysieve.git.packs.columns import Rows, row_type

_STEPS = 16
"""Ids of one bucket that are looked at before it is halved instead: sound ids are spread evenly."""


@dataclass(frozen=True, slots=True)
class OidTable:
    """Raw ids in ascending order.

    Attributes:
        length: 20 for SHA-1, 32 for SHA-256.
        rows: The ids.
        buckets: Where those begin that have a certain number in their first bits, and in the end how many ids there
            are. Halving a long table instead takes many times as long.
        keys: The 32 bits behind those: ids of one bucket are told apart by them, and then compared in full.
        places: Where each id stood in what the table was made of; None where that was in order.
    """

    length: int
    rows: NDArray[np.bytes_] = field(repr=False)
    buckets: Rows = field(repr=False)
    keys: NDArray[np.uint32] = field(repr=False)
    places: Rows | None = field(default=None, repr=False)

    @classmethod
    def of(cls, oids: bytes | memoryview, length: int) -> OidTable:
        """The table of the ids in `oids`, one after the other. Keeps `oids`, no copy, where they are in order."""
        rows, heads = rows_of(oids, length), _heads(oids, length)
        places = None
        if not (np.all(heads[:-1] < heads[1:]) or np.all(rows[:-1] <= rows[1:])):
            places = np.argsort(rows, kind="stable")
            rows, heads = rows[places], heads[places]
        bits = max(len(rows).bit_length() - 1, 1)
        sizes = np.bincount(_first_bits(heads, bits), minlength=1 << bits)
        buckets = np.append(0, np.cumsum(sizes)).astype(row_type(len(rows)))
        return cls(length, rows, buckets, _keys(heads, bits), places)

    def find(self, oids: bytes | memoryview) -> Rows:
        """For each of the joined ids, where it stood in what the table was made of; -1 where it did not."""
        wanted, heads = rows_of(oids, self.length), _heads(oids, self.length)
        if not len(self.rows):
            return np.full(len(wanted), -1)
        bits = (len(self.buckets) - 1).bit_length() - 1
        first, keys = _first_bits(heads, bits), _keys(heads, bits)
        found, unsure = self._candidates(first, keys)
        is_same = _are_same(self.rows, found, wanted)
        unsure |= ~is_same & (self.keys.take(found, mode="clip") == keys)  # another id begins like it
        if unsure.any():
            found[unsure] = np.searchsorted(self.rows, wanted[unsure])
            is_same[unsure] = _are_same(self.rows, found[unsure], wanted[unsure])
        if self.places is not None:
            found = self.places.take(found, mode="clip")
        found[~is_same] = -1
        return found

    def _candidates(self, first: NDArray[np.int64], keys: NDArray[np.uint32]) -> tuple[Rows, NDArray[np.bool_]]:
        """The first of a bucket whose key is not below the one wanted, or what follows; whether it is not sure."""
        found = self.buckets.take(first)
        below = np.flatnonzero(self.keys.take(found, mode="clip") < keys)
        ends = self.buckets.take(first[below] + 1)
        for _ in range(_STEPS):
            found[below] += found[below] < ends
            goes_on = (found[below] < ends) & (self.keys.take(found[below], mode="clip") < keys[below])
            below, ends = below[goes_on], ends[goes_on]
            if not len(below):
                break
        unsure = np.zeros(len(found), bool)
        unsure[below] = True
        return found, unsure

    def at(self, places: Rows) -> NDArray[np.bytes_]:
        """The ids that stood at these places in what the table was made of."""
        return self.rows[places if self.places is None else np.argsort(self.places)[places]]

    def without(self, oids: bytes) -> bytes:
        """Those of the joined ids that are not in the table, joined."""
        return rows_of(oids, self.length)[self.find(oids) < 0].tobytes() if oids else b""

    def __len__(self) -> int:
        return len(self.rows)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of, which need not be the content of a file that is still there."""
        return OidTable.of, (self.at(np.arange(len(self))).tobytes(), self.length)


def rows_of(oids: bytes | memoryview, length: int) -> NDArray[np.bytes_]:
    """An array of the ids. All have one length, so that no id is taken for another that ends in zero bytes."""
    return np.frombuffer(oids, f"S{length}")


def _heads(oids: bytes | memoryview, length: int) -> NDArray[np.uint64]:
    fields = np.dtype([("head", ">u8"), ("rest", f"V{length - 8}")])
    return np.frombuffer(oids, fields)["head"].astype(np.uint64)


def _first_bits(heads: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    return (heads >> np.uint64(64 - bits)).astype(np.int64)


def _keys(heads: NDArray[np.uint64], bits: int) -> NDArray[np.uint32]:
    return (heads >> np.uint64(32 - bits)).astype(np.uint32)


def _are_same(rows: NDArray[np.bytes_], places: Rows, wanted: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """For each of the wanted ids whether it stands at this place, if there is one. Numbers compare in half the time."""
    shape = len(wanted), rows.itemsize // 4
    there, meant = rows.take(places, mode="clip").view(np.uint32).reshape(shape), wanted.view(np.uint32).reshape(shape)
    is_same: NDArray[np.bool_] = there[:, 0] == meant[:, 0]
    for at in range(1, shape[1]):
        is_same &= there[:, at] == meant[:, at]
    return is_same


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
    _, first = np.unique(rows_of(oids, length)[rows], return_index=True)
    alike[rows[first]] = False
    return alike
