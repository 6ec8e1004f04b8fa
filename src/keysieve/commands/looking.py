"""What the commands that take fingerprints have in common: where to look them up."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from keysieve.commands.progress import TerminalProgress
from keysieve.finding import Occurrence
from keysieve.reporters.wording import place
from keysieve.scan.lookup import PLACES, LookedUp, Query, look_up


def add_lookup_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where fingerprints are looked up."""
    group = parser.add_argument_group("where to look the fingerprint up")
    group.add_argument("--report", metavar="FILE", help="a JSON report of keysieve")
    group.add_argument(
        "--in",
        dest="where",
        action="append",
        choices=PLACES,
        default=[],
        help="scan again there (default: history and index)",
    )
    group.add_argument("--no-progress", action="store_true", help="show no progress on a terminal")


def where(one: Occurrence) -> str:
    """A place in one line, safe to show; what has no path is named by its object."""
    if one.path is None and one.commit is None and one.blob:
        return f"object {one.blob[:12]}, line {one.line}"
    return place(one)


def looked_up(fingerprints: Sequence[str], arguments: argparse.Namespace) -> list[LookedUp]:
    """The credentials that were named on the command line.

    Raises:
        UsageError: One is not found.
    """
    with TerminalProgress(is_wanted=not arguments.no_progress) as progress:
        return look_up(fingerprints, Query(tuple(dict.fromkeys(arguments.where)), arguments.report, progress))
