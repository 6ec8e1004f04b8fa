"""`keysieve staged`: what the next commit would bring in."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from keysieve.commands.options import Parser, add_scan_options, encoded, finish, scan_options
from keysieve.engine.sieve import Sieve
from keysieve.scan.assembly import Telling, report
from keysieve.scan.staged import scan_staged


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    started = time.monotonic()
    parser = Parser(
        "staged",
        "Scan the index, compared with HEAD: what the next commit would bring in.",
        "File names that are not staged are read from disk. With PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF set\n"
        "(pre-commit run --from-ref … --to-ref …) that range is scanned instead.",
        takes="[FILE …]",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="as a hook is given them")
    add_scan_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    base, head = os.environ.get("PRE_COMMIT_FROM_REF"), os.environ.get("PRE_COMMIT_TO_REF")
    if base and head:
        from keysieve.commands.range import scan_and_report

        return scan_and_report(f"{base}..{head}", scan_options(arguments))
    options = scan_options(arguments)
    sieve = Sieve()
    gathered = scan_staged(sieve, encoded(arguments.files))
    return finish(report(gathered, sieve, Telling("staged", options.reveal), started), options)
