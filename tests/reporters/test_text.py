from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest
import sample_reports as samples
from hypothesis import given, settings
from sample_reports import finding, hostile_report, occurrence, report

from keysieve.commands import terminal
from keysieve.finding import Passed, Remedy, SetAside, Unread
from keysieve.reporters import Style, render
from keysieve.reporters.text import DETAILED, SCREEN
from repository import clean_environment

LONG = Remedy("any", "x", tuple(f"{number} " + "word " * 30 for number in range(9)), "code\n" * 5)


def text(*findings, style: Style | None = None, **fields) -> str:
    return render(report(*findings, **fields), "text", style)


def blocks(rendered: str) -> list[list[str]]:
    """The credentials' blocks: between the headline and the verdict."""
    return [block.splitlines() for block in rendered.split("\n\n")[1:-1]]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_credential_fits_a_screen(width) -> None:
    places = tuple(occurrence(f"folder/{number}") for number in range(20))
    crowded = finding(occurrences=places, remedy=LONG, notes=("note " * 40,) * 3)
    (block,) = blocks(text(crowded, style=Style(width)))
    assert len(block) <= SCREEN


def test_steps_that_do_not_fit_are_counted_with_the_command_for_the_rest() -> None:
    (block,) = blocks(text(finding(remedy=LONG), style=Style(70)))
    assert re.search(r"^  \d more steps: keysieve explain ks1:0{32}", "\n".join(block), re.M)


def test_steps_that_another_credential_was_told_are_not_repeated() -> None:
    rotate = ("Delete it.", "Rotate A.", "Purge.")
    one, other = blocks(
        text(
            finding(1, remedy=Remedy("x", "x", rotate)),
            finding(2, remedy=Remedy("x", "x", ("Delete it.", "Rotate B.", "Purge."))),
        )
    )
    assert "  3. Purge." in one
    assert other[-4:] == ["  What to do", "  2. Rotate B.", "  Steps 1, 3 as above.", f"  fingerprint ks1:{2:032x}"]


def test_versions_of_a_path_are_counted() -> None:
    versions = tuple(occurrence("a", line=line) for line in (3, 4, 5))
    told = text(finding(occurrences=(*versions, occurrence("b"))), style=Style(120))
    assert re.findall(r"^  at (\S+) .*?(, and in .*)?$", told, re.M) == [
        ("a:3:19", ", and in 2 more versions"),
        ("b:3:19", ""),
    ]


def test_messages_are_different_places() -> None:
    messages = tuple(occurrence(None, kind="commit-message") for _ in range(2))
    assert text(finding(occurrences=messages)).count("  at commit message:3:19") == 2


def test_reasons_for_what_is_not_read_are_counted_and_long_names_lose_their_middle() -> None:
    told = text(
        not_read=tuple(Unread(f"{number}/" + "x" * 200 + "/end", "archive limit: depth") for number in range(9))
    )
    assert "  9 times archive limit: depth\n" in told
    assert re.search(r"^    0/x+…x+/end$", told, re.M)
    assert "    and 6 more (all of them: --format json)" in told


def test_many_credentials_are_told_in_short_after_the_first() -> None:
    rendered = text(*(finding(number) for number in range(DETAILED + 5)))
    assert rendered.count("What to do") == DETAILED
    assert all(f"ks1:{number:032x}" in rendered for number in range(DETAILED + 5))


def test_last_line_says_how_many_and_where_to_begin() -> None:
    assert text(finding(), style=Style(200)).splitlines()[-1] == (
        "1 credential found (1 critical). Begin with AWS access key pair of account 210987654321 at deploy/env.sh:3:19."
    )


def test_first_line_counts_what_is_excused_and_the_end_lists_it() -> None:
    rendered = text(
        set_aside=(SetAside("pragma", "line 3", finding()),),
        not_read=(Unread("a", "gone"),),
        out_of_scope=(Passed("vendor", "submodule", 2),),
        style=Style(200),
    )
    assert "1 set aside (1 pragma), 1 not read: INCOMPLETE" in rendered.splitlines()[0]
    assert rendered.splitlines()[2:] == [
        "Set aside", "  1 × pragma: line 3", "Not read: the result is incomplete", "  gone", "    a",
        "Out of scope", "  vendor: submodule (2)",
    ]  # fmt: skip


