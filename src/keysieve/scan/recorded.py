"""Findings out of a JSON report, and the credentials behind them: read again where the report says they stand."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from keysieve.blob import Blob, NotRead, OutOfScope, Place
from keysieve.engine.redaction import fingerprint
from keysieve.engine.sieve import Sieve
from keysieve.errors import UsageError
from keysieve.finding import Event, Finding, Occurrence, Part
from keysieve.git import commits, objects
from keysieve.git.repository import Repository
from keysieve.scan.gathering import Gathered, Located, in_commit, locate, sift_blob
from keysieve.sources import files

SCHEMA = "keysieve/1"
_HINT = "Make one: keysieve history --format json --output FILE"
_WORD = re.compile(r"[A-Z0-9]{16,128}")
_IN_COMMIT = ("commit-message", "identity")


def read_report(file: str) -> tuple[str, list[Finding]]:
    """The command that made a JSON report, and all its findings, those set aside included.

    Raises:
        UsageError: It cannot be read, or is no report of ours.
    """
    try:
        with open(file, encoding="utf-8") as stream:
            report = json.load(stream)
        if report["schema"] != SCHEMA:
            raise UsageError(f"{file} is a report of another kind: {str(report['schema'])[:40]!r}.", _HINT)
        return str(report["command"]), [_finding(one) for one in (*report["findings"], *report["set_aside"])]
    except OSError as error:
        raise UsageError(f"The report {file} cannot be read: {error.strerror}.", _HINT) from None
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{file} is not a JSON report of keysieve.", _HINT) from None


def _finding(shape: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=str(shape["rule"]),
        severity=shape["severity"],
        confidence=str(shape["confidence"]),
        fingerprint=str(shape["fingerprint"]),
        fingerprints={str(name): str(value) for name, value in shape["fingerprints"].items()},
        summary=str(shape["summary"]),
        values={str(name): str(value) for name, value in shape["values"].items()},
        account_id=shape["account_id"],
        notes=tuple(map(str, shape["notes"])),
        occurrences=tuple(_occurrence(one) for one in shape["occurrences"]),
        introduced=_event(shape["introduced"]),
        removed=_event(shape["removed"]),
        live=shape["live"],
        refs=None if shape["refs"] is None else tuple(map(str, shape["refs"])),
    )


def _occurrence(shape: Mapping[str, Any]) -> Occurrence:
    known: dict[str, Any] = {name: shape.get(name) for name in Occurrence.__dataclass_fields__ if name != "parts"}
    return Occurrence(**known, parts=tuple(_part(part) for part in shape["parts"]))


def _part(shape: Mapping[str, Any]) -> Part:
    known: dict[str, Any] = {name: shape.get(name) for name in Part.__dataclass_fields__}
    return Part(**known)


def _event(shape: Mapping[str, Any] | None) -> Event | None:
    return None if shape is None else Event(str(shape["commit"]), str(shape["author"]), str(shape["date"]))


def key_id_in(file: str, finding: Finding) -> str | None:
    """The key id in full, which a report has in its remedies only; its fingerprint proves that it is the right one."""
    wanted = finding.fingerprints.get("access_key_id")
    with open(file, encoding="utf-8") as stream:
        words = dict.fromkeys(_WORD.findall(stream.read()))
    return next((word for word in words if fingerprint(word.encode()) == wanted), None) if wanted else None


def located_again(finding: Finding, repository: Repository | None, sieve: Sieve) -> Iterator[Located]:
    """The credentials at the places of a finding, as far as they can be read again here.

    Args:
        finding: From a report.
        repository: Where its objects are; None outside of one: then only its files are read.
        sieve: Finds credentials.
    """
    done: set[tuple[str, str | None]] = set()
    for one in finding.occurrences:
        if repository is not None and one.blob and (one.blob, one.path) not in done:
            done.add((one.blob, one.path))
            yield from _in_object(one.blob, one, repository, sieve)
        elif repository is not None and one.commit and one.kind in _IN_COMMIT and (one.commit, None) not in done:
            done.add((one.commit, None))
            yield from _in_object(one.commit, one, repository, sieve)
        elif one.path and not one.blob and one.kind in ("file", "archive-member"):
            yield from _on_disk(one, sieve)


def path_of(one: Occurrence) -> bytes | None:
    """The path of an occurrence as git or the file system has it, without the member of an archive."""
    if one.path_bytes:
        path = base64.b64decode(one.path_bytes)
    elif one.path is None:
        return None
    else:
        path = os.fsencode(one.path)
    return path.partition(b"!/")[0] if one.kind == "archive-member" else path


def _in_object(oid: str, one: Occurrence, repository: Repository, sieve: Sieve) -> Iterator[Located]:
    for answer in objects.read_from(repository, [oid.encode()]):
        if isinstance(answer, NotRead):
            return
        if answer.kind == "commit":
            yield from in_commit(commits.parse(answer.oid, answer.data), sieve, reachable=one.reachable)
        else:
            data = answer.data.partition(b"\n\n")[2] if answer.kind == "tag" else answer.data
            kind = "file" if one.kind == "archive-member" else one.kind
            place = Place(kind, path_of(one), oid, one.commit, one.reachable)
            yield from locate(sift_blob(data, oid.encode(), sieve, Gathered()), place)


def _on_disk(one: Occurrence, sieve: Sieve) -> Iterator[Located]:
    path = path_of(one)
    for item in files.blobs([path] if path else []):
        if isinstance(item, Blob) and not isinstance(item, OutOfScope):
            yield from locate(sift_blob(item.data, item.place.path or b"", sieve, Gathered()), item.place)
