"""What a hook says: first what was there before it, then keysieve; either one stops git. POSIX shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

MARK = "# keysieve-hook:"
PREVIOUS = ".before-keysieve"
"""Ending of the name under which the hook that was there before is kept."""
COMMANDS = {
    "pre-commit": "staged",
    "commit-msg": 'message "$1"',
    "pre-push": 'pre-push "$@"',
    "pre-receive": "pre-receive",
}
"""Hook → keysieve command, as the shell reads it."""
_READS_STDIN = ("pre-push", "pre-receive")

EVERY_HOOK = (
    "applypatch-msg", "commit-msg", "post-applypatch", "post-checkout", "post-commit", "post-index-change",
    "post-merge", "post-receive", "post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc", "pre-commit",
    "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive", "prepare-commit-msg", "proc-receive",
    "push-to-checkout", "reference-transaction", "sendemail-validate", "update",
)  # fmt: skip
"""Hooks that core.hooksPath hides in a repository: githooks(5)."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Where the hook lies that a global one hides.

    Attributes:
        folder: An absolute folder; empty for the repository's own `hooks`.
    """

    folder: str = ""


def script(hook: str, python: str, behind: Behind | None = None) -> str:
    """The text of a hook.

    Args:
        hook: Its name.
        python: Absolute path of the interpreter that keysieve is installed for.
        behind: For a global hook: where the one lies that it hides. Hooks that keysieve has no command for only
            run that one.
    """
    parts = [
        "#!/bin/sh",
        f"{MARK} {hook}. `keysieve install` wrote it, `keysieve uninstall` takes it away; changes will be lost.",
        *_find_previous(hook, behind),
    ]
    if hook not in COMMANDS:
        return "\n".join([*parts, 'if [ -x "$previous" ]; then exec "$previous" "$@"; fi', "exit 0", ""])
    # What git says on standard input is read once and given to both.
    feed = ""
    if hook in _READS_STDIN:
        parts += ["refs=$(cat)", 'feed() { [ -z "$refs" ] || printf \'%s\\n\' "$refs"; }']
        feed = "feed | "
    command = COMMANDS[hook]
    return "\n".join(
        [
            *parts,
            'if [ -x "$previous" ]; then',
            f'  {feed}"$previous" "$@" || exit',
            "fi",
            f"python={shlex.quote(python)}",
            'if [ -x "$python" ]; then',
            # -P: a folder `keysieve` in the repository must not be taken for the program.
            f'  {feed}"$python" -P -m keysieve {command}',
            "elif command -v keysieve >/dev/null 2>&1; then",
            f"  {feed}keysieve {command}",
            "else",
            '  echo "keysieve: $python is gone, so that nothing was scanned." >&2',
            '  echo "  Install keysieve again, then type: keysieve install" >&2',
            "  exit 2",
            "fi",
            "",
        ]
    )


def _find_previous(hook: str, behind: Behind | None) -> list[str]:
    lines = [f'previous="$(dirname "$0")/{hook}{PREVIOUS}"']
    if behind is None:
        return lines
    folder = shlex.quote(behind.folder) if behind.folder else '"$(git rev-parse --git-common-dir)"/hooks'
    return [*lines, f'if [ ! -e "$previous" ]; then previous={folder}/{hook}; fi']


def is_ours(text: bytes) -> bool:
    """Whether a hook is one that keysieve wrote."""
    lines = text.split(b"\n", 2)
    return len(lines) > 1 and lines[1].startswith(MARK.encode())
