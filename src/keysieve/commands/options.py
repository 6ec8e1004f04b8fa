"""What the scanning commands have in common: their options, and how they end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from keysieve.errors import UsageError
from keysieve.finding import Report
from keysieve.rule import SEVERITIES

FOUND, INCOMPLETE = 1, 3


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """The options of a scan.

    Attributes:
        outputs: Format and file of each report; `-` is standard output.
        reveal: Show secrets in clear.
        fail_on: Mildest severity that makes the exit status 1; `never` for none.
        allow_incomplete: Something that is not read does not make the exit status 3.
        quiet: Print no report on standard output when there is nothing to say.
        config: File with the settings to use instead of the repository's.
        baseline: File with the baseline to use instead of the repository's.
        show_set_aside: Show in full what is set aside (text).
        trust_head: Let the change under scan excuse itself.
    """

    outputs: tuple[tuple[str, str], ...]
    reveal: bool
    fail_on: str
    allow_incomplete: bool
    quiet: bool
    progress: bool
    jobs: int | None
    config: str | None
    baseline: str | None
    show_set_aside: bool
    trust_head: bool

    @property
    def names_settings(self) -> bool:
        """Whether the user named a file with settings."""
        return self.config is not None or self.baseline is not None


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of leaving, and knows no abbreviations.

    Args:
        command: Name of the command.
        description: What it does.
        epilog: What else there is to know.
        takes: What it takes beside options, for a usage of one line; by default argparse writes all options there.
    """

    def __init__(self, command: str, description: str, epilog: str = "", takes: str = "") -> None:
        super().__init__(
            prog=f"keysieve {command}",
            usage=f"keysieve {command} [OPTION …] {takes}" if takes else None,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Raise what the command line does wrong."""
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}.", f"See: {self.prog} --help")


def add_scan_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every scan."""
    from keysieve.reporters import FORMATS

    group = parser.add_argument_group("report")
    group.add_argument("--format", action="append", choices=FORMATS, default=[], help="text (default), json")
    group.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="write the report there; with several --format in the same order",
    )
    group.add_argument("--reveal", action="store_true", help="show secrets in clear (never in CI)")
    group.add_argument("--quiet", action="store_true", help="print nothing when there is nothing to say")
    group.add_argument("--no-progress", action="store_true", help="show no progress on a terminal")
    group.add_argument("--show-set-aside", action="store_true", help="show in full what is excused, and why (text)")
    group = parser.add_argument_group("verdict")
    group.add_argument("--config", metavar="FILE", help="settings to use instead of the repository's .keysieve.toml")
    group.add_argument("--baseline", metavar="FILE", help="instead of the repository's .keysieve-baseline")
    group.add_argument(
        "--fail-on", choices=(*SEVERITIES, "never"), default="low", help="mildest severity that fails (default: low)"
    )
    group.add_argument("--allow-incomplete", action="store_true", help="exit 0 although something was not read")


def add_trust_option(parser: argparse.ArgumentParser) -> None:
    """Add the option of scans of a change that someone else may have made."""
    parser.add_argument(
        "--trust-head", action="store_true", help="let what the change itself adds excuse (settings, pragmas, baseline)"
    )


def scan_options(arguments: argparse.Namespace) -> ScanOptions:
    """The options that were typed."""
    formats = arguments.format or ["text"]
    files = arguments.output or []
    if len(files) > len(formats) or len(formats) - len(files) > 1:
        raise UsageError(
            f"There are {len(formats)} formats and {len(files)} output files.",
            "Give them in pairs: --format json --output a.json --format text --output -",
        )
    return ScanOptions(
        outputs=tuple(zip(formats, [*files, "-"], strict=False)),
        reveal=arguments.reveal,
        fail_on=arguments.fail_on,
        allow_incomplete=arguments.allow_incomplete,
        quiet=arguments.quiet,
        progress=not (arguments.no_progress or arguments.quiet),
        jobs=getattr(arguments, "jobs", None),
        config=arguments.config,
        baseline=arguments.baseline,
        show_set_aside=arguments.show_set_aside,
        trust_head=getattr(arguments, "trust_head", False),
    )


def finish(report: Report, options: ScanOptions) -> int:
    """Write the reports and give the exit status."""
    for name, file in options.outputs:
        _write(report, name, file, options)
    if report.remarks and not any(output == ("text", "-") for output in options.outputs):
        _remark(report.remarks)
    return status(report, options)


def _remark(remarks: Sequence[str]) -> None:
    """Tell people what the report for machines has no place for."""
    from keysieve.reporters.text import safe

    for remark in remarks:
        sys.stderr.buffer.write(f"keysieve: {safe(remark)}\n".encode())
    sys.stderr.flush()


def status(report: Report, options: ScanOptions) -> int:
    """The exit status of the contract. Findings win over incompleteness."""
    if options.fail_on != "never":
        limit = SEVERITIES.index(options.fail_on)
        if any(SEVERITIES.index(finding.severity) >= limit for finding in report.findings):
            return FOUND
    return 0 if report.complete or options.allow_incomplete else INCOMPLETE


def _rendered(report: Report, name: str, options: ScanOptions, *, width: int = 100, color: bool = False) -> str:
    if name == "text" and options.show_set_aside:
        from keysieve.reporters import text

        return text.render(report, width=width, color=color, shows_set_aside=True)
    from keysieve.reporters import render

    return render(report, name, width=width, color=color)


def _write(report: Report, name: str, file: str, options: ScanOptions) -> None:
    if file == "-":
        has_nothing_to_say = report.complete and not report.findings and not report.remarks
        is_silent = options.quiet and name == "text" and has_nothing_to_say
        if not is_silent:
            print_text(_rendered(report, name, options, width=terminal_width(), color=_color()))
        return
    try:
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(_rendered(report, name, options))
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {file!r}: {error.strerror}.", "Name a file that can be written."
        ) from None


def print_text(text: str) -> None:
    """Write to standard output; a reader that has gone away is no error."""
    encoding = sys.stdout.encoding or "utf-8"
    data = text.encode(encoding, "backslashreplace")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def terminal_width() -> int:
    """Columns of the terminal that standard output is, else 100."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 100


def _color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def encoded(paths: Sequence[str]) -> list[bytes]:
    """Paths as the file system has them."""
    return [os.fsencode(path) for path in paths]