def test_narrow_terminal_wraps_words() -> None:
    words = text(finding(remedy=LONG, occurrences=(occurrence("a"),)), style=Style(40))
    assert max(map(len, words.splitlines())) <= 40


@pytest.mark.parametrize("color", [True, False])
def test_nothing_from_a_repository_acts_on_the_terminal(color) -> None:
    rendered = render(hostile_report(), "text", Style(80, color=color))
    left = re.sub(r"\x1b\[[0-9;]*m", "", rendered) if color else rendered
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", left)


@settings(max_examples=25, deadline=None)
@given(samples.reports())
def test_any_report_is_harmless_and_within_screens(one) -> None:
    rendered = render(one, "text", Style(80))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", rendered)


def test_link() -> None:
    rendered = text(finding(), style=Style(80, link=lambda path: f"file:///top/{path}"))
    assert "\x1b]8;;file:///top/deploy/env.sh\x1b\\deploy/env.sh:3:19\x1b]8;;\x1b\\" in rendered


def test_typography_becomes_ascii_where_the_encoding_has_none() -> None:
    assert terminal.encoded("AKIA…YQJS × “é” 🔑", "ascii") == b'AKIA...YQJS x "\\xe9" \\U0001f511'
    assert terminal.encoded("é…", "latin-1") == b"\xe9..."
    assert terminal.encoded("é…", "utf-8") == "é…".encode()


def on_terminal(repo, tmp_path: Path, **env: str) -> str:
    """What `keysieve staged` prints on a real terminal."""
    pid, terminal_end = pty.fork()
    if pid == 0:
        os.chdir(repo.path)
        whole = clean_environment(tmp_path) | {"TERM": "xterm-256color"} | env
        os.execve(sys.executable, [sys.executable, "-m", "keysieve", "staged"], whole)
    told = b""
    while True:
        try:
            piece = os.read(terminal_end, 65536)
        except OSError:
            break
        if not piece:
            break
        told += piece
    os.waitpid(pid, 0)
    return told.decode()


@pytest.fixture
def staged(repo, keys):
    repo.write("sub folder/a.ini", keys.fill("aws_access_key_id = {access_key_id}\n")[0])
    repo.git("add", "-A")
    return repo


@pytest.mark.parametrize(
    ("env", "colored", "linked"),
    [
        pytest.param({}, True, False, id="unknown terminal: colours, no links"),
        pytest.param({"NO_COLOR": "1"}, False, False, id="NO_COLOR"),
        pytest.param({"TERM": "dumb", "TERM_PROGRAM": "WezTerm"}, False, False, id="dumb"),
        pytest.param({"TERM_PROGRAM": "WezTerm"}, True, True, id="a terminal that links"),
        pytest.param({"VTE_VERSION": "6003"}, True, True, id="VTE"),
        pytest.param({"VTE_VERSION": "4205"}, True, False, id="old VTE"),
    ],
)
def test_real_terminal(staged, tmp_path, env, colored, linked) -> None:
    told = on_terminal(staged, tmp_path, **env)
    assert "sub folder/a.ini:1:21" in told
    assert ("\x1b[1;33m" in told) == colored
    assert (f"\x1b]8;;file://{staged.path}/sub%20folder/a.ini\x1b\\" in told) == linked


def test_no_terminal_has_no_escapes(staged, keysieve) -> None:
    assert "\x1b" not in keysieve("staged", cwd=staged.path, env={"TERM_PROGRAM": "WezTerm"}).out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_output_that_is_not_utf8(staged, keysieve, encoding) -> None:
    done = keysieve("staged", cwd=staged.path, env={"PYTHONIOENCODING": encoding})
    assert done.status == 1
    assert re.search(r"AKIA(\.\.\.|…)[A-Z2-7]{4}", done.out)
