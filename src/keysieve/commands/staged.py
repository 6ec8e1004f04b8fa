"""`keysieve staged`: what the next commit would bring in."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    from keysieve.scan import quick

    if quick.is_plain(argv) and (read := quick.clean([os.fsencode(word) for word in argv if word != "--quiet"])):
        if "--quiet" not in argv:
            sys.stdout.write(quick.headline(*read))
        return 0
    from keysieve.commands.staged_in_full import run_in_full

    return run_in_full(argv)
