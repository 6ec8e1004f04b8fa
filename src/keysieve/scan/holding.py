"""What a scanned history holds, in the shape in which other scanners' lists are compared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from keysieve.blob import Place
from keysieve.engine.match import Match
from keysieve.excuses.migration import Held, Seen
from keysieve.scan.grouping import Group, group, rule_of
from keysieve.scan.heeding import current
from keysieve.scan.history import HistoryScan


def held(scan: HistoryScan) -> list[Held]:
    """Every credential of a history that is no example, with the places of its values."""
    rules = scan.sieve.rules
    is_current = current(scan.repository, scan.gathered.located)
    return [
        Held(
            rule=rule_of(one, rules),
            main=one.main.value,
            values=tuple(match.value for match in one.values.values()),
            seen=tuple(_seen(one, is_current)),
        )
        for one in group(scan.gathered.located, rules)
        if one.excuse is None
    ]


def _seen(one: Group, is_current: Callable[[Place], bool]) -> Iterator[Seen]:
    for located in one.located:
        for match in located.credential.matches:
            yield _sighting(match, located.place, is_current(located.place))


def _sighting(match: Match, place: Place, is_current: bool) -> Seen:
    return Seen(
        value=match.value,
        path="" if place.path is None else place.path.decode("utf-8", "surrogateescape"),
        commit=place.commit or "",
        first=match.line,
        last=match.end_line,
        is_current=is_current,
    )
