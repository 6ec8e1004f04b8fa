"""`keysieve message`: a commit message, as git will keep it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from keysieve.blob import NotRead
from keysieve.commands.options import Parser, add_scan_options, finish, scan_options
from keysieve.commands.staged_in_full import Settled
from keysieve.git import objects
from keysieve.git.run import environment
from keysieve.scan.assembly import Telling, report
from keysieve.scan.gathering import SETTINGS_FILES
from keysieve.scan.message import scan_message


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    started = time.monotonic()
    parser = Parser(
        "message",
        "Scan a commit message as git will keep it, and who it is by (commit-msg hook).",
        "Comments and what stands below the scissors line do not count: with commit -v that is the very diff that\n"
        "removes a key.",
        takes="FILE",
    )
    parser.add_argument("file", metavar="FILE", help="as git gives it to the hook: .git/COMMIT_EDITMSG")
    add_scan_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    options = scan_options(arguments)
    settled = Settled(options)
    gathered = scan_message(arguments.file, settled.sieve_for(_settings_files()))
    telling = Telling("message", options.reveal, terms=settled.terms)
    return finish(report(gathered, settled.sieve, telling, started), options)


def _settings_files() -> dict[bytes, bytes]:
    """The files of the index that settle something, as for what is staged."""
    names = [b":" + name for name in SETTINGS_FILES]
    answers = objects.read(names, cwd=None, env=environment())
    return {answer.name[1:]: answer.data for answer in answers if not isinstance(answer, NotRead)}
