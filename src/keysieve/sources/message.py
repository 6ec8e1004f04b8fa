"""A commit message as git will keep it: what the commit-msg hook is given holds more than that.

With `commit -v` the file ends with the diff of the commit, below a scissors line; and git's own comments name files.
See git-commit(1), `--cleanup`, and git-config(1), `core.commentChar`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keysieve.errors import UsageError
from keysieve.git import run

_SCISSORS = b" ------------------------ >8 ------------------------\n"
_AUTO = b"#;@!$%^&|:"  # what git chooses from when core.commentChar is `auto`: builtin/commit.c
_KEEPS_COMMENTS = (b"whitespace", b"verbatim", b"scissors")


def read_message(path: str) -> bytes:
    """The content of the message file.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UsageError(
            f"The commit message {path!r} cannot be read: {error.strerror}.",
            "Name the file that git gives the commit-msg hook: keysieve message .git/COMMIT_EDITMSG",
        ) from None


def kept(text: bytes, env: Mapping[str, str]) -> bytes:
    """What git keeps of a message: nothing from the scissors line on, no comments where git drops them.

    Where the hook cannot know (`--cleanup` on the command line of git is not handed on), more is kept, not less.

    Args:
        text: The message file.
        env: From `run.environment`; git sets `GIT_EDITOR=:` there for a message that nobody edited.
    """
    settings = _settings(env)
    cleanup = settings.get(b"commit.cleanup", b"default")
    comment = _comment(text, settings.get(_SIGN, b""), env)
    if comment:
        text = _above_scissors(text, comment, is_certain=cleanup == b"scissors")
    is_edited = env.get("GIT_EDITOR") != ":"
    drops = cleanup not in _KEEPS_COMMENTS and (cleanup == b"strip" or is_edited)
    if not comment or not drops:
        return text
    # Always by `commentChar`: git before 2.45 knows no other name, and git since then takes any string by it.
    return run.output(["-c", b"core.commentChar=" + comment, "stripspace", "--strip-comments"], env=env, stdin=text)


_SIGN = b"core.commentchar"


def _settings(env: Mapping[str, str]) -> dict[bytes, bytes]:
    """The settings that matter, the last one of each; `core.commentString` is another name of `core.commentChar`."""
    names = r"^(commit\.cleanup|core\.comment(char|string))$"
    _, out, _ = run.run(["config", "--null", "--get-regexp", names], env=env)
    pairs = (item.partition(b"\n")[::2] for item in out.split(b"\0") if item)
    return {_SIGN if name == b"core.commentstring" else name: value for name, value in pairs}


def _comment(text: bytes, setting: bytes, env: Mapping[str, str]) -> bytes:
    """What a comment line starts with; empty where that cannot be known."""
    if setting.lower() == b"auto":
        return _chosen(text)
    # git itself says what it makes of the setting: `--comment-lines` puts it in front.
    status, out, _ = run.run(["stripspace", "--comment-lines"], env=env, stdin=b"x\n")
    return out.removesuffix(b" x\n") if status == 0 and out.endswith(b" x\n") else b""


def _chosen(text: bytes) -> bytes:
    """The sign that git has chosen by itself: that of the scissors line, else of the last line, which git wrote."""
    at = text.find(_SCISSORS)
    sign = text[at - 1 : at] if at > 0 else text.rstrip(b"\n").rpartition(b"\n")[2][:1]
    return sign if sign and sign in _AUTO else b""


def _above_scissors(text: bytes, comment: bytes, *, is_certain: bool) -> bytes:
    """What stands above the scissors line. Below git's own one an explanation follows, as a comment."""
    line = comment + _SCISSORS
    at = 0 if text.startswith(line) else text.find(b"\n" + line) + 1
    if not text.startswith(line, at):
        return text
    below = text[at + len(line) :]
    return text[:at] if is_certain or below.startswith(comment) else text


def identities(env: Mapping[str, str]) -> Sequence[bytes]:
    """Author and committer of the commit that is being made; none where git does not know them (it will refuse)."""
    found = []
    for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        status, out, _ = run.run(["var", name], env=env)
        if status == 0:
            found.append(out.rsplit(b" ", 2)[0])
    return found
