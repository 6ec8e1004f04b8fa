"""`keysieve fix`: the change that takes a credential out of the files of the work tree."""

from __future__ import annotations

import argparse
import os
import re
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from keysieve.commands import terminal
from keysieve.commands.looking import add_lookup_options, looked_up
from keysieve.commands.options import Parser
from keysieve.commands.private import create, here
from keysieve.engine.redaction import fingerprint, redact
from keysieve.engine.sieve import Sieve
from keysieve.errors import UsageError
from keysieve.remedies import Situation, remedy_for
from keysieve.remedies.choice import choose
from keysieve.remedies.patch import patch
from keysieve.remedies.replacement import replacement_in
from keysieve.remedies.rewriting import Rewritten, rewrite
from keysieve.remedies.variables import SHELLS, lines_for, variable_for
from keysieve.reporters.wording import safe
from keysieve.scan.lookup import LookedUp

NOT_DONE = 1
_KINDS = ("file", "staged")
_MASKED = (
    "Values are masked: this is to look at, not to apply. --patch FILE writes a patch, --apply makes the change.\n"
)


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one file.

    Attributes:
        path: Relative to `folder`; it may hold the credential itself, `shown` does not.
    """

    folder: bytes
    path: bytes = field(repr=False)
    shown: str
    situation: Situation
    rewritten: Rewritten

    @property
    def file(self) -> bytes:
        """Where the file is."""
        return os.path.join(self.folder, self.path)


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    arguments = _parser().parse_intermixed_args(argv)
    (one,), sieve = looked_up([arguments.fingerprint], arguments)
    changes = _changes(one, sieve, arguments.prefix)
    if arguments.to_profile is not None:
        from keysieve.commands.profile import store

        path = store(arguments.to_profile, _values(one, changes, sieve))
        _say(f"Stored as profile {arguments.to_profile} in {path}. Use it: export AWS_PROFILE={arguments.to_profile}")
        _say("The key itself is still the one that leaked: rotate it.")
    if arguments.to_env:
        terminal.write(_environment(_values(one, changes, sieve), arguments))
    if (arguments.to_profile is not None or arguments.to_env) and not (arguments.patch or arguments.apply):
        return 0
    if not changes:
        _say(f"No file of the work tree holds {one.finding.fingerprint} (any more).")
        _say(f"  If the history does: keysieve purge {one.finding.fingerprint}")
        return NOT_DONE
    return _carry_out(one, changes, sieve, arguments)


def _parser() -> Parser:
    parser = Parser(
        "fix",
        "Show the change that replaces a credential in the work tree by the lookup that the language has for it.\n"
        "The history is not changed (keysieve purge), and the key still has to be rotated (keysieve explain).",
        takes="FINGERPRINT",
    )
    parser.add_argument("fingerprint", metavar="FINGERPRINT", help="from a report; its first digits will do")
    group = parser.add_argument_group("what to do")
    group.add_argument("--patch", metavar="FILE", help="write a patch for git apply there; it holds the secret")
    group.add_argument("--apply", action="store_true", help="change the files")
    group.add_argument("--to-profile", metavar="NAME", help="store the pair in the shared credentials file")
    group.add_argument("--to-env", action="store_true", help="print lines for your shell; they ask for the secret")
    group.add_argument("--shell", choices=SHELLS, help="for --to-env (default: all)")
    group.add_argument("--prefix", default="", metavar="TEXT", help="before the names of variables, such as PROD_")
    group.add_argument("--reveal", action="store_true", help="show secrets in clear (never in CI)")
    add_lookup_options(parser)
    return parser


def _changes(one: LookedUp, sieve: Sieve, prefix: str) -> list[Change]:
    """The changes of the files that hold it now."""
    if not re.fullmatch(r"(?:[A-Za-z_][A-Za-z0-9_]*)?", prefix):
        raise UsageError(f"{prefix[:40]!r} cannot begin the name of a variable.", "Use letters, digits and _.")
    repository = here()
    is_on_disk = one.situation.command == "files" or repository is None
    folder = os.getcwdb() if is_on_disk or repository is None else repository.directory
    located = [each.place.path for each in one.located if each.place.kind in _KINDS and each.place.path]
    paths = (path for path in dict.fromkeys(located) if is_on_disk or _is_inside(folder, path))
    changes = [_change(folder, path, one, sieve, prefix) for path in paths]
    return [change for change in changes if change is not None]


def _change(folder: bytes, path: bytes, one: LookedUp, sieve: Sieve, prefix: str) -> Change | None:
    data = _read(os.path.join(folder, path))
    if data is None:
        return None
    prints = {one.finding.fingerprint, *one.finding.fingerprints.values()}
    found = [match for credential in sieve.sift(data) for match in credential.matches]
    variables = {match.value: variable_for(match.name, prefix) for match in found if fingerprint(match.value) in prints}
    if not variables:
        return None
    context = data[:65536] + b"\n" + data[min(match.start for match in found) :][:4096]
    situation = replace(one.situation, path=path, context=context, kind="file")
    language = replacement_in(choose(situation).language.id, path)
    return Change(folder, path, _masked(path, sieve), situation, rewrite(data, variables, language, sieve.sift))


def _is_inside(folder: bytes, path: bytes) -> bool:
    """Whether a path that a repository names is a file of its work tree, with no link and no `..` on the way."""
    top = os.path.realpath(folder)
    wanted = os.path.join(top, os.path.dirname(path)).rstrip(b"/")
    return b".." not in path.split(b"/") and os.path.realpath(wanted) == wanted


def _read(file: bytes) -> bytes | None:
    """The content of a regular file; links are not followed, and what is not there is none."""
    try:
        if not stat.S_ISREG(os.lstat(file).st_mode):
            return None
        with open(file, "rb") as stream:
            return stream.read()
    except OSError:
        return None


def _values(one: LookedUp, changes: Iterable[Change], sieve: Sieve) -> dict[str, bytes]:
    prints = set(one.finding.fingerprints.values())
    found = (
        match for change in changes for credential in sieve.sift(change.rewritten.old) for match in credential.matches
    )
    return {match.name: match.value for match in found if fingerprint(match.value) in prints} | one.values


def _environment(values: dict[str, bytes], arguments: argparse.Namespace) -> str:
    named = {variable_for(name, arguments.prefix): value.decode() for name, value in values.items()}
    ids = {name: value for name, value in named.items() if name.endswith("ACCESS_KEY_ID")}
    known = named if arguments.reveal else ids
    asked = {name: name.lower().replace("_", " ") for name in named if name not in known}
    lines = []
    for shell in [arguments.shell] if arguments.shell else SHELLS:
        lines += [] if arguments.shell else [f"# {shell}"]
        # A blank before a line with a secret keeps it out of bash's history where HISTCONTROL says so.
        lines += [(" " if arguments.reveal else "") + line for line in lines_for(shell, known, asked)]
    return "\n".join(lines) + "\n"


def _carry_out(one: LookedUp, changes: Sequence[Change], sieve: Sieve, arguments: argparse.Namespace) -> int:
    real = [change for change in changes if change.rewritten.new != change.rewritten.old]
    if arguments.patch and real:
        create(arguments.patch, b"".join(patch(one.path, one.rewritten.old, one.rewritten.new) for one in real))
        _say(f"Written: {arguments.patch} (for you only, it holds the secret). Apply it: git apply {arguments.patch}")
    if arguments.apply:
        for change in real:
            if not _write(change):
                _say(f"{change.shown} has changed in the meantime; it is left as it is.")
                return NOT_DONE
            _say(f"Changed: {change.shown}")
    elif not arguments.patch and real:
        terminal.write("" if arguments.reveal else _MASKED)
        terminal.write("".join(_diff(change, sieve, reveal=arguments.reveal) for change in real))
    _say_next(one, real, arguments)
    return _say_by_hand(changes)


def _write(change: Change) -> bool:
    """Replace the file in one step, mode kept; False if it is not what was read."""
    import shutil
    import tempfile

    if _read(change.file) != change.rewritten.old:
        return False
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=b".keysieve-", dir=os.path.dirname(change.file))
        with open(descriptor, "wb") as stream:
            stream.write(change.rewritten.new)
        shutil.copymode(change.file, temporary)
        os.replace(temporary, change.file)
    except OSError as error:
        raise UsageError(
            f"{change.shown} cannot be written: {error.strerror}.", "Make it writable, or use --patch FILE."
        ) from None
    return True


def _diff(change: Change, sieve: Sieve, *, reveal: bool) -> str:
    old, new = change.rewritten.old_text, change.rewritten.new_text
    path = change.path
    if not reveal:
        secret = {rule.id: rule.is_secret for rule in sieve.rules}
        shown = {
            raw: redact(match.value, is_secret=secret.get(match.rule, True)).encode()
            for text in (old, new, path)
            for credential in sieve.sift(text)
            for match in credential.matches
            for raw in (match.raw, match.value)
        }
        mask = re.compile(b"|".join(re.escape(raw) for raw in sorted(shown, key=len, reverse=True)))
        old, new, path = (mask.sub(lambda found: shown[found[0]], text) for text in (old, new, path))
    lines = patch(path, old, new).decode("utf-8", "backslashreplace").split("\n")
    return "\n".join("\t".join(safe(part) for part in line.removesuffix("\r").split("\t")) for line in lines)


def _say_next(one: LookedUp, real: Iterable[Change], arguments: argparse.Namespace) -> None:
    names = sorted({name for change in real for name in change.rewritten.names})
    if names:
        _say(f"The files then read {', '.join(names)}. To set them: keysieve fix {one.finding.fingerprint} --to-env")
    if arguments.apply:
        _say(f"Stage it (git add), and rotate the key: keysieve explain {one.finding.fingerprint}")


def _say_by_hand(changes: Iterable[Change]) -> int:
    """Name the places that are left, with what to do in such a file; 1 if there are any."""
    left = [change for change in changes if change.rewritten.by_hand]
    for change in left:
        for line, reason in dict.fromkeys((place.line, place.reason) for place in change.rewritten.by_hand):
            _say(f"Left for you: {change.shown}:{line}: {reason}.")
        remedy = remedy_for(change.situation)
        _say(f"  {remedy.steps[0]}")
        for text in (remedy.replacement or "").splitlines():
            _say(f"    {text}".rstrip())
    return NOT_DONE if left else 0


def _masked(path: bytes, sieve: Sieve) -> str:
    for credential in sieve.sift(path):
        for match in credential.matches:
            path = path.replace(match.raw, "…".encode())
    return safe(path.decode("utf-8", "backslashreplace"))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
