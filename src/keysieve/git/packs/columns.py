"""Columns of numbers about millions of objects: their types, and as few bytes for each as will do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
"""Offsets, sizes, costs."""

Rows = NDArray[np.signedinteger]
"""Places of objects or entries among others; -1 for none."""

Compact = NDArray[np.unsignedinteger]
"""Offsets or sizes in as few bytes as they need: to be kept, not to be reckoned with, because they wrap around."""


def compact(numbers: NDArray[np.integer]) -> Compact:
    """The same numbers, none of them negative, in four bytes each if they fit."""
    return numbers.astype(np.uint32 if not len(numbers) or numbers.max() < 1 << 32 else np.uint64, copy=False)


def row_type(count: int) -> type[np.signedinteger]:
    """Type of the places of `count` objects."""
    return np.int32 if count < 1 << 31 else np.int64


def narrow(rows: Rows) -> Rows:
    """The same places in four bytes each if they fit."""
    return rows.astype(row_type(int(rows.max(initial=0)) + 1), copy=False)
