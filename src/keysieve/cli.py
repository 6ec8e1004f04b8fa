"""From arguments to one command to an exit status.

Exit status of scans: 0 nothing found and complete; 1 findings; 2 could not do the job; 3 nothing found, but something
was not read; 130 interrupted. An uncaught exception would exit 1 and read as "findings": everything is caught here.
"""

from __future__ import annotations

import os
import sys

from keysieve import __version__
from keysieve.errors import KeysieveError

TYPE_CHECKING = False
if TYPE_CHECKING:  # a clean commit is told sooner than these are imported, here and in all that it needs
    from collections.abc import Sequence

COMMANDS = {
    "staged": "what the next commit would bring in (pre-commit hook)",
    "message": "a commit message as git will keep it (commit-msg hook)",
    "pre-push": "what a push would publish (pre-push hook)",
    "pre-receive": "what a push brings to a server (pre-receive hook)",
    "range": "what the commits BASE..HEAD bring in (pull requests)",
    "history": "everything that a repository holds (audits)",
    "files": "files as they are on disk, or standard input",
    "why": "why a line was or was not reported",
    "ci": "what the CI event that started the job brings in",
    "baseline": "accept what is known, show it, drop what is gone",
    "explain": "what to do about a credential, in full and in order",
    "fix": "the change that takes a credential out of the files",
    "purge": "how to get a credential out of the history, and the proof",
    "rules": "list, show or check the rules",
    "completion": "a script that completes commands and options in your shell",
    "install": "put hooks in place, in front of those that are there",
    "uninstall": "take the hooks away and put back what was there",
    "doctor": "plant a key in a scratch repository, prove that it is stopped",
}
"""Command → what it reads. Each is a module of `keysieve.commands` (a dash is an underscore there)."""

COULD_NOT = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        The exit status.
    """
    if argv is None:  # the process is ours; numpy's linear algebra, of no use here, would start a thread on each core
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except KeysieveError as error:
        _say(f"keysieve: {error.message}")
        if error.hint:
            _say(f"  {error.hint}")
        return COULD_NOT
    except KeyboardInterrupt:
        _say("keysieve: interrupted; nothing was decided.")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return COULD_NOT
    except Exception as error:
        _say(f"keysieve: internal error: {type(error).__name__} at {_where(error)}.")
        _say("  This is a defect of keysieve; please report this line.")
        return COULD_NOT


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage(), end="")
        return 0 if arguments else COULD_NOT
    if arguments[0] in ("-V", "--version"):
        print(f"keysieve {__version__}")
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        return _unknown(name)
    command = __import__(f"keysieve.commands.{name.replace('-', '_')}", fromlist=["run"])
    return int(command.run(rest))


def usage() -> str:
    """What `keysieve --help` prints."""
    lines = [
        "usage: keysieve COMMAND [ARGUMENT …]     (options: keysieve COMMAND --help)",
        "",
        "Finds AWS credentials and says how to get them out.",
        "",
        *(f"  {name:<12} {text}" for name, text in COMMANDS.items()),
        "",
        "Exit status: 0 clean, 1 findings, 2 could not do it, 3 clean but not all read.",
    ]
    return "\n".join(lines) + "\n"


def _unknown(name: str) -> int:
    from keysieve.engine.catalogue import nearest

    _say(f"keysieve: there is no command {name!r}.")
    _say(f"  Did you mean: keysieve {nearest(name, COMMANDS)}   (all of them: keysieve --help)")
    return COULD_NOT


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"


def _say(line: str) -> None:
    try:
        sys.stderr.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
        sys.stderr.flush()
    except OSError:
        pass


def _discard_stdout() -> None:
    """Keep the interpreter from complaining about a closed pipe when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
