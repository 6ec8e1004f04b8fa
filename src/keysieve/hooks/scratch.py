"""A scratch repository that looks like the user's to hooks: same hooks, same configuration files, nothing else of it.

Unlike everything else that runs git here, this runs it as the user does: hooks have to find the environment that they
will find in earnest, but for what ties git to one repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from keysieve.git.call import program

_KEPT = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH", "GIT_SSH", "GIT_SSH_COMMAND")
_DROPPED = ("GIT_", "PRE_COMMIT_FROM", "PRE_COMMIT_TO", "PRE_COMMIT_REMOTE", "PRE_COMMIT_LOCAL")
_CONFIGURATION = (".husky", ".lefthook", ".config")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a git command ended: exit status, and all that it and its hooks said."""

    status: int
    said: str


@dataclass(frozen=True, slots=True)
class Scratch:
    """A repository in a temporary folder.

    Attributes:
        path: Its work tree.
    """

    path: str
    env: Mapping[str, str] = field(repr=False)

    def git(self, *arguments: str) -> Outcome:
        """Run git as the user would."""
        done = subprocess.run(
            [program(), *arguments], cwd=self.path, env=self.env, stdin=subprocess.DEVNULL, capture_output=True
        )
        return Outcome(done.returncode, os.fsdecode(done.stdout + done.stderr))

    def write(self, name: str, text: str, *, is_staged: bool = True) -> None:
        """Write a file and stage it."""
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)
        if is_staged:
            self.git("add", "--force", "--", name)


def environment() -> dict[str, str]:
    """The caller's environment without what ties git, or a hook framework, to one repository or moment."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith(_DROPPED)}
    kept.pop("PRE_COMMIT", None)
    identity = {"NAME": "keysieve doctor", "EMAIL": "doctor@keysieve.invalid"}
    made_by = {f"GIT_{who}_{what}": text for who in ("AUTHOR", "COMMITTER") for what, text in identity.items()}
    return kept | made_by | {"GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true"}


@contextmanager
def scratch_repository(top: str, hooks: str) -> Iterator[Scratch]:
    """A scratch repository with a first commit, and a remote that has it.

    Args:
        top: The user's work tree; configuration files at its top are copied.
        hooks: The folder of hooks to run.
    """
    with tempfile.TemporaryDirectory(prefix="keysieve-doctor-", ignore_cleanup_errors=True) as folder:
        made = Scratch(os.path.join(folder, "work"), environment())
        os.mkdir(made.path)
        made.git("init", "--quiet", "--template=", "--initial-branch=main")
        _copy(top, made.path)
        for name, value in {
            "core.hooksPath": os.path.join(folder, "none"),
            "commit.gpgSign": "false",
            "core.fsmonitor": "false",
            "gc.auto": "0",
        }.items():
            made.git("config", name, value)
        made.git("add", "--all", "--force")
        made.git("commit", "--quiet", "--allow-empty", "--message=Begin")
        made.git("init", "--quiet", "--bare", "--template=", os.path.join(folder, "remote"))
        made.git("remote", "add", "origin", os.path.join(folder, "remote"))
        made.git("push", "--quiet", "--set-upstream", "origin", "main")
        if os.path.isdir(os.path.join(top, "node_modules")):
            os.symlink(os.path.join(top, "node_modules"), os.path.join(made.path, "node_modules"))
        made.git("config", "core.hooksPath", hooks)
        yield made


def _copy(top: str, to: str) -> None:
    """The files at the top of the work tree, and the folders in which hook managers keep their configuration."""
    for entry in os.scandir(top):
        if entry.is_file(follow_symlinks=False) and entry.stat().st_size <= _LARGEST and entry.name != ".git":
            shutil.copyfile(entry.path, os.path.join(to, entry.name))
        elif entry.name in _CONFIGURATION and entry.is_dir(follow_symlinks=False):
            shutil.copytree(entry.path, os.path.join(to, entry.name), symlinks=True)
