"""What can be read off a regular expression without running it: how far it reaches, and what it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

SHORTEST = 2
"""Bytes that a literal must have to be looked for."""
SHORTEST_RUN = 24
"""Bytes that a run of one class must have to be looked for: shorter ones stand everywhere."""
WIDEST = 256
"""Bytes before what is looked for that a match may begin at most; and bytes of that which are looked for at most."""

_SYNTAX = frozenset(rb"\.^$*+?{}[]()")
"""Bytes that mean something else than themselves, but for the `|` between alternatives."""
_ZERO_WIDTH = ("ASSERT", "ASSERT_NOT", "AT")
_ONE_BYTE = ("LITERAL", "NOT_LITERAL", "IN", "ANY")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


@dataclass(frozen=True, slots=True)
class Literal:
    """A match begins `nearest` to `farthest` bytes before this text."""

    text: bytes
    nearest: int
    farthest: int
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A match begins `nearest` to `farthest` bytes before at least `length` bytes of a class.

    If it `is_last`, these are `length` bytes behind which there is no other one of the class.
    """

    members: bytes
    length: int
    nearest: int
    farthest: int
    is_last: bool = False


Beginning = tuple[Literal, ...] | Run


def reach(expression: bytes) -> int | None:
    """Bytes that a match spans at most, with all that it looks at before and behind.

    None where there is no bound, where the position in the text matters, or where the expression cannot be read.
    """
    plain = re.sub(rb"\\[^0-9A-Za-z]", b"x", expression)
    if not _SYNTAX.intersection(plain):
        return max(map(len, plain.split(b"|")))
    try:
        return _reach(_parsed(expression))
    except (re.error, _UnboundedError):
        return None


def beginning(expression: bytes) -> Beginning | None:
    """What stands shortly behind the begin of every match: one of some literals, or a run of a class.

    None where nothing of the kind does, or the expression is beyond `re`.
    """
    try:
        return _beginning(_flat(_parsed(expression), ignores_case=False))
    except re.error:
        return None


def for_re(expression: bytes) -> bytes:
    """The expression in the spelling of `re`, which is that of `regex` but for three things.

    Names of groups have a `P`, the second group `value` is `value2`, and what is looked for behind has a fixed width:
    `(?<=a[bc]{0,2}d)` becomes `(?<=d)(?:(?<=ad)|(?<=a[bc]d)|…)`, of which the first part is there to fail fast.
    """
    first, *others = re.sub(rb"\(\?<(?=[A-Za-z_])", b"(?P<", expression).split(b"(?P<value>")
    groups = (b"(?P<value%b>%b" % (str(n).encode() if n > 1 else b"", rest) for n, rest in enumerate(others, start=1))
    return _VARYING.sub(_fixed, b"".join((first, *groups)))


_VARYING = re.compile(
    rb"\(\?<=(?P<before>(?:\\.|[^\\()\[\]{}|])*)(?P<set>\[[^\]]+\])\{(?P<least>\d),(?P<most>\d)\}(?P<last>\w)\)"
)


def _fixed(found: re.Match[bytes]) -> bytes:
    before, middle, last = found["before"], found["set"], found["last"]
    widths = range(int(found["least"]), int(found["most"]) + 1)
    return b"(?<=%b)(?:%b)" % (last, b"|".join(b"(?<=%b%b{%d}%b)" % (before, middle, width, last) for width in widths))


class _UnboundedError(Exception):
    """There is no bound."""


def _parsed(expression: bytes) -> Any:
    """The tree that `re` compiles: what an expression means is known to nobody else. Names of groups are dropped."""
    return import_module("re._parser").parse(re.sub(rb"\(\?P?<[A-Za-z_]\w*>", b"(", expression))


def _reach(items: Iterable[tuple[Any, Any]]) -> int:
    taken = ahead = 0
    for code, detail in items:
        if str(code) == "ASSERT_NOT" and detail[0] > 0:  # looks at what is taken by what follows
            ahead = max(ahead, taken + _reach(detail[1]))
        else:
            taken += _reach_of(str(code), detail)
    return max(taken, ahead)


def _reach_of(kind: str, detail: Any) -> int:
    if kind in _ONE_BYTE:
        return 1
    if kind in _REPEATS:
        if detail[1] == import_module("re._parser").MAXREPEAT:
            raise _UnboundedError
        return int(detail[1]) * _reach(detail[2])
    if kind == "BRANCH":
        return max(map(_reach, detail[1]))
    if kind == "SUBPATTERN":
        return _reach(detail[3])
    if kind in ("ASSERT", "ASSERT_NOT"):
        return _reach(detail[1])
    if kind == "ATOMIC_GROUP":
        return _reach(detail)
    if kind == "AT" and str(detail).endswith("BOUNDARY"):
        return 1
    raise _UnboundedError


