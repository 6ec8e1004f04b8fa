"""Finds AWS credentials in files, staged changes, commit ranges and whole Git histories.

The names of `keysieve.api` can be imported from here; they are loaded when first used, so that the hook does not pay
for them.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the hook starts without the module `typing`
if TYPE_CHECKING:
    from keysieve.api import (
        FORMATS,
        Finding,
        KeysieveError,
        Occurrence,
        Report,
        render,
        scan_bytes,
        scan_files,
        scan_history,
        scan_range,
    )

__all__ = [
    "FORMATS",
    "Finding",
    "KeysieveError",
    "Occurrence",
    "Report",
    "render",
    "scan_bytes",
    "scan_files",
    "scan_history",
    "scan_range",
]

__version__ = "0.1.0"


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module("keysieve.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
