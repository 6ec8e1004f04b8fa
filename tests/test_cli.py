from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from repository import clean_environment


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param([], 2, "", id="nothing"),
        pytest.param(["--help"], 0, "", id="help"),
        pytest.param(["--version"], 0, "", id="version"),
        pytest.param(["stage"], 2, "keysieve staged", id="misspelt command"),
        pytest.param(["files", "--fromat", "json"], 2, "--fromat", id="misspelt option"),
        pytest.param(["files", "--format", "xml"], 2, "xml", id="unknown format"),
        pytest.param(["files", "--output", "a", "--output", "b"], 2, "pairs", id="too many outputs"),
        pytest.param(["files", "--output", "no/such/folder/a"], 2, "cannot be written", id="output in no folder"),
        pytest.param(["staged"], 2, "not a git repository", id="staged outside a repository"),
        pytest.param(["range", "a..b"], 2, "not a git repository", id="range outside a repository"),
        pytest.param(["history"], 2, "not a git repository", id="history outside a repository"),
        pytest.param(["history", "nowhere"], 2, "no folder 'nowhere'", id="history of nothing"),
        pytest.param(["rules", "show", "aws-acess-key-pair"], 2, "aws-access-key-pair", id="misspelt rule"),
    ],
)
def test_one_clear_sentence(keysieve, arguments, status, says) -> None:
    done = keysieve(*arguments)
    assert done.status == status
    assert says in done.err
    assert "Traceback" not in done.err
    if status == 2 and arguments:
        assert 1 <= len(done.err.splitlines()) <= 2


@pytest.mark.parametrize("command", ["staged", "range", "history", "files", "rules"])
def test_help_fits_a_screen(keysieve, command) -> None:
    done = keysieve(command, "--help", env={"COLUMNS": "100"})
    assert done.status == 0
    assert len(done.out.splitlines()) <= 30


def test_options_stand_anywhere(keysieve, tmp_path) -> None:
    (tmp_path / "a").write_text("x")
    assert keysieve("files", "a", "--quiet", "--fail-on", "high").status == 0
    assert keysieve("files", "--quiet", "a", "--no-progress").out == ""


def test_several_reports_from_one_run(keysieve, tmp_path, keys) -> None:
    (tmp_path / "a").write_text(keys.access_key_id())
    done = keysieve("files", "a", "--format", "json", "--output", "r.json", "--format", "text", "--output", "-")
    assert done.status == 1
    assert "MEDIUM" in done.out
    assert '"keysieve/1"' in (tmp_path / "r.json").read_text()


@pytest.mark.parametrize(("limit", "status"), [("low", 1), ("medium", 1), ("high", 0), ("critical", 0), ("never", 0)])
def test_fail_on(keysieve, tmp_path, keys, limit, status) -> None:
    (tmp_path / "a").write_text(keys.access_key_id())
    assert keysieve("files", "a", "--fail-on", limit).status == status


def test_closed_pipe_is_no_error(tmp_path, keys) -> None:
    (tmp_path / "a").write_text("\n".join(keys.access_key_id() for _ in range(500)))
    program = subprocess.Popen(
        [sys.executable, "-m", "keysieve", "files", "a"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    program.stdout.read(10)
    program.stdout.close()
    assert program.stderr is not None
    assert program.stderr.read() == b""
    assert program.wait() == 1


def test_interrupt(tmp_path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "keysieve", "files", "-"],
        cwd=tmp_path,
        env=clean_environment(tmp_path),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(1)
    program.send_signal(signal.SIGINT)
    _, messages = program.communicate()
    assert program.returncode == 130
    assert messages.count(b"\n") == 1
    assert b"interrupted" in messages


def test_text_report_has_no_control_characters(keysieve, tmp_path, keys) -> None:
    (tmp_path / "a\x1b[2J\nb").write_text(keys.access_key_id())
    done = keysieve("files", ".")
    assert "\\x1b[2J\\x0ab" in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize(("settings", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_color_on_a_terminal_only(tmp_path, keys, settings, colored) -> None:
    (tmp_path / "a").write_text(keys.access_key_id())
    ours, theirs = pty.openpty()
    env = clean_environment(tmp_path) | {"TERM": "xterm"} | settings
    program = subprocess.Popen([sys.executable, "-m", "keysieve", "files", "a"], cwd=tmp_path, env=env, stdout=theirs)
    program.wait()
    assert (b"\x1b[" in os.read(ours, 65536)) is colored


def test_output_that_cannot_show_everything(keysieve, tmp_path, keys) -> None:
    (tmp_path / "a").write_text(keys.access_key_id())
    done = keysieve("files", "a", env={"PYTHONIOENCODING": "ascii"})
    assert done.status == 1
    assert "AKIA..." in done.out
