"""`keysieve range`: what the commits of a range bring in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from keysieve.commands.options import Parser, ScanOptions, add_scan_options, add_trust_option, finish, scan_options
from keysieve.commands.progress import TerminalProgress
from keysieve.config import Typed, for_range
from keysieve.engine.sieve import Sieve
from keysieve.git.repository import discover
from keysieve.scan.assembly import Story, Telling, report
from keysieve.scan.commits import RangeScan, scan_range
from keysieve.scan.grouping import Group, first_complete
from keysieve.sources.commits import resolve_range


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "range",
        "Scan what each commit brings in that HEAD reaches and BASE does not.",
        "BASE...HEAD means the same commits. What a later commit of the range removes counts, too: it is in history.",
        takes="BASE..HEAD",
    )
    parser.add_argument("range", metavar="BASE..HEAD", help="for a pull request: origin/main..HEAD")
    add_scan_options(parser)
    add_trust_option(parser)
    arguments = parser.parse_intermixed_args(argv)
    return scan_and_report(arguments.range, scan_options(arguments))


def scan_and_report(text: str, options: ScanOptions) -> int:
    """Scan a range as typed and end as every scan does."""
    started = time.monotonic()
    repository = discover()
    span = resolve_range(repository, text)
    settings = for_range(repository, span, Typed(options.config, options.baseline), trust_head=options.trust_head)
    sieve = Sieve(settings.rules)
    with TerminalProgress(is_wanted=options.progress) as progress:
        found = scan_range(repository, span, sieve, progress)
        telling = Telling(
            "range",
            options.reveal,
            found.commits,
            lambda groups: stories(groups, found, span.commits),
            settings.terms,
        )
        told = report(found.gathered, sieve, telling, started)
    return finish(told, options)


def stories(groups: Sequence[Group], found: RangeScan, order: Sequence[str]) -> Mapping[int, Story]:
    """Which of the commits, which stand in topological order, brought each credential in."""
    rank = {oid: number for number, oid in enumerate(order)}
    told = {}
    for number, group in enumerate(groups):
        values = {match.value for match in group.values.values()}
        notes = ("Also in the base (a cherry-pick?).",) if values <= found.base_values else ()
        told[number] = Story(introduced=first_complete(group, rank), notes=notes)
    return told
