"""`keysieve history`: everything that a repository holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from keysieve.commands.options import Parser, add_scan_options, finish, scan_options
from keysieve.commands.progress import TerminalProgress
from keysieve.config import Typed, at_revision, from_disk
from keysieve.engine.sieve import Sieve
from keysieve.excuses.policy import never
from keysieve.git.repository import discover, is_current
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
    is_own = arguments.repository is None or is_current(repository)
    typed = Typed(options.config, options.baseline)
    settings = at_revision(repository, "HEAD", typed) if is_own else from_disk(None, typed)
    with TerminalProgress(is_wanted=options.progress) as progress:
        scan = HistoryScan(repository, Sieve(settings.rules), progress, arguments.jobs, arguments.alternates)
        scan.run()
        if not is_own:
            scan.gathered.heeding = never()
        terms = replace(settings.terms, is_whole=True)
        telling = Telling("history", options.reveal, scan.commits, scan.stories, terms)
        told = report(scan.gathered, scan.sieve, telling, started)
    return finish(told, options)
