"""A picture of the time that a credential was in the open: a bar from its introduction to its removal or to today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape

from keysieve.finding import Finding

WIDTH, HEIGHT, MARGIN = 1000, 20, 6


@dataclass(frozen=True, slots=True)
class Scale:
    """The days that all pictures of a report span, so that they can be compared; seconds since 1970."""

    start: float
    end: float

    @classmethod
    def of(cls, findings: Iterable[Finding], end: str) -> Scale | None:
        """The scale for a report; None where no finding has a date.

        Args:
            findings: Of the report.
            end: When the scan ended, ISO 8601.
        """
        moments = [moment for finding in findings for moment in _moments(finding)]
        if not moments:
            return None
        last = max(*moments, _seconds(end) or 0.0)
        return cls(min(moments), last)

    def x(self, moment: float) -> float:
        """Where a moment lies in the picture."""
        share = (moment - self.start) / (self.end - self.start) if self.end > self.start else 0.0
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)


def picture(finding: Finding, scale: Scale) -> str:
    """The picture as a figure with an inline SVG; empty where nothing is known."""
    moments = sorted(_moments(finding))
    if not moments:
        return ""
    removed = _seconds(finding.removed.date) if finding.removed else None
    end = scale.end if finding.live else removed or moments[-1]
    left, right = scale.x(moments[0]), scale.x(max(end, moments[0]))
    spots = sorted({scale.x(one) for one in moments})
    marks = "".join(f'<rect class="seen" x="{x - 2:.1f}" y="2" width="4" height="16"/>' for x in spots)
    text = escape(_told(moments[0], end, is_live=bool(finding.live)))
    first, last = _day(scale.start), _day(scale.end)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{text}">'
        f"<title>{text}</title>"
        f'<line class="axis" x1="0" y1="10" x2="{WIDTH}" y2="10"/>'
        f'<rect class="span" x="{left}" y="5" width="{max(right - left, 2):.1f}" height="10"/>{marks}</svg>'
        f'<p class="scale"><span>{first}</span><span>{text}</span><span>{last}</span></p>'
    )


def _told(first: float, last: float, *, is_live: bool) -> str:
    days = max(0, int((last - first) / 86400))
    length = "less than a day" if days == 0 else f"{days:,} day{'' if days == 1 else 's'}"
    return (
        f"In the open since {_day(first)}: {length} so far"
        if is_live
        else f"{length} from {_day(first)} to {_day(last)}"
    )


def _moments(finding: Finding) -> Iterator[float]:
    dates = [one.date for one in finding.occurrences] + [finding.introduced.date if finding.introduced else None]
    for date in dates:
        moment = _seconds(date)
        if moment is not None:
            yield moment


def _seconds(date: str | None) -> float | None:
    if not date:
        return None
    try:
        return datetime.fromisoformat(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _day(moment: float) -> str:
    from datetime import UTC

    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
