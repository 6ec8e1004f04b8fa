"""Runs git to its end, or while its output is read."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO

from keysieve.errors import GitError
from keysieve.git.call import command, environment

__all__ = ["environment", "failure", "output", "piped", "run"]


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
