"""`keysieve message`: a commit message, as git will keep it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from keysieve.commands.options import Parser, add_scan_options, finish, scan_options
from keysieve.engine.sieve import Sieve
from keysieve.scan.assembly import Telling, report
from keysieve.scan.message import scan_message


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    started = time.monotonic()
    parser = Parser(
        "message",
        "Scan a commit message as git will keep it, and who it is by (commit-msg hook).",
        "Comments and what stands below the scissors line do not count: with commit -v that is the very diff that\n"
        "removes a key.",
    )
    parser.add_argument("file", metavar="FILE", help="as git gives it to the hook: .git/COMMIT_EDITMSG")
    add_scan_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    options = scan_options(arguments)
    sieve = Sieve()
    gathered = scan_message(arguments.file, sieve)
    return finish(report(gathered, sieve, Telling("message", options.reveal), started), options)
