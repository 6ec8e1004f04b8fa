"""Texts with made-up credentials in them, and where those stand.

A text marks its values as `@ID@`, `@TEMP@`, `@SECRET@`, `@TOKEN@`, `@SMTP@`; a number tells several apart (`@ID2@`
belongs to `@SECRET2@`), and a word behind a colon says how the value is written (`@SECRET:percent@`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from keysieve.engine.generator import Generator

MARK = re.compile(r"@(ID|TEMP|SECRET|TOKEN|SMTP)([0-9]?)(?::([a-z0-9_]+))?@")
NAMES = {
    "ID": "access_key_id",
    "TEMP": "access_key_id",
    "SECRET": "secret_access_key",
    "TOKEN": "session_token",
    "SMTP": "ses_smtp_password",
}


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "percent": lambda value: quote(value, safe=""),
    "percent_lower": lambda value: re.sub(r"%..", lambda m: m[0].lower(), quote(value, safe="")),
    "percent_twice": lambda value: quote(quote(value, safe=""), safe=""),
    "slash": lambda value: value.replace("/", "\\/"),
    "unicode": lambda value: value.replace("/", "\\u002F").replace("+", "\\u002b"),
    "entity": lambda value: value.replace("/", "&#x2F;").replace("+", "&#43;"),
    "named_entity": lambda value: value.replace("/", "&sol;").replace("+", "&plus;"),
    "base64": _base64,
    "base64_twice": lambda value: _base64(_base64(value)),
    "base64_line": lambda value: _base64(value + "\n"),
    "base64_url": lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    "hex": lambda value: value.encode().hex(),
    "hex_upper": lambda value: value.encode().hex().upper(),
    "quoted": lambda value: value.replace("/", "=2F").replace("+", "=2B"),
    "halves": lambda value: value[:17] + '" + "' + value[17:],
    "halves_php": lambda value: value[:17] + "' . '" + value[17:],
    "halves_lua": lambda value: value[:17] + '" .. "' + value[17:],
    "halves_vb": lambda value: value[:17] + '" & _\n    "' + value[17:],
    "halves_c": lambda value: value[:17] + '"\n      "' + value[17:],
    "halves_sql": lambda value: value[:17] + "' || '" + value[17:],
    "halves_js": lambda value: value[:17] + "' +\n    '" + value[17:],
    "halves_erlang": lambda value: value[:17] + '" ++ "' + value[17:],
    "halves_elixir": lambda value: value[:17] + '" <> "' + value[17:],
    "thirds": lambda value: value[:10] + '" + "' + value[10:25] + '" + "' + value[25:],
    "continued": lambda value: value[:17] + "\\\n" + value[17:],
    "xml": escape,
}


@dataclass(frozen=True)
class Planted:
    """A value in a text: its number pairs it, its line and column are 1-based."""

    kind: str
    number: str
    value: str
    line: int
    column: int


def plant(template: str, seed: int) -> tuple[str, list[Planted]]:
    """The text, and what was planted where."""
    keys = Generator(seed)
    made: dict[tuple[str, str], str] = {}
    text, last, planted = "", 0, []
    for mark in MARK.finditer(template):
        kind, number, way = mark.groups()
        text += template[last : mark.start()]
        last = mark.end()
        if (kind, number) not in made:
            made[kind, number] = _made(keys, kind, made.get(("SECRET", number)))
        value = made[kind, number]
        line = text.count("\n") + 1
        column = len(text) - (text.rfind("\n") + 1) + 1
        planted.append(Planted(kind, number, value, line, column))
        text += WRITTEN[way or "plain"](value)
    return text + template[last:], planted


def _made(keys: Generator, kind: str, secret: str | None) -> str:
    if kind == "SMTP":
        return keys.ses_smtp_password(secret)
    return {
        "ID": keys.access_key_id,
        "TEMP": lambda: keys.access_key_id("ASIA"),
        "SECRET": keys.secret_access_key,
        "TOKEN": keys.session_token,
    }[kind]()


def credentials_of(planted: list[Planted]) -> set[tuple[str, frozenset[tuple[str, str, int, int]]]]:
    """Rule and values with their places of each credential that the planted values make."""
    numbers: dict[str, list[Planted]] = {}
    for one in planted:
        numbers.setdefault(one.number, []).append(one)
    return {
        (_rule({one.kind for one in values}), frozenset((NAMES[o.kind], o.value, o.line, o.column) for o in values))
        for values in numbers.values()
    }


def _rule(kinds: set[str]) -> str:
    return {
        frozenset({"ID", "SECRET"}): "aws-access-key-pair",
        frozenset({"ID"}): "aws-access-key-id",
        frozenset({"SECRET"}): "aws-secret-access-key",
        frozenset({"TEMP"}): "aws-temporary-access-key-id",
        frozenset({"TEMP", "SECRET"}): "aws-session-credentials",
        frozenset({"TEMP", "SECRET", "TOKEN"}): "aws-session-credentials",
        frozenset({"TOKEN"}): "aws-session-token",
        frozenset({"SMTP"}): "aws-ses-smtp-password",
        frozenset({"ID", "SMTP"}): "aws-ses-smtp-credentials",
    }[frozenset(kinds)]
