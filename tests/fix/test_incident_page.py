"""The transcript in the documentation is what the commands say today."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from keysieve.engine.sieve import Sieve

DOCS = Path(__file__).parents[2] / "docs"


def test_incident_is_up_to_date(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_incident", DOCS / "make_incident.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    told = module.record(tmp_path.resolve())
    assert told == (DOCS / "incident.md").read_text("utf-8"), "run: python docs/make_incident.py"


def test_incident_holds_no_credential() -> None:
    page = (DOCS / "incident.md").read_bytes()
    assert Sieve().sift(page) == ()
    assert not re.search(rb"AKIA[A-Z2-7]{16}", page)
