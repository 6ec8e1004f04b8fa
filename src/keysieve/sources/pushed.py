"""What a push brings to the other side: the refs that git names on standard input, and what is new behind them.

See githooks(5), pre-push and pre-receive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from keysieve.errors import GitError, UsageError
from keysieve.git import objects
from keysieve.git.changes import Entry
from keysieve.git.connectivity import shallow_boundaries
from keysieve.git.objects import StoredObject
from keysieve.git.repository import Repository
from keysieve.git.trees import all_entries


@dataclass(frozen=True, slots=True)
class Update:
    """One ref that a push changes.

    Attributes:
        ref: Its name on the receiving side.
        old: What it points to there; None for a new ref.
        new: What it is to point to; None where it is deleted.
    """

    ref: bytes
    old: str | None
    new: str | None


@dataclass(slots=True)
class Pushed:
    """What is new to the receiving side.

    Attributes:
        commits: Parents first.
        tags: Annotated tags that the refs lead through.
        entries: Blobs that refs lead to without a commit.
        refs: The names of the refs.
        heads: The commits that the refs lead to, of which these are new.
        base: The commit before the push, whose settings count; None where there is none.
    """

    refs: tuple[bytes, ...]
    commits: tuple[str, ...] = ()
    tags: list[StoredObject] = field(default_factory=list, repr=False)
    entries: list[Entry] = field(default_factory=list)
    heads: tuple[str, ...] = ()
    base: str | None = None


def outgoing(lines: bytes) -> list[Update]:
    """The updates that git tells a pre-push hook: `<local ref> <local oid> <remote ref> <remote oid>` a line.

    Raises:
        UsageError: A line is none of git's.
    """
    return [_update(ref, old, new) for _, new, ref, old in _fields(lines, 4, "pre-push")]


def incoming(lines: bytes) -> list[Update]:
    """The updates that git tells a pre-receive hook: `<old oid> <new oid> <ref>` a line.

    Raises:
        UsageError: A line is none of git's.
    """
    return [_update(ref, old, new) for old, new, ref in _fields(lines, 3, "pre-receive")]


def _fields(lines: bytes, number: int, hook: str) -> list[list[bytes]]:
    """The fields of each line. Only the local ref may hold spaces (`HEAD@{2 days ago}`), and it stands first."""
    found = [line.rsplit(b" ", number - 1) for line in lines.split(b"\n") if line]
    oids = (1, 3) if number == 4 else (0, 1)
    for fields in found:
        if len(fields) != number or not all(_is_oid(fields[position]) for position in oids):
            raise UsageError(
                f"Standard input is not what git gives a {hook} hook.",
                f"Let git run it (keysieve install --hook {hook}), or scan commits by name: keysieve range BASE..HEAD",
            )
    return found


def _is_oid(text: bytes) -> bool:
    return len(text) in (40, 64) and not text.strip(b"0123456789abcdef")


def _update(ref: bytes, old: bytes, new: bytes) -> Update:
    before, after = (None if not oid.strip(b"0") else oid.decode() for oid in (old, new))
    return Update(ref, before, after)


def tracking(repository: Repository, remote: str) -> list[str]:
    """Options of `git rev-list` that name what is known to be on a remote: its remote-tracking refs.

    Args:
        repository: Where to look.
        remote: The name of the remote, or its URL where the user typed that; then a remote with the same URL counts.
    """
    names = {remote} if remote else set()
    _, out, _ = repository.run(["config", "--null", "--get-regexp", r"^remote\..*\.(push)?url$"])
    for item in out.split(b"\0"):
        key, _, url = item.decode("utf-8", "surrogateescape").partition("\n")
        if remote and url == remote:
            names.add(key.removeprefix("remote.").rpartition(".")[0])
    return [f"--remotes={name}" for name in sorted(names) if not set(name) & set("*?[\\")]


def new_objects(
    repository: Repository, updates: Sequence[Update], known: Sequence[str], trunk: str | None = None
) -> Pushed:
    """What the updates lead to that the receiving side does not have.

    Args:
        repository: Holds the objects, in quarantine perhaps.
        updates: From `outgoing` or `incoming`.
        known: Options of `git rev-list` that name what the receiving side is known to have. Old values of the
            updated refs that are here are known, too.
        trunk: Revision of the branch that everything is to be merged into in the end, where it is known: what it
            settles counts, so that no branch can settle what counts for itself.

    Raises:
        GitError: It cannot be told, because something of it is not here.
    """
    pushed = Pushed(tuple(update.ref for update in updates if update.new is not None))
    commits = _peel(repository, [update.new for update in updates if update.new is not None], pushed)
    old = {update.old.encode() for update in updates if update.old is not None}
    excluded = list(filter(None, objects.resolve(repository, sorted(old)))) if old else []
    if commits:
        pushed.commits = _commits(repository, commits, excluded, known)
        pushed.heads = tuple(commits)
        pushed.base = _base(repository, pushed, trunk, excluded)
    return pushed


def _base(repository: Repository, pushed: Pushed, trunk: str | None, old: Sequence[str]) -> str | None:
    """The best common ancestor of all that is pushed and the trunk, else the old values, else what is not new."""
    if trunk is not None and repository.run(["rev-parse", "--verify", "--quiet", f"{trunk}^{{commit}}"])[0] == 0:
        before: Sequence[str] = [trunk]
    else:
        before = old or _boundary(repository, pushed.commits)
    if not before:
        return None
    status, out, _ = repository.run(["merge-base", "--octopus", *before, *pushed.heads])
    return out.decode().split("\n")[0] if status == 0 else None


def _boundary(repository: Repository, new: Sequence[str]) -> list[str]:
    """The parents of the first new commit: what it was made on."""
    if not new:
        return []
    return repository.output(["rev-parse", f"{new[0]}^@"]).decode().split()


def _peel(repository: Repository, oids: Sequence[str], pushed: Pushed) -> list[str]:
    """The commits that the ids lead to; tags, trees and blobs on the way go to `pushed`."""
    commits: list[str] = []
    waiting = list(dict.fromkeys(oids))
    while waiting:
        answers = list(objects.read_from(repository, [oid.encode() for oid in waiting]))
        waiting = []
        for answer in answers:
            if not isinstance(answer, StoredObject):
                raise GitError(f"What is pushed is not all here: {answer.what.decode()} is a {answer.reason}.")
            if answer.kind == "commit":
                commits.append(answer.oid)
            elif answer.kind == "tag":
                pushed.tags.append(answer)
                waiting.append(answer.data.split(b"\n", 1)[0].removeprefix(b"object ").decode("ascii", "replace"))
            elif answer.kind == "tree":
                pushed.entries += all_entries(repository, answer.oid)
            else:
                pushed.entries.append(Entry(answer.name, "100644", answer.oid))
    return commits


def _commits(
    repository: Repository, new: Sequence[str], excluded: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    lines = "".join([*(f"{oid}\n" for oid in new), *(f"^{oid}\n" for oid in excluded)])
    arguments = ["rev-list", "--reverse", "--topo-order", "--stdin"]
    if known:
        arguments += ["--not", *known]
    commits = tuple(repository.output(arguments, stdin=lines.encode()).decode().split())
    boundaries = {oid.decode() for oid in shallow_boundaries(repository)}
    if boundaries.intersection(commits):
        raise GitError(
            "The clone is shallow, and it ends inside what is pushed.", "Fetch the rest: git fetch --unshallow"
        )
    return commits
