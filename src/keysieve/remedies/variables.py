"""Lines that put a credential into the environment of one user, for each shell, with the secret read at a prompt."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping

SHELLS = ("bash", "zsh", "fish", "powershell", "cmd")
_NAMES = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "bedrock_api_key": "AWS_BEARER_TOKEN_BEDROCK",
    "bedrock_short_term_key": "AWS_BEARER_TOKEN_BEDROCK",
}
"""Value → variable, as the SDKs read it: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html"""


def variable_for(value: str, prefix: str = "") -> str:
    """The environment variable for a value of a finding, `AWS_ACCESS_KEY_ID`, after a prefix of the user's."""
    return prefix + _NAMES.get(value, value.upper())


def lines_for(shell: str, known: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    """Lines to paste into a shell.

    Args:
        shell: One of `SHELLS`.
        known: Variable → value that may be shown.
        asked: Variable → words for the prompt that its value is read at, so that no history holds it.
    """
    yield from _SHELLS[shell](known, asked)


def _bash(known: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    yield from (f"export {name}={shlex.quote(value)}" for name, value in known.items())
    for name, words in asked.items():
        yield f"read -rsp {shlex.quote(words + ': ')} {name} && export {name} && echo"


def _zsh(known: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    yield from (f"export {name}={shlex.quote(value)}" for name, value in known.items())
    for name, words in asked.items():
        yield f"read -rs {shlex.quote(f'{name}?{words}: ')} && export {name} && echo"


def _fish(known: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    yield from (f"set -gx {name} {_fish_quoted(value)}" for name, value in known.items())
    for name, words in asked.items():
        yield f"read --silent --global --export --prompt-str {_fish_quoted(words + ': ')} {name}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(known: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    call = "[Environment]::SetEnvironmentVariable"
    yield from (f"{call}('{name}', {_powershell_quoted(value)}, 'User')" for name, value in known.items())
    for name, words in asked.items():
        yield f"$typed = Read-Host -AsSecureString {_powershell_quoted(words)}"
        yield f"{call}('{name}', [Net.NetworkCredential]::new('', $typed).Password, 'User'); Remove-Variable typed"


def _powershell_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _cmd(known: Mapping[str, str], asked: Mapping[str, str]) -> Iterator[str]:
    """`setx` without /M: the user's variables, not the system's."""
    yield from (f'setx {name} "{value}"' for name, value in known.items())
    for name, words in asked.items():
        yield f"set /p TYPED={words}: "
        yield f'setx {name} "%TYPED%"'
        yield "set TYPED="


_SHELLS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, str]], Iterator[str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
    "cmd": _cmd,
}
