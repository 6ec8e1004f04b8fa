"""From bytes to credentials: prefilter, decoding, exact matching, judging, pairing. Pure: bytes in, values out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keysieve.engine.examining import OnLimit, credentials, matches
    from keysieve.engine.match import Credential, Match

__all__ = ["Credential", "Match", "OnLimit", "credentials", "matches"]

_HOMES = {"Credential": "match", "Match": "match"}


def __getattr__(name: str) -> object:
    """Import on demand: the prefilter alone decides about a clean commit, and the rest takes long to load."""
    if name not in __all__:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"keysieve.engine.{_HOMES.get(name, 'examining')}"), name)
