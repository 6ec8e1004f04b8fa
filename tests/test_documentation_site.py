from __future__ import annotations

import doctest
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keysieve.cli import COMMANDS
from keysieve.commands.completion import SHELLS, script
from keysieve.reporters import FORMATS

TOP = Path(__file__).parent.parent
GENERATE = TOP / "docs" / "generate.py"


def test_what_is_generated_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, str(GENERATE), "--check"], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), f"type: make docs\n{done.stderr}"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_screen(keysieve, command) -> None:
    done = keysieve(*filter(None, [command]), "--help")
    lines = done.out.splitlines()
    assert done.status == 0
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_the_same_on_every_terminal(keysieve, command) -> None:
    narrow, wide = (keysieve(command, "--help", env={"COLUMNS": columns}).out for columns in ("30", "300"))
    assert narrow == wide


@pytest.mark.parametrize("name", ["library.md"])
def test_examples_run(name) -> None:
    failed, tried = doctest.testfile(str(TOP / "docs" / name), module_relative=False)
    assert tried > 20
    assert failed == 0


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_documented(name) -> None:
    assert f"## {name}\n" in (TOP / "docs" / "formats.md").read_text("utf-8")


def test_manual_page_names_every_command_and_the_exit_statuses() -> None:
    text = (TOP / "docs" / "keysieve.1").read_text("utf-8")
    assert all(f"\\,{name}\\/" in text.replace("\\-", "-") for name in COMMANDS)
    assert ".SH EXIT STATUS" in text


@pytest.mark.skipif(shutil.which("man") is None, reason="there is no man here")
def test_manual_page_is_well_formed() -> None:
    done = subprocess.run(
        ["man", "--warnings", "-l", str(TOP / "docs" / "keysieve.1")],
        capture_output=True, env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_printed(keysieve, shell) -> None:
    done = keysieve("completion", shell)
    assert (done.status, done.out) == (0, script(shell))


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_right_for_its_shell(shell, tmp_path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    file = tmp_path / "script"
    file.write_text(script(shell))
    assert subprocess.run([program, "-n", str(file)], capture_output=True).returncode == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("words", "offers"),
    [
        (["keysieve", "hist"], ["history"]),
        (["keysieve", "files", "--no-p"], ["--no-progress"]),
        (["keysieve", "history", "--format", "sa"], ["sarif"]),
        (["keysieve", "completion", "z"], ["zsh"]),
    ],
)
def test_bash_completes(tmp_path, words, offers) -> None:
    file = tmp_path / "script"
    file.write_text(script("bash"))
    typed = " ".join(f"'{word}'" for word in words)
    asked = (
        f'source {file}; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _shtab_keysieve; echo "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True)
    assert done.stdout.split() == offers, done.stderr


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed (extra: docs)")
def test_site_is_built_strictly(tmp_path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pages = (tmp_path / "site" / name / "index.html" for name in ("commands", "catalogue", "formats"))
    texts = [re.sub(r"<[^>]*>", "", page.read_text("utf-8")) for page in pages]
    assert all(f"keysieve {name}" in texts[0] for name in COMMANDS)
    assert "aws-access-key-pair" in texts[1]
