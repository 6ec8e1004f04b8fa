"""Everything that the rules find in a blob: plain and decoded, joined to credentials."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

if TYPE_CHECKING:
    from keysieve.engine.decoded import Memory
    from keysieve.engine.prefilter import Prefilter


OnLimit = Callable[[str], None]
"""Told which limit kept something back."""


def credentials(
    data: bytes,
    rules: Sequence[Rule],
    prefilter: Prefilter | None = None,
    on_limit: OnLimit = lambda _reason: None,
    spots: Sequence[int] | None = None,
    memory: Memory | None = None,
) -> tuple[Credential, ...]:
    """Every credential in a blob, examples and placeholders included, in the order of the blob.

    Args:
        data: The blob's bytes.
        rules: From `engine.catalogue`.
        prefilter: Tells where to look; without it the matcher looks everywhere, and finds the same.
        on_limit: Called with a reason for each limit that bites.
        spots: Where to look, if that is known already; from the prefilter by default.
        memory: What other blobs decoded to, by the same rules and prefilter.
    """
    from keysieve.engine.pairing import pair

    return tuple(pair(matches(data, rules, prefilter, on_limit, spots, memory), rules))


def matches(
    data: bytes,
    rules: Sequence[Rule],
    prefilter: Prefilter | None = None,
    on_limit: OnLimit = lambda _reason: None,
    spots: Sequence[int] | None = None,
    memory: Memory | None = None,
) -> list[Match]:
    """Every value that a rule finds in a blob or in what it decodes to, each place once, in the order of the blob.

    The arguments are those of `credentials`.
    """
    from keysieve.engine.decoded import Memory
    from keysieve.engine.locating import Locator
    from keysieve.engine.matcher import LOOK, Matcher, windows

    locator = Locator(data, memory or Memory(Matcher(rules), prefilter))
    if prefilter is None:
        stretches = [(0, len(data))]
    else:
        stretches = windows(prefilter.spots(data) if spots is None else spots, len(data))
    locator.look(stretches)
    for start, end in _aligned(data, stretches):
        if locator.look_decoded(start, end, on_limit) and prefilter is not None:
            # Encoded text takes up to four times as many bytes: what belongs to this may lie beyond.
            for wide in _aligned(data, [(max(0, start - 3 * LOOK), min(len(data), end + 3 * LOOK))]):
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
    covered = 0
    # Begin of a value, as long as the rule's shortest, to the values that begin so, and where they end.
    shortest: dict[str, int] = {}
    for match in found:
        shortest[match.rule] = min(len(match.value), shortest.get(match.rule, len(match.value)))
    alike: defaultdict[tuple[str, bytes], dict[bytes, int]] = defaultdict(dict)
    for match in sorted(found, key=lambda one: (one.start, -one.end)):
        others = alike[match.rule, match.value[: shortest[match.rule]]]
        if match.end > covered and not (match.rule not in covering and _is_beginning(match, others)):
            kept.append(match)
        if match.rule in covering:
            covered = max(covered, match.end)
        others[match.value] = max(match.end, others.get(match.value, 0))
    return kept


def _is_beginning(match: Match, others: Mapping[bytes, int]) -> bool:
    """Whether it is the beginning of a longer value that it stands in."""
    return any(
        match.end <= end and len(value) > len(match.value) and value.startswith(match.value)
        for value, end in others.items()
    )


def _aligned(data: bytes, stretches: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches that begin where a character can begin if they are UTF-16 or UTF-32 text, which has zeros in it."""
    for start, end in stretches:
        yield (start if data.find(0, start, end) < 0 else start - start % 4), end
