"""From a report to text. One module per format, one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from keysieve.finding import Report

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "csv", "html")
"""Each is a module of this package with a function `render(report) -> str`; that of `text` takes a style, too."""


def no_link(_path: str) -> str | None:
    """Link nothing."""
    return None


@dataclass(frozen=True, slots=True)
class Style:
    """What a terminal can do; only `text` asks.

    Attributes:
        width: Columns.
        color: Whether it shows ANSI colours.
        link: Gives the address behind a path, None for no link.
        shows_set_aside: Show what is set aside in full, not only counted.
    """

    width: int = 100
    color: bool = False
    link: Callable[[str], str | None] = no_link
    shows_set_aside: bool = False


def render(report: Report, name: str, style: Style | None = None) -> str:
    """The report in one of the formats.

    Args:
        report: What to tell.
        name: One of `FORMATS`.
        style: For `text`; that of a pipe by default.
    """
    module = import_module(f"keysieve.reporters.{name}")
    if name == "text":
        return str(module.render(report, style or Style()))
    return str(module.render(report))
