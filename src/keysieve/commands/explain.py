"""`keysieve explain`: what to do about a credential, in full and in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from keysieve import __version__
from keysieve.commands import terminal
from keysieve.commands.looking import add_lookup_options, looked_up, where
from keysieve.commands.options import Parser
from keysieve.finding import Finding
from keysieve.remedies import Line, Section, incident, remedy_for
from keysieve.remedies.pages import markdown, text
from keysieve.reporters.wording import safe
from keysieve.scan.lookup import LookedUp

SCHEMA = "keysieve-explain/1"
MOST_PLACES = 20
"""Places that text and Markdown list; the rest is counted."""


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "explain",
        "What to do about a credential: whose it is, its replacement, rotation, purge and what to watch.",
        "The key id is shown in full, it stands in the commands; secrets are not shown.",
        takes="FINGERPRINT",
    )
    parser.add_argument("fingerprint", metavar="FINGERPRINT", help="from a report; its first digits will do")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="default: text")
    parser.add_argument("--user", metavar="NAME", help="the key's IAM user, if you know it, for the commands")
    add_lookup_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    (one,), _ = looked_up([arguments.fingerprint], arguments)
    terminal.write(_RENDERERS[arguments.format](one, _sections(one, arguments.user)))
    return 0


def _sections(one: LookedUp, user: str | None) -> tuple[Section, ...]:
    return tuple(_with_own_command(section, one) for section in incident(replace(one.situation, user_name=user)))


def _with_own_command(section: Section, one: LookedUp) -> Section:
    """The section, with the command of ours that does a part of it."""
    if section.id == "replacement" and one.situation.kind in ("file", "staged"):
        said, command = "The change to the file, to look at first (--apply makes it):", "fix"
    elif section.id == "purge" and one.situation.command not in ("staged", "message", "files"):
        said, command = "The expressions file, the commands and what is affected, for this credential:", "purge"
    else:
        return section
    own = (Line("text", said), Line("command", f"keysieve {command} {one.finding.fingerprint}"))
    return replace(section, lines=(*section.lines, *own))


def _facts(one: LookedUp) -> Iterator[tuple[str, str]]:
    """What is known, as labels and texts that are safe to show."""
    finding, situation = one.finding, one.situation
    yield "Fingerprint", finding.fingerprint
    if situation.access_key_id:
        yield "Key id", situation.access_key_id
    yield from (
        (name.replace("_", " ").capitalize(), safe(value))
        for name, value in finding.values.items()
        if name != "access_key_id"
    )
    if finding.account_id:
        yield "Account", finding.account_id
    yield "Severity", finding.severity
    for label, event in (("Introduced", finding.introduced), ("Removed", finding.removed)):
        if event:
            yield label, f"{event.commit[:12]} of {event.date[:10]} by {safe(event.author)}"
    if finding.live is not None:
        yield "Live", "yes, at HEAD or a branch tip" if finding.live else "no, in the history only"
    yield from (("Note", safe(note)) for note in finding.notes)


def _places(finding: Finding) -> Iterator[str]:
    for one in finding.occurrences[:MOST_PLACES]:
        yield where(one) + (f" in {one.commit[:12]}" if one.commit else "")
    if len(finding.occurrences) > MOST_PLACES:
        yield f"and {len(finding.occurrences) - MOST_PLACES} more (all of them: --format json)"


def _text(one: LookedUp, sections: Sequence[Section]) -> str:
    facts = [*_facts(one), *(("At", spot) for spot in _places(one.finding))]
    width = max(len(label) for label, _ in facts) + 2
    lines = [f"{one.finding.summary}: {_title(one)}", ""]
    lines += [f"  {label + ':':<{width}}{said}" for label, said in facts]
    lines += ["", *text(sections, terminal.width())]
    return "\n".join(lines).rstrip() + "\n"


def _markdown(one: LookedUp, sections: Sequence[Section]) -> str:
    lines = [f"# {_title(one)}", "", "| | |", "| --- | --- |"]
    lines += [f"| {label} | {_cell(said)} |" for label, said in _facts(one)]
    lines += [f"| At | {_cell(spot)} |" for spot in _places(one.finding)]
    lines += ["", *markdown(sections)]
    return "\n".join(lines).rstrip() + "\n"


def _cell(said: str) -> str:
    return said.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")


def _title(one: LookedUp) -> str:
    return safe(remedy_for(one.situation).title)


def _json(one: LookedUp, sections: Sequence[Section]) -> str:
    return json.dumps(shape(one, sections), indent=2) + "\n"


def shape(one: LookedUp, sections: Sequence[Section]) -> dict[str, Any]:
    """The incident as plain dictionaries and lists: `keysieve-explain/1`, whose schema ships in the package."""
    finding = one.finding
    return {
        "schema": SCHEMA,
        "version": __version__,
        "title": remedy_for(one.situation).title,
        "rule": finding.rule,
        "severity": finding.severity,
        "fingerprint": finding.fingerprint,
        "fingerprints": dict(finding.fingerprints),
        "summary": finding.summary,
        "access_key_id": one.situation.access_key_id,
        "account_id": finding.account_id,
        "notes": list(finding.notes),
        "introduced": asdict(finding.introduced) if finding.introduced else None,
        "removed": asdict(finding.removed) if finding.removed else None,
        "live": finding.live,
        "refs": None if finding.refs is None else list(finding.refs),
        "occurrences": [
            {name: getattr(spot, name) for name in ("kind", "path", "line", "column", "blob", "commit", "reachable")}
            for spot in finding.occurrences
        ],
        "sections": [asdict(section) for section in sections],
    }


_RENDERERS = {"text": _text, "markdown": _markdown, "json": _json}
