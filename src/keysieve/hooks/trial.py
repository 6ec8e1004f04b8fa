"""Tries hooks: what is clean has to pass, a planted key has to be stopped, and by keysieve."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from keysieve.hooks.scratch import Outcome, Scratch, scratch_repository
from keysieve.hooks.wiring import installs, is_installed, switched_off, wired

CLIENT_HOOKS = ("pre-commit", "commit-msg", "pre-push")
_LINES = 6
"""Last lines of what a hook said that are shown."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A made-up key pair that is valid nowhere, and the fingerprint that a report on it shows."""

    text: str = field(repr=False)
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was tried.

    Attributes:
        what: Name of the hook or file.
        result: `stopped`: the planted key was stopped; `failed`: it was not, though it should have been; `absent`:
            nothing there runs keysieve.
        why: In a sentence.
        said: The end of what the hook said, where it failed.
    """

    what: str
    result: Literal["stopped", "failed", "absent"]
    why: str
    said: tuple[str, ...] = ()


def try_hooks(top: str, folder: str, planted: Planted) -> Iterator[Check]:
    """Try each hook of a repository, in a scratch one.

    Args:
        top: The work tree.
        folder: Where git runs its hooks from.
        planted: What is planted.
    """
    for hook in CLIENT_HOOKS:
        source = wired(top, folder, hook)
        if source is None:
            yield Check(hook, "absent", "no hook here runs keysieve" if is_installed(folder, hook) else "no such hook")
        elif not is_installed(folder, hook):
            yield Check(hook, "failed", _not_installed(top, folder, hook, source))
        else:
            with scratch_repository(top, folder) as scratch:
                yield _verdict(hook, planted, *_ATTEMPTS[hook](scratch, planted))


def _not_installed(top: str, folder: str, hook: str, source: str) -> str:
    path = os.path.join(folder, hook)
    if os.path.isfile(path):
        return f"{path} is not executable, so that git does not run it. Type: chmod +x {path}"
    return f"{source} has it, but it is not installed. Type: {installs(os.path.relpath(source, top), hook)}"


def _verdict(hook: str, planted: Planted, clean: Outcome, with_key: Outcome) -> Check:
    told = planted.fingerprint in with_key.said
    if with_key.status and (told or not clean.status):
        return Check(hook, "stopped", "stops the planted key" + ("" if told else ", without naming it"))
    tail = tuple(line for line in with_key.said.replace(planted.text, "").splitlines() if line.strip())[-_LINES:]
    off = switched_off()
    if off:
        return Check(hook, "failed", f"lets the planted key pass: {off} is set in the environment", tail)
    if with_key.status:
        return Check(hook, "failed", "stops everything, also what is clean, and keysieve did not report the key", tail)
    return Check(hook, "failed", "lets the planted key pass", tail)


def _commit(scratch: Scratch, planted: Planted) -> tuple[Outcome, Outcome]:
    """With `commit --all`, where git hands the hook another index than usual."""
    scratch.write(_FILE, _HARMLESS)
    clean = scratch.git("commit", "--message=Clean")
    scratch.write(_FILE, planted.text, is_staged=False)
    return clean, scratch.git("commit", "--all", "--message=Plant a key")


def _message(scratch: Scratch, planted: Planted) -> tuple[Outcome, Outcome]:
    scratch.write(_FILE, _HARMLESS)
    clean = scratch.git("commit", "--message=Clean")
    scratch.write(_FILE, _HARMLESS * 2)
    return clean, scratch.git("commit", "--message=Plant a key", f"--message={planted.text}")


def _push(scratch: Scratch, planted: Planted) -> tuple[Outcome, Outcome]:
    """With a key that a later commit removes: nothing differs in the end, so that some hook managers see no files."""
    scratch.write(_FILE, _HARMLESS)
    scratch.git("commit", "--no-verify", "--message=Clean")
    clean = scratch.git("push", "origin", "main")
    for text in (planted.text, _HARMLESS):
        scratch.write(_FILE, text)
        scratch.git("commit", "--no-verify", "--message=Plant a key, and remove it")
    return clean, scratch.git("push", "origin", "main")


_FILE = "keysieve-planted.ini"
_HARMLESS = "nothing to see\n"
_ATTEMPTS: dict[str, Callable[[Scratch, Planted], tuple[Outcome, Outcome]]] = {
    "pre-commit": _commit,
    "commit-msg": _message,
    "pre-push": _push,
}
