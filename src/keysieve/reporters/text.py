"""The report for a person at a terminal: the most urgent first; where, what, how bad, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from keysieve.finding import Finding, Occurrence, Report, SetAside
from keysieve.reporters import Style
from keysieve.reporters.wording import (
    NAMELESS,
    count,
    excused,
    found,
    gaps,
    place,
    places,
    safe,
    shown_values,
    size,
    timeline,
)

SCREEN = 23
"""Lines of one credential at most: a terminal has 24, and one is the prompt's."""
DETAILED = 10
"""Credentials that are told with their remedy; a screen each, nobody reads more. Those that follow get two lines."""
PLACES = 5
"""Places of one credential that are listed; the rest is counted."""
LISTED = 10
"""Reasons, and things out of scope, that are listed; the rest is counted."""
EXAMPLES = 3
"""Things not read for one reason that are listed."""
_COLORS = {"critical": "1;37;41", "high": "1;31", "medium": "1;33", "low": "36", "bold": "1", "dim": "2", "ok": "32"}


def render(report: Report, style: Style) -> str:
    """The report as text.

    Args:
        report: What to tell.
        style: What the terminal can do; it wraps at 40 columns at least.
    """
    page = _Page(style)
    lines = [*page.headline(report), ""]
    for finding in report.findings[:DETAILED]:
        lines += [*page.finding(finding), ""]
    for finding in report.findings[DETAILED:]:
        lines += page.short(finding)
    if len(report.findings) > DETAILED:
        lines.append("")
    if style.shows_set_aside:
        for one in report.set_aside:
            lines += [*page.set_aside(one), ""]
    lines += page.rest(report)
    if report.findings:
        lines += page.verdict(report)
    return "\n".join(lines).rstrip() + "\n"


