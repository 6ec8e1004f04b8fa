"""Delta families: which entries of a pack are of the wanted kinds, and which are made from which.

A delta has the kind of the whole object at the end of its chain of bases. Each step is done for all entries
at once, and chains are followed 1, 2, 4, 8 … bases at a time: histories have millions of entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from keysieve.git.packs.columns import Compact, Rows, compact, row_type
from keysieve.git.packs.headers import BLOCK, OFS_DELTA, REF_DELTA, Headers, read_headers
from keysieve.git.packs.index import PackIndex

DELTA = 8
"""Flag of an entry that is a delta, next to its type."""


@dataclass(slots=True)
class Families:
    """The wanted entries of one pack, in the order of the pack, one column each.

    Attributes:
        starts: Where each entry's zlib stream starts in the pack.
        ends: Where the next entry starts.
        sizes: Declared size of the stream.
        places: Position of its id in the index.
        types: `COMMIT`, `BLOB`, …: a delta's is that of its family, with the flag `DELTA`.
        bases: Which of these entries is its base; -1 for a whole object.
        unread: Position in the index of entries whose kind cannot be told, and why.
    """

    starts: Compact = field(repr=False)
    ends: Compact = field(repr=False)
    sizes: Compact = field(repr=False)
    places: Rows = field(repr=False)
    types: NDArray[np.uint8] = field(repr=False)
    bases: Rows = field(repr=False)
    unread: list[tuple[int, str]]

    def __len__(self) -> int:
        return len(self.types)

    def of(self, chosen: NDArray[np.bool_]) -> Families:
        """The chosen entries; the bases of all of them are among them."""
        if chosen.all():
            return self
        ranks = np.cumsum(chosen, dtype=self.bases.dtype) - 1
        bases = self.bases[chosen]
        return Families(
            self.starts[chosen],
            self.ends[chosen],
            self.sizes[chosen],
            self.places[chosen],
            self.types[chosen],
            np.where(bases < 0, -1, ranks[bases]),
            self.unread,
        )


def find_families(pack: mmap, index: PackIndex, wanted: Iterable[int]) -> Families:
    """Group the entries of `pack` whose type (`COMMIT`, `BLOB`, …) is wanted into families."""
    offsets, places = _pack_order(index)
    unread: list[tuple[int, str]] = []
    is_double = np.append(offsets[:-1] == offsets[1:], np.zeros(len(offsets[:1]), bool))
    if is_double.any():
        unread += ((place, "index names the entry of another object") for place in places[is_double].tolist())
        offsets, places = offsets[~is_double], places[~is_double]
    headers = read_headers(pack, offsets, index.oid_length)
    unread += [(int(places[row]), reason) for row, reason in headers.damaged]
    bases = _bases(pack, index, offsets, headers)
    types = np.where(headers.types < OFS_DELTA, headers.types, 0)
    for here, there in ancestors(bases):
        types[here] = types[there]
    lost = places[(types == 0) & (headers.types != 0)].tolist()
    unread += ((place, "delta base cannot be found") for place in lost)
    is_wanted = np.isin(types, list(wanted))
    types[bases >= 0] |= DELTA
    ends = _ends(offsets, len(pack) - index.oid_length)
    return Families(headers.starts, ends, headers.sizes, places, types, bases, unread).of(is_wanted)


def _ends(offsets: Compact, limit: int) -> Compact:
    """Where the entry behind each one starts, or what is behind them all."""
    last = compact(np.array([max(limit, 0)]))
    ends: Compact = np.concatenate([offsets[1:], last])[: len(offsets)]
    np.minimum(ends, last, out=ends)
    return ends


def _pack_order(index: PackIndex) -> tuple[Compact, Rows]:
    """The offsets in ascending order, and the position among the ids that each belongs to.

    One number of both sorts in half the time, where it has room for them.
    """
    offsets = compact(index.offsets)
    bits = index.count.bit_length()
    if index.count and int(offsets.max()) >> (63 - bits):
        places = np.argsort(offsets, kind="stable")
        return offsets[places], places
    pairs = offsets.astype(np.int64)
    pairs <<= bits
    pairs |= np.arange(index.count)
    pairs.sort()
    places = (pairs & ((1 << bits) - 1)).astype(row_type(index.count))
    pairs >>= bits
    return pairs.astype(offsets.dtype), places


def ancestors(bases: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Which entries have an ancestor 1 base away, and which; then 2, 4, 8 … bases away, to the longest chain's end.

    Deltas in a circle have ancestors for ever; this ends all the same.
    """
    here = np.flatnonzero(bases >= 0)
    there = bases[here]
    jumps = bases.copy()
    for _ in range(len(bases).bit_length()):
        if not len(here):
            return
        yield here, there
        farther = jumps[there]
        jumps[here] = farther
        goes_on = farther >= 0
        here, there = here[goes_on], farther[goes_on]


def _bases(pack: mmap, index: PackIndex, offsets: Compact, headers: Headers) -> Rows:
    """The row of each entry's base; -1 for none or one that is no entry of the pack."""
    bases = np.full(len(offsets), -1, row_type(index.count))
    for at in range(0, len(offsets), BLOCK):
        deltas = at + np.flatnonzero(headers.bases[at : at + BLOCK])
        bases[deltas] = _rows_at(offsets, headers.bases[deltas].astype(offsets.dtype))
    by_oid = np.flatnonzero(headers.types == REF_DELTA)
    if len(by_oid):
        length = index.oid_length
        ends = headers.starts[by_oid].tolist()
        places = index.table.find(b"".join([pack[end - length : end] for end in ends]))
        bases[by_oid] = _rows_at(offsets, np.where(places < 0, 0, index.offsets[places]).astype(offsets.dtype))
    return bases


def _rows_at(offsets: Compact, starts: Compact) -> Rows:
    """Which of the offsets are these; -1 for those that are none. Of other types each search would convert them all."""
    rows = np.minimum(np.searchsorted(offsets, starts), len(offsets) - 1)
    return np.where(offsets[rows] == starts, rows, -1)
