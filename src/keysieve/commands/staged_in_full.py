"""`keysieve staged` where it takes a closer look, or more is asked for than the verdict."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keysieve.commands.options import (
    Parser,
    ScanOptions,
    add_scan_options,
    add_trust_option,
    encoded,
    finish,
    scan_options,
)
from keysieve.engine.sieve import Sieve
from keysieve.git.run import environment
from keysieve.scan.assembly import Telling, Terms, report
from keysieve.scan.staged import scan_staged

TABLE = b"[tool.keysieve"
"""What stands in a `pyproject.toml` that has something for us."""


def run_in_full(argv: Sequence[str]) -> int:
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
    add_trust_option(parser)
    arguments = parser.parse_intermixed_args(argv)
    base, head = os.environ.get("PRE_COMMIT_FROM_REF"), os.environ.get("PRE_COMMIT_TO_REF")
    if base and head:
        from keysieve.commands.range import scan_and_report

        return scan_and_report(f"{base}..{head}", scan_options(arguments))
    options = scan_options(arguments)
    settled = Settled(options)
    gathered = scan_staged(settled.sieve, encoded(_names(arguments.files, options)), settled.sieve_for)
    return finish(
        report(gathered, settled.sieve, Telling("staged", options.reveal, terms=settled.terms), started), options
    )


@dataclass(slots=True)
class Settled:
    """What the index settles, once it is known."""

    options: ScanOptions
    sieve: Sieve = field(default_factory=Sieve)
    terms: Terms | None = None

    def sieve_for(self, files: Mapping[bytes, bytes]) -> Sieve:
        """Take the settings files of the index; nothing is read, nor imported, where there are none."""
        if self.options.names_settings or any(name != b"pyproject.toml" or TABLE in files[name] for name in files):
            from keysieve import config

            typed = config.Typed(self.options.config, self.options.baseline)
            settings = config.settings(files, config.from_objects("", cwd=None, env=environment()), typed)
            self.sieve, self.terms = Sieve(settings.rules), settings.terms
        return self.sieve


def _names(files: Sequence[str], options: ScanOptions) -> Sequence[str]:
    """The file names, those of earlier batches of the pre-commit framework included where a report is to hold all."""
    outputs = [file for _, file in options.outputs if file != "-"]
    if not files or not outputs or os.environ.get("PRE_COMMIT") != "1":
        return files
    from keysieve.commands.batches import names_so_far

    return names_so_far(files, outputs)
