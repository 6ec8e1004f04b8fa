"""Reads what a team has settled for its repository: rules of its own, excuses, names of accounts.

It stands in `.keysieve.toml` or in `[tool.keysieve]` of `pyproject.toml`, and in `.keysieve-baseline`. A repository can
add rules and excuses, and nothing else: what is shown, where, and what fails is for the one who types the command.
Where the files are read from decides what they may excuse; see `docs/excuses.md`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from keysieve.blob import NotRead
from keysieve.engine.catalogue import nearest, parse_rule, rule_of, shipped_rules
from keysieve.errors import ConfigurationError
from keysieve.excuses import baseline
from keysieve.excuses.entry import Entry
from keysieve.excuses.policy import Policy
from keysieve.excuses.table import accounts, allowed, check, check_known, gaps, texts
from keysieve.git import objects
from keysieve.git.repository import Repository
from keysieve.rule import Rule
from keysieve.scan.assembly import Terms
from keysieve.scan.gathering import SETTINGS_FILES
from keysieve.sources.commits import Range

OWN, PYPROJECT, BASELINE = SETTINGS_FILES
TABLE = b"[tool.keysieve"
"""What stands in every `pyproject.toml` that has something for us."""
Read = Callable[[bytes], bytes | None]
"""Gives the content of a file by its path from where the configuration lies; None where there is none."""

_TOP: Mapping[str, type] = {"rules": list, "rule": list, "allow": list, "accept-not-read": list, "accounts": dict}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is settled.

    Attributes:
        rules: The team's own.
        terms: Its excuses, and how far they reach.
    """

    rules: tuple[Rule, ...] = ()
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Typed:
    """Files that the user named on the command line, in place of those of the repository; None for none."""

    config: str | None = None
    baseline: str | None = None


def settings(files: Mapping[bytes, bytes], read: Read, typed: Typed) -> Settings:
    """What the files settle.

    Args:
        files: Those of `SETTINGS_FILES` that there are, with their content.
        read: Gives rule files that the configuration names.
        typed: What the user named instead.

    Raises:
        ConfigurationError: A file is not valid; the message names it, the key, and the nearest valid one.
    """
    table, source = _typed_table(typed.config) if typed.config else _table(files)
    if typed.config:
        read = from_folder(os.path.dirname(os.fsencode(typed.config)))
    lines = _baseline(files, typed.baseline)
    check(table, _TOP, source)
    rules = _OwnRules(table, source, read).rules()
    allow = table.get("allow", ())
    entries = allowed(allow, source, [rule.id for rule in (*shipped_rules(), *rules)]) if allow else ()
    policy = Policy(
        entries=(*lines, *entries),
        gaps=gaps(table.get("accept-not-read", ()), source),
        accounts=accounts(table.get("accounts", {}), source),
        today=datetime.now(UTC).date(),
    )
    return Settings(rules, Terms(policy))


def at_revision(repository: Repository, revision: str, typed: Typed) -> Settings:
    """What a commit of a repository settles. A revision that is not there settles nothing."""
    read = from_objects(revision, cwd=repository.directory, env=repository.environment)
    return settings(_present(read), read, typed)


def for_range(repository: Repository, span: Range, typed: Typed, *, trust_head: bool) -> Settings:
    """What counts for a range: what its merge base settles, not what the range itself adds; see `for_change`."""
    return for_change(repository, span.merge_base, span.head, typed, trust_head=trust_head)


def for_change(repository: Repository, base: str | None, head: str, typed: Typed, *, trust_head: bool) -> Settings:
    """What counts for a change that may try to excuse itself.

    Args:
        repository: Where the change is.
        base: The commit before it, whose settings count; None where there is none: then nothing is settled.
        head: The commit that it leads to, whose settings are looked at to say what they would have excused.
        typed: What the user named instead.
        trust_head: Let count what the head settles.
    """
    if trust_head:
        settled = at_revision(repository, head, typed)
        return replace(settled, terms=replace(settled.terms, trust_head=True))
    try:
        settled = at_revision(repository, base, typed) if base else from_disk(None, typed)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error.message[:-1]} (as it stands where the change begins).",
            f"{error.hint} To scan the change that does so: --trust-head",
        ) from None
    try:
        proposed, remarks = at_revision(repository, head, typed).terms.policy, tuple[str, ...]()
    except ConfigurationError as error:
        proposed, remarks = None, (f"Settings that this change brings in are not valid. {error.message}",)
    return replace(settled, terms=replace(settled.terms, proposed=proposed, remarks=remarks))


def from_disk(folder: bytes | None, typed: Typed) -> Settings:
    """What the files in a folder settle; without a folder, only what the user named does."""
    if folder is None:
        return settings({}, lambda _path: None, typed)
    read = from_folder(folder)
    return settings(_present(read), read, typed)


def _present(read: Read) -> dict[bytes, bytes]:
    found = ((name, read(name)) for name in SETTINGS_FILES)
    return {name: data for name, data in found if data is not None}


def from_objects(revision: str, *, cwd: bytes | None, env: Mapping[str, str]) -> Read:
    """Reads files of a commit, or of the index where the revision is empty.

    Args:
        revision: The commit.
        cwd: Where to run git.
        env: From `git.run.environment`.
    """

    def read(path: bytes) -> bytes | None:
        (answer,) = objects.read([revision.encode() + b":" + path], cwd=cwd, env=env)
        return None if isinstance(answer, NotRead) or answer.kind != "blob" else answer.data

    return read


