"""Decoding in place: what is encoded, escaped or taken apart in a text becomes readable where it stands."""

from __future__ import annotations

from keysieve.engine.decoding.layer import Layer, LimitReached, layers
from keysieve.engine.decoding.literals import KEY_LITERALS, NAME_LITERALS, encoded_pattern, encoded_patterns

__all__ = [
    "KEY_LITERALS",
    "NAME_LITERALS",
    "Layer",
    "LimitReached",
    "encoded_pattern",
    "encoded_patterns",
    "layers",
]
