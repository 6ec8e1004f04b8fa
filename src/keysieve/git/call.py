"""How git is called, so that neither a hostile repository nor an odd environment changes what it answers.

A repository under scan is hostile input, the user's and the administrator's configuration is not: settings that
could run a program or hide content are overridden on the command line and in the environment, never switched off
wholesale (that would drop the administrator's `safe.directory`, too).

`Call` starts git without the module `subprocess`, which takes longer to import than git takes to answer a hook.
"""

from __future__ import annotations

import os
import sys

from keysieve.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these costs a tenth of the time that a clean commit may take
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO

    Pipes = tuple[IO[bytes], IO[bytes], Callable[[], int]]

# diff-index would run a program named by the repository's core.fsmonitor; a forged commit-graph would hide parents.
SAFE_OPTIONS = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.commitGraph=false",
    "--no-pager",
    "--literal-pathspecs",
)
_DROPPED = frozenset(
    (
        "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_ATTR_SOURCE",
        "GIT_REPLACE_REF_BASE",
    )
)
_SET = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,  # grafts survive the setting above
    "GIT_NO_LAZY_FETCH": "1",  # reading must not fetch; git before 2.44 does not know this one, hence the next
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ADVICE": "0",
    "LC_ALL": "C",
}
# `git rev-parse --local-env-vars`: what ties git to one repository.
_LOCAL = frozenset(
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_COUNT",
        "GIT_OBJECT_DIRECTORY",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_REPLACE_REF_BASE",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_COMMON_DIR",
        "GIT_INTERNAL_SUPER_PREFIX",
    )
)


def environment(*, foreign: bool = False) -> dict[str, str]:
    """The environment to run git in.

    Args:
        foreign: For another repository than the one we were started in: variables that tie git to one repository
            are dropped. A hook must keep them (`GIT_INDEX_FILE` names the index that is being committed).
    """
    dropped = _DROPPED | _LOCAL if foreign else _DROPPED
    kept = {
        name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("GIT_TRACE")
    }
    return kept | _SET


def program() -> str:
    """The absolute path of git, looked up in the absolute folders of PATH only: never a `git` of the current folder.

    Raises:
        GitError: There is none.
    """
    names = ("git.exe",) if sys.platform == "win32" else ("git",)
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.isfile(path):
                return path
    raise GitError("git is not on the PATH.", "Install git 2.31 or newer, or add its folder to PATH.")


def command(arguments: Sequence[str | bytes]) -> list[str | bytes]:
    """The full command line for a git call."""
    return [program(), *SAFE_OPTIONS, *arguments]


class Call:
    """A git process that answers questions: `ask` in portions that a pipe holds, read `answers`, then `end`.

    Its messages are discarded.

    Args:
        arguments: As for `run.run`.
        env: From `environment`.

    Raises:
        GitError: It cannot be started.
    """

    def __init__(self, arguments: Sequence[str | bytes], env: Mapping[str, str]) -> None:
        start = _spawn if hasattr(os, "posix_spawn") else _start
        try:
            self._questions, self.answers, self._wait = start(command(arguments), env)
        except OSError as error:
            raise GitError(f"git could not be started: {error.strerror}.") from None

    def ask(self, questions: bytes) -> None:
        """Write to its standard input. If it has ended, the reader will see that."""
        try:  # noqa: SIM105 - contextlib would have to be imported for it
            self._questions.write(questions)
        except BrokenPipeError:
            pass

    def end(self) -> int:
        """Close its pipes, wait for it and give its exit status."""
        self._questions.close()
        self.answers.close()
        return self._wait()


def _spawn(line: list[str | bytes], env: Mapping[str, str]) -> Pipes:
    stdin, questions = os.pipe()
    answers, stdout = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, stdin, 0),
        (os.POSIX_SPAWN_DUP2, stdout, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    ends = open(questions, "wb", buffering=0), open(answers, "rb")  # noqa: SIM115 - `Call.end` closes them
    try:
        process = os.posix_spawn(line[0], line, env, file_actions=actions)
    except OSError:
        for end in ends:
            end.close()
        raise
    finally:
        os.close(stdin)
        os.close(stdout)
    return *ends, lambda: os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _start(line: list[str | bytes], env: Mapping[str, str]) -> Pipes:
    """The same where there is no `posix_spawn`."""
    import subprocess

    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(line, env=env, stdin=pipe, stdout=pipe, stderr=nothing)
    assert process.stdin is not None  # noqa: S101  (for the type checker: we asked for pipes)
    assert process.stdout is not None  # noqa: S101
    questions = open(os.dup(process.stdin.fileno()), "wb", buffering=0)  # noqa: SIM115 - `Call.end` closes it
    process.stdin.close()
    return questions, process.stdout, process.wait
