from __future__ import annotations

import csv
import io

import pytest
import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_finding, hostile_report, occurrence, report

from keysieve.finding import SetAside, Unread
from keysieve.reporters import render


def rows(one, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(render(one, "csv"), newline=""), delimiter=delimiter))


def is_formula(cell: str) -> bool:
    return cell.lstrip(" \"'\t")[:1] in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20") and not (
        cell.lstrip(' "\t').startswith("'")
    )


def test_a_row_for_each_place() -> None:
    heads, *cells = rows(report(finding(occurrences=(occurrence("a"), occurrence("b")))))
    told = [dict(zip(heads, row, strict=True)) for row in cells]
    assert [(row["path"], row["line"], row["column"], row["live"]) for row in told] == [
        ("a", "3", "19", "yes"),
        ("b", "3", "19", "yes"),
    ]


def test_first_line_and_column_stay_numbers() -> None:
    heads, row = rows(report(finding(occurrences=(occurrence(line=1, column=1),))))
    assert (row[heads.index("line")], row[heads.index("column")]) == ("1", "1")


def test_set_aside_and_not_read_have_a_status() -> None:
    one = report(finding(), set_aside=(SetAside("pragma", "why", finding()),), not_read=(Unread("a", "gone"),))
    assert [row[0] for row in rows(one)] == ["status", "found", "set aside: pragma: why", "not read: gone"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", " =1", "\t=1", "'=1", '"=1', "\uff1d1"])
def test_formula_is_defused(text) -> None:
    heads, row, *_ = rows(report(hostile_finding(1, text)))
    assert row[heads.index("path")] != text or text.startswith("'")
    assert not is_formula(row[heads.index("path")])


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_no_cell_is_a_formula_whatever_the_locale_takes_for_a_separator(delimiter) -> None:
    assert not [cell for row in rows(hostile_report(), delimiter) for cell in row if is_formula(cell)]


@settings(max_examples=50, deadline=None)
@given(samples.reports())
def test_every_row_has_every_column(one) -> None:
    every = rows(one)
    assert {len(row) for row in every} == {len(every[0])}
    assert not [cell for row in every for cell in row if is_formula(cell)]
