"""Reads what a team has accepted in gitleaks, betterleaks or detect-secrets. Formats as those tools write them.

They name a secret by a hash, by a position, or in clear (a report without redaction). All of it is turned into
fingerprints by looking at what a scan finds; see `excuses.migration`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from keysieve.errors import ConfigurationError

_GITLEAKS = re.compile(r"(?:(?P<commit>[0-9a-fA-F]{7,64}):)?(?P<path>.+):(?P<rule>[\w.-]+):(?P<line>\d+)")
_DIGEST = re.compile(r"(?:(?P<algorithm>sha256|hmac-sha256):)?(?P<digest>[0-9a-fA-F]{64})")
KEY_ID_RULE = "aws-access-token"
"""The one rule of gitleaks for AWS; it knows key ids, not their secrets."""
_FORMATS = (
    "Understood are JSON reports of keysieve, gitleaks and betterleaks, .gitleaksignore, the ignore file of betterleaks"
    " and .secrets.baseline of detect-secrets."
)


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of another scanner's list.

    Attributes:
        told: What to call it when it matches nothing; holds no secret.
        reason: Why it is accepted, for the baseline.
        digests: Algorithm (`sha1`, `sha256`, `hmac-sha256`) and hexadecimal digest of a value, in order of weight.
        values: Values in clear.
        path: File, from the root of the repository; empty where it is not known.
        line: 1-based; 0 where it is not known.
        commit: The beginning of a commit's id; empty for the files as they are.
        is_key_id: Whether it is for the key id at that position and for nothing else there.
    """

    told: str
    reason: str
    digests: tuple[tuple[str, str], ...] = ()
    values: tuple[bytes, ...] = field(default=(), repr=False)
    path: str = ""
    line: int = 0
    commit: str = ""
    is_key_id: bool = False


def known(data: bytes, source: str) -> tuple[Known, ...]:
    """The entries of a list of another scanner.

    Args:
        data: The file's bytes.
        source: Its name, for messages.

    Raises:
        ConfigurationError: It is in none of the formats.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{source} is not UTF-8 text.", _FORMATS) from None
    try:
        return tuple(_json(text, source) if text.lstrip()[:1] in ("{", "[") else _lines(text, source))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ConfigurationError(f"{source} is in no format that can be read.", _FORMATS) from None


def _lines(text: str, source: str) -> Iterator[Known]:
    """`.gitleaksignore` (`commit:file:rule:line` or `file:rule:line`) or an ignore file of betterleaks (digests)."""
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.partition("#")[0].strip() if not _GITLEAKS.fullmatch(line.strip()) else line.strip()
        if not entry or entry.startswith("#"):
            continue
        where = f"{source}, line {number}"
        if found := _DIGEST.fullmatch(entry):
            digest = (found["algorithm"] or "sha256", found["digest"].lower())
            yield Known(where, "accepted in betterleaks", (digest,))
        elif found := _GITLEAKS.fullmatch(entry):
            yield Known(
                f"{where}: {found['path']}, line {found['line']} ({found['rule']})",
                f"accepted in gitleaks ({found['rule']})",
                path=found["path"],
                line=int(found["line"]),
                commit=(found["commit"] or "").lower(),
                is_key_id=found["rule"] == KEY_ID_RULE,
            )
        else:
            raise ConfigurationError(f"{where} is in no format that can be read.", _FORMATS)


def _json(text: str, source: str) -> Iterator[Known]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        records = [json.loads(line) for line in text.splitlines() if line.strip()]
        yield from (_betterleaks(record["finding"]) for record in records if "finding" in record)
        return
    if isinstance(whole, list):
        yield from map(_gitleaks, whole)
    elif "finding" in whole or ("scan" in whole and "findings" not in whole):
        yield from (_betterleaks(record["finding"]) for record in [whole] if "finding" in record)
    elif "findings" in whole:
        yield from map(_betterleaks, whole["findings"])
    elif "results" in whole and "plugins_used" in whole:
        yield from (_detect_secrets(one) for found in whole["results"].values() for one in found)
    else:
        raise ConfigurationError(f"{source} is in no format that can be read.", _FORMATS)


def _gitleaks(record: Mapping[str, Any]) -> Known:
    """A finding of a gitleaks report; `Secret` is `REDACTED` or cut short in a redacted one."""
    path, line, rule = str(record["File"]), int(record["StartLine"]), str(record["RuleID"])
    return Known(
        f"{path}, line {line} ({rule})",
        f"accepted in gitleaks ({rule})",
        values=(str(record.get("Secret", "")).encode(),),
        path=_from_root(path),
        line=line,
        commit=str(record.get("Commit", "")).lower(),
        is_key_id=rule == KEY_ID_RULE,
    )


def _betterleaks(finding: Mapping[str, Any]) -> Known:
    """A finding of betterleaks 2: components (the secret of a key id) weigh more than the match itself."""
    components = [one for group in finding.get("component_sets") or () for one in group["components"]]
    matches = [one["match"] for one in (*components, finding)]
    location = finding.get("location") or {}
    path, line = str(location.get("path", "")), int(location.get("start_line", 0))
    return Known(
        f"{path}, line {line} ({finding['rule_id']})",
        f"accepted in betterleaks ({finding['rule_id']})",
        digests=tuple(_digest(match["fingerprint"]) for match in matches if match.get("fingerprint")),
        values=tuple(str(match["value"]).encode() for match in matches if match.get("value")),
        path=_from_root(path),
        line=line,
        commit=str((finding.get("attributes") or {}).get("git.sha", "")),
    )


def _digest(text: str) -> tuple[str, str]:
    found = _DIGEST.fullmatch(text)
    if found is None:
        raise ValueError("no digest")
    return found["algorithm"] or "sha256", found["digest"].lower()


def _detect_secrets(record: Mapping[str, Any]) -> Known:
    """An entry of `.secrets.baseline`: SHA-1 of the value, where it stood, and what an audit said of it."""
    path, line, kind = str(record["filename"]), int(record.get("line_number", 0)), str(record["type"])
    audited = {True: ", audited as real", False: ", audited as no secret"}.get(record.get("is_secret", ""), "")
    return Known(
        f"{path}, line {line} ({kind})",
        f"accepted in detect-secrets ({kind}{audited})",
        digests=(("sha1", str(record["hashed_secret"]).lower()),),
    )


def _from_root(path: str) -> str:
    return path.removeprefix("./")
