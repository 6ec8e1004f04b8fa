"""The graph of commits: their order, what refs reach, which commits contain which."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Graph:
    """All commits of an object database, by hexadecimal id.

    Attributes:
        parents: Commit → its parents, present or not.
        timestamps: Commit → committer date in seconds since 1970.
        trees: Commit → the place of its tree in the `Presence` of the object database; -1 for one that is absent.
    """

    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trees: dict[str, int] = field(default_factory=dict)
    timestamps: dict[str, int] = field(default_factory=dict)

    def order(self) -> list[str]:
        """Every commit after its parents; where that leaves a choice, the older first. Right under clock skew."""
        children: dict[str, list[str]] = defaultdict(list)
        waiting: dict[str, int] = {}
        for commit, parents in self.parents.items():
            present = {parent for parent in parents if parent in self.parents}
            waiting[commit] = len(present)
            for parent in present:
                children[parent].append(commit)
        ready = [(self.timestamps[commit], commit) for commit, number in waiting.items() if not number]
        heapq.heapify(ready)
        ordered = []
        while ready:
            _, commit = heapq.heappop(ready)
            ordered.append(commit)
            for child in children[commit]:
                waiting[child] -= 1
                if not waiting[child]:
                    heapq.heappush(ready, (self.timestamps[child], child))
        return ordered

    def reachable(self, tips: Iterable[str]) -> set[str]:
        """The commits that the tips reach, themselves included."""
        seen: set[str] = set()
        waiting = [tip for tip in tips if tip in self.parents]
        while waiting:
            commit = waiting.pop()
            if commit not in seen:
                seen.add(commit)
                waiting += (parent for parent in self.parents[commit] if parent in self.parents)
        return seen

    def missing_parents(self, commits: Iterable[str]) -> set[str]:
        """Parents of the commits that are not there."""
        return {parent for commit in commits for parent in self.parents[commit] if parent not in self.parents}

    def containing(self, order: Sequence[str], marks: Mapping[str, int]) -> dict[str, int]:
        """Commit → the marks of all commits that it reaches, itself included, as bits of one number.

        Args:
            order: From `order`.
            marks: Commit → bits.
        """
        held: dict[str, int] = {}
        for commit in order:
            bits = marks.get(commit, 0)
            for parent in self.parents[commit]:
                before = held.get(parent, 0)
                bits = before | bits if before | bits != before else before  # mostly one number for a line of commits
            if bits:
                held[commit] = bits
        return held
