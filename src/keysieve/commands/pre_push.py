"""`keysieve pre-push`: what a push would publish."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence

from keysieve.commands.options import Parser, ScanOptions, add_scan_options, add_trust_option, finish, scan_options
from keysieve.commands.progress import TerminalProgress
from keysieve.commands.range import stories
from keysieve.config import Typed, for_change
from keysieve.engine.sieve import Sieve
from keysieve.errors import UsageError
from keysieve.git.repository import Repository, discover, resolve
from keysieve.scan.assembly import Telling, report
from keysieve.scan.pushed import scan_pushed
from keysieve.sources.pushed import Pushed, Update, new_objects, outgoing, tracking


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "pre-push",
        "Scan what a push would publish: commits and tags that are new to the remote.",
        "git gives the hook REMOTE and URL, and the refs on standard input.",
        takes="[REMOTE URL]",
    )
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="REMOTE URL, as the hook is given")
    parser.add_argument("--pre-commit", action="store_true", help="run by the pre-commit framework: FILE … instead")
    add_scan_options(parser)
    add_trust_option(parser)
    arguments = parser.parse_intermixed_args(argv)
    options = scan_options(arguments)
    if arguments.pre_commit:
        return _run_in_framework(arguments.arguments, argv, options)
    if sys.stdin.isatty():
        raise UsageError(
            "Standard input holds no refs: git gives them to the hook.",
            "Install the hook: keysieve install --hook pre-push   (or scan commits by name: keysieve range BASE..HEAD)",
        )
    remote = arguments.arguments[0] if arguments.arguments else ""
    return _scan(discover(), outgoing(sys.stdin.buffer.read()), remote, options)


def _run_in_framework(files: Sequence[str], argv: Sequence[str], options: ScanOptions) -> int:
    """What the framework's environment names; where it names no push at all, what `staged` does."""
    repository = discover()
    update = _update_of_framework(repository, os.environ)
    if update is not None:
        return _scan(repository, [update], os.environ.get("PRE_COMMIT_REMOTE_NAME", ""), options)
    from keysieve.commands import staged

    return staged.run([argument for argument in argv if argument != "--pre-commit"])


def _update_of_framework(repository: Repository, env: Mapping[str, str]) -> Update | None:
    """The one ref that the framework tells of.

    It sets from and to; when everything is new to the remote, only the local branch. `--from-ref` and `--to-ref`
    typed by hand come without a remote.
    """
    ref = os.fsencode(env.get("PRE_COMMIT_REMOTE_BRANCH", ""))
    base, head = env.get("PRE_COMMIT_FROM_REF"), env.get("PRE_COMMIT_TO_REF")
    if base and head:
        return Update(ref, resolve(repository, base), resolve(repository, head, "object"))
    if env.get("PRE_COMMIT_LOCAL_BRANCH") and env.get("PRE_COMMIT_REMOTE_NAME"):
        return Update(ref, None, resolve(repository, env["PRE_COMMIT_LOCAL_BRANCH"], "object"))
    return None


def _scan(repository: Repository, updates: Sequence[Update], remote: str, options: ScanOptions) -> int:
    known = tracking(repository, remote)
    trunk = f"refs/remotes/{remote}/HEAD" if remote else None
    return scan_updates(repository, new_objects(repository, updates, known, trunk), "pre-push", options)


def scan_updates(repository: Repository, pushed: Pushed, command: str, options: ScanOptions) -> int:
    """Scan what is new to the receiving side and end as every scan does."""
    started = time.monotonic()
    typed = Typed(options.config, options.baseline)
    head = pushed.heads[0] if pushed.heads else ""
    settings = for_change(repository, pushed.base, head, typed, trust_head=options.trust_head)
    sieve = Sieve(settings.rules)
    with TerminalProgress(is_wanted=options.progress) as progress:
        found = scan_pushed(repository, pushed, sieve, progress)
        telling = Telling(
            command,
            options.reveal,
            found.commits,
            lambda groups: stories(groups, found, pushed.commits),
            settings.terms,
        )
        told = report(found.gathered, sieve, telling, started)
    return finish(told, options)
