"""Everything that the rules find in a blob: plain and decoded, joined to credentials."""

from __future__ import annotations

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
    from keysieve.engine.matcher import windows

    locator = Locator(data, rules, prefilter)
    if prefilter is None:
        stretches = [(0, len(data))]
    else:
        stretches = windows(prefilter.spots(data) if spots is None else spots, len(data))
    locator.look(stretches)
    for start, end in _aligned(stretches):
        locator.look_decoded(start, end, on_limit)
    return sorted(locator.found, key=lambda match: (match.start, match.order))


def _aligned(stretches: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches that begin where a character of UTF-16 or UTF-32 text can begin."""
    for start, end in stretches:
        yield start - start % 4, end
