"""`keysieve doctor`: plants a key in a scratch repository and proves that what is installed here stops it."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from itertools import chain

from keysieve.commands.options import Parser
from keysieve.engine.generator import Generator
from keysieve.engine.redaction import fingerprint
from keysieve.git.repository import discover
from keysieve.hooks.ci_trial import try_configurations
from keysieve.hooks.folders import repository_folder
from keysieve.hooks.trial import Check, Planted, try_hooks

_WORDS = {"stopped": "ok", "failed": "FAILED", "absent": "-"}


def run(argv: Sequence[str]) -> int:
    """Run the command; gives the exit status, 1 where something lets the key pass or nothing would stop it."""
    parser = Parser(
        "doctor",
        "Prove that the hooks and the CI configuration of this repository stop a key.",
        "A made-up key, valid nowhere, is committed, written into a message, pushed, and brought in by a replayed\n"
        "pull request: all in a scratch repository in the temporary folder. This repository is only read.",
    )
    parser.parse_args(argv)
    repository = discover()
    top = os.fsdecode(repository.directory)
    planted = _planted()
    checks = []
    hooks = try_hooks(top, repository_folder(repository), planted)
    for check in chain(hooks, try_configurations(top, sys.executable, planted)):
        _tell(check)
        checks.append(check)
    return _verdict(checks)


def _planted() -> Planted:
    text, made = Generator(secrets.randbits(64)).fill(
        "[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
    )
    return Planted(text, fingerprint(made["secret_access_key"].encode()))


def _tell(check: Check) -> None:
    lines = [f"{_WORDS[check.result]:<7} {check.what}: {check.why}", *(f"          {line}" for line in check.said)]
    for line in lines:
        print("".join(sign if sign.isprintable() else "?" for sign in line), flush=True)


def _verdict(checks: Sequence[Check]) -> int:
    results = {check.result for check in checks}
    if "failed" in results:
        print("Something that should stop a key does not.")
        return 1
    if "stopped" not in results:
        print("Nothing here would stop a key. Type: keysieve install")
        return 1
    return 0
