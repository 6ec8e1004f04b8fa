"""Scans files as they are on disk."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from keysieve.blob import Blob, Place
from keysieve.engine.sieve import Sieve
from keysieve.scan.gathering import Gathered, Progress, gather, no_progress
from keysieve.sources import files

STDIN = b"-"


def scan_files(paths: Sequence[bytes], sieve: Sieve, progress: Progress = no_progress) -> Gathered:
    """Everything below the paths.

    Args:
        paths: Files and folders; `-` is standard input.
        sieve: Finds credentials.
        progress: Told of each file.
    """
    gathered = Gathered()
    if STDIN in paths:
        gather([Blob(sys.stdin.buffer.read(), Place("stdin"))], sieve, gathered)
    for number, item in enumerate(files.blobs(path for path in paths if path != STDIN)):
        progress("files", number, None)
        gather([item], sieve, gathered)
    return gathered
