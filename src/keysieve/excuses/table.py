"""Reads the tables in which a team writes its excuses down: what is wrong in them is told with what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from keysieve.engine.catalogue import nearest
from keysieve.errors import ConfigurationError
from keysieve.excuses.entry import FINGERPRINT, Entry, Gap

_REASON: Mapping[str, type] = {"reason": str, "until": date}
_ALLOW: Mapping[str, type] = {"paths": list, "account": str, "fingerprint": str, "rule": str, **_REASON}
_ACCEPT: Mapping[str, type] = {"what": list, "because": str, **_REASON}
_KINDS: Mapping[type, str] = {
    str: 'a text in quotes ("…")',
    list: 'a list (["…"])',
    dict: "a table",
    date: "a date without quotes (2030-12-31)",
}
_COMMAND_LINE = ("fail-on", "reveal", "output", "format", "jobs", "quiet", "allow-incomplete", "baseline")


def allowed(tables: Sequence[Any], source: str, rules: Iterable[str]) -> tuple[Entry, ...]:
    """The entries of `[[allow]]`.

    Args:
        tables: As TOML gives them.
        source: The file, for messages.
        rules: Ids of all rules.

    Raises:
        ConfigurationError: An entry is not valid.
    """
    names = tuple(rules)
    return tuple(_allow(table, origin, names) for table, origin in _entries(tables, "allow", _ALLOW, source))


def _allow(table: Mapping[str, Any], origin: str, rules: Sequence[str]) -> Entry:
    if not table.keys() & {"paths", "account", "fingerprint"}:
        raise ConfigurationError(
            f"{origin} does not say what it is for.", "Add paths, account or fingerprint; rule narrows them."
        )
    fingerprint, account, rule = (table.get(key, "") for key in ("fingerprint", "account", "rule"))
    _match(fingerprint, FINGERPRINT, f"{origin}: fingerprint", "Copy it from a report: ks1: and 32 digits.")
    _match(account, r"\d{12}", f"{origin}: account", "An account id has twelve digits.")
    if rule:
        check_known(rule, rules, origin)
    paths = texts(table.get("paths", ()), f"{origin}: paths")
    return Entry("allowlist", table["reason"].strip(), origin, table.get("until"), fingerprint, account, rule, paths)


def gaps(tables: Sequence[Any], source: str) -> tuple[Gap, ...]:
    """The entries of `[[accept-not-read]]`; see `allowed`."""
    return tuple(_gap(table, origin) for table, origin in _entries(tables, "accept-not-read", _ACCEPT, source))


def _gap(table: Mapping[str, Any], origin: str) -> Gap:
    what = texts(table.get("what", ()), f"{origin}: what")
    if not what:
        raise ConfigurationError(f"{origin} does not say what.", 'Name paths or object ids: what = ["old/big.zip"]')
    return Gap(what, table["reason"].strip(), origin, table.get("until"), table.get("because", ""))


def accounts(table: Mapping[str, Any], source: str) -> dict[str, str]:
    """Account → name, from `[accounts]`; see `allowed`."""
    for account in table:
        if not re.fullmatch(r"\d{12}", account):
            raise ConfigurationError(
                f"{source}, [accounts]: {account!r} is no account id.", "An account id has twelve digits."
            )
    check(table, dict.fromkeys(table, str), f"{source}, [accounts]")
    return dict(table)


def _entries(
    tables: Sequence[Any], name: str, keys: Mapping[str, type], source: str
) -> Iterator[tuple[dict[str, Any], str]]:
    for number, table in enumerate(tables, start=1):
        origin = f"{source}, [[{name}]] {number}"
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{source}: {name} has to be a list of tables.", f"Write [[{name}]] on a line of its own."
            )
        check(table, keys, origin)
        if not table.get("reason", "").strip():
            raise ConfigurationError(f"{origin} has no reason.", 'Say why, for example: reason = "test account"')
        yield table, origin


def check(table: Mapping[str, Any], keys: Mapping[str, type], source: str) -> None:
    """See to it that a table holds known keys of the right type.

    Raises:
        ConfigurationError: It does not; the message names the nearest key.
    """
    for key, value in table.items():
        if key not in keys:
            raise ConfigurationError(f"{source}: there is no setting {key!r}.", _hint(key, keys))
        if not isinstance(value, keys[key]) or isinstance(value, datetime):
            raise ConfigurationError(
                f"{source}: {key} has to be {_KINDS[keys[key]]}.", f"Change what stands behind {key} = to that."
            )


def _hint(key: str, keys: Iterable[str]) -> str:
    option = key.replace("_", "-")
    if option in _COMMAND_LINE:
        return f"That is for the command line only: --{option}"
    return f"Did you mean {nearest(key, keys)!r}?   (docs/configuration.md has them all)"


def texts(values: Sequence[Any], source: str) -> tuple[str, ...]:
    """A list of texts, none of them empty.

    Raises:
        ConfigurationError: Something else is in it.
    """
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"{source} holds {value!r}, which is no text.", 'Write texts: ["one", "two"]')
    return tuple(values)


def _match(text: str, pattern: str, what: str, hint: str) -> None:
    if text and not re.fullmatch(pattern, text):
        raise ConfigurationError(f"{what} is not valid: {text!r}.", hint)


def check_known(name: str, names: Iterable[str], source: str) -> None:
    """See to it that there is a rule of that name.

    Raises:
        ConfigurationError: There is none; the message names the nearest.
    """
    known = sorted(names)
    if name not in known:
        raise ConfigurationError(f"{source}: there is no rule {name!r}.", f"Did you mean {nearest(name, known)!r}?")
