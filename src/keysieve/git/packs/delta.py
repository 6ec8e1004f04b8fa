"""Deltas: what they declare, applying them, and what they leave unchanged.

Format: https://git-scm.com/docs/gitformat-pack#_deltified_representation
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from mmap import mmap

MOST_BITS = 64
"""Of a size, as in git. More would take time with their square."""


class CorruptDeltaError(Exception):
    """A delta that does not fit its base or is damaged."""


def declared_sizes(delta: bytes) -> tuple[int, int, int]:
    """Size of the base, size of the result, and where the instructions start.

    Raises:
        CorruptDeltaError: The delta ends inside them.
    """
    try:
        base_size, position = delta[0], 1
        if base_size >= 0x80:  # most have two bytes: a call takes longer than to put them together
            second, position = delta[1], 2
            base_size += (second << 7) - 0x80
            if second >= 0x80:
                base_size, position = size_from(delta, 0, 7)
        size = delta[position]
        position += 1
        if size >= 0x80:
            second = delta[position]
            size += (second << 7) - 0x80
            position += 1
            if second >= 0x80:
                size, position = size_from(delta, position - 2, 7)
    except OverflowError as error:
        raise CorruptDeltaError("corrupt delta") from error
    except IndexError as error:
        raise CorruptDeltaError("delta is cut off") from error
    return base_size, size, position


def size_from(data: bytes | mmap, position: int, bits: int) -> tuple[int, int]:
    """The size that begins at `position`, lowest bits first, and where what follows it starts.

    Args:
        data: A delta or a pack.
        position: Of its first byte, of which so many `bits` belong to it; of each other byte, seven do.
        bits: 7 in a delta, 4 in the header of a pack's entry.

    Raises:
        IndexError: The data ends inside it.
        OverflowError: It has more than `MOST_BITS` bits.
    """
    byte = data[position]
    position += 1
    size = byte & (1 << bits) - 1
    while byte >= 0x80:
        if bits > MOST_BITS - 7:
            raise OverflowError
        byte = data[position]
        size |= (byte & 0x7F) << bits
        bits += 7
        position += 1
    return size, position


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


def copied(delta: bytes, most: int) -> list[tuple[int, int, int]]:
    """What the result has from its base: (where in the result, where in the base, how many bytes), in order.

    Copies that continue one another are one. They are all there is if the delta has no more than `most`
    instructions; what the others make is left out.

    Args:
        delta: A delta that has been applied without error.
        most: Instructions to look at: each takes about as long as a fast scanner takes for 2,000 bytes.
    """
    result_size, position = declared_sizes(delta)[1:]
    found: list[tuple[int, int, int]] = []
    start = source = following = made = 0  # the copies that are being joined, and how much has been made
    end = len(delta)
    while position < end and most:
        most -= 1
        byte = delta[position]
        if byte < 0x80:
            made += byte
            position += 1 + byte
            continue
        length, within, shift = _OPERANDS[byte]
        operands = int.from_bytes(delta[position + 1 : position + 1 + length], "little")
        if shift < 0:
            offset, size = _copy_operands(delta, position)
        else:
            offset, size = operands & within, operands >> shift or 0x10000
        position += 1 + length
        if made + size > result_size:  # dulwich lets a last instruction pass that has no room, and copies nothing
            break
        if offset != following or start + following - source != made:
            found.append((start, source, following - source))
            start, source = made, offset
        following = offset + size
        made += size
    found.append((start, source, following - source))
    return [one for one in found if one[2]]


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


def _operands(bits: int) -> tuple[int, int, int]:
    """How many bytes a copy's operands take, which bits of them are the offset, and how far up the size begins.

    The last is -1 where they leave out a byte below another one.
    """
    offset, size = bits & 15, bits >> 4 & 7
    count = offset.bit_count()
    is_plain = offset & offset + 1 == 0 and size & size + 1 == 0
    return count + size.bit_count(), (1 << 8 * count) - 1, 8 * count if is_plain else -1


_OPERANDS = [_operands(bits) for bits in range(256)]
