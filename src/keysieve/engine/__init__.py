"""From bytes to credentials: prefilter, decoding, exact matching, judging, pairing. Pure: bytes in, values out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

if TYPE_CHECKING:
    from keysieve.engine.prefilter import Prefilter

__all__ = ["Credential", "Match", "credentials", "matches"]


def credentials(data: bytes, rules: Sequence[Rule], prefilter: Prefilter | None = None) -> tuple[Credential, ...]:
    """Every credential in a blob, examples and placeholders included, in the order of the blob.

    Args:
        data: The blob's bytes.
        rules: From `engine.catalogue`.
        prefilter: Tells where to look; without it the matcher looks everywhere, and finds the same.
    """
    from keysieve.engine.pairing import pair

    return tuple(pair(matches(data, rules, prefilter), rules))


def matches(data: bytes, rules: Sequence[Rule], prefilter: Prefilter | None = None) -> list[Match]:
    """Every value that a rule finds in a blob or in what it decodes to, each place once, in the order of the blob."""
    from keysieve.engine.decoding import layers
    from keysieve.engine.locating import located
    from keysieve.engine.matcher import candidates, windows

    found: list[Match] = []
    for layer in layers(data):
        stretches = None if prefilter is None else windows(prefilter.spots(layer.data), len(layer.data))
        found += located(candidates(layer.data, rules, stretches), layer, data, found)
    return sorted(found, key=lambda match: (match.start, match.order))
