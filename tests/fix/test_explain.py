"""Incidents as text, Markdown and JSON: in order, the key id in full, the secret nowhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from keysieve.remedies.advice import SECTIONS

SCHEMA = json.loads((Path(__file__).parents[2] / "src/keysieve/explain.schema.json").read_text())
PYTHON = """import boto3
s3 = boto3.client("s3", aws_access_key_id="{access_key_id}", aws_secret_access_key="{secret_access_key}")
"""


@pytest.fixture
def leaked(repo, keysieve, keys):
    """Fingerprint, key id and secret of a pair in a commit."""
    text, _ = keys.fill(PYTHON)
    repo.commit({"a|b.py": text})
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    return finding["fingerprint"], *re.findall(r'_(?:id|key)="([^"]+)"', text)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_key_id_in_full_and_no_secret(keysieve, repo, leaked, form) -> None:
    name, key_id, secret = leaked
    done = keysieve("explain", name, "--format", form, cwd=repo.path)
    assert (done.status, done.err) == (0, "")
    assert f"--access-key-id {key_id} --status Inactive" in done.out
    assert not any(secret[start : start + 8] in done.out for start in range(33))
    assert f"keysieve fix {name}" in done.out
    assert f"keysieve purge {name}" in done.out


def test_json_is_what_its_schema_says(keysieve, repo, leaked) -> None:
    told = json.loads(keysieve("explain", leaked[0], "--format", "json", cwd=repo.path).out)
    jsonschema.validate(told, SCHEMA, format_checker=jsonschema.FormatChecker())
    order = [one["id"] for one in told["sections"]]
    assert order == [one for one in SECTIONS if one in order]
    assert {"whose", "last-used", "deactivate", "delete", "sessions", "cloudtrail", "purge"} <= set(order)
    assert told["access_key_id"] == leaked[1]


def test_text_keeps_commands_in_one_line(keysieve, repo, leaked) -> None:
    out = keysieve("explain", leaked[0], cwd=repo.path).out
    told = json.loads(keysieve("explain", leaked[0], "--format", "json", cwd=repo.path).out)
    commands = [line["text"] for one in told["sections"] for line in one["lines"] if line["kind"] == "command"]
    assert [command for command in commands if f"$ {command}\n" not in out] == []


def test_markdown_has_a_box_for_each_thing_to_do_and_closes_its_fences(keysieve, repo, leaked) -> None:
    out = keysieve("explain", leaked[0], "--format", "markdown", cwd=repo.path).out
    assert out.startswith("# ")
    assert out.count("- [ ] ") > 10
    assert out.count("```") % 2 == 0
    assert "a\\|b.py:2" in out


def test_user_name_is_filled_in(keysieve, repo, leaked) -> None:
    out = keysieve("explain", leaked[0], "--user", "deploy bot", cwd=repo.path).out
    assert "--user-name 'deploy bot'" in out
    assert '"$owner"' not in out


def test_pushed_and_not_pushed_are_told_apart(keysieve, repo, leaked, tmp_path) -> None:
    before = keysieve("explain", leaked[0], cwd=repo.path).out
    repo.git("clone", "-q", "--bare", ".", "../remote.git")
    repo.git("remote", "add", "origin", "../remote.git")
    repo.git("fetch", "-q", "origin")
    after = keysieve("explain", leaked[0], cwd=repo.path).out
    assert "Nothing was pushed from here" in before
    assert "Nothing was pushed from here" not in after


def test_imports_of_the_file_decide_on_the_advice(keysieve, repo, keys) -> None:
    text = keys.fill('var AWS = require("aws-sdk");\nvar k = "{access_key_id}", aws_secret = "{secret_access_key}";\n')[
        0
    ]
    repo.commit({"a.js": text})
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    assert finding["remedy"]["id"] == "javascript-v2"
