"""Joins matches into credentials: by order and distance, never every id with every secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

FAR = 30
"""Lines between neighbours beyond which order says nothing and only nearness counts."""
NEAR = 256
"""Bytes between neighbours on one line that count as nothing: objects in minified code are about so long."""


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
    """For each of `left` its partner of `right`, where it has one.

    Clusters grow by the distance between neighbours: as soon as one holds as many of the one as of the other, they
    are paired in order. What is left within `FAR` lines is paired in order at the least total distance, the rest with
    its nearest neighbour.
    """
    sides = dict.fromkeys(left, 0) | dict.fromkeys(right, 1)
    partner: dict[int, int] = {}
    clusters = [[index] for index in sorted(sides)]
    for step in sorted({_distance(ordered[a], ordered[b]) for a, b in pairwise(sorted(sides))}):
        if step[0] > FAR:
            break
        clusters = [_without_pairs(one, sides, partner) for one in _merged(ordered, clusters, step)]
        clusters = [one for one in clusters if one]
    for one in clusters:
        _pair_in_order(ordered, one, sides, partner)
    _pair_nearest(ordered, [i for one in clusters for i in one if i not in partner], sides, partner)
    return {index: partner[index] for index in left if index in partner}


def _distance(one: Match, other: Match) -> tuple[int, int]:
    """Lines, then magnitude of the bytes, between two matches that follow each other."""
    return max(0, other.line - one.end_line), max(0, (other.start - one.end) // NEAR).bit_length()


def _merged(
    ordered: Sequence[Match], clusters: Iterable[list[int]], step: tuple[int, int]
) -> Iterable[list[int]]:
    """The clusters, those joined that are no more than `step` apart."""
    merged: list[int] = []
    for cluster in clusters:
        if merged and _distance(ordered[merged[-1]], ordered[cluster[0]]) > step:
            yield merged
            merged = []
        merged += cluster
    if merged:
        yield merged


def _without_pairs(cluster: list[int], sides: dict[int, int], partner: dict[int, int]) -> list[int]:
    """Nothing of a cluster that could be paired as a whole, else all of it."""
    left, right = ([index for index in cluster if sides[index] == side] for side in (0, 1))
    if len(left) != len(right):
        return cluster
    _join(zip(left, right, strict=True), partner)
    return []


def _join(pairs: Iterable[tuple[int, int]], partner: dict[int, int]) -> None:
    for one, other in pairs:
        partner[one], partner[other] = other, one


def _pair_in_order(
    ordered: Sequence[Match], cluster: Sequence[int], sides: dict[int, int], partner: dict[int, int]
) -> None:
    """Pair all of the rarer side, in order, so that the total distance is least."""
    left, right = ([index for index in cluster if sides[index] == side] for side in (0, 1))
    few, many = sorted((left, right), key=len)
    if few:
        _join(((few[i], many[j]) for i, j in _aligned(ordered, few, many)), partner)


def _aligned(ordered: Sequence[Match], few: Sequence[int], many: Sequence[int]) -> list[tuple[int, int]]:
    """Positions (in `few`, in `many`) of the pairs; as in aligning two texts, with gaps on one side only."""
    spare = len(many) - len(few)
    costs = [0.0] * (spare + 1)
    takes: list[list[bool]] = []
    for i, one in enumerate(few):
        row: list[float] = []
        taken: list[bool] = []
        for gap in range(spare + 1):
            cost = costs[gap] + _cost(ordered[one], ordered[many[i + gap]])
            taken.append(not row or cost < row[-1])
            row.append(cost if taken[-1] else row[-1])
        costs = row
        takes.append(taken)
    pairs: list[tuple[int, int]] = []
    gap = spare
    for i in reversed(range(len(few))):
        while not takes[i][gap]:
            gap -= 1
        pairs.append((i, i + gap))
    return pairs


def _cost(one: Match, other: Match) -> float:
    """Lines apart; on one line, bytes decide."""
    return abs(one.line - other.line) + abs(one.start - other.start) / 1e6


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
                _join([(one, two)], partner)
        waiting = [index for index in waiting if index not in gone]
