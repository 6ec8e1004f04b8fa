"""Applies what a team has settled to the credentials of a scan: each excuse, and each excuse that does not count."""

from __future__ import annotations

from collections.abc import Sequence

from keysieve.blob import NotRead, OutOfScope
from keysieve.engine.match import Match
from keysieve.excuses.policy import Judge, Policy, Spot, Subject, Verdict, as_written
from keysieve.rule import Rule
from keysieve.scan.gathering import Gathered
from keysieve.scan.grouping import Group, rule_of


class Excusing:
    """Excuses groups.

    Args:
        gathered: By the scan; says which pragmas count.
        policy: What counts.
        proposed: What the change under scan would have count, where that may differ.
        trusts_all: Whether every pragma counts as it stands.
    """

    def __init__(
        self, gathered: Gathered, policy: Policy | None, proposed: Policy | None = None, *, trusts_all: bool = False
    ) -> None:
        heeding = as_written() if trusts_all or gathered.heeding is None else gathered.heeding
        self._judge = Judge(policy or Policy(), heeding)
        may_excuse_itself = gathered.is_change and not trusts_all
        self._proposed = Judge(proposed or policy or Policy(), as_written()) if may_excuse_itself else None

    def apply(self, groups: Sequence[Group], rules: Sequence[Rule]) -> None:
        """Set the excuse and the notes of each group that has no excuse in itself."""
        for group in groups:
            subject = _subject(group, rule_of(group, rules))
            verdict = self._judge.judge(subject)
            if group.excuse is None:
                group.excuse = verdict.excuse
                group.notes = verdict.notes if verdict.excuse else self._notes(verdict, subject)

    def _notes(self, verdict: Verdict, subject: Subject) -> tuple[str, ...]:
        wanted = self._proposed.judge(subject).excuse if self._proposed else None
        if wanted is None:
            return verdict.notes
        told = f"Excused only by this change ({wanted.reason}: {wanted.detail}), which does not count."
        return (*(note for note in verdict.notes if not note.startswith("The pragma beside it")), told)

    def accept(self, gathered: Gathered) -> tuple[list[NotRead], list[OutOfScope]]:
        """What was not read and what is out of scope, once accepted gaps have gone from the one to the other."""
        not_read: list[NotRead] = []
        out_of_scope = list(gathered.out_of_scope)
        for one in gathered.not_read:
            gap = self._judge.gap(one)
            if gap is None:
                not_read.append(one)
            else:
                out_of_scope.append(OutOfScope(one.what, f"{one.reason}, accepted: {gap.reason}"))
        return not_read, out_of_scope

    def notes(self, *, is_whole: bool) -> list[str]:
        """Excuses that are over, and those that nothing was found for.

        Args:
            is_whole: Whether everything was scanned that an excuse could be for.
        """
        ended = self._judge.ended()
        lines = [f"Ended on {one.until}: {one.named}" for one in ended]
        if is_whole:
            lines += [f"Matches nothing: {one.named}" for one in self._judge.unused() if one not in ended]
        return lines


def _subject(group: Group, rule: str) -> Subject:
    from keysieve.engine.key_id import account_id

    key_id = group.values.get("access_key_id")
    return Subject(
        rules=frozenset((rule, *group.rule_ids)),
        account=account_id(key_id.value) if key_id else None,
        main=group.main.value,
        others=tuple(match.value for match in group.values.values() if match is not group.main),
        spots=[Spot(one.place, *_standing(one.credential.matches, group.main)) for one in group.located],
    )


def _standing(matches: Sequence[Match], main: Match) -> tuple[Match, tuple[Match, ...]]:
    """The match that stands for the credential at a place, and the others there."""
    chosen = next((match for match in matches if match.value == main.value), matches[0])
    return chosen, tuple(match for match in matches if match is not chosen)
