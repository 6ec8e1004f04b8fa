"""From groups to the report: redacted, counted, with remedies. From here on nothing holds a secret in clear."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from keysieve.blob import NotRead, OutOfScope, Place
from keysieve.engine.match import Match
from keysieve.engine.redaction import fingerprint, redact
from keysieve.engine.sieve import Sieve
from keysieve.finding import Event, Finding, Occurrence, Part, Passed, Remedy, Report, SetAside, Stats, Unread
from keysieve.git.commits import Commit
from keysieve.rule import Rule, Severity
from keysieve.scan.gathering import Gathered, Located
from keysieve.scan.grouping import Group, group, rule_of
from keysieve.scan.masking import Mask

if TYPE_CHECKING:
    from keysieve.excuses.policy import Policy
    from keysieve.remedies import Situation
    from keysieve.scan.known import Known


@dataclass(frozen=True, slots=True)
class Story:
    """What history tells about one credential; see `Finding` for the fields.

    Attributes:
        pushed: Whether a remote-tracking ref holds it; None when that is not known.
    """

    introduced: str | None = None
    removed: str | None = None
    live: bool | None = None
    refs: tuple[bytes, ...] | None = None
    notes: tuple[str, ...] = ()
    pushed: bool | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a team has settled, and how far that reaches in a scan.

    Attributes:
        policy: What counts.
        proposed: What would count if the change under scan had its way; None where that is the same.
        trust_head: Whether the user typed `--trust-head`: then the change may excuse itself.
        is_whole: Whether everything is scanned that an excuse could be for.
        remarks: What the report has to say about the settings themselves.
    """

    policy: Policy | None = None
    proposed: Policy | None = None
    trust_head: bool = False
    is_whole: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """How the report is to be told.

    Attributes:
        command: The command that scanned.
        reveal: Whether the user typed `--reveal`.
        commits: What is known of the commits that places name.
        stories: Gives the stories of groups, by their position.
        terms: What the team has settled; None for nothing.
    """

    command: str
    reveal: bool = False
    commits: Mapping[str, Commit] = field(default_factory=dict)
    stories: Callable[[Sequence[Group]], Mapping[int, Story]] = lambda _groups: {}
    terms: Terms | None = None


