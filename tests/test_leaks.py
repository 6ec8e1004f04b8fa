"""No output, file, cache or temporary file holds a secret that nobody asked to see."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.generator import Generator
from keysieve.reporters import FORMATS

IDENTIFIERS = ("access_key_id", "temporary_access_key_id", "principal_id", "account_id")
LABEL = "aws_secret_access_key="
COMMANDS = {
    "staged": ["staged"],
    "range": ["range", "start..HEAD"],
    "history": ["history"],
    "files": ["files", "."],
}


def is_nameable(value: str) -> bool:
    """Whether git and the file system take it for a part of a name."""
    return "//" not in value and not value.startswith("/") and not value.endswith("/") and len(value) < 200


class Planted:
    """A repository with credentials of every kind in every place that has room for them.

    Attributes:
        secrets: What must not be shown.
        ids: Key ids: identifiers, to be shown in full in commands of remedies only.
    """

    def __init__(self, repo, seed: int) -> None:
        self._repo = repo
        self._keys = Generator(seed)
        self.secrets: set[str] = set()
        self.ids: set[str] = set()
        repo.commit({"README": "hello\n"})
        repo.git("tag", "start")
        self._contents()
        self._names()
        self._messages()
        repo.write("staged.env", self._filled("aws_access_key_id={access_key_id}\n" + LABEL + "{secret_access_key}\n"))
        repo.git("add", "-A")

    def _filled(self, template: str) -> str:
        text, made = self._keys.fill(template)
        for name, value in made.items():
            kind = name.rstrip("_0123456789")
            (self.ids if kind in IDENTIFIERS else self.secrets).add(value)
        self.ids.discard("210987654321")
        return text

    def _contents(self) -> None:
        texts = [self._filled(example) for rule in shipped_rules() for example in rule.examples]
        files = {f"contents/{number}.txt": text for number, text in enumerate(texts)}
        files["encoded.b64"] = base64.b64encode("\n".join(texts[:3]).encode())
        files["wide.reg"] = texts[0].encode("utf-16")
        self._repo.commit(files)

    def _nameable(self) -> tuple[str, str]:
        while True:
            key_id, secret = self._keys.access_key_id(), self._keys.secret_access_key()
            if is_nameable(secret):
                self.ids.add(key_id)
                self.secrets.add(secret)
                return key_id, secret

    def _names(self) -> None:
        """A pair in a path, in a path that is not UTF-8, in a branch's name, in a tag's; none of them elsewhere."""
        for prefix in (b"keys", b"caf\xe9"):
            key_id, secret = self._nameable()
            path = os.path.join(os.fsencode(self._repo.path), prefix, f"{key_id} {LABEL}{secret} (copy)".encode())
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(os.fsdecode(path)).write_text("nothing here\n")
        self._repo.commit({}, "Add files with names")
        key_id, secret = self._nameable()
        self._repo.git("branch", f"{key_id}-{LABEL}{secret}")
        key_id, secret = self._nameable()
        text = self._filled("{access_key_id} " + LABEL + "{secret_access_key}")
        self._repo.git("tag", "-a", "-m", text, f"{key_id}-{LABEL}{secret}")

    def _messages(self) -> None:
        key_id, secret = self._nameable()
        name = {"GIT_AUTHOR_NAME": f"{key_id} {LABEL}{secret}"}
        message = self._filled("Use {access_key_id}\n\n" + LABEL + "{secret_access_key}\n")
        # The content is found, so its occurrences name the author whose name is a secret.
        self._repo.write("by.ini", self._filled("[a]\naws_access_key_id = {access_key_id}\n"))
        self._repo.git("add", "-A")
        self._repo.git("commit", "-q", "-m", message, env=name)
        self._repo.git("notes", "add", "-m", self._filled(LABEL + "{secret_access_key} {access_key_id}"), "HEAD")


def spellings(value: str) -> Iterator[str]:
    """What a format could make of a value."""
    yield from (value, quote(value), quote(value, safe=""), quote_plus(value), value.replace("/", "\\/"))
    yield from (value.replace("/", "&#47;").replace("+", "&#43;"), value.replace("+", "&#x2B;"), value.encode().hex())
    for padding in range(
        3
    ):  # base64 of the value inside a longer text: the part that does not depend on what is around
        encoded = base64.b64encode(b"\0" * padding + value.encode()).decode()
        yield encoded[4 : len(encoded) - 4] if padding else encoded[: len(encoded) - 4]


def shown(values: set[str], text: str) -> list[str]:
    """How many characters the values that a text shows have; not the values, as a failed test is printed."""
    return [f"{value[:4]}… ({len(value)})" for value in values if any(one in text for one in spellings(value))]


@pytest.fixture(params=[1, 2])
def planted(request, repo) -> Planted:
    return Planted(repo, request.param)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_format_shows_a_secret(planted, keysieve, repo, tmp_path, command) -> None:
    out, home = tmp_path / "out", tmp_path / "home"
    for folder in (out, home / "tmp", home / "cache"):
        folder.mkdir(parents=True)
    env = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_CACHE_HOME": str(home / "cache")}
    env["GITHUB_STEP_SUMMARY"] = str(out / "summary.md")
    before = set(repo.path.rglob("*"))
    pairs = [word for name in FORMATS for word in ("--format", name, "--output", str(out / name))]
    done = keysieve(*COMMANDS[command], *pairs, cwd=repo.path, env=env)
    assert done.status in (1, 3), done.err
    texts = {"stdout": done.out, "stderr": done.err}
    texts |= {str(file): file.read_text() for folder in (out, home) for file in folder.rglob("*") if file.is_file()}
    assert len(texts) >= 2 + len(FORMATS) + 1
    assert {name: told for name, text in texts.items() if (told := shown(planted.secrets, text))} == {}
    assert set(repo.path.rglob("*")) == before
    report = json.loads((out / "json").read_text())
    assert report["findings"]
    for finding in report["findings"] + report["set_aside"]:
        del finding["remedy"]
    assert shown(planted.ids, json.dumps(report)) == []


def test_history_finds_all_that_was_planted(planted, keysieve, repo) -> None:
    """The test above means nothing if what was planted is not found."""
    told = keysieve("history", "--reveal", "--format", "json", cwd=repo.path).report
    revealed = {text for finding in told["findings"] + told["set_aside"] for text in finding["values"].values()}
    kinds = {one["kind"] for finding in told["findings"] for one in finding["occurrences"]}
    assert {"file", "path", "ref-name", "commit-message", "tag-message", "identity", "note"} <= kinds
    missed = {value for value in planted.secrets if not any(value in text for text in revealed)}
    assert shown(missed, " ".join(missed)) == []


def test_standard_output_of_each_format(planted, keysieve, repo) -> None:
    for name in FORMATS:
        done = keysieve("history", "--format", name, cwd=repo.path)
        assert shown(planted.secrets, done.out + done.err) == []


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["history", "{0}"], id="a folder that is not there"),
        pytest.param(["range", "{0}..HEAD"], id="a revision that is not there"),
        pytest.param(["range", "{0}"], id="no range"),
        pytest.param(["rules", "show", "{0}"], id="a rule that is not there"),
        pytest.param(["files", "{0}"], id="a file that is not there"),
    ],
)
def test_nothing_is_written_but_to_the_terminal(keysieve, repo, keys, arguments) -> None:
    """What somebody typed may be said back to him, but nothing keeps it."""
    repo.commit({"a": "x"})
    secret = keys.secret_access_key()
    before = set(repo.path.rglob("*"))
    done = keysieve(*(argument.format(secret) for argument in arguments), cwd=repo.path)
    assert done.status in (2, 3)
    assert "Traceback" not in done.err
    assert set(repo.path.rglob("*")) == before
