"""`keysieve completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

from collections.abc import Sequence

from keysieve.commands.options import Parser

SHELLS = ("bash", "fish", "zsh")
_EPILOG = """\
bash: keysieve completion bash > ~/.local/share/bash-completion/completions/keysieve
zsh:  keysieve completion zsh > "${fpath[1]}/_keysieve"
fish: keysieve completion fish > ~/.config/fish/completions/keysieve.fish"""


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status."""
    parser = Parser("completion", "Print a script that completes commands and options.", _EPILOG)
    parser.add_argument("shell", choices=SHELLS, help="your shell")
    shell = parser.parse_args(argv).shell
    from keysieve.commands import terminal

    terminal.write(script(shell))
    return 0


def script(shell: str) -> str:
    """The script for a shell; it is generated from the commands' own options when the documentation is."""
    from importlib.resources import files

    return (files("keysieve") / "completions" / f"keysieve.{shell}").read_text("utf-8")
