"""From a fingerprint to the credential: in a report, else by scanning again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from keysieve.blob import NotRead
from keysieve.engine.redaction import fingerprint
from keysieve.engine.sieve import Sieve
from keysieve.errors import GitError, UsageError
from keysieve.finding import Finding
from keysieve.git.repository import Repository, discover
from keysieve.scan.assembly import Telling, tell
from keysieve.scan.gathering import Gathered, Located, Progress, no_progress

if TYPE_CHECKING:
    from keysieve.remedies import Situation

PLACES = ("staged", "files", "history")
"""Where can be scanned again."""
DEFAULT = ("history", "staged")
_FINGERPRINT = re.compile(r"(?:ks1:)?([0-9a-f]{4,32})")


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A credential that a fingerprint names.

    Attributes:
        finding: As it is reported.
        situation: What advice depends on.
        located: Its places with its values; empty where a report names places that cannot be read here.
        is_excused: Whether it is set aside.
    """

    finding: Finding
    situation: Situation
    located: tuple[Located, ...] = field(default=(), repr=False)
    is_excused: bool = False

    @property
    def values(self) -> dict[str, bytes]:
        """Value name → value, as far as they could be read."""
        known = set(self.finding.fingerprints.values())
        found = (match for one in self.located for match in one.credential.matches)
        return {match.name: match.value for match in found if fingerprint(match.value) in known}


@dataclass(frozen=True, slots=True)
class Query:
    """Where to look fingerprints up.

    Attributes:
        where: Some of `PLACES`; empty for the default, history and index.
        report: JSON report to look in instead.
        progress: Told of what is read.
    """

    where: tuple[str, ...] = ()
    report: str | None = None
    progress: Progress = no_progress


def look_up(wanted: Sequence[str], query: Query) -> list[LookedUp]:
    """The credentials that fingerprints, or unambiguous beginnings of them, name; each once, in the order given.

    Raises:
        UsageError: One is no fingerprint, or names none or several.
        GitError: The repository cannot be read.
    """
    beginnings = [beginning(one) for one in wanted]
    known = _in_report(query.report) if query.report else everything(query)
    if not known and not query.report:
        raise _unknown(wanted[0], query)
    found = [named(text, known, query) for text in beginnings]
    return list({one.finding.fingerprint: one for one in found}.values())


def everything(query: Query, not_read: list[NotRead] | None = None) -> list[LookedUp]:
    """All credentials where the query looks, those with an excuse included.

    Args:
        query: Where to look.
        not_read: Takes what should have been readable and was not.
    """
    sieve = Sieve()
    merged: dict[str, LookedUp] = {}
    for place in query.where or DEFAULT:
        gathered, telling = _SCANS[place](sieve, query.progress)
        if not_read is not None:
            not_read += gathered.not_read
        for told in tell(gathered, sieve, telling):
            one = LookedUp(told.finding, told.situation, tuple(told.group.located), told.group.excuse is not None)
            before = merged.get(told.finding.fingerprint)
            merged[told.finding.fingerprint] = one if before is None else _joined(before, one)
    return list(merged.values())


def _joined(first: LookedUp, second: LookedUp) -> LookedUp:
    """One credential from two scans: what a ref reaches says more than what none does."""
    lead, other = (second, first) if first.situation.reachable is False else (first, second)
    known = {**other.finding.fingerprints, **lead.finding.fingerprints}
    return replace(lead, finding=replace(lead.finding, fingerprints=known), located=lead.located + other.located)


_Scan = tuple[Gathered, Telling]


def _history(sieve: Sieve, progress: Progress) -> _Scan:
    from keysieve.scan.history import HistoryScan

    scan = HistoryScan(discover(), sieve, progress)
    scan.run()
    return scan.gathered, Telling("history", commits=scan.commits, stories=scan.stories)


def _staged(sieve: Sieve, _progress: Progress) -> _Scan:
    from keysieve.scan.staged import scan_staged

    gathered = Gathered() if discover().is_bare else scan_staged(sieve)
    return gathered, Telling("staged")