def from_folder(folder: bytes) -> Read:
    """Reads files on disk, and nothing but files."""

    def read(path: bytes) -> bytes | None:
        full = os.path.join(folder, path)
        try:
            if not os.path.isfile(full):
                return None
            with open(full, "rb") as file:
                return file.read()
        except OSError as error:
            raise ConfigurationError(
                f"{os.fsdecode(full)} cannot be read: {error.strerror}.", "Check its permissions."
            ) from None

    return read


def _named_file(name: str) -> bytes:
    """What a file holds that the user named, of whatever kind it is."""
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigurationError(
            f"{name} cannot be read: {error.strerror}.", "Check the path after --config or --baseline."
        ) from None


def _typed_table(name: str) -> tuple[Mapping[str, Any], str]:
    data = _named_file(name)
    if os.path.basename(name) == os.fsdecode(PYPROJECT):
        return _tool(_toml(data, name)), f"{name}, [tool.keysieve]"
    return _toml(data, name), name


def _table(files: Mapping[bytes, bytes]) -> tuple[Mapping[str, Any], str]:
    """The repository's configuration, and what to call it."""
    name, project = OWN.decode(), files.get(PYPROJECT, b"")
    tool = _tool(_toml(project, PYPROJECT.decode())) if TABLE in project else {}
    if OWN not in files:
        return tool, f"{PYPROJECT.decode()}, [tool.keysieve]"
    if tool:
        raise ConfigurationError(
            f"Both {name} and [tool.keysieve] of {PYPROJECT.decode()} hold settings.",
            f"Keep one of them: move the table's lines to {name}.",
        )
    return _toml(files[OWN], name), name


def _tool(table: Mapping[str, Any]) -> Mapping[str, Any]:
    tool = table.get("tool", {})
    found = tool.get("keysieve", {}) if isinstance(tool, dict) else {}
    return found if isinstance(found, dict) else {}


def _toml(data: bytes, source: str) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{source} is not UTF-8 text.", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source} is not valid TOML: {error}.", "Mend it at that line.") from None


def _baseline(files: Mapping[bytes, bytes], typed: str | None) -> tuple[Entry, ...]:
    source = typed or BASELINE.decode()
    data = _named_file(typed) if typed else files.get(BASELINE, b"")
    return baseline.entries(baseline.parse(data, source), source)


class _OwnRules:
    """Reads a team's own rules; raises at the first thing that is wrong.

    Args:
        table: The configuration, as TOML gives it.
        source: What to call it.
        read: Gives rule files.
    """

    def __init__(self, table: Mapping[str, Any], source: str, read: Read) -> None:
        self._table, self._source, self._read = table, source, read

    def rules(self) -> tuple[Rule, ...]:
        """The team's own rules, from files and from the configuration itself."""
        files = [self._rule_file(path) for path in texts(self._table.get("rules", ()), f"{self._source}: rules")]
        inline = [
            rule_of(table if isinstance(table, dict) else {}, f"{self._source}, [[rule]] {number}")
            for number, table in enumerate(self._table.get("rule", ()), start=1)
        ]
        rules = (*files, *inline)
        taken = {rule.id for rule in shipped_rules()} if rules else set()
        for rule in rules:
            _check_own(rule, taken, self._source)
            taken.add(rule.id)
        for rule in rules:
            for part in (*rule.parts, *rule.optional, *rule.near):
                check_known(part, taken, f"{self._source}, rule {rule.id}")
        return rules

    def _rule_file(self, path: str) -> Rule:
        normal = os.path.normpath(path)
        if os.path.isabs(normal) or normal.split(os.sep)[0] == os.pardir:
            raise ConfigurationError(f"{self._source}: the rule file {path!r} lies outside.", "Name one beside it.")
        data = self._read(os.fsencode(normal))
        if data is None:
            raise ConfigurationError(f"{self._source}: there is no rule file {path!r} where it is read from.", _WHERE)
        try:
            return parse_rule(data.decode("utf-8"), path)
        except UnicodeDecodeError:
            raise ConfigurationError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None


_WHERE = "Paths count from the root of the repository; a new file has to be added (git add) with the configuration."


def _check_own(rule: Rule, taken: Collection[str], source: str) -> None:
    """A rule of the team's own adds to the others, and can be run."""
    if rule.id in taken:
        raise ConfigurationError(
            f"{source}: a rule {rule.id!r} is there already.", "Settings can only add rules: give it an id of its own."
        )
    _check_remedy(rule, source)
    for name in ("pattern", "names", "weak_names", "context"):
        _check_pattern(getattr(rule, name), f"{source}: rule {rule.id}, {name}", is_value=name == "pattern")
    for expression in rule.prefilter:
        _check_pattern(expression, f"{source}: rule {rule.id}, prefilter")


def _check_remedy(rule: Rule, source: str) -> None:
    from keysieve.remedies.catalogue import catalogue

    names = catalogue().credentials
    if rule.remedy not in names:
        raise ConfigurationError(
            f"{source}: rule {rule.id} names the remedy {rule.remedy!r}, which there is not.",
            f"Did you mean {nearest(rule.remedy, names)!r}?",
        )


def _check_pattern(source: bytes, what: str, *, is_value: bool = False) -> None:
    import regex

    try:
        compiled = regex.compile(source)
    except regex.error as error:
        raise ConfigurationError(f"{what} is not a regular expression: {error}.", "Mend the pattern.") from None
    if is_value and source and "value" not in compiled.groupindex:
        raise ConfigurationError(f"{what} has no group for the value.", "Put it into (?<value>…).")
