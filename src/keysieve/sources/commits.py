"""The commits of a range."""

from __future__ import annotations

from dataclasses import dataclass

from keysieve.errors import GitError, UsageError
from keysieve.git.connectivity import shallow_boundaries
from keysieve.git.repository import Repository, resolve


@dataclass(frozen=True, slots=True)
class Range:
    """What lies between two commits.

    Attributes:
        base: The commit that everything is compared with.
        head: The commit that is to come in.
        commits: Those that head reaches and base does not, parents first.
        ahead: Those that base reaches and head does not.
        merge_base: One best common ancestor.
    """

    base: str
    head: str
    commits: tuple[str, ...]
    ahead: tuple[str, ...]
    merge_base: str


def resolve_range(repository: Repository, text: str) -> Range:
    """The range that the user typed: `BASE..HEAD`; `BASE...HEAD` means the same commits; an empty end is HEAD.

    Raises:
        UsageError: It is no range, or an end of it is not there.
        GitError: There is no common ancestor, or the history in between is not all there.
    """
    first, dots, last = text.partition("..")
    if not dots:
        raise UsageError(f"{text!r} is not a range of commits.", f"Type: keysieve range {text or 'BASE'}..HEAD")
    base = resolve(repository, first or "HEAD")
    head = resolve(repository, last.removeprefix(".") or "HEAD")
    status, out, _ = repository.run(["merge-base", base, head])
    if status:
        raise GitError(
            f"{first or 'HEAD'} and {last.removeprefix('.') or 'HEAD'} have no common ancestor here, so that nobody"
            " can say what the range brings in.",
            _fetch_hint(repository),
        )
    commits = _between(repository, base, head)
    boundaries = {boundary.decode() for boundary in shallow_boundaries(repository)}
    if boundaries.intersection(commits):
        raise GitError("The clone is shallow, and it ends inside the range.", _fetch_hint(repository))
    return Range(base, head, commits, _between(repository, head, base), out.decode().strip())


def _between(repository: Repository, old: str, new: str) -> tuple[str, ...]:
    out = repository.output(["rev-list", "--reverse", "--topo-order", new, f"^{old}"])
    return tuple(out.decode().split())


def _fetch_hint(repository: Repository) -> str:
    if repository.is_shallow:
        return "Fetch the rest: git fetch --unshallow   (GitHub Actions: actions/checkout with fetch-depth: 0)"
    return "Check the two ends; if the base is not fetched yet: git fetch origin"
