"""Everything that the rules find in a blob: plain and decoded, joined to credentials."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

if TYPE_CHECKING:
    from keysieve.engine.prefilter import Prefilter


OnLimit = Callable[[str], None]
"""Told which limit kept something back."""


def credentials(
    data: bytes,
    rules: Sequence[Rule],
    prefilter: Prefilter | None = None,
    on_limit: OnLimit = lambda _reason: None,
    spots: Sequence[int] | None = None,
) -> tuple[Credential, ...]:
    """Every credential in a blob, examples and placeholders included, in the order of the blob.

    Args:
        data: The blob's bytes.
        rules: From `engine.catalogue`.
        prefilter: Tells where to look; without it the matcher looks everywhere, and finds the same.
        on_limit: Called with a reason for each limit that bites.
        spots: Where to look, if that is known already or only a part is of interest; from the prefilter by default.
    """
    from keysieve.engine.pairing import pair

    return tuple(pair(matches(data, rules, prefilter, on_limit, spots), rules))


def matches(
    data: bytes,
    rules: Sequence[Rule],
    prefilter: Prefilter | None = None,
    on_limit: OnLimit = lambda _reason: None,
    spots: Sequence[int] | None = None,
) -> list[Match]:
    """Every value that a rule finds in a blob or in what it decodes to, each place once, in the order of the blob.

    The arguments are those of `credentials`.
    """
    from keysieve.engine.locating import Locator
    from keysieve.engine.matcher import LOOK, windows

    locator = Locator(data, rules, prefilter)
    if prefilter is None:
        stretches = [(0, len(data))]
    else:
        stretches = windows(prefilter.spots(data) if spots is None else spots, len(data))
    locator.look(stretches)
    for start, end in _aligned(stretches):
        before = len(locator.found)
        locator.look_decoded(start, end, on_limit)
        if len(locator.found) > before and prefilter is not None:
            # Encoded text takes up to four times as many bytes: what belongs to this may lie beyond.
            for wide in _aligned([(max(0, start - 3 * LOOK), min(len(data), end + 3 * LOOK))]):
                locator.look_decoded(*wide, on_limit)
    return _without_covered(locator.found, {rule.id for rule in rules if rule.covers})


def _without_covered(found: list[Match], covering: set[str]) -> list[Match]:
    """Without what stands inside another match that is all of it.

    That is the key id or token inside a value that covers it (a pre-signed URL), the beginning of a value that only
    its decoded text shows in full, and what looks like a bad key because it is an encoded id.
    """
    likely = _outermost([match for match in found if not match.unlikely], covering)
    starts = [match.start for match in likely]
    longest = max((match.end - match.start for match in likely), default=0)

    def is_spoken_for(match: Match) -> bool:
        around = likely[bisect_left(starts, match.start - longest) : bisect_left(starts, match.end)]
        return any(match.start < one.end for one in around)

    unlikely = [match for match in found if match.unlikely and not is_spoken_for(match)]
    return sorted([*likely, *unlikely], key=lambda match: (match.start, match.order))


def _outermost(found: list[Match], covering: set[str]) -> list[Match]:
    kept: list[Match] = []
    reach: list[Match] = []
    for match in sorted(found, key=lambda one: (one.start, -one.end)):
        reach = [one for one in reach if one.end > match.start]
        if not any(_is_all_of(outer, match, covering) for outer in reach):
            kept.append(match)
        reach.append(match)
    return kept


def _is_all_of(outer: Match, inner: Match, covering: set[str]) -> bool:
    if inner.end > outer.end:
        return False
    if outer.rule in covering or outer.rule != inner.rule:
        return outer.rule in covering
    return len(outer.value) > len(inner.value) and outer.value.startswith(inner.value)


def _aligned(stretches: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches that begin where a character of UTF-16 or UTF-32 text can begin."""
    for start, end in stretches:
        yield start - start % 4, end
