"""What the terminal behind standard output can do, and how text gets there."""

from __future__ import annotations

import os
import sys

from keysieve.reporters import Style, no_link

_ASCII = str.maketrans({"…": "...", "×": "x", "→": "->", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'"})
_LINKING = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio")
_LINKING_VARIABLES = ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
_LINKING_TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty")
_FIRST_VTE = 5000


def style(command: str, *, shows_set_aside: bool = False) -> Style:
    """What standard output can do.

    Args:
        command: The command that scanned; where its paths begin depends on it.
        shows_set_aside: Show what is set aside in full.
    """
    base = _base(command) if _is_linking() else None
    link = no_link if base is None else lambda path: _address(base, path)
    return Style(width(), _is_colored(), link, shows_set_aside)


def write(text: str) -> None:
    """Write to standard output, in its encoding; a reader that has gone away is no error."""
    try:
        sys.stdout.buffer.write(encoded(text, sys.stdout.encoding or "utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def encoded(text: str, encoding: str) -> bytes:
    """Text in an encoding that may not have all of its characters; typography becomes ASCII, the rest an escape."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "backslashreplace")


def width() -> int:
    """Columns of the terminal that standard output is, else 100."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def _is_colored() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_linking() -> bool:
    """Whether the terminal is one that is known to make links (OSC 8) and not to print them raw."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return False
    vte = os.environ.get("VTE_VERSION", "")
    return (
        os.environ.get("TERM_PROGRAM") in _LINKING
        or os.environ.get("TERM") in _LINKING_TERMS
        or any(os.environ.get(name) for name in _LINKING_VARIABLES)
        or (vte.isdigit() and int(vte) >= _FIRST_VTE)
    )


def _base(command: str) -> str:
    """The folder that paths of a report begin at: the current one, or the top level of its work tree."""
    folder = here = os.getcwd()
    while command != "files" and not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return here
        folder = parent
    return folder


def _address(base: str, path: str) -> str | None:
    from urllib.parse import quote

    file = os.path.join(base, path.partition("!/")[0])
    return "file://" + quote(file) if os.path.isfile(file) else None
