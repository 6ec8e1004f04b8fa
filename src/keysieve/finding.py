"""Findings: credentials as they are reported. Nothing here holds a secret in clear unless the user asked for it.

The classes have the shape of the JSON report (`keysieve/1`), whose schema ships as `report.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keysieve.rule import Severity


@dataclass(frozen=True, slots=True)
class Part:
    """Where one value of a credential stands.

    Lines are 1-based; columns are 1-based in code points of the decoded line, the end is exclusive.
    """

    value: str
    path: str | None = None
    blob: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a finding stands. `path`, `line` and `column` are those of its first part.

    Attributes:
        kind: `file`, `staged`, `commit-message`, `tag-message`, `note`, `path`, `ref-name`, `identity`,
            `symlink`, `archive-member` or `stdin`.
        path_bytes: Base64 of a path that is not UTF-8, else None.
        encoding: How the value stood there: `plain`, `utf-16-le`, `base64`, …
        blob: Object id of the blob.
        commit: The commit that brought it in; `author`, `date` (committer date, ISO 8601) and `author_date` are its.
        reachable: Whether a ref reaches it; None outside `history`.
    """

    kind: str
    path: str | None = None
    path_bytes: str | None = None
    line: int | None = None
    column: int | None = None
    encoding: str = "plain"
    blob: str | None = None
    commit: str | None = None
    author: str | None = None
    date: str | None = None
    author_date: str | None = None
    reachable: bool | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A commit that introduced or removed a credential; `date` is the committer date in ISO 8601."""

    commit: str
    author: str
    date: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a finding, most important step first."""

    id: str
    title: str
    steps: tuple[str, ...]
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A credential as it is reported, with every place that holds it.

    Attributes:
        values: Value name → text to show: redacted, or in clear when the user typed `--reveal`.
        fingerprint: Stable name, a hash of the secret value where one is known, else of the id.
        fingerprints: Value name → fingerprint of that value.
        live: Whether it stands in the tree of HEAD or of a branch tip; None where that is not known.
    """

    rule: str
    severity: Severity
    confidence: str
    fingerprint: str
    fingerprints: Mapping[str, str]
    summary: str
    values: Mapping[str, str]
    account_id: str | None = None
    notes: tuple[str, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    introduced: Event | None = None
    removed: Event | None = None
    live: bool | None = None
    refs: tuple[str, ...] | None = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A finding that is excused, and why: `example`, `placeholder`, `unlikely`, `allowlist`, `pragma`, `baseline`."""

    reason: str
    detail: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Unread:
    """What should have been readable and was not, as text that is safe to show."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Passed:
    """What is not for us to read (`out_of_scope` in the report), as text that is safe to show."""

    what: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Stats:
    """How much was read. `seconds` is wall clock."""

    blobs: int = 0
    bytes: int = 0
    commits: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan has to say.

    Attributes:
        remarks: What is to be said of the excuses themselves: those that have ended, those that match nothing. For
            people: `keysieve/1` has no place for them.
    """

    command: str
    findings: tuple[Finding, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    not_read: tuple[Unread, ...] = ()
    out_of_scope: tuple[Passed, ...] = ()
    stats: Stats = field(default_factory=Stats)
    remarks: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything that should have been readable was read."""
        return not self.not_read
