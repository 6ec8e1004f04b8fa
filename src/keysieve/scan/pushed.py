"""Scans what a push brings to the other side."""

from __future__ import annotations

from collections.abc import Iterator

from keysieve.blob import Place
from keysieve.engine.sieve import Sieve
from keysieve.git.changes import PathChange
from keysieve.git.objects import StoredObject
from keysieve.git.repository import Repository
from keysieve.scan.blobs import in_new_versions, new_entries
from keysieve.scan.commits import RangeScan, heed_what_was_there, scan_commits
from keysieve.scan.gathering import Located, Progress, no_progress
from keysieve.sources.pushed import Pushed


def scan_pushed(repository: Repository, pushed: Pushed, sieve: Sieve, progress: Progress = no_progress) -> RangeScan:
    """Every credential that the new commits, annotated tags and names of refs bring in.

    A blob that a ref leads to without a commit counts as new.
    """
    result = scan_commits(repository, pushed.commits, sieve, progress)
    gathered = result.gathered
    bare = [PathChange(entry.path, entry, ()) for entry in pushed.entries]
    result.store.load(new_entries(bare))
    gathered.located += in_new_versions(bare, result.store, "file")
    for tag in pushed.tags:
        gathered.located += in_tag(tag, sieve)
    for ref in pushed.refs:
        for credential in sieve.sift(ref):
            gathered.located.append(Located(credential, Place("ref-name", ref)))
    heed_what_was_there(pushed.base, gathered, result.store)
    return result


def in_tag(tag: StoredObject, sieve: Sieve) -> Iterator[Located]:
    """Credentials in an annotated tag: in its message, and in its headers with the tagger."""
    headers, _, message = tag.data.partition(b"\n\n")
    for kind, data in (("tag-message", message), ("identity", headers)):
        for credential in sieve.sift(data):
            yield Located(credential, Place(kind, None, tag.oid))
