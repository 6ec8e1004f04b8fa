"""From entries of other scanners' lists to lines of a baseline, by way of what a scan has found."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from keysieve.engine.redaction import fingerprint
from keysieve.excuses.baseline import Line, one_line
from keysieve.excuses.peers import Known

KEY_ID = 20
"""Characters of a key id."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One value at one place.

    Attributes:
        path: As text; empty where there is none.
        commit: That brought it in; empty where that is not known.
        first: 1-based line of its start, `last` of its end.
        is_current: Whether it stands there at HEAD.
    """

    value: bytes = field(repr=False)
    path: str
    commit: str
    first: int
    last: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A credential that the scan found.

    Attributes:
        rule: Its rule.
        main: The value that names it.
        values: All its values.
        seen: Where they stand.
    """

    rule: str
    main: bytes = field(repr=False)
    values: tuple[bytes, ...] = field(repr=False)
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """What has become of the entries.

    Attributes:
        lines: For the baseline.
        unmatched: Entries for which the scan has nothing: other kinds of secrets, or gone.
        partial: Entries that know only the key id of a credential whose secret nobody has accepted.
    """

    lines: tuple[Line, ...]
    unmatched: tuple[str, ...]
    partial: tuple[str, ...]


def migrate(entries: Sequence[Known], credentials: Sequence[Held], hmac_key: bytes = b"") -> Migration:
    """Turn entries into lines.

    Args:
        entries: Of another scanner.
        credentials: What the scan found.
        hmac_key: The key of betterleaks' keyed digests.
    """
    index = _Index(credentials, hmac_key)
    lines: dict[str, Line] = {}
    unmatched, partial = [], []
    for entry in entries:
        found = index.held_by(entry)
        if not found:
            unmatched.append(entry.told)
        whole = [held for held, value in found if value == held.main]
        for held in whole:
            name = fingerprint(held.main)
            lines.setdefault(name, Line(name, held.rule, one_line(entry.reason)))
        if not whole:
            partial += [(entry.told, fingerprint(held.main)) for held, _ in found]
    left = dict.fromkeys(told for told, name in partial if name not in lines)
    return Migration(tuple(lines.values()), tuple(unmatched), tuple(left))


class _Index:
    def __init__(self, credentials: Sequence[Held], hmac_key: bytes) -> None:
        self._credentials = credentials
        self._hmac_key = hmac_key
        self._by_value = {value: held for held in credentials for value in held.values}
        self._by_digest = {
            digest: value for value in self._by_value for digest in _digests(value, hmac_key)
        }  # every digest that a peer may have made

    def held_by(self, entry: Known) -> list[tuple[Held, bytes]]:
        """The credentials that an entry names, each with the value by which it does."""
        values = [self._by_digest[digest] for digest in entry.digests if digest in self._by_digest]
        values += [value for value in entry.values if value in self._by_value]
        if not values and entry.path and entry.line and not entry.digests:
            values += self._at(entry)
        return [(self._by_value[value], value) for value in dict.fromkeys(values)]

    def _at(self, entry: Known) -> Iterator[bytes]:
        """Values at the position of an entry."""
        for held in self._credentials:
            for seen in held.seen:
                if _is_at(seen, entry):
                    yield seen.value


def _is_at(seen: Seen, entry: Known) -> bool:
    if seen.path != entry.path or not seen.first <= entry.line <= seen.last:
        return False
    if entry.is_key_id and len(seen.value) != KEY_ID:
        return False
    return seen.commit.startswith(entry.commit) if entry.commit else seen.is_current


def _digests(value: bytes, hmac_key: bytes) -> Iterable[tuple[str, str]]:
    yield "sha1", hashlib.sha1(value, usedforsecurity=False).hexdigest()
    yield "sha256", hashlib.sha256(value).hexdigest()
    if hmac_key:
        yield "hmac-sha256", hmac.new(hmac_key, value, "sha256").hexdigest()
