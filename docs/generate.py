"""Makes the documentation that can be made from the program: help in README, completion, manual page, site pages.

`python docs/generate.py` writes what is kept in the repository, `--check` says whether it is up to date. mkdocs runs
the functions below named `on_…` to fill in the pages of the site.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from keysieve import __version__
from keysieve.cli import COMMANDS, usage
from keysieve.commands.completion import SHELLS
from keysieve.commands.options import Describe, Described, Parser
from keysieve.engine.catalogue import shipped_rules
from keysieve.rule import Rule

TOP = Path(__file__).parent.parent
COMPLETIONS = TOP / "src" / "keysieve" / "completions"
MANUAL = TOP / "docs" / "keysieve.1"
README = TOP / "README.md"
FILES = ("FILE", "PATH", "REPO")
"""Names of arguments that are files."""
BLOCK = re.compile(r"(<!-- help:begin -->\n).*?(<!-- help:end -->)", re.S)


def parser_of(command: str) -> Parser:
    """The parser of a command."""
    try:
        import_module(f"keysieve.commands.{command.replace('-', '_')}").run(Describe(["--help"]))
    except Described as described:
        return described.parser
    raise AssertionError(f"{command} did not describe itself")


def help_of(command: str) -> str:
    """What `keysieve COMMAND --help` prints."""
    return parser_of(command).format_help()


def whole_parser() -> argparse.ArgumentParser:
    """One parser for all commands, as the tools that complete and document want it."""
    whole = argparse.ArgumentParser("keysieve", description="Finds AWS credentials and says how to get them out.")
    whole.add_argument("--version", action="store_true", help="print the version")
    commands = whole.add_subparsers(metavar="COMMAND", dest="command")
    for name, summary in COMMANDS.items():
        parent = parser_of(name)
        commands.add_parser(
            name,
            help=summary,
            description=parent.description,
            epilog=parent.epilog,
            parents=[parent],
            add_help=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    return whole


def help_block() -> str:
    """The help of every command, for README."""
    texts = [usage(), *(f"$ keysieve {name} --help\n{help_of(name)}" for name in COMMANDS)]
    return "".join(f"\n```text\n{text.rstrip()}\n```\n" for text in texts) + "\n"


def completion(shell: str) -> str:
    """The completion script for a shell."""
    import shtab

    whole = whole_parser()
    commands = next(action for action in whole._actions if isinstance(action.choices, dict))
    for parser in (commands.choices or {}).values():
        for action in parser._actions:
            if any(word in str(action.metavar) for word in FILES):
                action.complete = shtab.FILE
    return shtab.complete(whole, shell=shell).rstrip() + "\n"


def manual() -> str:
    """The manual page."""
    from argparse_manpage.manpage import Manpage

    page = Manpage(whole_parser())
    page.date, page.source, page.manual = "", f"keysieve {__version__}", "keysieve"
    page.description = "find AWS credentials in files, changes and Git histories"
    status = usage().rstrip().rpartition("\n\n")[2]
    lines = str(page).rstrip().splitlines()
    return "\n".join([*(line.rstrip() for line in lines), ".SH EXIT STATUS", status]) + "\n"


def generated() -> Iterator[tuple[Path, str]]:
    """Files of the repository that are made here, with what they should hold."""
    for shell in SHELLS:
        yield COMPLETIONS / f"keysieve.{shell}", completion(shell)
    yield MANUAL, manual()
    if README.exists() and BLOCK.search(text := README.read_text("utf-8")):
        yield README, BLOCK.sub(lambda found: found[1] + help_block() + found[2], text)


def main(arguments: list[str]) -> int:
    """Write what is out of date, or only say so."""
    stale = [(path, text) for path, text in generated() if not path.exists() or path.read_text("utf-8") != text]
    for path, text in stale:
        print(f"{path.relative_to(TOP)} is out of date" if "--check" in arguments else f"wrote {path.relative_to(TOP)}")
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
    return int(bool(stale) and "--check" in arguments)


def commands_page() -> str:
    """Every command with its help."""
    return "".join(
        f"\n## `keysieve {name}`\n\n{summary[:1].upper()}{summary[1:]}.\n\n```text\n{help_of(name).rstrip()}\n```\n"
        for name, summary in COMMANDS.items()
    )


def rules_page() -> str:
    """Every rule, from `rules/`."""
    return "\n".join(_rule(rule) for rule in shipped_rules())


def _rule(rule: Rule) -> str:
    lines = [f"## `{rule.id}` {{ #{rule.id} }}", "", f"**{rule.title}**, {rule.severity}. {rule.description}", ""]
    if rule.is_composite:
        parts = [*(f"[`{part}`](#{part})" for part in rule.parts), *(f"`{part}` (if there)" for part in rule.optional)]
        lines.append(f"Made of {' and '.join(parts)} that stand together.")
    else:
        lines += [f"Finds the value `{rule.value}`:", "", "```text", rule.pattern.decode(), "```", ""]
        if rule.near:
            near = " or ".join(f"`{name}`" for name in rule.near)
            lines.append(f"It counts after a label, or within {rule.within} lines of {near}.")
    lines += ["", *_examples("Matches", rule.examples), *_examples("Does not match", rule.counter_examples)]
    lines += [f"Remedy: `{rule.remedy}`.", "", *(f"- <{reference}>" for reference in rule.references), ""]
    return "\n".join(lines)


def _examples(title: str, examples: tuple[str, ...]) -> Iterator[str]:
    if examples:
        yield from (f"{title}, with made-up values in the braces:", "")
        for example in examples:
            yield from ("```text", example.strip("\n").replace("```", "` ` `"), "```", "")


def on_config(config: Any) -> Any:
    """Leave out of the navigation what is not there."""
    config["nav"] = [entry for entry in config["nav"] if all((TOP / "docs" / file).exists() for file in entry.values())]
    return config


def on_page_markdown(markdown: str, **_others: Any) -> str:
    """Fill in what is generated."""
    for name, made in (("commands", commands_page), ("rules", rules_page)):
        if f"<!-- generated: {name} -->" in markdown:
            markdown = markdown.replace(f"<!-- generated: {name} -->", made())
    return markdown


if __name__ == "__main__":
    with contextlib.redirect_stderr(io.StringIO()):
        status = main(sys.argv[1:])
    sys.exit(status)
