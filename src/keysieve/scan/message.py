"""Scans a commit message, and the names of who writes it."""

from __future__ import annotations

from keysieve.blob import Blob, Place
from keysieve.engine.sieve import Sieve
from keysieve.git import run
from keysieve.scan.gathering import Gathered, gather
from keysieve.sources import message


def scan_message(path: str, sieve: Sieve) -> Gathered:
    """The message in a file, as git will keep it, with author and committer.

    Args:
        path: The file that git gives the commit-msg hook.
        sieve: Finds credentials.
    """
    env = run.environment()
    gathered = Gathered()
    text = message.kept(message.read_message(path), env)
    names = b"\n".join(message.identities(env))
    gather((Blob(text, Place("commit-message")), Blob(names, Place("identity"))), sieve, gathered)
    return gathered
