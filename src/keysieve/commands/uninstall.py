"""`keysieve uninstall`: takes the hooks away and puts back what was there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keysieve.commands.install import add_place_options, global_place
from keysieve.commands.options import Parser
from keysieve.errors import UsageError
from keysieve.git.repository import discover
from keysieve.hooks import folders
from keysieve.hooks.placing import take_away
from keysieve.hooks.script import COMMANDS, EVERY_HOOK


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser("uninstall", "Take away what keysieve install has put in place, and put back what was there.")
    add_place_options(parser)
    arguments = parser.parse_args(argv)
    if not arguments.is_global:
        return _take_away(folders.repository_folder(discover()), arguments.hook or COMMANDS)
    if arguments.hook:
        raise UsageError(
            "Hooks for all repositories are taken away together.", "Without --hook: keysieve uninstall --global"
        )
    where = global_place(arguments)
    status = _take_away(where.folder, EVERY_HOOK)
    folders.forget(where)
    return status


def _take_away(folder: str, hooks: Iterable[str]) -> int:
    done = {hook: did for hook in hooks if (did := take_away(folder, hook))}
    for hook, did in done.items():
        if hook in COMMANDS:
            print(f"{hook}: {did}")
    if not done:
        print(f"There is no hook of keysieve in {folder}.")
    return 0