def _files(sieve: Sieve, progress: Progress) -> _Scan:
    from keysieve.scan.files import scan_files

    return scan_files([b"."], sieve, progress), Telling("files")


_SCANS: dict[str, Callable[[Sieve, Progress], _Scan]] = {"history": _history, "staged": _staged, "files": _files}


def _in_report(file: str) -> list[LookedUp]:
    from keysieve.engine.catalogue import shipped_rules
    from keysieve.remedies import Situation
    from keysieve.scan.recorded import path_of, read_report

    command, findings = read_report(file)
    remedies = {rule.id: rule.remedy for rule in shipped_rules()}
    looked_up = []
    for one in findings:
        first = one.occurrences[0] if one.occurrences else None
        situation = Situation(
            rule=one.rule,
            remedy=remedies.get(one.rule, "access-key"),
            kind=first.kind if first else "file",
            path=path_of(first) if first else None,
            command=command,
            live=one.live,
            pushed=None if one.refs is None else any(ref.startswith("refs/remotes/") for ref in one.refs) or None,
            reachable=first.reachable if first else None,
            account_id=one.account_id,
        )
        looked_up.append(LookedUp(one, situation))
    return looked_up


def read_again(one: LookedUp, file: str) -> LookedUp:
    """What a report tells, with the values and places that can be read again here, and the key id in full."""
    from keysieve.scan.recorded import key_id_in, located_again

    sieve = Sieve()
    gathered = Gathered(located=list(located_again(one.finding, _repository(), sieve)))
    every = tell(gathered, sieve, Telling(one.situation.command))
    told = [each for each in every if prints(each.finding) & prints(one.finding)]
    located = tuple(place for each in told for place in each.group.located)
    again = told[0].situation if told else None
    situation = replace(
        one.situation,
        access_key_id=(again.access_key_id if again else None) or key_id_in(file, one.finding),
        context=again.context if again else None,
    )
    return replace(one, situation=situation, located=located)


def _repository() -> Repository | None:
    try:
        return discover()
    except GitError:
        return None


def beginning(text: str) -> str:
    """What a fingerprint begins with, as `ks1:` and at least four digits.

    Raises:
        UsageError: It is none.
    """
    match = _FINGERPRINT.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(
            f"{text[:60]!r} is no fingerprint.",
            "Take the word that begins with ks1: from a report, or its first digits (four at least).",
        )
    return f"ks1:{match[1]}"


def named(start: str, known: Sequence[LookedUp], query: Query) -> LookedUp:
    """The one of the known credentials that a fingerprint, or an unambiguous beginning of one, names.

    Raises:
        UsageError: None, or several.
    """
    matching = [one for one in known if any(name.startswith(start) for name in prints(one.finding))]
    exact = [one for one in matching if start in prints(one.finding)]
    found = exact or matching
    if not found:
        raise _unknown(start, query)
    if len(found) > 1 and len({one.finding.fingerprint for one in found}) > 1:
        names = ", ".join(one.finding.fingerprint for one in found[:4])
        raise UsageError(f"{start} is the beginning of several fingerprints.", f"Type more of one of: {names}")
    return read_again(found[0], query.report) if query.report else found[0]


def prints(finding: Finding) -> set[str]:
    """Every fingerprint that names it: its own and those of its values."""
    return {finding.fingerprint, *finding.fingerprints.values()}


def _unknown(text: str, query: Query) -> UsageError:
    if query.report:
        return UsageError(
            f"{text} is not in {query.report}.", "Leave --report out to scan again, or name the report that has it."
        )
    places = _listed(query.where or DEFAULT)
    other = "files" if "files" not in query.where else "history"
    return UsageError(
        f"{text} was not found in the {places} of this repository."
        if "files" not in query.where
        else f"{text} was not found in the {places} here.",
        f"Look elsewhere: --in {other}, or --report FILE; what is there now: keysieve history",
    )


def _listed(names: Iterable[str]) -> str:
    words = {"history": "history", "staged": "index", "files": "files"}
    return " and ".join(words[name] for name in names)
