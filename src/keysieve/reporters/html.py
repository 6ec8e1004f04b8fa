"""A page in one file: what to do first, then every credential with its places, its time in the open and its remedy.

It needs no network and no script to be read; the script filters. Everything from the repository is escaped, and a
content security policy allows the page's own style and script by their hashes and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from keysieve import __version__
from keysieve.finding import Finding, Report
from keysieve.reporters.exposure import Scale, picture
from keysieve.reporters.wording import count, excused, found, place, places, safe, size, timeline
from keysieve.rule import SEVERITIES

FIRST = 5
"""Credentials that the top of the page names."""
PLACES = 50
"""Places of one credential that are listed; the rest is counted."""
SHOWN = 4
"""Of them those that are shown without asking."""
LISTED = 1000
"""Things set aside, not read or out of scope that are listed; the rest is counted."""
_STATES = {"live": "still there", "removed": "removed, still in history", "unknown": "not known"}
_REACHES = {"reachable": "by a branch or tag", "unreachable": "by nothing", "unknown": "not known"}


def render(report: Report, moment: float | None = None) -> str:
    """The report as an HTML document.

    Args:
        report: What to tell.
        moment: When the scan ended, in seconds since 1970; now by default.
    """
    end = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() if moment is None else moment))
    scale = Scale.of(report.findings, end)
    lines = [
        *_head(report),
        *_top(report, end),
        *(_filters(report.findings) if report.findings else ()),
        '<section aria-labelledby="all"><h2 id="all">Credentials</h2>' if report.findings else "",
        *(_card(finding, number, scale) for number, finding in enumerate(report.findings, start=1)),
        '<button type="button" id="more" class="needs-script">Show more</button></section>' if report.findings else "",
        *_rest(report),
        f'</main><footer><p class="dim">keysieve {escape(__version__)}. Secrets are shown as far as the report was',
        "asked to show them. A credential that was ever published is safe only once it is deactivated.</p></footer>",
        f"<script>{_file('page.js')}</script>" if report.findings else "",
        "</body></html>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _file(name: str) -> str:
    from importlib.resources import files

    return (files("keysieve.reporters") / name).read_text("utf-8")


def _hash(text: str) -> str:
    import base64
    from hashlib import sha256

    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _head(report: Report) -> Iterator[str]:
    style = _file("page.css")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(_file('page.js'))}; "
        "base-uri 'none'; form-action 'none'"
    )
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
    yield f"<title>keysieve {_text(report.command)}: {_text(found(report))}</title>"
    yield f"<style>{style}</style></head><body>"


def _top(report: Report, end: str) -> Iterator[str]:
    stats = report.stats
    read = ", ".join([count(stats.blobs, "blob"), size(stats.bytes), *_commits(stats.commits)])
    yield '<a class="skip" href="#main">Skip to the credentials</a>'
    yield f"<header><h1>{_text(found(report))}</h1>"
    shown = end[:16].replace("T", " ")
    yield f'<p class="dim">keysieve {_text(report.command)} of <time datetime="{end}">{shown}</time> UTC.'
    yield f"Read {read} in {stats.seconds:.1f} s; {_text(excused(report))}.</p></header>"
    yield '<main id="main" tabindex="-1">'
    if report.not_read:
        missing = count(len(report.not_read), "thing")
        yield f'<p class="alarm" role="alert"><strong>Incomplete.</strong> {missing} could not'
        yield 'be read; <a href="#not-read">what, and why</a>.</p>'
    if report.findings:
        yield from _first(report.findings)
    else:
        yield "<p>Nothing to do about what was read.</p>"


def _commits(number: int) -> list[str]:
    return [count(number, "commit")] if number else []


def _first(findings: tuple[Finding, ...]) -> Iterator[str]:
    yield '<section class="first" aria-labelledby="first"><h2 id="first">What to do first</h2><ol>'
    for number, finding in enumerate(findings[:FIRST], start=1):
        where = f" at <code>{_text(place(finding.occurrences[0]))}</code>" if finding.occurrences else ""
        step = f"<br>{_step(finding.remedy.steps[0])}" if finding.remedy else ""
        yield f'<li>{_badge(finding)}<a href="#f{number}">{_text(finding.summary)}</a>{where}.{step}</li>'
    yield "</ol>"
    if len(findings) > FIRST:
        yield f"<p>Then the other {len(findings) - FIRST:,}, in the order below.</p>"
    yield "</section>"


def _filters(findings: Iterable[Finding]) -> Iterator[str]:
    every = list(findings)
    yield '<form id="filters" class="filters needs-script" role="search" aria-label="Filter the credentials">'
    yield '<label class="field search">Search (press /)'
    yield '<input type="search" id="search" name="search" autocomplete="off" spellcheck="false"></label>'
    yield _select("account", "Account", {one.account_id: one.account_id for one in every if one.account_id})
    yield _select("author", "Introduced by", {author: author for one in every if (author := _author(one))})
    yield _select("state", "State", _present(_STATES, map(_state, every)))
    yield _select("reach", "Reached", _present(_REACHES, map(_reach, every)))
    yield "<fieldset><legend>Severity</legend>"
    present = {one.severity for one in every}
    for severity in reversed(SEVERITIES):
        if severity in present:
            yield f'<label><input type="checkbox" name="severity" value="{severity}" checked> {severity}</label>'
    yield '</fieldset><button type="reset">Reset</button></form><p id="status" role="status" class="dim"></p>'


def _present(names: dict[str, str], values: Iterable[str]) -> dict[str, str]:
    used = set(values)
    return {value: label for value, label in names.items() if value in used}


def _select(name: str, label: str, choices: dict[str, str]) -> str:
    options = "".join(
        f'<option value="{_text(value)}">{_text(text)}</option>' for value, text in sorted(choices.items())
    )
    return f'<label class="field">{label}<select name="{name}"><option value="">any</option>{options}</select></label>'


def _author(finding: Finding) -> str:
    return finding.introduced.author if finding.introduced else finding.occurrences[0].author or ""


def _state(finding: Finding) -> str:
    if finding.live is None:
        return "unknown"
    return "live" if finding.live else "removed"


def _reach(finding: Finding) -> str:
    reached = {one.reachable for one in finding.occurrences}
    if True in reached:
        return "reachable"
    return "unreachable" if False in reached else "unknown"


def _card(finding: Finding, number: int, scale: Scale | None) -> str:
    data = {
        "severity": finding.severity,
        "account": finding.account_id or "",
        "author": _author(finding),
        "state": _state(finding),
        "reach": _reach(finding),
    }
    attributes = " ".join(f'data-{name}="{_text(value)}"' for name, value in data.items())
    values = "".join(
        f"<li>{_text(name.replace('_', ' '))} <code>{_text(text)}</code></li>" for name, text in finding.values.items()
    )
    lines = [
        f'<article class="finding" id="f{number}" aria-labelledby="h{number}" {attributes}>',
        f'<h3 id="h{number}" tabindex="-1">{_badge(finding)}{_text(finding.summary)}</h3>',
        f'<ul class="values">{values}</ul>',
        *_places(finding),
        *(f"<p>{_text(phrase[:1].upper() + phrase[1:])}.</p>" for phrase in timeline(finding)),
        picture(finding, scale) if scale else "",
        *(f"<p><strong>Note:</strong> {_text(note)}</p>" for note in finding.notes),
        *_remedy(finding, is_open=number <= FIRST),
        f'<p class="dim">{_text(finding.rule)}, confidence {_text(finding.confidence)},',
        f"fingerprint <code>{_text(finding.fingerprint)}</code></p></article>",
    ]
    return "\n".join(line for line in lines if line)


def _badge(finding: Finding) -> str:
    return f'<span class="badge {finding.severity}">{finding.severity}</span>'


def _places(finding: Finding) -> Iterator[str]:
    every = places(finding)
    items = [
        f"<li>at <code>{_text(place(one))}</code>" + (f" {_text(words)}" if words else "") + "</li>"
        for one, words in every[:PLACES]
    ]
    shown, folded = items[:SHOWN], items[SHOWN:]
    yield f'<ul class="places">{"".join(shown)}</ul>'
    if folded:
        left = len(every) - PLACES
        end = f"<li>and {left:,} more in the JSON report</li>" if left > 0 else ""
        yield f"<details><summary>{count(len(every) - SHOWN, 'more place')}</summary>"
        yield f'<ul class="places">{"".join(folded)}{end}</ul></details>'


def _remedy(finding: Finding, *, is_open: bool) -> Iterator[str]:
    remedy = finding.remedy
    if remedy is None:
        return
    steps = "".join(f"<li>{_step(step)}</li>" for step in remedy.steps)
    yield f"<details{' open' if is_open else ''}><summary>What to do: {_text(remedy.title)}</summary>"
    yield f'<ol class="steps">{steps}</ol>'
    if remedy.replacement:
        yield f'<p>Instead:</p><pre tabindex="0"><code>{_lines(remedy.replacement)}</code></pre>'
    yield "</details>"


def _step(step: str) -> str:
    """A step of a remedy; what stands between backquotes is code."""
    pieces = _text(step).split("`")
    if len(pieces) % 2 == 0:
        return _text(step)
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def _lines(text: str) -> str:
    return "\n".join(_text(line) for line in text.splitlines())


def _rest(report: Report) -> Iterator[str]:
    if report.set_aside:
        rows = [
            (one.reason, one.detail, one.finding.summary, place(one.finding.occurrences[0]), one.finding.fingerprint)
            for one in report.set_aside
        ]
        yield from _table("set-aside", "Set aside", ("reason", "detail", "credential", "where", "fingerprint"), rows)
    if report.not_read:
        gaps = [(one.what, one.reason) for one in report.not_read]
        yield from _table("not-read", "Not read", ("what", "why"), gaps)
    if report.out_of_scope:
        passed = [(one.what, one.reason, f"{one.count:,}") for one in report.out_of_scope]
        yield from _table("out-of-scope", "Out of scope", ("what", "why", "how many"), passed)


def _table(name: str, title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f'<section aria-labelledby="{name}"><h2 id="{name}">{title}: {len(rows):,}</h2>'
    yield '<div class="wide" tabindex="0" role="group" aria-label="Table"><table><thead><tr>'
    yield "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>"
    for row in rows[:LISTED]:
        yield "<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>"
    yield "</tbody></table></div>"
    if len(rows) > LISTED:
        yield f"<p>and {len(rows) - LISTED:,} more in the JSON report</p>"
    yield "</section>"


def _text(text: str) -> str:
    return escape(safe(text))
