"""From credentials at many places to one group for each credential.

A pair found once and its key id alone elsewhere are one credential; an excuse for one value never covers another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from keysieve.blob import Place
from keysieve.engine.match import Credential, Match, main_match
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
        beside: Excused identifiers that stood beside it somewhere.
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
        return main_match(self.values.values())


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
    if len(matches) == 1 and not matches[0].is_named and excuses[0] and excuses[0].reason == "unlikely":
        return  # nothing but its length speaks for it
    if all(excuses) or not any(excuses):
        yield _Part(one, excuses[0])
        return
    both = zip(matches, excuses, strict=True)
    beside = tuple((match.value, excuse) for match, excuse in both if excuse and not match.is_secret)
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
        main = main_match(matches)
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
    """Join lone ids and lone secrets that share a path, then those that share a commit, where one way is left."""
    gone: set[int] = set()
    for rule in rules:
        if len(rule.parts) == 2:
            for kind in ("path", "commit"):
                ids, secrets = ([g for g in groups if g.rule_ids == {part} and g.excuse is None] for part in rule.parts)
                _pair_by_place(ids, secrets, kind, gone)
    return [group_ for group_ in groups if id(group_) not in gone]


def _pair_by_place(ids: Sequence[Group], secrets: Sequence[Group], kind: str, gone: set[int]) -> None:
    """Join as many ids as secrets at one place; several only in order, when each kind stands in one file."""
    at: dict[bytes, tuple[list[Group], list[Group]]] = {}
    for side, ones in enumerate((ids, secrets)):
        for one in ones:
            for place in dict.fromkeys(map(_place_of(kind), one.located)):
                if place:
                    at.setdefault(place, ([], []))[side].append(one)
    for both in at.values():
        lone_ids, lone_secrets = ([g for g in ones if id(g) not in gone and len(g.values) == 1] for ones in both)
        if len(lone_ids) != len(lone_secrets) or (len(lone_ids) > 1 and not all(map(_is_in_one_file, both))):
            continue
        for one, other in zip(sorted(lone_ids, key=_first_seen), sorted(lone_secrets, key=_first_seen), strict=True):
            other.values = one.values | other.values
            other.located = one.located + other.located
            other.beside.update(one.beside)
            gone.add(id(one))


def _place_of(kind: str) -> Callable[[Located], bytes]:
    if kind == "path":
        return lambda located: located.place.path or b""
    return lambda located: (located.place.commit or "").encode()


def _is_in_one_file(groups: Sequence[Group]) -> bool:
    return len({located.place.path for one in groups for located in one.located}) == 1


def _first_seen(group_: Group) -> int:
    return min(located.credential.first.start for located in group_.located)


def places(group_: Group) -> list[Place]:
    """All places of a group."""
    return [one.place for one in group_.located]


def first_complete(group: Group, rank: Mapping[str, int]) -> str | None:
    """The commit with which the credential was first whole: a pair may come in one half at a time.

    Args:
        group: The credential.
        rank: Commit → its position in the order of history.
    """
    firsts: dict[str, str] = {}
    for one in group.located:
        commit = one.place.commit
        if commit is None or commit not in rank:
            continue
        for match in one.credential.matches:
            known = firsts.get(match.name)
            if known is None or rank[commit] < rank[known]:
                firsts[match.name] = commit
    return max(firsts.values(), key=rank.__getitem__, default=None)