class _Page:
    def __init__(self, style: Style) -> None:
        self._width = max(40, style.width)
        self._style = style
        self._told: set[str] = set()

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{_COLORS[style]}m{text}\x1b[0m" if self._style.color else text

    def _wrapped(self, text: str, first: str, rest: str) -> list[str]:
        shown = safe(text)
        if len(first) + len(shown) <= self._width:
            return [(first + shown).rstrip()]
        import textwrap  # nothing on a clean commit is so long

        return textwrap.wrap(
            shown,
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def headline(self, report: Report) -> Iterator[str]:
        """What was found, what was excused, whether it is all."""
        words = [found(report), excused(report)]
        if report.not_read:
            words.append(f"{len(report.not_read)} not read: INCOMPLETE")
        stats = report.stats
        read = [count(stats.blobs, "blob"), size(stats.bytes)]
        if stats.commits:
            read.append(count(stats.commits, "commit"))
        text = f"keysieve {report.command}: {', '.join(words)}. Read {', '.join(read)} in {stats.seconds:.1f} s."
        lines = self._wrapped(text, "", "  ")
        yield self._paint(lines[0], "high" if report.findings or report.not_read else "ok")
        yield from lines[1:]

    def finding(self, finding: Finding) -> Iterator[str]:
        """One credential: at most a screen."""
        head = self._title(finding)
        head += self._wrapped(shown_values(finding), "  ", "    ")
        head += self._places(finding)
        for phrase in self._story(finding):
            head += self._wrapped(phrase, "  ", "    ")
        for note in finding.notes:
            head += self._wrapped(note, "  note: ", "    ")
        # What comes first is not cut: place and story. Notes can be, by somebody's very long names.
        head = head[: SCREEN - 4]
        yield from head
        yield from self._remedy(finding, SCREEN - len(head))

    def set_aside(self, one: SetAside) -> Iterator[str]:
        """One credential that is excused: what it is, where it stands, and why it is excused."""
        yield self._paint(f"SET ASIDE  {safe(one.finding.summary)}", "bold")
        yield from self._wrapped(f"{one.reason}: {one.detail}", "  because ", "    ")
        yield from self._wrapped(shown_values(one.finding), "  ", "    ")
        yield from self._places(one.finding)
        yield self._paint(f"  fingerprint {one.finding.fingerprint}", "dim")

    def _title(self, finding: Finding) -> list[str]:
        badge = finding.severity.upper()
        first, *rest = self._wrapped(f"{badge}  {finding.summary}", "", "  ")
        lines = [self._paint(badge, finding.severity) + self._paint(first.removeprefix(badge), "bold")]
        return [*lines, *(self._paint(line, "bold") for line in rest)]

    def short(self, finding: Finding) -> Iterator[str]:
        """One credential in two lines."""
        badge = self._paint(finding.severity.upper(), finding.severity)
        yield f"{badge}  {safe(finding.summary)}  {self._paint(finding.fingerprint, 'dim')}"
        more = len(finding.occurrences) - 1
        also = f" and at {count(more, 'more place')}" if more > 0 else ""
        if finding.occurrences:
            yield f"  at {self._place(finding.occurrences[0])}{also}"

    def _place(self, one: Occurrence) -> str:
        text = self._paint(place(one), "bold")
        address = None if one.path is None or one.kind in NAMELESS else self._style.link(one.path)
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text

    def _story(self, finding: Finding) -> Iterator[str]:
        """The timeline, without its beginning where the first place has told it."""
        phrases = list(timeline(finding))
        told = finding.occurrences[0].commit if finding.occurrences else None
        yield from phrases[1:] if finding.introduced and finding.introduced.commit == told else phrases

    def _places(self, finding: Finding) -> Iterator[str]:
        every = places(finding)
        for one, words in every[:PLACES]:
            if len(place(one)) + len(words) + 7 <= self._width:
                yield f"  at {self._place(one)}" + (f"  {words}" if words else "")
            else:
                yield f"  at {self._place(one)}"
                yield from self._wrapped(words, "     ", "     ")
        if len(every) > PLACES:
            yield f"  and at {count(len(every) - PLACES, 'more place')} (all of them: --format json)"

    def _remedy(self, finding: Finding, room: int) -> Iterator[str]:
        """As many whole steps as there is room for; those that an earlier credential was told are only counted."""
        remedy = finding.remedy
        if remedy is None:
            yield self._paint(f"  fingerprint {finding.fingerprint}", "dim")
            return
        lines = [f"  {self._paint('What to do', 'bold')}"]
        repeated = [str(number) for number, step in enumerate(remedy.steps, start=1) if step in self._told]
        left = len(remedy.steps) - len(repeated)
        for number, step in enumerate(remedy.steps, start=1):
            wrapped = self._wrapped(step, f"  {number}. ", "     ")
            if step not in self._told and len(lines) + len(wrapped) + bool(repeated) < room - 1:
                lines += wrapped
                left -= 1
                self._told.add(step)
        if repeated:
            lines.append(f"  {'Step' if len(repeated) == 1 else 'Steps'} {', '.join(repeated)} as above.")
        code = (remedy.replacement or "").splitlines()
        if not left and code and remedy.replacement not in self._told and len(lines) + len(code) < room - 1:
            lines += ["  Instead:", *(f"    {safe(line)}" for line in code)]
            self._told.add(remedy.replacement or "")
        yield from lines
        if left:
            yield from self._wrapped(
                f"{count(left, 'more step')}: keysieve explain {finding.fingerprint}", "  ", "    "
            )
        else:
            yield self._paint(f"  fingerprint {finding.fingerprint}", "dim")

    def rest(self, report: Report) -> Iterator[str]:
        """What was set aside, not read, out of scope."""
        if report.set_aside:
            yield self._paint("Set aside", "bold")
            reasons = Counter((one.reason, one.detail) for one in report.set_aside)
            for (reason, detail), number in reasons.most_common(LISTED):
                yield from self._wrapped(f"{number} × {reason}: {detail}", "  ", "    ")
            if len(reasons) > LISTED:
                yield f"  and {count(len(reasons) - LISTED, 'more reason')} (all of them: --format json)"
        if report.remarks:
            yield self._paint("Excuses to look at", "bold")
            for remark in report.remarks:
                yield from self._wrapped(remark, "  ", "    ")
        if report.not_read:
            yield self._paint("Not read: the result is incomplete", "high")
            yield from self._gaps(report)
        if report.out_of_scope:
            yield self._paint("Out of scope", "bold")
            yield from _listed(
                f"{safe(one.what)}: {safe(one.reason)}{f' ({one.count})' if one.count > 1 else ''}"
                for one in report.out_of_scope
            )
        if report.findings and (report.set_aside or report.not_read or report.out_of_scope):
            yield ""

    def _gaps(self, report: Report) -> Iterator[str]:
        for reason, things in gaps(report)[:LISTED]:
            told = f"{count(len(things), 'time')} {reason}" if len(things) > 1 else reason
            yield from self._wrapped(told, "  ", "    ")
            yield from (f"    {self._short(thing)}" for thing in things[:EXAMPLES])
            if len(things) > EXAMPLES:
                yield f"    and {len(things) - EXAMPLES:,} more (all of them: --format json)"

    def _short(self, text: str) -> str:
        """A text on one line, without its middle where it is longer."""
        room = self._width - 5
        return text if len(text) <= room else f"{text[: room // 2 - 1]}…{text[len(text) - room // 2 :]}"

    def verdict(self, report: Report) -> Iterator[str]:
        """The last lines, those that a terminal shows: how many, and where to begin."""
        first = report.findings[0]
        where = f" at {place(first.occurrences[0])}" if first.occurrences else ""
        yield from self._wrapped(f"{found(report)}. Begin with {safe(first.summary)}{where}.", "", "  ")


def _listed(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from (f"  {line}" for line in every[:LISTED])
    if len(every) > LISTED:
        yield f"  and {len(every) - LISTED} more (all of them: --format json)"
