"""What a remedy is asked for, and the long form of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Situation:
    """A credential as it was found: everything that the advice depends on.

    Nothing here needs the secret. `context` may hold it, so it never shows in a representation, and no text
    that is made from a situation quotes it.

    Attributes:
        rule: Id of the rule that found it.
        remedy: The rule's `remedy`: the kind of credential, `access-key`, …
        kind: Kind of the first occurrence: `file`, `staged`, `commit-message`, …
        path: Path as git or the file system has it; None where there is none, or where it must not be shown.
            It appears in commands, quoted for a POSIX shell.
        context: Bytes of the blob around the value; None when they are not at hand.
        command: `staged`, `range`, `history`, `files`, `message`, `pre-push` or `pre-receive`.
        live: Whether HEAD or a branch tip holds it; None when unknown.
        pushed: Whether a remote-tracking ref holds it; None when unknown, which is treated like True.
        reachable: Whether a ref reaches it; None when unknown.
        account_id: The account's twelve digits.
        access_key_id: The key id in full: an identifier, it may stand in commands.
        user_name: Name of the IAM user.
    """

    rule: str
    remedy: str
    kind: str = "file"
    path: bytes | None = None
    context: bytes | None = field(default=None, repr=False)
    command: str = "files"
    live: bool | None = None
    pushed: bool | None = None
    reachable: bool | None = None
    account_id: str | None = None
    access_key_id: str | None = None
    user_name: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a section: words for a person, a command to paste, or a line of code."""

    kind: Literal["text", "command", "code"]
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One step of an incident.

    Attributes:
        id: One of `advice.SECTIONS`.
        title: A heading.
        lines: In order of reading.
    """

    id: str
    title: str
    lines: tuple[Line, ...]
