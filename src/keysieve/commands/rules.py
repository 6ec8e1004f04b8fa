"""`keysieve rules`: list, show and prove the rules."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from keysieve.commands.options import Parser
from keysieve.engine.catalogue import nearest, parse_rule, shipped_rules
from keysieve.errors import ConfigurationError, UsageError
from keysieve.rule import Rule

FAILED = 1


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "rules",
        "List the rules, show one in full, or prove them with their examples.",
        "keysieve rules check my-rule.toml proves a rule of your own beside the shipped ones.",
        takes="{list,show,check} [ID|FILE …]",
    )
    parser.add_argument(
        "action",
        choices=("list", "show", "check", "prefilter"),
        metavar="{list,show,check}",
        help="list: one a line; show: in full; check: prove the examples",
    )
    parser.add_argument("names", nargs="*", metavar="ID|FILE", help="show: a rule's id; check: rule files of your own")
    arguments = parser.parse_intermixed_args(argv)
    if arguments.action == "check":
        return check(arguments.names)
    if arguments.action == "list":
        for rule in shipped_rules():
            print(f"{rule.id:<32} {rule.severity:<9} {rule.title}")
        return 0
    if arguments.action == "prefilter":
        return prefilter()
    return show(arguments.names)


def prefilter() -> int:
    """Print the expressions of the shipped rules, as `rules/prefilter.txt` holds them."""
    from keysieve.engine.prefilter import expressions

    print("# What `keysieve rules prefilter` prints: one expression a line; every text with a credential matches one.")
    for expression in expressions(shipped_rules()):
        sys.stdout.write(expression.decode("ascii") + "\n")
    return 0


def check(files: Sequence[str]) -> int:
    """Prove the shipped rules, and those of the files with them."""
    from keysieve.engine.proof import defects

    own = [_read(file) for file in files]
    rules = (*shipped_rules(), *own)
    found = list(defects(rules, own or None))
    for line in found:
        print(line)
    subjects = own or rules
    examples = sum(len(rule.examples) + len(rule.counter_examples) for rule in subjects)
    print(f"{len(subjects)} rules, {examples} examples: {f'{len(found)} defects' if found else 'all hold'}.")
    return FAILED if found else 0


def _read(file: str) -> Rule:
    try:
        with open(file, encoding="utf-8") as stream:
            return parse_rule(stream.read(), file)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", "Name a rule file.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from None


def show(names: Sequence[str]) -> int:
    """Show rules in full."""
    from keysieve.commands import terminal

    rules = {rule.id: rule for rule in shipped_rules()}
    if not names:
        raise UsageError("Which rule?", "Type: keysieve rules show aws-access-key-pair   (all: keysieve rules list)")
    for name in names:
        if name not in rules:
            raise UsageError(f"There is no rule {name!r}.", f"Did you mean: keysieve rules show {nearest(name, rules)}")
        terminal.write(_told(rules[name]))
    return 0


def _told(rule: Rule) -> str:
    import textwrap

    def wrapped(text: str, label: str = "") -> list[str]:
        indent = "    " if label else "  "
        return textwrap.wrap(
            text,
            80,
            initial_indent=f"  {label}",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    lines = [f"{rule.id} ({rule.severity}): {rule.title}", "", *wrapped(rule.description), ""]
    for label, text in _facts(rule):
        lines += wrapped(text, f"{label}: ")
    if not rule.is_composite:
        lines += ["  pattern:", f"    {rule.pattern.decode()}"]
    for title, examples in (("matches", rule.examples), ("does not match", rule.counter_examples)):
        shown = [example.strip().splitlines() or [""] for example in examples]
        lines += [f"  {title}:", *(f"    {first}{' …' if rest else ''}" for first, *rest in shown)] if shown else []
    return "\n".join([*lines, ""])


def _facts(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.is_composite:
        yield "made of", ", ".join((*rule.parts, *(f"{name} (if there)" for name in rule.optional)))
    else:
        yield "value", f"{rule.value}, {'a secret' if rule.is_secret else 'an identifier, no secret'}"
    if rule.near:
        yield "counts", f"after a label that says what it is, or within {rule.within} lines of {' or '.join(rule.near)}"
    elif rule.needs_company:
        yield "counts", "after a label that says what it is"
    if rule.judge != "none":
        yield "judged", f"as {rule.judge.replace('-', ' ')}; what is probably none is set aside, and counted"
    yield "remedy", f"{rule.remedy} (in full for a finding: keysieve explain FINGERPRINT)"
    for reference in rule.references:
        yield "see", reference
