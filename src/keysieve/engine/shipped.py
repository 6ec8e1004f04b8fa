"""Reads what ships in `rules/`. Imports next to nothing: a hook runs at every commit."""

from __future__ import annotations

import os


def shipped_text(name: str) -> str:
    """The text of a file in `rules/`, from a folder or from a zipped package."""
    import keysieve.rules as rules  # the form that does not need the package to be an attribute of its parent

    loader = rules.__spec__.loader
    path = os.path.join(os.path.dirname(rules.__file__ or ""), name)
    return str(loader.get_data(path).decode("utf-8"))
