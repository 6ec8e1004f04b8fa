"""From bytes to credentials: prefilter, decoding, exact matching, judging, pairing. Pure: bytes in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

if TYPE_CHECKING:
    from keysieve.engine.prefilter import Prefilter

__all__ = ["Credential", "Match", "credentials", "matches"]

OnLimit = Callable[[str], None]
"""Told which limit kept something back."""


def credentials(
    data: bytes, rules: Sequence[Rule], prefilter: Prefilter | None = None, on_limit: OnLimit = lambda _reason: None
) -> tuple[Credential, ...]:
    """Every credential in a blob, examples and placeholders included, in the order of the blob.

    Args:
        data: The blob's bytes.
        rules: From `engine.catalogue`.
        prefilter: Tells where to look; without it the matcher looks everywhere, and finds the same.
        on_limit: Called with a reason for each limit that bites.
    """
    from keysieve.engine.pairing import pair

    return tuple(pair(matches(data, rules, prefilter, on_limit), rules))


def matches(
    data: bytes, rules: Sequence[Rule], prefilter: Prefilter | None = None, on_limit: OnLimit = lambda _reason: None
) -> list[Match]:
    """Every value that a rule finds in a blob or in what it decodes to, each place once, in the order of the blob.

    The arguments are those of `credentials`.
    """
    from keysieve.engine.locating import Locator
    from keysieve.engine.matcher import windows

    locator = Locator(data, rules, prefilter)
    stretches = [(0, len(data))] if prefilter is None else windows(prefilter.spots(data), len(data))
    locator.look(stretches)
    for start, end in _aligned(stretches):
        locator.look_decoded(start, end, on_limit)
    found = sorted(locator.found, key=lambda match: (match.start, match.order))
    return _without_covered(found, {rule.id for rule in rules if rule.covers})


def _without_covered(found: list[Match], covering: set[str]) -> list[Match]:
    """Without what stands inside a value that covers it: the key id of a pre-signed URL, the token in it."""
    wide = [match for match in found if match.rule in covering]
    if not wide:
        return found
    return [match for match in found if not any(_covers(one, match) for one in wide if one is not match)]


def _covers(outer: Match, inner: Match) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and outer.rule != inner.rule


def _aligned(stretches: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches that begin where a character of UTF-16 or UTF-32 text can begin."""
    for start, end in stretches:
        yield start - start % 4, end
