"""The report for a person at a terminal: the most urgent first; where, what, how bad, what to do next."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from keysieve.finding import Finding, Occurrence, Report, SetAside

PLACES = 5
"""Places of one credential that are listed; the rest is counted."""
LISTED = 10
"""Things not read or out of scope that are listed; the rest is counted."""
# Control characters, C1, line and paragraph separators, and what turns the reading direction around.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_COLORS = {"critical": "1;37;41", "high": "1;31", "medium": "1;33", "low": "36", "bold": "1", "dim": "2", "ok": "32"}


def render(report: Report, *, width: int = 100, color: bool = False, shows_set_aside: bool = False) -> str:
    """The report as text.

    Args:
        report: What to tell.
        width: Columns to wrap at, 40 at least.
        color: Whether to use ANSI colours.
        shows_set_aside: Show what is set aside in full, not only counted.
    """
    page = _Page(max(40, width), color)
    lines = [page.headline(report), ""]
    for finding in report.findings:
        lines += [*page.finding(finding), ""]
    if shows_set_aside:
        for one in report.set_aside:
            lines += [*page.set_aside(one), ""]
    lines += page.rest(report)
    return "\n".join(lines).rstrip() + "\n"


def safe(text: str) -> str:
    """A text from a repository without anything that a terminal would act on."""
    return _UNSAFE.sub(
        lambda found: f"\\u{ord(found[0]):04x}" if found[0] > "\xff" else f"\\x{ord(found[0]):02x}", text
    )


class _Page:
    def __init__(self, width: int, color: bool) -> None:
        self._width = width
        self._color = color

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if self._color else text

    def _wrapped(self, text: str, first: str, rest: str) -> list[str]:
        return textwrap.wrap(
            safe(text),
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first.rstrip()]

    def headline(self, report: Report) -> str:
        """What was found, what was excused, whether it is all."""
        found = len(report.findings)
        words = [self._paint(_count(found, "credential"), "high" if found else "ok") + " found"]
        if report.set_aside:
            reasons = Counter(one.reason for one in report.set_aside)
            told = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
            words.append(f"{len(report.set_aside)} set aside ({told})")
        else:
            words.append("none set aside")
        if report.not_read:
            words.append(self._paint(f"{len(report.not_read)} not read: INCOMPLETE", "high"))
        stats = report.stats
        read = [_count(stats.blobs, "blob"), _size(stats.bytes)]
        if stats.commits:
            read.append(_count(stats.commits, "commit"))
        return f"keysieve {report.command}: {', '.join(words)}. Read {', '.join(read)} in {stats.seconds:.1f} s."

    def finding(self, finding: Finding) -> Iterator[str]:
        """One credential: at most a screen."""
        badge = self._paint(finding.severity.upper(), finding.severity)
        yield f"{badge}  {self._paint(safe(finding.summary), 'bold')}"
        for name, text in finding.values.items():
            yield f"  {name.replace('_', ' ')}: {safe(text)}"
        yield from self._places(finding)
        yield from self._timeline(finding)
        for note in finding.notes:
            yield from self._wrapped(note, "  note: ", "        ")
        yield from self._remedy(finding)
        yield self._paint(f"  fingerprint {finding.fingerprint}", "dim")

    def set_aside(self, one: SetAside) -> Iterator[str]:
        """One credential that is excused: what it is, where it stands, and why it is excused."""
        finding = one.finding
        yield f"{self._paint('SET ASIDE', 'dim')}  {self._paint(safe(finding.summary), 'bold')}"
        yield from self._wrapped(f"{one.reason}: {one.detail}", "  because ", "          ")
        for name, text in finding.values.items():
            yield f"  {name.replace('_', ' ')}: {safe(text)}"
        yield from (f"  at {self._paint(place(at), 'bold')}{_told(at)}" for at in finding.occurrences)
        yield self._paint(f"  fingerprint {finding.fingerprint}", "dim")

    def _places(self, finding: Finding) -> Iterator[str]:
        for one in finding.occurrences[:PLACES]:
            yield f"  at {self._paint(place(one), 'bold')}{_told(one)}"
        more = len(finding.occurrences) - PLACES
        if more > 0:
            yield f"  and at {_count(more, 'more place')} (all of them: --format json)"

    def _timeline(self, finding: Finding) -> Iterator[str]:
        if finding.introduced:
            first = finding.introduced
            yield f"  first in {first.commit[:12]} of {first.date[:10]} by {safe(first.author)}"
        if finding.removed:
            yield f"  removed in {finding.removed.commit[:12]} of {finding.removed.date[:10]}, but still in history"
        elif finding.live:
            yield "  still there, at HEAD or at a branch tip"
        if finding.refs:
            named = ", ".join(safe(ref) for ref in finding.refs[:4])
            more = f" and {len(finding.refs) - 4} more" if len(finding.refs) > 4 else ""
            yield f"  in the history of {named}{more}"

    def _remedy(self, finding: Finding) -> Iterator[str]:
        remedy = finding.remedy
        if remedy is None:
            return
        yield f"  {self._paint('What to do', 'bold')}"
        for number, step in enumerate(remedy.steps, start=1):
            yield from self._wrapped(step, f"    {number}. ", "       ")
        if remedy.replacement:
            yield "    Instead:"
            for line in remedy.replacement.splitlines():
                yield f"      {safe(line)}"

    def rest(self, report: Report) -> Iterator[str]:
        """What was set aside, not read, out of scope."""
        if report.set_aside:
            yield self._paint("Set aside", "bold")
            for (reason, detail), number in Counter((one.reason, one.detail) for one in report.set_aside).items():
                yield from self._wrapped(f"{number} × {reason}: {detail}", "  ", "    ")
        if report.remarks:
            yield self._paint("Excuses to look at", "bold")
            for remark in report.remarks:
                yield from self._wrapped(remark, "  ", "    ")
        if report.not_read:
            yield self._paint("Not read: the result is incomplete", "high")
            yield from _listed(f"{safe(one.what)}: {one.reason}" for one in report.not_read)
        if report.out_of_scope:
            yield self._paint("Out of scope", "bold")
            yield from _listed(
                f"{safe(one.what)}: {one.reason}{f' ({one.count})' if one.count > 1 else ''}"
                for one in report.out_of_scope
            )


def place(one: Occurrence) -> str:
    """Where it stands, in the form that editors and terminals make a link of."""
    where = safe(one.path) if one.path is not None else one.kind.replace("-", " ")
    if one.kind in ("path", "ref-name", "identity"):
        return f"{where} (in the {one.kind.replace('-', ' ')} itself)" if one.path is not None else where
    return where if one.line is None else f"{where}:{one.line}:{one.column}"


def _told(one: Occurrence) -> str:
    words = []
    if one.encoding != "plain":
        words.append(f"as {one.encoding}")
    if one.commit:
        words.append(
            f"in {one.commit[:12]}" + (f" by {safe(one.author)}, {(one.date or '')[:10]}" if one.author else "")
        )
    elif one.blob and one.path is None:
        words.append(f"in blob {one.blob[:12]}")
    if one.reachable is False:
        words.append("reached by no ref")
    return f"  {', '.join(words)}" if words else ""


def _listed(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from (f"  {line}" for line in every[:LISTED])
    if len(every) > LISTED:
        yield f"  and {len(every) - LISTED} more (all of them: --format json)"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _size(number: int) -> str:
    size = float(number)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
