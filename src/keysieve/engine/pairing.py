"""Joins matches into credentials: by order and distance, never every id with every secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

FAR = 30
"""Lines between neighbours that begin a new group: within a group order decides, across groups distance does."""


def pair(matches: Sequence[Match], rules: Sequence[Rule]) -> list[Credential]:
    """The credentials that the matches of one blob make.

    Every match ends up in exactly one credential. Places that hold a value which has been paired elsewhere in the
    blob stay credentials of their own; they are joined by value later.

    Args:
        matches: In the order of the blob.
        rules: Composite ones say what belongs together.
    """
    ordered = sorted(matches, key=_position)
    taken: set[int] = set()
    credentials: list[Credential] = []
    for rule in rules:
        if rule.is_composite:
            for members in _compose(ordered, rule, taken):
                taken.update(members)
                credentials.append(Credential(rule.id, tuple(ordered[index] for index in sorted(members))))
    companions = {rule.id for rule in rules if not rule.stands_alone}
    credentials += (
        Credential(one.rule, (one,))
        for index, one in enumerate(ordered)
        if index not in taken and one.rule not in companions
    )
    return sorted(credentials, key=lambda credential: _position(credential.first))


def _position(match: Match) -> tuple[int, int]:
    return match.start, match.order


def _compose(ordered: Sequence[Match], rule: Rule, taken: set[int]) -> Iterable[list[int]]:
    first, *others = ([i for i in _of(ordered, part) if i not in taken] for part in (*rule.parts, *rule.optional))
    members: dict[int, list[int]] = {index: [index] for index in first}
    for number, other in enumerate(others, start=1):
        required = number < len(rule.parts)
        partner = _partners(ordered, list(members), other)
        if required:
            members = {index: group for index, group in members.items() if index in partner}
        for index, group in members.items():
            if index in partner:
                group.append(partner[index])
    return members.values()


def _of(ordered: Sequence[Match], rule_id: str) -> list[int]:
    return [index for index, match in enumerate(ordered) if match.rule == rule_id]


def _partners(ordered: Sequence[Match], left: Sequence[int], right: Sequence[int]) -> dict[int, int]:
    """For each of `left` its partner of `right`, where it has one: first by order within groups, then by distance."""
    sides = dict.fromkeys(left, 0) | dict.fromkeys(right, 1)
    partner: dict[int, int] = {}
    rest: list[int] = []
    for group in _groups(ordered, sorted(sides)):
        rest += _pair_runs(group, sides, partner)
    _pair_nearest(ordered, rest, sides, partner)
    return partner


def _groups(ordered: Sequence[Match], indices: Sequence[int]) -> Iterable[list[int]]:
    group: list[int] = []
    for index in indices:
        if group and ordered[index].line - ordered[group[-1]].end_line > FAR:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def _pair_runs(group: Sequence[int], sides: dict[int, int], partner: dict[int, int]) -> list[int]:
    """Pair runs of equal length that follow each other (id id secret secret); gives back what is left over."""
    runs = [list(run) for _, run in groupby(group, key=sides.__getitem__)]
    rest: list[int] = []
    position = 0
    while position < len(runs):
        here = runs[position]
        following = runs[position + 1] if position + 1 < len(runs) else []
        if len(here) == len(following):
            for one, other in zip(here, following, strict=True):
                left, right = (one, other) if sides[one] == 0 else (other, one)
                partner[left] = right
            position += 2
        else:
            rest += here
            position += 1
    return rest


def _pair_nearest(
    ordered: Sequence[Match], rest: Sequence[int], sides: dict[int, int], partner: dict[int, int]
) -> None:
    """Pair what order did not: nearest first, looking at the next of the other side only, until nothing is left."""
    waiting = list(rest)
    while True:
        adjacent = [
            (ordered[two].start - ordered[one].start, one, two)
            for one, two in pairwise(waiting)
            if sides[one] != sides[two]
        ]
        if not adjacent:
            return
        gone: set[int] = set()
        for _, one, two in sorted(adjacent):
            if one not in gone and two not in gone:
                gone.update((one, two))
                left, right = (one, two) if sides[one] == 0 else (two, one)
                partner[left] = right
        waiting = [index for index in waiting if index not in gone]
