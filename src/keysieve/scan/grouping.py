"""From credentials at many places to one group for each credential.

A pair found once and its key id alone elsewhere are one credential; an excuse for one value never covers another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from keysieve.blob import Place
from keysieve.engine.match import Credential, Match
from keysieve.excuses import Excuse, excuse_of_value
from keysieve.rule import Rule
from keysieve.scan.gathering import Located


@dataclass(slots=True)
class Group:
    """One credential with all its places.

    Attributes:
        values: Value name → match that stands for the value.
        located: Its places, each with the matches that stand there.
        excuse: Why it is set aside, None for a finding.
        beside: Excused values that stood beside it somewhere.
        notes: What else is to be said of it.
    """

    values: dict[str, Match]
    located: list[Located]
    excuse: Excuse | None = None
    beside: dict[bytes, Excuse] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rule_ids(self) -> set[str]:
        """The rules of its values."""
        return {match.rule for match in self.values.values()}

    @property
    def main(self) -> Match:
        """The value that names it: the secret where there is one."""
        secret = self.values.get("secret_access_key")
        return secret or next((self.values[name] for name in self.values if name != "access_key_id"), self._first)

    @property
    def _first(self) -> Match:
        return next(iter(self.values.values()))


def group(located: Iterable[Located], rules: Sequence[Rule]) -> list[Group]:
    """The credentials, those with an excuse included, in the order in which they were first seen."""
    split = [part for one in located for part in _split(one)]
    joined = _join(split)
    return _pair_apart(joined, rules)


def rule_of(one: Group, rules: Iterable[Rule]) -> str:
    """The rule of a whole credential: the one that its values make together, else that of its main value."""
    present = one.rule_ids
    whole = (rule.id for rule in rules if rule.is_composite and present >= set(rule.parts))
    return next(whole, one.main.rule)


@dataclass(frozen=True, slots=True)
class _Part:
    located: Located
    excuse: Excuse | None
    beside: tuple[tuple[bytes, Excuse], ...] = ()


def _split(one: Located) -> Iterator[_Part]:
    """A credential in one piece, or value by value where only some of its values are excused."""
    matches = one.credential.matches
    excuses = [excuse_of_value(match) for match in matches]
    if all(excuses) or not any(excuses):
        yield _Part(one, excuses[0])
        return
    beside = tuple((match.value, excuse) for match, excuse in zip(matches, excuses, strict=True) if excuse)
    for match, excuse in zip(matches, excuses, strict=True):
        alone = replace(one, credential=Credential(match.rule, (match,)))
        yield _Part(alone, excuse, () if excuse else beside)


def _join(parts: Sequence[_Part]) -> list[Group]:
    """Parts that share a value become one group; an id goes with the secret that it was most often seen with."""
    partner = _partners(parts)
    groups: dict[bytes, Group] = {}
    for part in parts:
        for matches in _by_group(part.located.credential, partner):
            key = _key(matches, partner)
            group_ = groups.setdefault(key, Group({}, [], part.excuse))
            for match in matches:
                group_.values.setdefault(match.name, match)
            group_.located.append(replace(part.located, credential=Credential(part.located.credential.rule, matches)))
            group_.beside.update(part.beside)
            group_.excuse = group_.excuse and part.excuse
    return list(groups.values())


def _partners(parts: Sequence[_Part]) -> dict[bytes, bytes]:
    """Value → value that names its group."""
    seen: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    for part in parts:
        matches = part.located.credential.matches
        main = _main(matches)
        for match in matches:
            if match is not main:
                seen[match.value][main.value] += 1
    claimed: dict[bytes, bytes] = {}
    partner: dict[bytes, bytes] = {}
    ids = sorted(seen.items(), key=lambda item: -item[1].most_common(1)[0][1])
    for value, mains in ids:
        main_value = mains.most_common(1)[0][0]
        if claimed.setdefault(main_value + _kind(value), value) == value:
            partner[value] = main_value
    return partner


def _kind(value: bytes) -> bytes:
    return value[:4] if len(value) == 20 else b""


def _main(matches: Sequence[Match]) -> Match:
    return next((match for match in matches if match.name == "secret_access_key"), matches[0])


def _by_group(credential: Credential, partner: dict[bytes, bytes]) -> Iterator[tuple[Match, ...]]:
    """The matches of a credential, apart where a value belongs to another group."""
    apart: dict[bytes, list[Match]] = {}
    for match in credential.matches:
        apart.setdefault(partner.get(match.value, match.value), []).append(match)
    yield from (tuple(matches) for matches in apart.values())


def _key(matches: Sequence[Match], partner: dict[bytes, bytes]) -> bytes:
    value = matches[0].value
    return partner.get(value, value)


def _pair_apart(groups: list[Group], rules: Sequence[Rule]) -> list[Group]:
    """Join a lone id and a lone secret that share a commit or a path and have no other choice."""
    for rule in rules:
        if len(rule.parts) == 2:
            groups = _pair_by_place(groups, rule)
    return groups


def _pair_by_place(groups: list[Group], rule: Rule) -> list[Group]:
    lone = [[g for g in groups if g.rule_ids == {part} and g.excuse is None] for part in rule.parts]
    choices = {
        id(one): [other for other in others if _places(one) & _places(other)]
        for ones, others in (lone, lone[::-1])
        for one in ones
    }
    gone: set[int] = set()
    for one in lone[0]:
        if len(choices[id(one)]) == 1:
            (other,) = choices[id(one)]
            if len(choices[id(other)]) == 1:
                other.values = one.values | other.values
                other.located = one.located + other.located
                other.beside.update(one.beside)
                gone.add(id(one))
    return [group_ for group_ in groups if id(group_) not in gone]


def _places(group_: Group) -> set[tuple[str, bytes]]:
    """Commits and paths that hold it."""
    places = [one.place for one in group_.located]
    return {("commit", p.commit.encode()) for p in places if p.commit} | {("path", p.path) for p in places if p.path}


def places(group_: Group) -> list[Place]:
    """All places of a group."""
    return [one.place for one in group_.located]
