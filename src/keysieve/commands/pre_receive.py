"""`keysieve pre-receive`: what a push brings to a server, while it is still in quarantine."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from keysieve.commands.options import Parser, add_scan_options, add_trust_option, scan_options
from keysieve.commands.pre_push import scan_updates
from keysieve.errors import UsageError
from keysieve.git.repository import discover
from keysieve.sources.pushed import incoming, new_objects


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "pre-receive",
        "Scan the pushed commits that no ref of this repository reaches yet, annotated tags, and names of refs.",
        "For the pre-receive hook of a server: git names the refs on standard input and holds the objects in\n"
        "quarantine; whatever the exit status is but 0, nothing of the push is kept.",
        takes="",
    )
    add_scan_options(parser)
    add_trust_option(parser)
    options = scan_options(parser.parse_intermixed_args(argv))
    if sys.stdin.isatty():
        raise UsageError(
            "Standard input holds no refs: git gives them to the hook.",
            "Put it into hooks/pre-receive of the server's repository: exec keysieve pre-receive",
        )
    repository = discover()
    pushed = new_objects(repository, incoming(sys.stdin.buffer.read()), ["--all"], "HEAD")
    return scan_updates(repository, pushed, "pre-receive", options)
