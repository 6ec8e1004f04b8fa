"""Joins matches into credentials: by order and distance, never every id with every secret."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

FAR = 30
"""Lines between neighbours beyond which order says nothing and only nearness counts."""
MOST = 1_000_000
"""Comparisons that looking for the least total distance may take."""
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
    found = {one.rule for one in ordered}
    composite = [rule for rule in rules if rule.is_composite and found.issuperset(rule.parts)]
    # What is probably no key must not take the place of one that is.
    for may_be_unlikely in (False, True):
        usable = [index for index, one in enumerate(ordered) if not one.unlikely or (may_be_unlikely and one.is_named)]
        for rule in composite:
            rivals = {other.parts[0] for other in composite if other.parts[1:] == rule.parts[1:]}
            for members in _compose(ordered, rule, [index for index in usable if index not in taken], rivals):
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


def _compose(
    ordered: Sequence[Match], rule: Rule, usable: Sequence[int], rivals: Collection[str]
) -> Iterable[list[int]]:
    """What makes a credential of the rule. The first parts of rules that want the same others are rivals for those."""
    first, *others = ([i for i in usable if ordered[i].rule == part] for part in (*rule.parts, *rule.optional))
    contenders = [i for i in usable if ordered[i].rule in rivals]
    members: dict[int, list[int]] = {index: [index] for index in first}
    for number, other in enumerate(others, start=1):
        required = number < len(rule.parts)
        partner = _partners(ordered, contenders if required else list(members), other)
        if required:
            members = {index: group for index, group in members.items() if index in partner}
        for index, group in members.items():
            if index in partner:
                group.append(partner[index])
    return members.values()


def _partners(ordered: Sequence[Match], left: Sequence[int], right: Sequence[int]) -> dict[int, int]:
    """For each of `left` its partner of `right`, where it has one.

    Clusters grow by the distance between neighbours: as soon as one holds as many of the one as of the other, they
    are paired in order. What is left is paired in order at the least total distance, first within `FAR` lines.
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
    _pair_in_order(ordered, [i for one in clusters for i in one if i not in partner], sides, partner)
    return {index: partner[index] for index in left if index in partner}


def _distance(one: Match, other: Match) -> tuple[int, int]:
    """Lines, then magnitude of the bytes, between two matches that follow each other."""
    return max(0, other.line - one.end_line), max(0, (other.start - one.end) // NEAR).bit_length()


def _merged(ordered: Sequence[Match], clusters: Iterable[list[int]], step: tuple[int, int]) -> Iterable[list[int]]:
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
    if len(few) * (len(many) - len(few)) > MOST:
        _pair_nearest(ordered, cluster, sides, partner)
    elif few:
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
    """Pair neighbours, nearest first, until one side is used up: about as good, and fast for any number."""
    behind: dict[int, int | None] = dict(pairwise(rest))
    before: dict[int, int | None] = {two: one for one, two in pairwise(rest)}
    heap = [(_gap(ordered, *both), *both) for both in pairwise(rest) if sides[both[0]] != sides[both[1]]]
    heapify(heap)
    while heap:
        _, one, two = heappop(heap)
        if one in partner or two in partner:
            continue
        _join([(one, two)], partner)
        outer = before.get(one), behind.get(two)
        if outer[0] is not None:
            behind[outer[0]] = outer[1]
        if outer[1] is not None:
            before[outer[1]] = outer[0]
        if outer[0] is not None and outer[1] is not None and sides[outer[0]] != sides[outer[1]]:
            heappush(heap, (_gap(ordered, outer[0], outer[1]), outer[0], outer[1]))


def _gap(ordered: Sequence[Match], one: int, two: int) -> int:
    return ordered[two].start - ordered[one].start
