"""`keysieve why`: which rule looked at a line, what was decoded, how it was judged, what set it aside."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keysieve.commands.files import Settled, settle
from keysieve.commands.options import Parser
from keysieve.config import Typed
from keysieve.engine.sieve import Sieve
from keysieve.errors import UsageError

if TYPE_CHECKING:
    from keysieve.engine.match import Match
    from keysieve.engine.trace import Sighting
    from keysieve.finding import Finding, Report
    from keysieve.rule import Rule

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>[0-9]+)(?::[0-9]+)?", re.S)


@dataclass(frozen=True, slots=True)
class _Question:
    """A line of a text that was read.

    Attributes:
        shown: The path as typed.
        path: The path as the report names it; of an archive's member with the archive's.
        line: 1-based.
    """

    shown: str
    path: bytes
    line: int
    data: bytes = field(repr=False)


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "why",
        "Say why a line was or was not reported: which rule looked at it, what it was read as, "
        "how it was judged, what set it aside. Secrets are shown redacted.",
        "A place can be copied from a report: conf/aws.ini:3:21, or outer.zip!/inner/aws.ini:3.\n"
        "For a version in history: git show COMMIT:PATH | keysieve why -:LINE",
        takes="PATH:LINE",
    )
    parser.add_argument("place", metavar="PATH:LINE", help="a file on disk and a line; -:LINE reads standard input")
    # -:3 is no option.
    question = _ask(parser.parse_args(["--", *argv] if any(word.startswith("-:") for word in argv) else argv).place)
    from keysieve.commands import terminal

    terminal.write("\n".join(_answer(question)) + "\n")
    return 0


def _ask(place: str) -> _Question:
    found = _PLACE.fullmatch(place)
    if found is None or int(found["line"]) < 1:
        raise UsageError("Which line?", "Type: keysieve why PATH:LINE   (lines count from 1)")
    path = os.fsencode(found["path"])
    return _Question(found["path"], path.removeprefix(b"./"), int(found["line"]), _read(path))


def _read(path: bytes) -> bytes:
    if path == b"-":
        return sys.stdin.buffer.read()
    outer, separator, _ = path.partition(b"!/")
    if separator and not os.path.exists(path):
        return _member(outer, path)
    try:
        if os.path.islink(path):
            return os.readlink(path)
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = (error.strerror or "it is no file").lower()
        hint = "For a version in history: git show COMMIT:PATH | keysieve why -:LINE"
        raise UsageError(f"{os.fsdecode(path)} cannot be read: {reason}.", hint) from None


def _member(outer: bytes, path: bytes) -> bytes:
    from keysieve.sources.archives import Member, members

    for item in members(_read(outer), outer):
        if isinstance(item, Member) and item.path == path:
            return item.data
    raise UsageError(f"{os.fsdecode(outer)} holds no such member.", "Copy the place from a report.")


def _answer(question: _Question) -> Iterator[str]:
    from keysieve.engine.trace import trace
    from keysieve.reporters.wording import count, safe

    settled = settle([question.path], Typed(None, None))
    rules = Sieve(settled.rules).rules
    told = trace(question.data, rules, question.line)
    yield f"{safe(question.shown)}:{question.line}"
    if question.line > told.lines:
        yield f"  The file has {count(told.lines, 'line')}."
        return
    if told.encodings:
        yield f"  read as it is, and as {', '.join(told.encodings)}"
    if not told.sightings:
        seen = "looked at closely, and no rule fits this line" if told.is_candidate else "no rule's prefilter fits"
        yield f"  not reported: the file was {seen}." if told.is_candidate else f"  not reported: {seen} the file."
        yield "  What is looked for: keysieve rules list"
        return
    verdicts = _verdicts(question, settled)
    for sighting in told.sightings:
        yield from _told(sighting, rules, question.line)
        if sighting.match is not None:
            yield f"    {_verdict(sighting.match, verdicts)}"


def _told(sighting: Sighting, rules: Sequence[Rule], line: int) -> Iterator[str]:
    where = f", column {sighting.column}" if sighting.column else ""
    encoding = f", as {sighting.encoding}" if sighting.encoding != "plain" else ""
    yield f"  {sighting.rule}{where}{encoding}"
    if sighting.match is not None:
        yield f"    {sighting.match.name.replace('_', ' ')} {_shown(sighting.match, rules)}"
    yield f"    {sighting.verdict}"
    for partner in sighting.partners:
        place = "on this line" if partner.line == line else f"in line {partner.line}"
        yield f"    belongs with the {partner.name.replace('_', ' ')} {_shown(partner, rules)} {place}"


def _shown(match: Match, rules: Sequence[Rule]) -> str:
    from keysieve.engine.redaction import redact

    return redact(match.value, is_secret=next(rule.is_secret for rule in rules if rule.id == match.rule))


def _verdicts(question: _Question, settled: Settled) -> Report:
    """The report that a scan of the text gives: with it, what applies to a scan applies here."""
    from keysieve.blob import Blob, Place
    from keysieve.scan.assembly import Telling, report
    from keysieve.scan.gathering import Gathered, gather

    sieve, gathered = Sieve(settled.rules), Gathered(heeding=settled.heeding)
    gather([Blob(question.data, Place("file", question.path))], sieve, gathered)
    return report(gathered, sieve, Telling("files", terms=settled.terms), time.monotonic())


def _verdict(match: Match, report: Report) -> str:
    for one in report.set_aside:
        if _holds(one.finding, match):
            return f"set aside: {one.reason} ({one.detail})"
    for finding in report.findings:
        if _holds(finding, match):
            return f"reported: {finding.severity}, {finding.summary}, {finding.fingerprint}"
    return "not reported"


def _holds(finding: Finding, match: Match) -> bool:
    from keysieve.engine.redaction import fingerprint

    return fingerprint(match.value) in finding.fingerprints.values()
