"""`keysieve history`: everything that a repository holds."""

from __future__ import annotations

import time
from collections.abc import Sequence

from keysieve.commands.options import Parser, add_scan_options, finish, scan_options
from keysieve.commands.progress import TerminalProgress
from keysieve.engine.sieve import Sieve
from keysieve.git.repository import discover
from keysieve.scan.assembly import Telling, report
from keysieve.scan.history import HistoryScan


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    started = time.monotonic()
    parser = Parser(
        "history",
        "Scan everything that a repository holds, reachable or not, and tell when it came in.",
        takes="[REPO]",
    )
    parser.add_argument("repository", nargs="?", metavar="REPO", help="a folder (default: .)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: one on each core)")
    parser.add_argument("--alternates", action="store_true", help="read borrowed objects that no ref reaches, too")
    add_scan_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    options = scan_options(arguments)
    repository = discover(arguments.repository or ".", foreign=arguments.repository is not None)
    with TerminalProgress(is_wanted=options.progress) as progress:
        scan = HistoryScan(repository, Sieve(), progress, arguments.jobs, arguments.alternates)
        scan.run()
        telling = Telling("history", options.reveal, scan.commits, scan.stories)
        told = report(scan.gathered, scan.sieve, telling, started)
    return finish(told, options)
