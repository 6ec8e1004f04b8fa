"""What a team has settled, applied to a credential: which excuse covers it, wholly or at some of its places.

An excuse that names a secret covers its credential, with whatever id it turns up. One that names a key id covers the id
while it stands alone, and never a secret. A path or a pragma covers places; every place has to be covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from keysieve.blob import NotRead, Place
from keysieve.engine.match import Match
from keysieve.engine.pragma import Pragma
from keysieve.engine.redaction import fingerprint
from keysieve.excuses import Excuse
from keysieve.excuses.entry import Entry, Gap, by_fingerprint, is_over, with_end


@dataclass(frozen=True, slots=True)
class Heeding:
    """Which pragmas count.

    Attributes:
        pragma: Gives the pragma that counts for a value at a place; None for none.
        otherwise: Why one that stands there may not count, to be read after "… does not count: ".
    """

    pragma: Callable[[Place, Match], Pragma | None]
    otherwise: str = ""


def as_written() -> Heeding:
    """Every pragma counts where it stands."""
    return Heeding(lambda _place, match: match.pragma)


def never() -> Heeding:
    """No pragma counts: what is scanned is not ours."""
    return Heeding(lambda _place, _match: None, "what is scanned does not belong to the current repository.")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a team has settled.

    Attributes:
        entries: Allowlist and baseline.
        gaps: What may stay unread.
        accounts: Account → the team's name for it.
        today: The day that decides what is over.
        relative: Gives a scanned path as seen from the root of the repository.
    """

    entries: tuple[Entry, ...] = ()
    gaps: tuple[Gap, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    today: date = date.max
    relative: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of a credential.

    Attributes:
        match: Stands for the credential there: its secret, if that stands there.
        others: Its other values there.
    """

    place: Place
    match: Match
    others: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A credential, as far as excuses look at it.

    Attributes:
        rules: The rule of the credential and those of its values.
        account: Of its key id, where there is one that tells.
        main: The value that names it.
        others: Its other values.
        spots: Its places.
    """

    rules: frozenset[str]
    account: str | None
    main: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(repr=False)
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a credential is excused, and what else is to be said."""

    excuse: Excuse | None = None
    notes: tuple[str, ...] = ()


class Judge:
    """Applies a policy, and remembers which entries were of use.

    Args:
        policy: What is settled.
        heeding: Which pragmas count.

    Attributes:
        used: Entries and gaps that something was found for, over or not.
    """

    def __init__(self, policy: Policy, heeding: Heeding) -> None:
        self.policy = policy
        self.used: set[Entry | Gap] = set()
        self._heeding = heeding
        self._all: tuple[Entry | Gap, ...] = (*policy.entries, *policy.gaps)
        self._entries = by_fingerprint(policy.entries)

    def judge(self, subject: Subject) -> Verdict:
        """Whether a credential is excused."""
        fitting = list(self._fitting(subject))
        notes = [*self._on_ids(subject, fitting), *self._over(fitting, subject.main)]
        valid = [
            entry
            for entry, value in fitting
            if not is_over(entry.until, self.policy.today) and value in (None, subject.main)
        ]
        whole = next((entry for entry in valid if not entry.paths), None)
        if whole is not None:
            return Verdict(Excuse(whole.kind, whole.told))
        at_places = [self._at_place(spot, valid) for spot in subject.spots]
        covered = [excuse for excuse in at_places if excuse is not None]
        if covered and len(covered) == len(at_places):
            return Verdict(covered[0])
        notes += self._on_places(covered, at_places)
        notes += dict.fromkeys(self._on_pragmas(subject))
        return Verdict(None, tuple(notes))

    def _fitting(self, subject: Subject) -> Iterator[tuple[Entry, bytes | None]]:
        """The entries that agree with it, each with the value that it names, over or not."""
        for value in (None, subject.main, *subject.others):
            for entry in self._entries.get(fingerprint(value) if value else "", ()):
                fits = entry.account in ("", subject.account) and (not entry.rule or entry.rule in subject.rules)
                if fits and any(entry.covers_path(self._path(spot.place)) for spot in subject.spots):
                    self.used.add(entry)
                    yield entry, value

    def _path(self, place: Place) -> bytes | None:
        """The path of a place in the tree."""
        return None if place.path is None or place.kind == "ref-name" else self.policy.relative(place.path)

    def _at_place(self, spot: Spot, entries: Sequence[Entry]) -> Excuse | None:
        path = self._path(spot.place)
        for entry in entries:
            if entry.covers_path(path):
                return Excuse(entry.kind, entry.told)
        pragma = self._heeding.pragma(spot.place, spot.match)
        if pragma is None or not pragma.reason or self._is_over(pragma):
            return None
        return Excuse("pragma", with_end(pragma.reason, _end(pragma)))

    def _is_over(self, pragma: Pragma) -> bool:
        return bool(pragma.until) and is_over(_end(pragma) or date.min, self.policy.today)

    @staticmethod
    def _on_ids(subject: Subject, fitting: Sequence[tuple[Entry, bytes | None]]) -> Iterator[str]:
        for entry, value in fitting:
            if value is not None and value != subject.main:
                yield f"The {entry.kind} covers another value of it ({entry.reason}), which does not excuse the secret."

    def _over(self, fitting: Sequence[tuple[Entry, bytes | None]], main: bytes) -> Iterator[str]:
        for entry, value in fitting:
            if is_over(entry.until, self.policy.today) and value in (None, main):
                yield f"Its excuse ({entry.kind}: {entry.reason}) ended on {entry.until}."

    @staticmethod
    def _on_places(covered: Sequence[Excuse], places: Sequence[Excuse | None]) -> Iterator[str]:
        if covered:
            first = covered[0]
            yield (
                f"Excused at {len(covered)} of its {len(places)} places ({first.reason}: {first.detail});"
                " the others count."
            )

    def _on_pragmas(self, subject: Subject) -> Iterator[str]:
        for spot in subject.spots:
            pragma = self._heeding.pragma(spot.place, spot.match)
            if pragma is not None and not pragma.reason:
                yield "keysieve:allow excuses nothing without a reason. Write: keysieve:allow REASON"
            elif pragma is not None and self._is_over(pragma):
                yield f"Its excuse (pragma: {pragma.reason}) ended on {pragma.until}."
            elif pragma is None and spot.match.pragma is not None:
                yield f"The pragma beside it ({spot.match.pragma.reason}) does not count: {self._heeding.otherwise}"
            elif pragma is None and any(other.pragma for other in spot.others):
                yield f"The pragma beside its {_word(spot.others[0])} covers that line only, not the secret."

    def gap(self, one: NotRead) -> Gap | None:
        """The entry by which something may stay unread."""
        for gap in self.policy.gaps:
            if gap.covers(one.what, one.reason):
                self.used.add(gap)
                if not is_over(gap.until, self.policy.today):
                    return gap
        return None

    def ended(self) -> list[Entry | Gap]:
        """The entries that are over."""
        return [one for one in self._all if is_over(one.until, self.policy.today)]

    def unused(self) -> list[Entry | Gap]:
        """The entries for which nothing was found."""
        return [one for one in self._all if one not in self.used]


def _end(pragma: Pragma) -> date | None:
    """The last day of a pragma; None for no end or for what is no day (which then is over)."""
    try:
        return date.fromisoformat(pragma.until) if pragma.until else None
    except ValueError:
        return None


def _word(match: Match) -> str:
    return match.name.replace("_", " ")
