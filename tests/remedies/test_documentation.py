from __future__ import annotations

import contextlib
import io
import re
from dataclasses import fields
from pathlib import Path

from keysieve.remedies.advice import FAMILIES, SECTIONS
from keysieve.remedies.catalogue import _KEYS
from keysieve.remedies.replacement import LineRule, Replacement

PAGE = (Path(__file__).parents[2] / "docs" / "remedies.md").read_text("utf-8")


def test_every_key_is_documented() -> None:
    keys = {key for family in FAMILIES for key in _KEYS[family]} - {"section"}
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()


def test_every_section_is_documented() -> None:
    assert [name for name in SECTIONS if f"`{name}`" not in PAGE] == []


def test_example_runs_and_says_what_the_page_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    for said, line in zip(re.findall(r"# (.*)", code), printed.getvalue().splitlines(), strict=False):
        assert line.startswith(said.rstrip("…"))


def test_every_key_of_a_replacement_is_documented() -> None:
    keys = {field.name for shape in (Replacement, LineRule) for field in fields(shape)}
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()