@dataclass(frozen=True, slots=True)
class _Item:
    kind: str
    detail: Any
    ignores_case: bool
    not_before: bytes = b""
    """Bytes of which none may follow."""


def _flat(items: Any, *, ignores_case: bool) -> list[_Item]:
    """The items in a row, without groups around them and without those that only look, but for what may not follow."""
    state = getattr(items, "state", None)
    ignores_case |= bool(state is not None and state.flags & re.IGNORECASE)
    flat: list[_Item] = []
    for code, detail in items:
        kind = str(code)
        if kind == "SUBPATTERN":
            flat += _flat(detail[3], ignores_case=ignores_case or bool(detail[1] & re.IGNORECASE))
        elif kind == "ATOMIC_GROUP":
            flat += _flat(detail, ignores_case=ignores_case)
        elif kind == "ASSERT_NOT" and detail[0] > 0 and flat:
            flat[-1] = replace(flat[-1], not_before=_single(detail[1]))
        elif kind not in _ZERO_WIDTH and not (kind == "BRANCH" and not any(map(_consumes, detail[1]))):
            flat.append(_Item(kind, detail, ignores_case))
    return flat


def _single(items: Any) -> bytes:
    """The bytes that are a match each."""
    if len(items) != 1:
        return b""
    kind, detail = str(items[0][0]), items[0][1]
    if kind == "BRANCH":
        return b"".join(map(_single, detail[1]))
    return _members(detail) if kind == "IN" else b""


def _consumes(items: Any) -> bool:
    return any(str(kind) not in _ZERO_WIDTH for kind, _ in items)


def _beginning(items: Sequence[_Item]) -> Beginning | None:
    nearest = farthest = 0
    for number, item in enumerate(items):
        found = _literal(items[number:]) or _within(item)
        if found:
            return _behind(found, nearest, farthest)
        width = _width(item)
        if width is None:
            return None
        nearest, farthest = nearest + width[0], farthest + width[1]
        if farthest > WIDEST:
            return None
    return None


def _behind(found: Beginning, nearest: int, farthest: int) -> Beginning:
    if isinstance(found, Run):
        return replace(found, nearest=found.nearest + nearest, farthest=found.farthest + farthest)
    return tuple(replace(one, nearest=one.nearest + nearest, farthest=one.farthest + farthest) for one in found)


def _within(item: _Item) -> Beginning | None:
    """What an item of more than one byte says: a long run, or alternatives that each begin with a literal."""
    if item.kind in _REPEATS:
        low, high, body = item.detail
        is_class = len(body) == 1 and str(body[0][0]) == "IN" and not item.ignores_case
        if not is_class or low < SHORTEST_RUN:
            return None
        members = _members(body[0][1])
        is_last = low == high <= WIDEST and set(members) <= set(item.not_before)
        return Run(members, min(int(low), WIDEST), 0, 0, is_last)
    if item.kind != "BRANCH":
        return None
    literals: list[Literal] = []
    for alternative in item.detail[1]:
        found = _beginning(_flat(alternative, ignores_case=item.ignores_case))
        if not isinstance(found, tuple):
            return None
        literals += found
    return tuple(literals)


def _literal(items: Sequence[_Item]) -> tuple[Literal, ...]:
    """The literal that the items begin with, unless it is too short."""
    text = b""
    ignores_case = False
    for item in items:
        if item.kind != "LITERAL":
            break
        text += bytes((item.detail,))
        ignores_case |= item.ignores_case
    literal = Literal((text.lower() if ignores_case else text)[:WIDEST], 0, 0, ignores_case)
    return (literal,) if len(text) >= SHORTEST else ()


def _width(item: _Item) -> tuple[int, int] | None:
    """Bytes that an item takes at least and at most; None if there is no bound."""
    if item.kind in _ONE_BYTE:
        return 1, 1
    if item.kind in _REPEATS and item.detail[1] <= WIDEST:
        inner = _width_of(item.detail[2], item)
        return None if inner is None else (int(item.detail[0]) * inner[0], int(item.detail[1]) * inner[1])
    if item.kind == "BRANCH":
        widths = [_width_of(alternative, item) for alternative in item.detail[1]]
        known = [width for width in widths if width is not None]
        return (min(known)[0], max(high for _, high in known)) if len(known) == len(widths) else None
    return None


def _width_of(items: Any, around: _Item) -> tuple[int, int] | None:
    widths = [_width(item) for item in _flat(items, ignores_case=around.ignores_case)]
    known = [width for width in widths if width is not None]
    return (sum(low for low, _ in known), sum(high for _, high in known)) if len(known) == len(widths) else None


def _members(parts: Any) -> bytes:
    """The bytes of a class, by trying each: classes are written in many ways."""
    parser = import_module("re._parser")
    pattern = parser.SubPattern(parser.State(), [(parser.IN, parts)])
    compiled = import_module("re._compiler").compile(pattern)
    return bytes(byte for byte in range(256) if compiled.match(bytes((byte,))))
