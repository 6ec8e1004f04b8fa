"""The sections of an incident as text for a terminal and as Markdown for a ticket."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from keysieve.remedies.situation import Line, Section

_FENCES = {"command": "sh", "code": ""}


def text(sections: Sequence[Section], width: int) -> Iterator[str]:
    """Lines for a terminal: words wrapped, commands and code never, so that they can be copied."""
    for number, section in enumerate(sections, start=1):
        yield f"{number}. {section.title}"
        for line in section.lines:
            if line.kind == "text":
                yield from textwrap.wrap(
                    line.text,
                    width,
                    initial_indent="   - ",
                    subsequent_indent="     ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            else:
                yield f"       {'$ ' if line.kind == 'command' else ''}{line.text}".rstrip()
        yield ""


def markdown(sections: Sequence[Section]) -> Iterator[str]:
    """Lines of Markdown: a heading for each section, a box to tick for each thing to do, commands in fences."""
    for number, section in enumerate(sections, start=1):
        yield from (f"## {number}. {section.title}", "")
        for kind, lines in groupby(section.lines, key=lambda line: line.kind):
            run = list(lines)
            yield from (*(_listed(run) if kind == "text" else _fenced(kind, run)), "")


def _listed(lines: Iterable[Line]) -> Iterator[str]:
    yield from (f"- [ ] {line.text}" for line in lines)


def _fenced(kind: str, lines: Iterable[Line]) -> Iterator[str]:
    yield f"```{_FENCES[kind]}".rstrip()
    yield from (line.text for line in lines)
    yield "```"
