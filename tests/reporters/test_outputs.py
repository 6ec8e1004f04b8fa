from __future__ import annotations

import json
import stat

import pytest

from keysieve.reporters import FORMATS


@pytest.fixture
def staged(repo, keysieve, keys):
    text, made = keys.fill("aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n")
    repo.write("a.ini", text)
    repo.git("add", "-A")
    run = lambda *options: keysieve("staged", *options, cwd=repo.path)  # noqa: E731
    run.made = made
    return run


def test_every_format_from_one_run(staged, tmp_path) -> None:
    files = {name: tmp_path / f"report.{name}" for name in FORMATS}
    done = staged(*(word for name in FORMATS for word in ("--format", name, "--output", str(files[name]))))
    assert (done.status, done.out) == (1, "")
    assert all("a.ini" in file.read_text() for file in files.values())
    (line,) = done.err.splitlines()
    assert line.startswith("keysieve staged: 1 credential found (1 critical), none set aside. Written: ")


def test_text_on_the_terminal_beside_files(staged, tmp_path) -> None:
    file = tmp_path / "a.json"
    done = staged("--format", "json", "--output", str(file), "--format", "text")
    assert done.out.startswith("keysieve staged: 1 credential found")
    assert done.err == ""
    assert json.loads(file.read_text())["schema"] == "keysieve/1"


def test_output_alone_is_text(staged, tmp_path) -> None:
    staged("--output", str(tmp_path / "a"))
    assert (tmp_path / "a").read_text().startswith("keysieve staged: 1 credential found")


def test_quiet_says_nothing_only_when_there_is_nothing_to_say(repo, keysieve, tmp_path) -> None:
    repo.commit({"a": "x"})
    done = keysieve("staged", "--quiet", "--output", str(tmp_path / "a"), cwd=repo.path)
    assert (done.status, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "xml"], "Argument --format: invalid choice: 'xml'"),
        (["--format", "json", "--format", "text"], "There are 2 formats and 0 output files."),
        (["--format", "json", "--output", "a", "--output", "b"], "There are 1 formats and 2 output files."),
        (["--format", "json", "--output", "-", "--format", "text"], "Two reports cannot go to the same place."),
        (["--output", "missing/folder/a"], "The report cannot be written to 'missing/folder/a': No such file"),
    ],
)
def test_what_cannot_be(staged, options, message) -> None:
    done = staged(*options)
    assert done.status == 2
    assert done.err.startswith(f"keysieve: {message}")


def test_file_with_secrets_is_private(staged, tmp_path) -> None:
    file = tmp_path / "secret.json"
    staged("--reveal", "--format", "json", "--output", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert staged.made["secret_access_key"] in file.read_text()
