"""The entries of many trees, made out together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    Numbers = np.ndarray[Any, np.dtype[np.int64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Words = np.ndarray[Any, np.dtype[np.uint64]]


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


_BYTES = np.array([_word(b"\xff" * count) for count in range(9)])
"""Of a word, the first bytes, so many of them."""
_SIX_DIGITS, _ONE = _word(b"\xff" + b"\xf8" * 5 + b"\xff"), _word(b"100000 ")
_FIVE_DIGITS, _FOUR = _word(b"\xff" + b"\xf8" * 4 + b"\xff"), _word(b"40000 ")
_LEAST = 7
"""Bytes of an entry before the NUL: five of a mode, a space, one of a name."""


class Entries(NamedTuple):
    """Entries of trees. An entry is a mode in octal, a space, a name, NUL and a raw id.

    Attributes:
        text: The trees, one after the other, and some zeros.
        which: Which of the trees each entry is of.
        starts: Where its mode begins.
        ends: Where its name ends: the NUL.
    """

    text: bytes
    which: Numbers
    starts: Numbers
    ends: Numbers

    def only(self, are_meant: Flags | Numbers) -> Entries:
        """Some of the entries."""
        return Entries(self.text, *(column[are_meant] for column in self[1:]))

    def ids(self, oid_length: int) -> bytes:
        """The raw ids that they name, one after the other."""
        every = np.ndarray(len(self.text) - oid_length + 1, f"V{oid_length}", self.text, strides=(1,))
        return every[self.ends + 1].tobytes()

    def begins(self) -> Numbers:
        """The first 16 bits of those ids, as numbers."""
        begins: Numbers = (_words(self.text)[self.ends + 1] & _BYTES[2]).astype(np.int64)
        return begins

    def names(self) -> list[bytes]:
        """Their names."""
        return [header.partition(b" ")[2] for header in self.headers()]

    def headers(self) -> list[bytes]:
        """Their modes and names, with the space between them."""
        text = self.text
        return [text[start:end] for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    def have_mode(self, mode: bytes) -> Flags:
        """Which of them have a mode, of six digits; a zero at its begin may be left out."""
        words = _words(self.text)[self.starts]
        are_so: Flags = words & _BYTES[7] == _word(mode + b" ")
        if mode.startswith(b"0"):
            are_so |= words & _BYTES[6] == _word(mode[1:] + b" ")
        return are_so

    def digests(self, key: int) -> Words:
        """A number of 64 bits for each name, see `digests_of`."""
        words = _words(self.text)[self.starts]
        starts = self.starts + np.where(words >> np.uint64(40) & _BYTES[1] == ord(" "), 6, 7)
        return digests_of(self.text, starts, self.ends - starts, key)


def digests_of(text: bytes, starts: Numbers, sizes: Numbers, key: int) -> Words:
    """A number of 64 bits for each stretch of a text: the same for the same bytes, else the same by chance only.

    Args:
        text: With eight bytes to spare at its end.
        starts: Where the stretches start.
        sizes: How long they are.
        key: A random number of 64 bits.
    """
    words = _words(text)
    found = sizes.astype(np.uint64) ^ np.uint64(key)
    open_ = np.arange(len(starts))
    done = 0
    while len(open_):
        left = sizes[open_] - done
        found[open_] = _mixed(found[open_] ^ words[starts[open_] + done] & _BYTES[np.minimum(left, 8)])
        done += 8
        open_ = open_[left > 8]
    return found


def _mixed(words: Words) -> Words:
    """The words, each bit changed by all others: the finalizer of MurmurHash3."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        words = (words ^ words >> np.uint64(33)) * np.uint64(factor)
    return words ^ words >> np.uint64(33)


