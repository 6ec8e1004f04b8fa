"""From bytes to credentials: prefilter, decoding, exact matching, judging, pairing. Pure: bytes in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keysieve.engine.match import Credential, Match
from keysieve.rule import Rule

__all__ = ["Credential", "Match", "credentials", "matches"]


def credentials(data: bytes, rules: Sequence[Rule]) -> tuple[Credential, ...]:
    """Every credential in a blob, examples and placeholders included, in the order of the blob.

    Args:
        data: The blob's bytes.
        rules: From `engine.catalogue`.
    """
    from keysieve.engine.pairing import pair

    return tuple(pair(matches(data, rules), rules))


def matches(data: bytes, rules: Sequence[Rule]) -> list[Match]:
    """Every value that a rule finds in a blob or in what it decodes to, each place once, in the order of the blob."""
    from keysieve.engine.decoding import layers
    from keysieve.engine.locating import located
    from keysieve.engine.matcher import candidates

    found: list[Match] = []
    for layer in layers(data):
        found += located(candidates(layer.data, rules), layer, data, found)
    return sorted(found, key=lambda match: (match.start, match.order))


def values(found: Iterable[Credential]) -> set[bytes]:
    """All values of the given credentials."""
    return {match.value for credential in found for match in credential.matches}
