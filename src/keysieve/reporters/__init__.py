"""From a report to text. One module per format, one function each."""

from __future__ import annotations

from importlib import import_module

from keysieve.finding import Report

FORMATS = ("text", "json")
"""Each is a module of this package with a function `render(report) -> str`."""


def render(report: Report, name: str, *, width: int = 100, color: bool = False) -> str:
    """The report in one of the formats.

    Args:
        report: What to tell.
        name: One of `FORMATS`.
        width: Columns of the terminal (text only).
        color: Whether to use colours (text only).
    """
    module = import_module(f"keysieve.reporters.{name}")
    if name == "text":
        return str(module.render(report, width=width, color=color))
    return str(module.render(report))
