"""What the commands that take fingerprints have in common: where to look them up."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from keysieve.commands.private import here
from keysieve.commands.progress import TerminalProgress
from keysieve.config import Settings, Typed, at_revision, from_disk
from keysieve.engine.sieve import Sieve
from keysieve.finding import Occurrence
from keysieve.reporters.wording import place
from keysieve.scan.gathering import Progress, no_progress
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
    group.add_argument("--config", metavar="FILE", help="in place of the repository's")
    group.add_argument("--no-progress", action="store_true", help="show no progress on a terminal")


def where(one: Occurrence) -> str:
    """A place in one line, safe to show; what has no path is named by its object."""
    if one.path is None and one.commit is None and one.blob:
        return f"object {one.blob[:12]}, line {one.line}"
    return place(one)


def query(arguments: argparse.Namespace, progress: Progress = no_progress) -> Query:
    """Where and with which rules to look, as typed and as the repository's team has settled."""
    settled = _settings(Typed(arguments.config))
    return Query(tuple(dict.fromkeys(arguments.where)), arguments.report, settled.rules, settled.terms, progress)


def _settings(typed: Typed) -> Settings:
    """What HEAD settles, and the rules of the index as well: a credential may be staged together with its rule."""
    repository = here()
    if repository is None:
        return from_disk(None, typed)
    head = at_revision(repository, "HEAD", typed)
    index = head if repository.is_bare else at_revision(repository, "", typed)
    rules = {rule.id: rule for rule in (*head.rules, *index.rules)}
    return Settings(tuple(rules.values()), head.terms)


def looked_up(fingerprints: Sequence[str], arguments: argparse.Namespace) -> tuple[list[LookedUp], Sieve]:
    """The credentials that were named on the command line, and what finds them again.

    Raises:
        UsageError: One is not found.
    """
    with TerminalProgress(is_wanted=not arguments.no_progress) as progress:
        asked = query(arguments, progress)
        return look_up(fingerprints, asked), Sieve(asked.rules)