def joined(texts: Sequence[bytes], spare: int) -> tuple[bytes, Numbers, Numbers]:
    """Texts as one, with zeros behind them, and where each starts and ends."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    return b"".join((*texts, bytes(spare))), starts, ends


def entries_of(trees: Sequence[bytes], oid_length: int) -> Entries:
    """All entries of the trees, in order; of a tree that is damaged, those that an expression for one finds in it."""
    text, begins, limits = joined(trees, spare=oid_length + 8)
    if not len(limits):
        return Entries(text, limits, limits, limits)
    which, starts, ends = _guessed(text, begins, limits, oid_length)
    are_sound = (starts + _LEAST <= ends) & _are_modes(text, starts)
    wrong = np.bincount(which[~are_sound], minlength=len(trees)).astype(bool)
    last = np.zeros(len(trees), np.int64)
    last[which] = ends + 1 + oid_length  # of several, the last one counts
    wrong |= last != np.where(limits > begins, limits, 0)
    if not wrong.any():
        return Entries(text, which, starts, ends)
    kept = ~wrong[which]
    found = [
        (at, begins[at] + one.start(), begins[at] + one.end() - 1 - oid_length)
        for at in np.flatnonzero(wrong).tolist()
        for one in entry_expression(oid_length).finditer(trees[at])
    ]
    others = np.array(found, np.int64).reshape(-1, 3)
    rows = np.concatenate((np.stack((which[kept], starts[kept], ends[kept]), axis=1), others))
    return Entries(text, *rows[np.argsort(rows[:, 1], kind="stable")].T)


def _guessed(text: bytes, begins: Numbers, limits: Numbers, oid_length: int) -> tuple[Numbers, Numbers, Numbers]:
    """Of which tree, from where and to which NUL entries are, if a name ends where an id's length behind a mode stands.

    They are right from a tree's begin to the first that is not sound, as then each begins where the one before ends,
    and ends at the first NUL behind its begin. Otherwise `starts` is made to lie behind `ends`.
    """
    nuls = np.flatnonzero(np.frombuffer(text, np.uint8, int(limits[-1])) == 0)
    of_nuls = np.repeat(np.arange(len(limits)), np.diff(np.searchsorted(nuls, limits), prepend=0))
    behind = nuls + 1 + oid_length
    room = limits[of_nuls] - behind
    at = np.flatnonzero((room == 0) | (room > _LEAST) & _are_modes(text, behind))
    which, ends = of_nuls[at], nuls[at]
    starts = np.empty(len(at), np.int64)
    starts[1:] = behind[at[:-1]]
    are_first = np.ones(len(at), bool)
    are_first[1:] = which[1:] != which[:-1]
    starts[are_first] = begins[which[are_first]]
    before = np.where(at > 0, nuls[at - 1], -1)
    starts[before >= starts] = ends[before >= starts]
    return which, starts, ends


def boundaries(texts: Sequence[bytes], are_begins: Flags, are_ends: Flags, oid_length: int) -> tuple[Numbers, Numbers]:
    """Where entries begin or end in pieces of trees, and where each piece starts, were there a byte between the pieces.

    There are none for a piece in which something else looks like a boundary, too.

    Args:
        texts: The pieces.
        are_begins: Which of them begin where a tree does.
        are_ends: Which of them end where a tree does.
        oid_length: Length of raw ids.
    """
    text = b"\xff".join((*texts, bytes(8)))
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = np.cumsum(sizes + 1) - sizes - 1
    limits = starts + sizes
    behind = np.flatnonzero(np.frombuffer(text, np.uint8, len(text) - 8) == 0) + 1 + oid_length
    behind = behind[behind < len(text) - 8]
    are_found = np.zeros(len(text), bool)
    are_found[behind[_are_modes(text, behind)]] = True
    are_found[starts[are_begins]] = True
    are_found[limits[are_ends]] = True
    found = np.flatnonzero(are_found)
    of_text = np.repeat(np.arange(len(texts)), np.diff(np.searchsorted(found, starts), append=len(found)))
    is_double = (found[1:] - found[:-1] < _LEAST + 1 + oid_length) & (of_text[1:] == of_text[:-1])
    are_unclear = np.zeros(len(texts), bool)
    are_unclear[of_text[1:][is_double]] = True
    return found[~are_unclear[of_text]], starts


def _are_modes(text: bytes, at: Numbers) -> Flags:
    """Where a mode of six digits that begins with 1 stands, or one of five that begins with 4, and a space."""
    words = _words(text)[at]
    are_so: Flags = (words & _SIX_DIGITS == _ONE) | (words & _FIVE_DIGITS == _FOUR)
    return are_so


def _words(text: bytes) -> Words:
    """The eight bytes from each place on, as a number, the first byte the lowest."""
    return np.ndarray(len(text) - 7, "<u8", text, strides=(1,))


@cache
def entry_expression(oid_length: int) -> re.Pattern[bytes]:
    """An entry, as it stands in a tree object (git-mktree, "The tree object")."""
    return re.compile(rb"(?s)[0-7]{5,6} [^\0]+\0.{%d}" % oid_length)
