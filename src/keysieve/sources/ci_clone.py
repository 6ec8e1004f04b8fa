"""A CI service's clone made complete enough for the plan: it is shallow, and holds one ref, unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from keysieve.errors import GitError, KeysieveError
from keysieve.git.fetching import default_branch, fetch, fetched_oid, is_partial, remote
from keysieve.git.repository import Repository, discover
from keysieve.sources.ci import DEEPEN, DEFAULT_BRANCH, Plan
from keysieve.sources.commits import Range, resolve_range
from keysieve.sources.pushed import Pushed, Update, new_objects

_T = TypeVar("_T")
_STEPS = ("--deepen=200", "--unshallow")
_HEADS = "refs/heads/"


@dataclass(slots=True)
class CiClone:
    """The clone of a CI job.

    Attributes:
        repository: As it is now; looked at anew after each fetch.
        plan: What is to be scanned in it.
        may_fetch: Whether what is missing may be fetched.
    """

    repository: Repository
    plan: Plan
    may_fetch: bool

    def fill(self) -> None:
        """Fetch the file contents that a partial clone ("blobless") has left out, all at once."""
        if is_partial(self.repository):
            self._fetch([], "--refetch", "--no-filter")

    def merged(self) -> Range:
        """What a pull request brings in.

        Raises:
            GitError: It cannot be told from this clone.
        """
        head = self._head()
        base = self._base()
        if base is None:
            raise self._error("What the request is to be merged into is not in this clone.")
        return self._deepened([base, head], lambda: resolve_range(self.repository, f"{base}..{head}"))

    def pushed(self) -> Pushed:
        """What a push has brought; everything behind the ref where there is nothing to compare it with.

        Raises:
            GitError: It cannot be told from this clone.
        """
        head = self._tag() or self._head()
        update = Update(self.plan.ref.encode(), self._base(), head)
        return self._deepened([head], lambda: new_objects(self.repository, [update], []))

    def completed(self) -> bool:
        """Make the clone complete, for a full audit.

        Returns:
            Whether the branches and tags of the remote are in it.

        Raises:
            GitError: It is shallow, and stays so.
        """
        name = remote(self.repository)
        options = ["--tags", *(["--unshallow"] if self.repository.is_shallow else [])]
        done = self._fetch([f"+{_HEADS}*:refs/remotes/{name}/*"], *options)
        if self.repository.is_shallow:
            raise self._error("The clone is shallow, and a full audit needs all of the history.")
        return done

    def _head(self) -> str:
        if self.plan.head == "HEAD":
            return self.repository.output(["rev-parse", "--verify", "HEAD^{commit}"]).decode().strip()
        if not self._has(self.plan.head):
            self._fetch([self.plan.head])
        for source in self.plan.sources:
            if not self._has(self.plan.head):
                self._fetch([source])
        if not self._has(self.plan.head):
            raise self._error(f"The commit {self.plan.head} that is to be scanned is not in this clone.")
        return self.plan.head

    def _tag(self) -> str | None:
        """The object of a pushed tag: clones of CI services hold the commit in its place."""
        if not self.plan.ref.startswith("refs/tags/"):
            return None
        if self._fetch([self.plan.ref], "--no-tags"):
            return fetched_oid(self.repository)
        status, out, _ = self.repository.run(["rev-parse", "--verify", "--quiet", self.plan.ref])
        return out.decode().strip() if status == 0 else None

    def _base(self) -> str | None:
        return next((oid for base in self.plan.bases if (oid := self._base_oid(base))), None)

    def _base_oid(self, base: str) -> str | None:
        branch = self._default_branch() if base == DEFAULT_BRANCH else base
        if not branch.startswith(_HEADS):
            if branch and not self._has(branch):
                self._fetch([branch])
            return branch if branch and self._has(branch) else None
        if branch == self.plan.ref and self.plan.scope == "push":
            return None  # the branch itself tells nothing old from what is new on it
        name = branch.removeprefix(_HEADS)
        tracking = f"refs/remotes/{remote(self.repository)}/{name}"
        self._fetch([f"+{branch}:{tracking}"], "--no-tags")
        status, out, _ = self.repository.run(["rev-parse", "--verify", "--quiet", f"{tracking}^{{commit}}"])
        return out.decode().strip() if status == 0 else None

    def _default_branch(self) -> str:
        """The branch that HEAD of the remote names, as the remote says it, else as the clone remembers it."""
        found = default_branch(self.repository) if self.may_fetch else None
        if found is None:
            prefix = f"refs/remotes/{remote(self.repository)}/"
            status, out, _ = self.repository.run(["symbolic-ref", "--quiet", f"{prefix}HEAD"])
            name = out.decode("utf-8", "surrogateescape").strip()
            found = _HEADS + name.removeprefix(prefix) if status == 0 else ""
        return found

    def _deepened(self, wanted: Sequence[str], attempt: Callable[[], _T]) -> _T:
        """What the attempt gives, with more and more of the history fetched while it fails over a shallow clone."""
        for step in _STEPS:
            try:
                return attempt()
            except KeysieveError:
                if not self.repository.is_shallow:
                    raise
            self._fetch(wanted, "--no-tags", step)
        try:
            return attempt()
        except GitError as error:
            raise self._error(error.message) from None

    def _has(self, oid: str) -> bool:
        return self.repository.run(["cat-file", "-e", f"{oid}^{{commit}}"])[0] == 0

    def _fetch(self, refspecs: Sequence[str], *options: str) -> bool:
        if not self.may_fetch:
            return False
        done = fetch(self.repository, refspecs, *options)
        self.repository = discover(self.repository.directory)
        return done

    def _error(self, message: str) -> GitError:
        return GitError(message, DEEPEN[self.plan.service])
