"""`keysieve purge`: how to get a credential out of the history, and the proof that it is gone."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from keysieve.blob import NotRead
from keysieve.commands import terminal
from keysieve.commands.looking import add_lookup_options, looked_up, query, where
from keysieve.commands.options import Parser
from keysieve.commands.private import create, create_folder
from keysieve.commands.progress import TerminalProgress
from keysieve.errors import KeysieveError, UsageError
from keysieve.git.objects import read_from
from keysieve.git.refs import pointing_at
from keysieve.git.repository import Repository, discover
from keysieve.remedies.purging import ELSEWHERE, Forms, files_for, options_for
from keysieve.reporters.wording import safe
from keysieve.scan.gathering import Located
from keysieve.scan.lookup import LookedUp, everything

STILL_THERE = 1
SNIFFED = 8192
"""Bytes in which git filter-repo looks for a zero before it takes a blob for text."""
_GROUPS = (
    ("branches", "refs/heads/"),
    ("remote-tracking branches", "refs/remotes/"),
    ("tags", "refs/tags/"),
    ("stashes", "refs/stash"),
    ("notes", "refs/notes/"),
    ("other refs", "refs/"),
)


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser(
        "purge",
        "Write what git filter-repo needs to take credentials out of the history, and say what to type.\n"
        "It changes nothing itself. Rotate first: a purge never makes a leaked key safe again.",
        takes="[FINGERPRINT …]",
    )
    parser.add_argument("fingerprints", nargs="*", metavar="FINGERPRINT", help="from a report; first digits will do")
    parser.add_argument("--output", metavar="FOLDER", help="new folder for the files (default: a temporary one)")
    parser.add_argument("--verify", action="store_true", help="prove that they (or all) are gone: exit 0, else 1")
    add_lookup_options(parser)
    arguments = parser.parse_intermixed_args(argv)
    if arguments.verify:
        return verify(arguments)
    if not arguments.fingerprints:
        raise UsageError("Which credential?", "Type: keysieve purge FINGERPRINT   (they stand in keysieve history)")
    if arguments.where and "history" not in arguments.where:
        raise UsageError("A purge needs to know every form in the history.", "Leave --in out.")
    repository = discover()
    found, _ = looked_up(arguments.fingerprints, arguments)
    for one in found:
        _refuse_unusable(one, arguments.report)
    forms = _forms(found, repository)
    folder = create_folder(arguments.output)
    files = files_for(forms)
    for name, data in files.items():
        create(os.path.join(folder, name), data)
    terminal.write("\n".join(_plan(found, repository, folder, list(files))) + "\n")
    return 0


def _refuse_unusable(one: LookedUp, report: str | None) -> None:
    if report and {spot.kind for spot in one.finding.occurrences} - {located.place.kind for located in one.located}:
        raise UsageError(
            f"Not every place of {one.finding.fingerprint} in {report} can be read here.",
            "Leave --report out, so that the history is scanned again.",
        )
    if not any(_is_in_history(each) for each in one.located):
        raise UsageError(
            f"{one.finding.fingerprint} stands in no commit: there is no history to rewrite.",
            f"Unstage it (git restore --staged FILE), then: keysieve fix {one.finding.fingerprint}; git gc --prune=now",
        )


def _is_in_history(one: Located) -> bool:
    place = one.place
    return bool(place.commit or place.reachable or place.kind in ("tag-message", "ref-name", "note"))


def _forms(found: Iterable[LookedUp], repository: Repository) -> Forms:
    binary = _binary_blobs({each.place.oid for one in found for each in one.located if each.place.oid}, repository)
    by_kind: dict[str, set[bytes]] = {name: set() for name in ("everywhere", "binary", "paths", "refs", "identities")}
    packed: set[str] = set()
    for one in found:
        by_kind["everywhere"].update(one.values.values())
        for each in one.located:
            raws = {match.raw for match in each.credential.matches}
            if each.place.kind == "archive-member":
                packed.add(each.place.oid or "")
            elif each.place.oid in binary:
                by_kind["binary"] |= raws
            else:
                by_kind[_WHERE.get(each.place.kind, "everywhere")] |= raws
    return Forms(**{name: frozenset(raws) for name, raws in by_kind.items()}, packed=frozenset(packed - {""}))


_WHERE = {"path": "paths", "ref-name": "refs", "identity": "identities"}


def _binary_blobs(oids: Iterable[str], repository: Repository) -> set[str]:
    answers = read_from(repository, [oid.encode() for oid in sorted(oids)])
    return {one.oid for one in answers if not isinstance(one, NotRead) and b"\0" in one.data[:SNIFFED]}


def _plan(found: Sequence[LookedUp], repository: Repository, folder: str, files: Sequence[str]) -> Iterator[str]:
    yield from _affected(found, repository)
    yield from ("", "Written, for you only; the files hold the secrets, delete them when you are done:")
    yield from (f"  {safe(os.path.join(folder, name))}" for name in files)
    yield from ("", "Before", *_before(found), "", *_commands(found, repository, folder, files))
    yield from ("", "What stays elsewhere", *(f"  - {line}" for line in ELSEWHERE))


def _affected(found: Sequence[LookedUp], repository: Repository) -> Iterator[str]:
    for one in found:
        finding = one.finding
        yield f"{safe(finding.summary)}  {finding.fingerprint}"
        spots = dict.fromkeys(f"{where(each)} ({each.encoding})" for each in finding.occurrences)
        yield from (f"  at {line}" for line in list(spots)[:10])
        if len(spots) > 10:
            yield f"  and at {len(spots) - 10} more places"
        yield from _ref_lines(one, repository)
        hidden = sum(each.reachable is False for each in finding.occurrences)
        if hidden:
            yield f"  reflogs, dropped stashes, dangling objects here: {hidden} place{'s' if hidden > 1 else ''}"


def _ref_lines(one: LookedUp, repository: Repository) -> Iterator[str]:
    holding = {ref for ref in one.finding.refs or () if ref != "HEAD"}
    oids = {each.place.oid for each in one.located} - {None}
    holding.update(os.fsdecode(name) for name in pointing_at(repository, oids))
    holding.update(os.fsdecode(each.place.path or b"") for each in one.located if each.place.kind == "ref-name")
    secret = [os.fsdecode(value) for value in one.values.values()]
    for title, prefix in _GROUPS:
        names = sorted(name for name in holding if name.startswith(prefix))
        holding.difference_update(names)
        if names:
            yield f"  {title}: {', '.join(safe(_masked(name, secret)) for name in names)}"


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


def _before(found: Sequence[LookedUp]) -> Iterator[str]:
    prints = [one.finding.fingerprint for one in found]
    yield f"  - Rotate it: keysieve explain {prints[0]} has the commands. A purge comes after that, never instead."
    live = [one.finding.fingerprint for one in found if one.finding.live]
    if live:
        yield f"  - It is still in files of today: keysieve fix {live[0]} --apply, and commit that."
    yield "  - Tell everybody to push what they have, and then to wait until they can clone again."


def _commands(found: Sequence[LookedUp], repository: Repository, folder: str, files: Sequence[str]) -> Iterator[str]:
    paths = ((name, shlex.quote(os.path.join(os.path.abspath(folder), file))) for name, file in options_for(files))
    options = " ".join(f"{name} {path}" for name, path in paths)
    proof = f"  $ keysieve purge --verify {' '.join(one.finding.fingerprint for one in found)}"
    in_place = f"git filter-repo --force {options}"
    if _has_origin(repository):
        yield "Commands (pip install git-filter-repo), in this repository:"
        yield '  $ git clone --mirror "$(git remote get-url origin)" ../purge.git && cd ../purge.git'
        yield f"  $ git filter-repo --sensitive-data-removal {options}"
        yield proof
        yield "  $ git push --force --mirror origin"
        yield "Hosts refuse refs/pull/* in such a push, that is expected. Then clone again; or rewrite this clone, too,"
        yield "if it has work that no other has (this resets the work tree to HEAD and ends the reflogs):"
        in_place = f'url=$(git remote get-url origin) && {in_place} && git remote add origin "$url" && git fetch -q'
    else:
        yield "Commands (pip install git-filter-repo), in this repository; it has no origin, and is rewritten in place"
        yield "(this resets the work tree to HEAD and ends the reflogs: put away first what is not committed):"
    yield f"  $ {in_place}"
    yield proof
    yield f"  $ rm -r {shlex.quote(os.path.abspath(folder))}"


def _has_origin(repository: Repository) -> bool:
    return repository.run(["remote", "get-url", "origin"])[0] == 0


def verify(arguments: argparse.Namespace) -> int:
    """Scan the whole history again, and say whether the credentials are gone from it.

    Args:
        arguments: As typed. Without fingerprints everything that would be reported must be gone.

    Raises:
        KeysieveError: None was found, but not everything could be read: nothing is proven.
    """
    from keysieve.scan.lookup import beginning, prints

    wanted = [beginning(one) for one in arguments.fingerprints]
    unread: list[NotRead] = []
    with TerminalProgress(is_wanted=not arguments.no_progress) as progress:
        found = everything(replace(query(arguments, progress), where=("history",)), unread)
    there = [
        one
        for one in found
        if (any(name.startswith(tuple(wanted)) for name in prints(one.finding)) if wanted else not one.is_excused)
    ]
    for one in there:
        terminal.write(f"still there: {safe(one.finding.summary)}  {one.finding.fingerprint}\n")
        terminal.write("".join(f"  at {where(each)}\n" for each in one.finding.occurrences[:10]))
    if there:
        return STILL_THERE
    if unread:
        raise KeysieveError(
            f"None was found, but {len(unread)} objects could not be read: that proves nothing.",
            "What they are: keysieve history",
        )
    told = "any credential" if not wanted else "it" if len(wanted) == 1 else f"any of the {len(wanted)}"
    aside = 0 if wanted else sum(one.is_excused for one in found)
    but = f", but for {aside} set aside (keysieve history names them)" if aside else " any more"
    terminal.write(f"clean: no object, name or message of this repository holds {told}{but}.\n")
    return 0
