"""One piece of advice, as it stands in `rules/remedies/`; `docs/remedies.md` describes the format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["language", "situation", "credential", "place", "section"]
FAMILIES: tuple[Family, ...] = ("language", "situation", "credential", "place", "section")

SECTIONS = (
    "whose",
    "last-used",
    "replacement",
    "deploy",
    "deactivate",
    "watch",
    "delete",
    "sessions",
    "cloudtrail",
    "purge",
    "prevention",
)
"""The order of an incident. AWS disables before it deletes, and so do we: disabling can be undone."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a piece of advice applies. Empty or None: no such condition.

    Attributes:
        paths: Patterns in lower case that the end of the path matches; `*` stays within a folder.
            Case is ignored.
        folders: Names of which one is a folder of the path.
        contents: Texts of which one stands in the context.
        contents_pattern: Regular expression that the context matches; counts like one of `contents`.
        languages: Ids of which one is the language that was chosen.
        remedies: Kinds of credential of which one it is.
        rules: Rule ids of which one found it.
        commands: Commands of which one asks.
        kinds: Kinds of occurrence of which one it is.
        live: What `Situation.live` must be; likewise `pushed` and `reachable`.
        weight: The higher, the sooner; beats all specificity.
    """

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    contents_pattern: str = ""
    languages: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    live: bool | None = None
    pushed: bool | None = None
    reachable: bool | None = None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a credential's incident; a line that begins with `$ ` is a command."""

    id: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """A language, a situation, a kind of credential, a place, or a section for every incident.

    Attributes:
        family: Which of these it is.
        source: Address of the document that it follows.
        when: When it applies (languages, situations and places).
        steps_remove: How to do without the long-term credential.
        steps_local: Where it belongs otherwise: the credentials file or the user's environment.
        steps_also: What else the situation asks for.
        steps: A credential's rotation; a place's clean-up.
        lines: A place's or section's long form.
        note: What the incident says first when it stands in this place.
        rotate: What a place puts before the rotation.
        ends_by_itself: Whether a credential needs no rotation.
        replacement: Code without the credential.
        lookup: Code that reads a value which cannot be done without; `{name}` is the variable.
        lookup_name: A credential's usual name of variable; makes `lookup` the replacement.
        syntax: The snippets' language, for fences and parsers.
        gitignore: Patterns that keep such files out of git.
        parts: A credential's incident.
    """

    family: Family
    id: str
    title: str
    source: str
    when: Conditions
    steps_remove: tuple[str, ...] = ()
    steps_local: tuple[str, ...] = ()
    steps_also: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    note: str = ""
    rotate: str = ""
    ends_by_itself: bool = False
    replacement: str = ""
    lookup: str = ""
    lookup_name: str = ""
    syntax: str = "text"
    gitignore: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
