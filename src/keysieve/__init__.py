"""Finds AWS credentials in files, staged changes, commit ranges and whole Git histories."""

from __future__ import annotations

__version__ = "0.1.0"
