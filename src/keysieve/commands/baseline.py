"""`keysieve baseline`: accept what is known, drop what is gone."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from keysieve.commands.options import Parser
from keysieve.commands.progress import TerminalProgress
from keysieve.config import Typed, at_revision
from keysieve.engine.sieve import Sieve
from keysieve.errors import ConfigurationError, KeysieveError, UsageError
from keysieve.excuses.baseline import NAME, Line, one_line, parse, render
from keysieve.excuses.entry import is_over
from keysieve.finding import Report
from keysieve.git.repository import discover
from keysieve.scan.assembly import Telling, report
from keysieve.scan.history import HistoryScan

ACTIONS = ("create", "update", "show", "prune")
HMAC_KEY = "BETTERLEAKS_FINGERPRINT_HMAC_KEY"
"""Where betterleaks reads the key of its keyed fingerprints from."""
LISTED = 20
"""Entries that could not be taken over that are listed; the rest is counted."""


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "baseline",
        "Accept what is known (create, update), show what is accepted, drop what is gone or over (prune).",
        "REPORT is a JSON report of keysieve (redacted will do), or what a team has accepted elsewhere: a report or\n"
        ".gitleaksignore of gitleaks, a report or ignore file of betterleaks, .secrets.baseline of detect-secrets.\n"
        "Without one, the history of the repository is scanned.",
        takes="{create,update,show,prune} [REPORT]",
    )
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help=", ".join(ACTIONS))
    parser.add_argument("report", nargs="?", metavar="REPORT", help="what to accept (prune: what is still there)")
    parser.add_argument("--output", metavar="FILE", help="the baseline (default: .keysieve-baseline at the top)")
    parser.add_argument("--reason", default="", help="why it is accepted")
    parser.add_argument("--until", type=_date, metavar="YYYY-MM-DD", help="last day on which it is accepted")
    parser.add_argument("--no-progress", action="store_true", help="show no progress on a terminal")
    arguments = parser.parse_intermixed_args(argv)
    file = _File.of(arguments.output)
    if arguments.action == "show":
        return _show(file)
    if arguments.action == "prune":
        return _prune(file, arguments)
    return _accept(file, arguments)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2030-12-31") from None


@dataclass(frozen=True, slots=True)
class _File:
    """The baseline file."""

    path: bytes

    @classmethod
    def of(cls, typed: str | None) -> _File:
        if typed:
            return cls(os.fsencode(typed))
        repository = discover()
        if repository.is_bare:
            raise UsageError("A bare repository has no files.", "Name the baseline: --output FILE")
        return cls(os.path.relpath(os.path.join(repository.directory, NAME)))

    def __str__(self) -> str:
        return os.fsdecode(self.path)

    @property
    def exists(self) -> bool:
        return os.path.exists(self.path)

    def lines(self) -> tuple[Line, ...]:
        """What it holds."""
        try:
            with open(self.path, "rb") as stream:
                return parse(stream.read(), str(self))
        except FileNotFoundError:
            raise UsageError(f"There is no {self}.", "Make one: keysieve baseline create") from None
        except OSError as error:
            raise UsageError(f"{self} cannot be read: {error.strerror}.", "Check its permissions.") from None

    def write(self, lines: Sequence[Line]) -> None:
        """Put the lines in."""
        try:
            with open(self.path, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(render(lines))
        except OSError as error:
            raise UsageError(f"{self} cannot be written: {error.strerror}.", "Name another file: --output") from None


def _today() -> date:
    return datetime.now(UTC).date()


def _show(file: _File) -> int:
    lines = file.lines()
    for line in sorted(lines):
        print(f"{line}{'   (over: excuses nothing any more)' if is_over(line.until, _today()) else ''}")
    over = sum(is_over(line.until, _today()) for line in lines)
    print(f"{len(lines)} accepted in {file}{f', {over} of them over' if over else ''}.")
    return 0


def _accept(file: _File, arguments: argparse.Namespace) -> int:
    if arguments.action == "create" and file.exists:
        raise UsageError(f"{file} is there already.", "Add to it: keysieve baseline update")
    old = file.lines() if file.exists else ()
    valid = {line.fingerprint for line in old if not is_over(line.until, _today())}
    new = [
        replace(line, until=line.until or arguments.until, reason=one_line(arguments.reason) or line.reason)
        for line in _wanted(arguments)
        if line.fingerprint not in valid
    ]
    file.write([*old, *new])
    for line in sorted(new):
        print(f"+ {line}")
    print(f"{len(new)} accepted in {file}, {len(valid)} were already. Look it through, then: git add {file}")
    return 0


def _wanted(arguments: argparse.Namespace) -> list[Line]:
    """What is to be accepted."""
    reason = f"known on {_today().isoformat()}"
    if arguments.report is None:
        told = _scanned(arguments)[1]
        return [Line(one.fingerprint, one.rule, reason, arguments.until) for one in told.findings]
    data = _read(arguments.report)
    found = _own_report(data)
    if found is not None:
        return [Line(*pair, reason, arguments.until) for pair in _fingerprints(found, arguments.report)]
    return _migrated(data, arguments)


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read()
        with open(name, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.", "Name a report that is there.") from None


def _own_report(data: bytes) -> Mapping[str, Any] | None:
    import json

    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("schema") == "keysieve/1" else None


def _fingerprints(found: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """Fingerprint and rule of each finding of a JSON report."""
    try:
        return [(str(one["fingerprint"]), str(one["rule"])) for one in found["findings"]]
    except (KeyError, TypeError):
        raise ConfigurationError(f"{name} is no whole report.", "Make one: keysieve history --format json") from None


def _scanned(arguments: argparse.Namespace) -> tuple[HistoryScan, Report]:
    """A scan of the history, with what is settled at HEAD but for the baseline."""
    started = time.monotonic()
    repository = discover()
    settings = at_revision(repository, "HEAD", Typed(baseline=os.devnull))
    with TerminalProgress(is_wanted=not arguments.no_progress) as progress:
        scan = HistoryScan(repository, Sieve(settings.rules), progress)
        scan.run()
        terms = replace(settings.terms, is_whole=True)
        telling = Telling("history", False, scan.commits, scan.stories, terms)
        return scan, report(scan.gathered, scan.sieve, telling, started)


def _migrated(data: bytes, arguments: argparse.Namespace) -> list[Line]:
    from keysieve.excuses.migration import migrate
    from keysieve.excuses.peers import known
    from keysieve.scan.holding import held

    entries = known(data, arguments.report)
    scan, _ = _scanned(arguments)
    result = migrate(entries, held(scan), os.environ.get(HMAC_KEY, "").encode())
    keyed = sum(any(algorithm.startswith("hmac") for algorithm, _ in entry.digests) for entry in entries)
    if keyed and HMAC_KEY not in os.environ:
        _say(f"Keyed digests ({keyed}) cannot be compared: set {HMAC_KEY} to the key that betterleaks was given.")
    _list("Not taken over, since the history holds no AWS credential there", result.unmatched)
    _list("Not taken over, since only the key id was known, and its secret stands beside it", result.partial)
    return list(result.lines)


def _list(title: str, entries: Sequence[str]) -> None:
    if entries:
        _say(f"{title} ({len(entries)}):")
        for entry in entries[:LISTED]:
            _say(f"  {entry}")
        if len(entries) > LISTED:
            _say(f"  and {len(entries) - LISTED} more")


def _say(line: str) -> None:
    from keysieve.reporters.wording import safe

    sys.stderr.buffer.write(f"keysieve: {safe(line)}\n".encode())
    sys.stderr.flush()


def _prune(file: _File, arguments: argparse.Namespace) -> int:
    lines = file.lines()
    present, remarks = _present(arguments)
    kept = [line for line in lines if line.fingerprint in present and not is_over(line.until, _today())]
    file.write(kept)
    for line in sorted(set(lines) - set(kept)):
        why = "over" if is_over(line.until, _today()) else "gone"
        print(f"- {line}   ({why})")
    for remark in remarks:
        print(f"To be removed by hand: {remark}")
    print(f"{len(lines) - len(kept)} dropped from {file}, {len(kept)} kept.")
    return 0


def _present(arguments: argparse.Namespace) -> tuple[set[str], Sequence[str]]:
    """Fingerprints of everything that is still there, and what is to be said of other excuses."""
    if arguments.report is None:
        told = _scanned(arguments)[1]
        _check_whole(told.complete, told.command)
        every = [*told.findings, *(one.finding for one in told.set_aside)]
        return {name for one in every for name in one.fingerprints.values()}, told.remarks
    found = _own_report(_read(arguments.report))
    if found is None:
        raise UsageError(f"{arguments.report} is no report of keysieve.", "Leave it out: the history is scanned then.")
    _check_whole(bool(found.get("complete")), str(found.get("command")))
    both = [*found.get("findings", ()), *found.get("set_aside", ())]
    return {name for one in both for name in one.get("fingerprints", {}).values()}, ()


def _check_whole(complete: bool, command: str) -> None:
    if command != "history":
        raise UsageError(
            f"A report of {command} says nothing about what is gone.",
            "Give one of history, or none: then it is scanned.",
        )
    if not complete:
        raise KeysieveError(
            "Not everything could be read, so that nobody can say what is gone.",
            "See what is missing: keysieve history   (a shallow clone: git fetch --unshallow)",
        )
