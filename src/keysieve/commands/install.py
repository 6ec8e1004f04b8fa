"""`keysieve install`: hooks without a framework, in front of those that are there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from keysieve.commands.options import Parser
from keysieve.errors import UsageError
from keysieve.git.repository import discover
from keysieve.hooks import folders
from keysieve.hooks.placing import place
from keysieve.hooks.script import COMMANDS, EVERY_HOOK

ON_CLIENTS = ("pre-commit", "commit-msg", "pre-push")
ON_SERVERS = ("pre-receive",)


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "install",
        "Put hooks in place that stop commits and pushes with AWS credentials.",
        "A hook that is there is kept, and runs first. With --global every repository of yours uses them, and still\n"
        "runs its own hooks. Afterwards, prove that they work: keysieve doctor",
    )
    add_place_options(parser)
    arguments = parser.parse_args(argv)
    if arguments.is_global:
        return _install_global(arguments)
    if arguments.template:
        raise UsageError("--template goes with --global.", "Type: keysieve install --global --template")
    repository = discover()
    folder = folders.repository_folder(repository)
    folders.refuse_shared(repository, folder)
    for hook in arguments.hook or (ON_SERVERS if repository.is_bare else ON_CLIENTS):
        print(f"{hook}: {place(folder, hook, sys.executable)}")
    return 0


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """The options that `install` and `uninstall` share."""
    parser.add_argument(
        "--hook",
        action="append",
        choices=COMMANDS,
        default=[],
        help="repeatable; default: pre-commit, commit-msg and pre-push; in a bare repository pre-receive",
    )
    parser.add_argument("--global", action="store_true", dest="is_global", help="for all repositories, not only this")
    parser.add_argument(
        "--template",
        action="store_true",
        help="with --global: in init.templateDir, for new clones, instead of core.hooksPath, for all",
    )


def global_place(arguments: argparse.Namespace) -> folders.GlobalFolder:
    """The folder for all repositories."""
    return folders.global_folder(is_template=arguments.template)


def _install_global(arguments: argparse.Namespace) -> int:
    where = global_place(arguments)
    wanted = arguments.hook or ON_CLIENTS
    if not set(wanted) <= set(ON_CLIENTS):
        raise UsageError("A server's hook is installed in its repository.", "Without --global: keysieve install")
    for hook in wanted:
        print(f"{hook}: {place(where.folder, hook, sys.executable, where.behind)}")
    if where.behind is not None:
        for hook in EVERY_HOOK:
            if hook not in wanted:
                place(where.folder, hook, "", where.behind)
    folders.point_to(where)
    print(f"{where.setting} = {where.value}")
    return 0
