"""What the scanning commands have in common: their options, and how they end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

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


class Described(Exception):  # noqa: N818 - no error: the answer to `Describe`
    """Carries the parser of a command that was asked to describe itself."""

    def __init__(self, parser: Parser) -> None:
        super().__init__(parser.prog)
        self.parser = parser


class Describe(tuple[str, ...]):
    """Arguments that ask a command for its parser: it raises `Described` instead of running.

    Documentation, completion and the manual page are made from what the commands really take.
    """

    __slots__ = ()


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of leaving, and knows no abbreviations.

    Args:
        command: Name of the command.
        description: What it does.
        epilog: What else there is to know.
        takes: What it takes beside options, for a usage of one line; by default argparse writes all options there.
    """

    def __init__(self, command: str, description: str, epilog: str = "", takes: str | None = None) -> None:
        super().__init__(
            prog=f"keysieve {command}",
            usage=None if takes is None else f"keysieve {command} [OPTION …] {takes}".rstrip(),
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=_Formatter,
            add_help=False,
        )
        # Who reads this has found it.
        self.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse, or describe the command."""
        if isinstance(args, Describe):
            raise Described(self)
        return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        """The help on one screen: a section for everything, without blank lines between options."""
        sections = super().format_help().rstrip("\n").split("\n\n")
        is_options = [section.startswith("  ") or section.partition("\n")[0].endswith(":") for section in sections]
        joined = sections[0]
        for section, here, before in zip(sections[1:], is_options[1:], is_options, strict=False):
            joined += ("\n" if here and before else "\n\n") + section
        return joined + "\n"

    def error(self, message: str) -> NoReturn:
        """Raise what the command line does wrong."""
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}.", f"See: {self.prog} --help")


class _Formatter(argparse.HelpFormatter):
    """Help that is the same on every terminal, so that it can stand in the documentation; keeps line breaks."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=24, width=80)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap

        return "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in text.splitlines())


def add_scan_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every scan."""
    from keysieve.reporters import FORMATS

    group = parser.add_argument_group("report")
    group.add_argument(
        "--format", action="append", choices=FORMATS, default=[], metavar="FORMAT", help=", ".join(FORMATS)
    )
    group.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="for each --format, in the same order (- is stdout)",
    )
    group.add_argument("--reveal", action="store_true", help="show secrets in clear (never in CI)")
    group.add_argument("--quiet", action="store_true", help="print nothing when there is nothing to say")
    group.add_argument("--no-progress", action="store_true", help="show no progress on a terminal")
    group.add_argument("--show-set-aside", action="store_true", help="show in full what is excused, and why (text)")
    group = parser.add_argument_group("verdict")
    group.add_argument("--config", metavar="FILE", help="settings to use instead of the repository's .keysieve.toml")
    group.add_argument("--baseline", metavar="FILE", help="instead of the repository's .keysieve-baseline")
    group.add_argument(
        "--fail-on",
        choices=(*SEVERITIES, "never"),
        default="low",
        metavar="LEVEL",
        help="fail from low (default), medium, high or critical; never",
    )
    group.add_argument("--allow-incomplete", action="store_true", help="exit 0 although something was not read")


def add_trust_option(parser: argparse.ArgumentParser) -> None:
    """Add the option of scans of a change that someone else may have made."""
    parser.add_argument("--trust-head", action="store_true", help="let excuses count that the change itself adds")


def scan_options(arguments: argparse.Namespace) -> ScanOptions:
    """The options that were typed."""
    formats = arguments.format or ["text"]
    files = arguments.output or []
    if len(files) > len(formats) or len(formats) - len(files) > 1:
        raise UsageError(
            f"There are {len(formats)} formats and {len(files)} output files.",
            "Give them in pairs: --format json --output a.json --format text --output -",
        )
    targets = [*files, "-"][: len(formats)]
    if len(set(targets)) < len(targets):
        raise UsageError(
            "Two reports cannot go to the same place.",
            "Give each an output: --format json --output a.json --format text",
        )
    return ScanOptions(
        outputs=tuple(zip(formats, targets, strict=True)),
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
    if any(name == "github" for name, _ in options.outputs):
        _summarise_step(report)
    if all(file != "-" for _, file in options.outputs):
        _tell_outcome(report, options)
    if report.remarks and not any(output == ("text", "-") for output in options.outputs):
        _remark(report.remarks)
    return status(report, options)


def _remark(remarks: Sequence[str]) -> None:
    """Tell people what the report for machines has no place for."""
    from keysieve.reporters.wording import safe

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


def _write(report: Report, name: str, file: str, options: ScanOptions) -> None:
    from keysieve.reporters import Style, render

    if file == "-":
        has_nothing_to_say = report.complete and not report.findings and not report.remarks
        is_silent = options.quiet and name == "text" and has_nothing_to_say
        if not is_silent:
            from keysieve.commands import terminal

            style = terminal.style(report.command, shows_set_aside=options.show_set_aside)
            terminal.write(render(report, name, style))
        return
    try:
        with open(file, "w", encoding="utf-8", newline="", opener=_private if options.reveal else None) as stream:
            stream.write(render(report, name, Style(shows_set_aside=options.show_set_aside)))
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {file!r}: {error.strerror}.", "Name a file that can be written."
        ) from None


def _private(file: str, flags: int) -> int:
    """Open a file that holds secrets for nobody but its owner."""
    return os.open(file, flags, 0o600)


def _summarise_step(report: Report) -> None:
    """Append to the summary of the workflow's step, where GitHub asks for one."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    from keysieve.reporters.github import summary

    try:
        with open(file, "a", encoding="utf-8", newline="") as stream:
            stream.write(summary(report))
    except OSError as error:
        raise UsageError(
            f"The summary cannot be written to {file!r} (GITHUB_STEP_SUMMARY): {error.strerror}.", "Unset the variable."
        ) from None


def _tell_outcome(report: Report, options: ScanOptions) -> None:
    """One line on standard error when every report went to a file."""
    if options.quiet and report.complete and not report.findings:
        return
    from keysieve.commands import terminal
    from keysieve.reporters.wording import outcome, safe

    files = ", ".join(f"{safe(file)} ({name})" for name, file in options.outputs)
    line = f"keysieve {report.command}: {outcome(report)}. Written: {files}."
    sys.stderr.buffer.write(terminal.encoded(line + "\n", sys.stderr.encoding or "utf-8"))
    sys.stderr.flush()


def encoded(paths: Sequence[str]) -> list[bytes]:
    """Paths as the file system has them."""
    return [os.fsencode(path) for path in paths]
