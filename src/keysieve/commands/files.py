"""`keysieve files`: files as they are on disk, or standard input."""

from __future__ import annotations

import time
from collections.abc import Sequence

from keysieve.commands.options import Parser, add_scan_options, encoded, finish, scan_options
from keysieve.commands.progress import TerminalProgress
from keysieve.engine.sieve import Sieve
from keysieve.scan.assembly import Telling, report
from keysieve.scan.files import scan_files


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    started = time.monotonic()
    parser = Parser(
        "files",
        "Scan files as they are on disk: ignored ones, too; not .git; links are not followed.",
        takes="[PATH …]",
    )
    parser.add_argument(
        "paths", nargs="*", default=["."], metavar="PATH", help="files and folders (default: .); - is stdin"
    )
    add_scan_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    options = scan_options(arguments)
    sieve = Sieve()
    with TerminalProgress(is_wanted=options.progress) as progress:
        gathered = scan_files(encoded(arguments.paths), sieve, progress)
        told = report(gathered, sieve, Telling("files", options.reveal), started)
    return finish(told, options)
