"""What git filter-repo has to be told to take values out of a history, in every form in which they stand there.

The options and files are those of git filter-repo 2.47, whose `--replace-text` passes over every blob with a zero byte
among its first 8 KiB: https://github.com/newren/git-filter-repo/blob/main/Documentation/git-filter-repo.txt
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

REMOVED = b"REMOVED"
"""What stands there afterwards."""
ELSEWHERE = (
    "The server: it keeps the old objects until it collects garbage (git gc --prune=now there, or ask the host).",
    "Every clone: their owners delete them and clone again; a push from an old clone brings the old commits back.",
    "Forks: each has a copy of its own; ask their owners, or the host, to delete or rewrite them.",
    "Pull and merge requests (refs/pull/*, refs/merge-requests/*): only the host can drop these and its cached views.",
    "Caches: CI caches and artifacts, build logs, container images, packages, releases, mirrors, backups, searches.",
    "Notes: git filter-repo cleans their text, but those on rewritten commits still name the old commit.",
)
"""What no rewriting reaches."""
_PLAIN = re.compile(rb"[A-Za-z0-9+/=_.,:;@%&#-]+")
_CALLBACKS = ("filename", "refname", "name", "email")


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms in which values stand, by where git filter-repo meets them. They are secrets.

    Attributes:
        everywhere: In contents that git filter-repo takes for text, and in messages.
        binary: In blobs with a zero byte.
        paths: In names of files; `refs` and `identities` likewise.
        packed: Object ids of archives that hold a value where no replacement reaches it.
    """

    everywhere: frozenset[bytes] = field(default=frozenset(), repr=False)
    binary: frozenset[bytes] = field(default=frozenset(), repr=False)
    paths: frozenset[bytes] = field(default=frozenset(), repr=False)
    refs: frozenset[bytes] = field(default=frozenset(), repr=False)
    identities: frozenset[bytes] = field(default=frozenset(), repr=False)
    packed: frozenset[str] = frozenset()


def files_for(forms: Forms) -> dict[str, bytes]:
    """The files that git filter-repo needs, by name; they hold the secrets."""
    files = {"expressions.txt": expressions(forms.everywhere)}
    if forms.binary:
        files["blob.py"] = _callback("blob.data", forms.binary, same_size=True)
    for name, values in zip(_CALLBACKS, (forms.paths, forms.refs, forms.identities, forms.identities), strict=True):
        if values:
            files[f"{name}.py"] = _callback(name, values) + f"return {name}\n".encode()
    if forms.packed:
        files["blobs.txt"] = "".join(f"{oid}\n" for oid in sorted(forms.packed)).encode()
    return files


def options_for(names: Mapping[str, bytes] | Iterable[str]) -> list[tuple[str, str]]:
    """The options of git filter-repo, each with the name of its file."""
    options = [("--replace-text", "expressions.txt"), ("--replace-message", "expressions.txt")]
    options += [(f"--{name}-callback", f"{name}.py") for name in ("blob", *_CALLBACKS) if f"{name}.py" in names]
    return [*options, ("--strip-blobs-with-ids", "blobs.txt")] if "blobs.txt" in names else options


def expressions(forms: Iterable[bytes]) -> bytes:
    """An expressions file: one line for each form, the longest first so that none cuts another in two."""
    return b"".join(_expression(form) + b"==>" + REMOVED + b"\n" for form in _longest_first(forms))


def _expression(form: bytes) -> bytes:
    if _PLAIN.fullmatch(form):
        return b"literal:" + form
    # Line breaks end an expression, and only regular expressions can spell them otherwise.
    return b"regex:" + b"".join(b"\\x%02x" % byte for byte in form)


def _callback(name: str, forms: Iterable[bytes], *, same_size: bool = False) -> bytes:
    pairs = [(form, _filler(form) if same_size else REMOVED) for form in _longest_first(forms)]
    lines = "".join(f"{name} = {name}.replace({form!r}, {new!r})\n" for form, new in pairs)
    return lines.encode("ascii")


def _filler(form: bytes) -> bytes:
    """As many bytes, in the same encoding: formats that count bytes stay readable."""
    width = next((width for width in (4, 2) if _is_wide(form, width)), 1)
    filler = bytearray(len(form))
    first = width - 1 if form[:1] == b"\0" else 0
    filler[first::width] = (REMOVED + b"-" * len(form))[: len(form) // width]
    return bytes(filler)


def _is_wide(form: bytes, width: int) -> bool:
    """Whether each character takes `width` bytes, all but one of them zero: ASCII in UTF-16 or UTF-32."""
    return len(form) % width == 0 and form.count(0) == len(form) // width * (width - 1)


def _longest_first(forms: Iterable[bytes]) -> list[bytes]:
    return sorted(set(forms), key=lambda form: (-len(form), form))
