"""Comments beside a value that ask for it to be excused. Whether they are heeded is not decided here.

`keysieve:allow REASON` stands on a line of the value, or alone on the line above (in JSON, as a member of its own).
The markers of other scanners are understood on the lines where those scanners read them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REACH = 2048
"""Bytes before and behind a value in which its lines are looked for; a line may be as long as a file."""
LONGEST = 120
"""Characters of a reason that are kept."""

_OWN = rb"keysieve:allow(?![\w-])[ \t]*(?:until[ =:](?P<until>\d{4}-\d\d-\d\d)(?![\d-])[ \t]*)?(?P<reason>[^\r\n]*)"
_THEIRS = rb"(?P<theirs>pragma: ?(?:allow|white)list secret|(?:gitleaks|betterleaks):allow)(?![\w-])"
_ON_LINE = re.compile(_OWN + rb"|" + _THEIRS)
# Nothing but the marker: comment signs, a batch file's REM, or the name of a JSON member in front of it.
_ALONE = rb"[^\w\r\n]*(?:(?i:rem)\b[^\w\r\n]*|\"[\w $/.-]*\"[ \t]*:[ \t]*\")?"
_ABOVE = re.compile(_ALONE + rb"(?:" + _OWN + rb"|(?P<theirs>pragma: ?(?:allow|white)list nextline secret)\b)")
_CLOSING = re.compile(r"\s*(?:\*/|-->|\*\)|#\}|%>|\"\s*,?\s*$).*")


@dataclass(frozen=True, slots=True)
class Pragma:
    """A comment that asks for a value to be excused.

    Attributes:
        reason: In the author's words; empty where there is none.
        until: The last day on which it is meant to hold, `YYYY-MM-DD`; empty for no end.
    """

    reason: str
    until: str = ""


def pragma_at(text: bytes, start: int, end: int) -> Pragma | None:
    """The pragma of a value.

    Args:
        text: Decoded text.
        start: Where the value begins, in bytes.
        end: Where it ends, exclusive.
    """
    first = text.rfind(b"\n", max(0, start - REACH), start) + 1 or max(0, start - REACH)
    last = text.find(b"\n", end, end + REACH)
    last = min(len(text), end + REACH) if last < 0 else last
    around = text[max(0, first - 1 - REACH) : last]
    if b":allow" not in around and b"pragma:" not in around:  # every marker has one of the two
        return None
    found = _ON_LINE.search(text, first, start) or _ON_LINE.search(text, end, last)
    return _read(found) or _read(_line_above(text, first))


def _line_above(text: bytes, first: int) -> re.Match[bytes] | None:
    above = text.rfind(b"\n", max(0, first - 1 - REACH), max(0, first - 1)) + 1
    return _ABOVE.match(text, above, first) if first > 0 and first - above <= REACH else None


def _read(found: re.Match[bytes] | None) -> Pragma | None:
    if found is None:
        return None
    if found["theirs"]:
        return Pragma(found["theirs"].decode("ascii"))
    reason = _CLOSING.sub("", found["reason"].decode("utf-8", "backslashreplace")).strip(" \t:-—")
    return Pragma(reason[:LONGEST], (found["until"] or b"").decode("ascii"))