def report(gathered: Gathered, sieve: Sieve, telling: Telling, started: float) -> Report:
    """The report on what a scan gathered.

    Args:
        gathered: By the scan.
        sieve: That it was found with; its rules are read only if there is something to tell.
        telling: How to tell it.
        started: When the scan began, in `time.monotonic` seconds.
    """
    rules = sieve.rules if gathered.located else ()
    groups = group(gathered.located, rules)
    teller = _Teller(groups, rules, telling)
    settled = _settle(gathered, groups, rules, telling)
    findings = [teller.finding(one) for one in groups if one.excuse is None]
    return Report(
        command=telling.command,
        findings=tuple(sorted(findings, key=_urgency)),
        set_aside=tuple(
            SetAside(one.excuse.reason, teller.text(one.excuse.detail.encode()), teller.finding(one))
            for one in groups
            if one.excuse is not None
        ),
        not_read=tuple(teller.unread(one) for one in dict.fromkeys(settled.not_read)),
        out_of_scope=tuple(teller.passed(one) for one in dict.fromkeys(settled.out_of_scope)),
        stats=Stats(gathered.blobs, gathered.bytes, gathered.commits, round(time.monotonic() - started, 3)),
        remarks=tuple(teller.text(remark.encode()) for remark in settled.remarks),
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    """What is left to tell once the team's settings have been applied."""

    not_read: Sequence[NotRead]
    out_of_scope: Sequence[OutOfScope]
    remarks: Sequence[str] = ()


def _settle(gathered: Gathered, groups: Sequence[Group], rules: Sequence[Rule], telling: Telling) -> _Settled:
    """Apply what the team has settled; a clean scan without settings pays nothing."""
    terms = telling.terms or Terms()
    if not groups and terms.policy is None:
        return _Settled(gathered.not_read, gathered.out_of_scope)
    from keysieve.scan.excusing import Excusing

    excusing = Excusing(gathered, terms.policy, terms.proposed, trusts_all=terms.trust_head)
    excusing.apply(groups, rules)
    not_read, out_of_scope = excusing.accept(gathered)
    remarks = excusing.notes(is_whole=terms.is_whole and not not_read)
    return _Settled(not_read, out_of_scope, (*terms.remarks, *remarks))


@dataclass(frozen=True, slots=True)
class Told:
    """One credential with its values, as it is reported, and what its remedy depends on."""

    group: Group = field(repr=False)
    finding: Finding
    situation: Situation


def tell(gathered: Gathered, sieve: Sieve, telling: Telling) -> list[Told]:
    """Every credential that a scan gathered, those with an excuse included, with what leads to its secret."""
    rules = sieve.rules if gathered.located else ()
    groups = group(gathered.located, rules)
    if telling.terms is not None:
        _settle(gathered, groups, rules, telling)
    teller = _Teller(groups, rules, telling)
    return [Told(one, teller.finding(one), teller.situation(one)) for one in groups]


def _urgency(finding: Finding) -> tuple[int, bool, str]:
    from keysieve.rule import SEVERITIES

    first = finding.occurrences[0].path or "" if finding.occurrences else ""
    return -SEVERITIES.index(finding.severity), not finding.live, first


class _Teller:
    """Turns groups into findings; knows every value that must be masked wherever it stands."""

    def __init__(self, groups: Sequence[Group], rules: Sequence[Rule], telling: Telling) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._telling = telling
        stories = telling.stories(groups)
        self._stories = {id(one): stories.get(number, Story()) for number, one in enumerate(groups)}
        self._groups = groups
        self._texts: dict[bytes, str] = {}
        self._mask = Mask(
            {
                text: self._shown(match).encode()
                for one in groups
                for located in one.located
                for match in located.credential.matches
                for text in (match.raw, match.value)
            }
        )

    def _shown(self, match: Match) -> str:
        if self._telling.reveal:
            return match.value.decode("utf-8", "replace")
        return redact(match.value, is_secret=self._rules[match.rule].is_secret)

    def text(self, data: bytes) -> str:
        """Bytes as text that is safe to show: credentials masked, what is not UTF-8 escaped."""
        if data not in self._texts:  # paths and authors come again with every occurrence
            shown = data if self._telling.reveal else self._mask.masked(data)
            self._texts[data] = shown.decode("utf-8", "backslashreplace")
        return self._texts[data]

    def _is_masked(self, data: bytes) -> bool:
        return self._mask.holds(data)

    def unread(self, one: NotRead) -> Unread:
        return Unread(self.text(one.what), one.reason)

    def passed(self, one: OutOfScope) -> Passed:
        return Passed(self.text(one.what), one.reason, one.count)

    def finding(self, one: Group) -> Finding:
        rule = self._rules[rule_of(one, self._rules.values())]
        story = self._stories[id(one)]
        occurrences = tuple(dict.fromkeys(self._occurrence(located) for located in one.located))
        account = self._known.account(one)
        prints = {name: fingerprint(match.value) for name, match in one.values.items()}
        return Finding(
            rule=rule.id,
            severity="low" if self._known.end(one, rule) else _severity(rule, one),
            confidence=self._known.confidence(one, rule),
            fingerprint=fingerprint(one.main.value),
            fingerprints=prints,
            summary=rule.title + self._of_account(account),
            values={name: self._shown(match) for name, match in one.values.items()},
            account_id=account,
            notes=(
                *self._notes(one, rule),
                *story.notes,
                *(self.text(note.encode()) for note in one.notes),
            ),
            occurrences=occurrences,
            introduced=self._event(story.introduced),
            removed=self._event(story.removed),
            live=story.live,
            refs=None if story.refs is None else tuple(map(self.text, story.refs)),
            remedy=self._remedy(one),
        )

    def _of_account(self, account: str | None) -> str:
        if not account:
            return ""
        policy = self._telling.terms.policy if self._telling.terms else None
        name = policy.accounts.get(account) if policy else None
        return f" of account {account}" + (f" ({name})" if name else "")

    @cached_property
    def _known(self) -> Known:
        from keysieve.scan.known import Known

        return Known(self._groups, self._telling.commits)

    def _notes(self, one: Group, rule: Rule) -> list[str]:
        beside = (
            f"Stands beside {value.decode()} ({excuse.detail}); that excuses nothing here."
            for value, excuse in one.beside.items()
        )
        return [*beside, *self._known.notes(one, rule)]

    def _remedy(self, one: Group) -> Remedy:
        from keysieve.remedies import remedy_for

        return remedy_for(self.situation(one))

    def situation(self, one: Group) -> Situation:
        """What the remedy depends on: the credential, and the place of it that says most."""
        from keysieve.remedies import Situation

        rule, story = self._rules[rule_of(one, self._rules.values())], self._stories[id(one)]
        telling = max(one.located, key=_weight)  # the first of equals
        place = telling.place
        key_id = one.values.get("access_key_id")
        reached = {located.place.reachable for located in one.located}
        return Situation(
            rule=rule.id,
            remedy=rule.remedy,
            kind=place.kind,
            path=None if place.path is None or self._is_masked(place.path) else place.path,
            context=telling.context or None,
            command=self._telling.command,
            live=story.live,
            pushed=story.pushed,
            reachable=True if True in reached else (False if reached == {False} else None),
            account_id=self._known.account(one),
            access_key_id=key_id.value.decode() if key_id else None,
        )

    def _event(self, oid: str | None) -> Event | None:
        commit = self._telling.commits.get(oid or "")
        return Event(commit.oid, self.text(commit.author), commit.date) if commit else None

    def _occurrence(self, located: Located) -> Occurrence:
        place = located.place
        first = located.credential.first
        commit = self._telling.commits.get(place.commit or "")
        path = None if place.path is None else self.text(place.path)
        return Occurrence(
            kind=place.kind,
            path=path,
            path_bytes=self._path_bytes(place),
            line=first.line,
            column=first.column,
            encoding=first.encoding,
            blob=place.oid,
            commit=place.commit,
            author=self.text(commit.author) if commit else None,
            date=commit.date if commit else None,
            author_date=commit.author_date if commit else None,
            reachable=place.reachable,
            parts=tuple(_part(match, path, place) for match in located.credential.matches),
        )

    def _path_bytes(self, place: Place) -> str | None:
        if place.path is None or _is_utf8(place.path) or self._is_masked(place.path):
            return None
        import base64

        return base64.b64encode(place.path).decode("ascii")


def _weight(located: Located) -> tuple[bool, bool]:
    """Contents of files that a ref reaches say most about what to do."""
    return located.place.reachable is not False, located.place.kind in ("file", "staged")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _part(match: Match, path: str | None, place: Place) -> Part:
    return Part(match.name, path, place.oid, match.line, match.column, match.end_line, match.end_column)


def _severity(rule: Rule, one: Group) -> Severity:
    if rule.severity_without_optional and not one.rule_ids >= set(rule.optional):
        return rule.severity_without_optional
    return rule.severity
