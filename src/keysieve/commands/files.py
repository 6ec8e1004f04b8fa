"""`keysieve files`: files as they are on disk, or standard input."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keysieve.commands.options import Parser, add_scan_options, encoded, finish, scan_options
from keysieve.commands.progress import TerminalProgress
from keysieve.config import Typed, from_disk
from keysieve.engine.sieve import Sieve
from keysieve.excuses.policy import Heeding, as_written, never
from keysieve.git.repository import current
from keysieve.rule import Rule
from keysieve.scan.assembly import Telling, Terms, report
from keysieve.scan.files import STDIN, scan_files


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
    paths = encoded(arguments.paths)
    settled = settle(paths, Typed(options.config, options.baseline))
    sieve = Sieve(settled.rules)
    with TerminalProgress(is_wanted=options.progress) as progress:
        gathered = scan_files(paths, sieve, progress)
        gathered.heeding = settled.heeding
        told = report(gathered, sieve, Telling("files", options.reveal, terms=settled.terms), started)
    return finish(told, options)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a team has settled for files on disk.

    Attributes:
        rules: The team's own.
        terms: What is excused.
        heeding: Which pragmas count.
    """

    rules: tuple[Rule, ...]
    terms: Terms
    heeding: Heeding


def settle(paths: Sequence[bytes], typed: Typed) -> Settled:
    """The settings that apply to files: those of the repository that all of them lie in, or those that were typed."""
    folder = _own_folder(paths)
    settings = from_disk(folder, typed)
    counts = folder is not None or _are_below(paths, os.getcwdb())
    return Settled(settings.rules, _seen_from(folder, settings.terms), as_written() if counts else never())


def _own_folder(paths: Sequence[bytes]) -> bytes | None:
    """The top of the current repository's work tree, if all paths lie in it."""
    repository = current()
    if repository is None or repository.is_bare or not _are_below(paths, repository.directory):
        return None
    return repository.directory


def _are_below(paths: Sequence[bytes], folder: bytes) -> bool:
    top = os.path.realpath(folder)
    return all(os.path.commonpath([top, os.path.realpath(path)]) == top for path in paths if path != STDIN)


def _seen_from(folder: bytes | None, terms: Terms) -> Terms:
    """The terms with scanned paths as seen from a folder."""
    if folder is None or terms.policy is None:
        return terms
    top = os.path.realpath(folder)

    def relative(path: bytes) -> bytes:
        parent = os.path.realpath(os.path.dirname(path) or b".")
        return os.path.relpath(os.path.join(parent, os.path.basename(path)), top)

    return replace(terms, policy=replace(terms.policy, relative=relative))
