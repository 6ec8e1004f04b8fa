r"""What literals an expression of the prefilter implies: every text that it matches holds one of them.

`rules/literals.txt` is made from it: `python -m keysieve.engine.implied > rules/literals.txt`. A clean commit is told
by those literals alone, without `re`. Each line belongs to the line of the same number among the expressions of
`rules/prefilter.txt`, and holds literals of these forms:

    =AKIA           these bytes (`\0` is NUL, `\s` a space, `\b` a backslash)
    ~secret         these bytes in any case
    #41-4b-49-41    these hexadecimal digits in any case, with nothing but `SEPARATORS` where the dashes are
"""

from __future__ import annotations

import re
import re._constants as op
import re._parser as parser
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

from keysieve.engine.literals import SEPARATORS

MOST = 64
"""Texts that one part of an expression may stand for; more are not told one by one."""
FORMS = (("=", 4, 40), ("~", 3, 8), ("#", 8, 1))
"""Forms in order of preference: mark, least length of a literal, most literals that stand for one branch."""

Item = tuple[Any, Any]


def literals(expression: bytes) -> list[str]:
    """The literals that an expression implies, as a line of `rules/literals.txt` has them.

    Raises:
        ValueError: It implies none that is worth looking for, or one that there is no way to write.
    """
    tree = parser.parse(expression)
    folds = bool(tree.state.flags & re.IGNORECASE)
    found: dict[str, None] = {}
    for branch in _branches(list(tree)):
        found |= dict.fromkeys(_of_branch(branch, folds))
    return list(found)


def _branches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The ways through the alternatives that make up an expression, or that follow its beginning."""
    for number, (code, argument) in enumerate(items):
        is_choice = code is op.BRANCH and not _is_separator([(code, argument)])
        if is_choice and all(first is op.LITERAL for first, _ in items[:number]):
            for branch in argument[1]:
                yield from _branches([*items[:number], *branch, *items[number + 1 :]])
            return
    yield items


def _of_branch(items: Sequence[Item], folds: bool) -> list[str]:
    for mark, shortest, most in FORMS:
        if mark == "=" and folds:
            continue
        sets = [found for found in _sets(items, mark) if min(map(len, found)) >= shortest and len(found) <= most]
        if sets:
            best = max(sets, key=lambda found: (min(map(len, found)), -len(found)))
            return [mark + _written(literal, mark) for literal in sorted(best)]
    raise ValueError("an expression of the prefilter implies no literal")


def _written(literal: bytes, mark: str) -> str:
    if mark == "#":
        return literal.decode().strip("-")
    if not all(33 <= byte < 127 or byte in b"\0 " for byte in literal):
        raise ValueError(f"there is no way to write the literal {literal!r}")
    return literal.decode().replace("\\", "\\b").replace("\0", "\\0").replace(" ", "\\s")


def _sets(items: Sequence[Item], mark: str) -> Iterator[set[bytes]]:
    """Sets of literals of which each match holds one."""
    texts = {b""}
    for item in items:
        more = _texts(item, mark)
        if more is not None and len(texts) * len(more) <= MOST:
            texts = {before + after for before, after in product(texts, more)}
            continue
        yield texts
        texts = {b""}
        if more is not None:
            texts = more
        elif item[0] is op.SUBPATTERN and not item[1][1]:  # flags of its own may let it match more
            yield from _sets(item[1][3], mark)
    yield texts


def _texts(item: Item, mark: str) -> set[bytes] | None:
    """All texts that a part stands for; None where those are too many to tell."""
    code, argument = item
    if code is op.LITERAL:
        return {_folded(argument, mark)}
    if code is op.IN:
        return _texts_of_class(argument, mark)
    if mark == "#" and _is_separator([item]):
        return {b"-"}
    if code is op.SUBPATTERN and not argument[1] and not argument[2]:
        return _texts_of_sequence(argument[3], mark)
    if code is op.BRANCH:
        return _texts_of_branches(argument[1], mark)
    if code is op.MAX_REPEAT:
        least, most, repeated = argument
        if least == most and least <= 4:
            return _texts_of_sequence(list(repeated) * least, mark)
    return None


def _folded(code: int, mark: str) -> bytes:
    return bytes((code,)) if mark == "=" else bytes((code,)).lower()


def _texts_of_class(members: Iterable[Item], mark: str) -> set[bytes] | None:
    if any(code is not op.LITERAL for code, _ in members):
        return None
    return {_folded(argument, mark) for _, argument in members}


def _texts_of_branches(branches: Iterable[Sequence[Item]], mark: str) -> set[bytes] | None:
    texts: set[bytes] = set()
    for branch in branches:
        more = _texts_of_sequence(branch, mark)
        if more is None or len(texts) + len(more) > MOST:
            return None
        texts |= more
    return texts


def _texts_of_sequence(items: Iterable[Item], mark: str) -> set[bytes] | None:
    texts = {b""}
    for item in items:
        more = _texts(item, mark)
        if more is None or len(texts) * len(more) > MOST:
            return None
        texts = {before + after for before, after in product(texts, more)}
    return texts


def _is_separator(items: Iterable[Item]) -> bool:
    """Whether a part stands for nothing but separators."""
    return all(
        argument in SEPARATORS
        if code is op.LITERAL
        else all(map(_is_separator, argument[1]))
        if code is op.BRANCH
        else code in (op.SUBPATTERN, op.MAX_REPEAT) and _is_separator(argument[-1])
        if code is not op.IN
        else all(kind is op.LITERAL and member in SEPARATORS for kind, member in argument)
        for code, argument in items
    )


if __name__ == "__main__":
    from keysieve.engine.prefilter import shipped_expressions

    print(
        "# Made by `python -m keysieve.engine.implied`: for each expression of prefilter.txt, what a text has to hold."
    )
    for shipped in shipped_expressions():
        print(*literals(shipped))
