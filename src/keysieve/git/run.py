"""Runs git so that neither a hostile repository nor an odd environment changes what it answers.

A repository under scan is hostile input, the user's and the administrator's configuration is not: settings that
could run a program or hide content are overridden on the command line and in the environment, never switched off
wholesale (that would drop the administrator's `safe.directory`, too).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from keysieve.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs a tenth of the time that a clean commit may take
    from typing import IO

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


@contextlib.contextmanager
def piped(
    cwd: str | bytes | None, env: Mapping[str, str], arguments: Sequence[str | bytes], stdin: Iterable[str]
) -> Iterator[IO[bytes]]:
    """Run git while its input is fed and its output read; whatever state it is in, it is gone afterwards.

    Its messages are discarded and its exit status is not looked at: the caller accounts for every answer instead.

    Args:
        cwd: Where to run it.
        env: From `environment`.
        arguments: As for `run`.
        stdin: What to feed it, piece by piece.
    """
    process = subprocess.Popen(
        command(arguments),
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None  # noqa: S101  (for the type checker: we asked for pipes)
    assert process.stdout is not None  # noqa: S101
    feeder = threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True)
    feeder.start()
    try:
        yield process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
        feeder.join()


def _feed(pipe: IO[bytes], pieces: Iterable[str]) -> None:
    try:
        with pipe:
            pipe.writelines(os.fsencode(piece) for piece in pieces)
    except OSError:  # git has ended: the reader sees that, too
        pass


def run(
    arguments: Sequence[str | bytes],
    *,
    cwd: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> tuple[int, bytes, bytes]:
    """Run git to its end.

    Returns:
        Exit status, output, messages.
    """
    try:
        done = subprocess.run(
            command(arguments),
            cwd=cwd,
            env=environment() if env is None else env,
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise GitError(f"git could not be started: {error.strerror}.") from None
    return done.returncode, done.stdout, done.stderr


def output(
    arguments: Sequence[str | bytes],
    *,
    cwd: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> bytes:
    """Run git and give its output.

    Raises:
        GitError: Its exit status is not 0.
    """
    status, out, messages = run(arguments, cwd=cwd, env=env, stdin=stdin)
    if status:
        raise failure(messages, arguments)
    return out


def failure(messages: bytes, arguments: Sequence[str | bytes] = ()) -> GitError:
    """The error for a git call that failed, in git's own words, with what to type next where we know it."""
    text = messages.decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("fatal:")), lines[0] if lines else "no message")
    said = said.removeprefix("fatal:").strip().rstrip(".")
    if "dubious ownership" in text:
        path = text.partition("'")[2].partition("'")[0]
        return GitError(
            f"git refuses the repository {path}: it belongs to another user.",
            f"If you trust it: git config --global --add safe.directory {path}",
        )
    if "not a git repository" in text:
        return GitError("This is not a git repository.", "Name one, or scan the files as they are: keysieve files PATH")
    verb = next((str(word) for word in arguments if not str(word).startswith("-")), "")
    return GitError(f"git {verb} failed: {said}.".replace("  ", " "), "Try: git fsck")
