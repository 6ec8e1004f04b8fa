"""From a finding to what to do about it: `remedy_for` in a few steps, `incident` in full."""

from __future__ import annotations

from keysieve.remedies.catalogue import all_advice
from keysieve.remedies.incident import incident
from keysieve.remedies.situation import Line, Section, Situation
from keysieve.remedies.steps import remedy_for

__all__ = ["Line", "Section", "Situation", "all_advice", "incident", "remedy_for"]
