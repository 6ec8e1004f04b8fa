"""Deltas: what they declare, applying them, and what they leave unchanged.

Format: https://git-scm.com/docs/gitformat-pack#_deltified_representation
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

_SKIP = bytes(1 + (b & 0x7F).bit_count() if b & 0x80 else 1 + b for b in range(256))
"""Length of the instruction that starts with a byte: a copy's operands, or an insertion with its text."""


class CorruptDeltaError(Exception):
    """A delta that does not fit its base or is damaged."""


def declared_sizes(delta: bytes) -> tuple[int, int, int]:
    """Size of the base, size of the result, and where the instructions start.

    Raises:
        CorruptDeltaError: The delta ends inside them.
    """
    sizes = []
    position = 0
    try:
        for _ in range(2):
            byte = delta[position]
            size = byte & 0x7F
            shift = 7
            position += 1
            while byte & 0x80:
                byte = delta[position]
                size |= (byte & 0x7F) << shift
                shift += 7
                position += 1
            sizes.append(size)
    except IndexError as error:
        raise CorruptDeltaError("delta is cut off") from error
    return sizes[0], sizes[1], position


@cache
def apply_function() -> Callable[[bytes, bytes], list[bytes]]:
    """The compiled `apply_delta(base, delta)` of dulwich, or its Python one where there is none."""
    try:
        from dulwich._pack import apply_delta
    except ImportError:
        from dulwich.pack import apply_delta
    function: Callable[[bytes, bytes], list[bytes]] = apply_delta
    return function


def is_compiled() -> bool:
    """Whether deltas are applied by compiled code."""
    return not hasattr(apply_function(), "__code__")


def apply(base: bytes, delta: bytes) -> bytes:
    """The object that `delta` makes of `base`. The caller has checked the declared sizes.

    Raises:
        CorruptDeltaError: The instructions are damaged or reach outside the base.
    """
    try:
        pieces = apply_function()(base, delta)
    except Exception as error:
        raise CorruptDeltaError("corrupt delta") from error
    except BaseException as error:
        # Before 1.0 dulwich's compiled function panicked on damaged deltas; PyO3 makes that a BaseException.
        if type(error).__name__ != "PanicException":
            raise
        raise CorruptDeltaError("corrupt delta") from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def unchanged_ends(delta: bytes) -> tuple[int, int]:
    """How many bytes at the result's start and end are those at the start and the end of the base.

    Both are lower bounds, taken from the copy instructions alone. They never overlap in the result or in the
    base.

    Args:
        delta: A delta that has been applied without error.
    """
    base_size, result_size, start = declared_sizes(delta)
    prefix = min(_leading_copies(delta, start), base_size, result_size)
    instructions, made = _instructions(delta, start)
    # Dulwich lets a last instruction pass that has no room in the result any more, and copies nothing.
    suffix = _trailing_copies(delta, instructions, base_size) if made == result_size else 0
    return prefix, min(suffix, result_size - prefix, base_size - prefix)


def _instructions(delta: bytes, position: int) -> tuple[list[int], int]:
    """Where the instructions stand, and how many bytes all of them make."""
    starts = []
    made = 0
    end = len(delta)
    while position < end:
        starts.append(position)
        byte = delta[position]
        position += _SKIP[byte]
        if byte < 0x80:
            made += byte
        elif byte & 0x70 == 0x30:
            made += delta[position - 2] | delta[position - 1] << 8
        elif byte & 0x70 == 0x10:
            made += delta[position - 1]
        else:
            made += _copy_operands(delta, starts[-1])[1]
    return starts, made


def _trailing_copies(delta: bytes, starts: list[int], base_size: int) -> int:
    """How many bytes copies of one run up to the base's last byte make."""
    from_base = base_size
    for start in reversed(starts):
        if delta[start] < 0x80:
            break
        offset, size = _copy_operands(delta, start)
        if offset + size != from_base:
            break
        from_base = offset
    return base_size - from_base


def _leading_copies(delta: bytes, position: int) -> int:
    """How many bytes copies of one run from the base's first byte make."""
    prefix = 0
    while position < len(delta) and delta[position] & 0x80:
        offset, size = _copy_operands(delta, position)
        if offset != prefix:
            break
        prefix += size
        position += _SKIP[delta[position]]
    return prefix


def _copy_operands(delta: bytes, position: int) -> tuple[int, int]:
    """Offset and size of the copy instruction at `position`."""
    bits = delta[position]
    offset = size = 0
    for shift in range(4):
        if bits >> shift & 1:
            position += 1
            offset |= delta[position] << 8 * shift
    for shift in range(3):
        if bits >> 4 + shift & 1:
            position += 1
            size |= delta[position] << 8 * shift
    return offset, size or 0x10000
