"""Whatever is asked for: no output, not on stderr either, holds a piece of the secret in any form."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

import pytest
from test_purge import PAIR, plant


def forms(secret: str) -> set[str]:
    """Pieces of the secret, long enough to be no accident, as it is and encoded in three ways."""
    pieces = {secret[start : start + 8] for start in range(len(secret) - 7)}
    packed = base64.b64encode(PAIR.format("x", secret).encode()).decode()
    pieces |= {packed[start : start + 12] for start in range(40, len(packed) - 12)}
    return pieces | {quote(secret, safe=""), secret.encode("utf-16-le").decode("latin-1")[:20]}


@pytest.fixture
def planted(repo, keysieve, keys, tmp_path):
    while "+" not in (secret := keys.secret_access_key()):
        pass
    plant(repo, keys.access_key_id(), secret)
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    (tmp_path / "there").write_text("x")
    return finding["fingerprint"], secret


COMMANDS = [
    pytest.param("explain {}", id="explain"),
    pytest.param("explain {} --format markdown", id="explain in Markdown"),
    pytest.param("explain {} --format json", id="explain in JSON"),
    pytest.param("fix {}", id="fix"),
    pytest.param("fix {} --patch ../a.patch", id="fix --patch"),
    pytest.param("fix {} --patch ../there", id="fix --patch over a file"),
    pytest.param("fix {} --patch a.patch", id="fix --patch in the repository"),
    pytest.param("fix {} --apply", id="fix --apply"),
    pytest.param("fix {} --to-profile prod", id="fix --to-profile"),
    pytest.param("fix {} --to-profile a]b", id="fix --to-profile with a wrong name"),
    pytest.param("fix {} --to-env", id="fix --to-env"),
    pytest.param("purge {} --output ../private", id="purge"),
    pytest.param("purge {} --output ..", id="purge over a folder"),
    pytest.param("purge {} --in staged", id="purge elsewhere"),
    pytest.param("purge --verify {}", id="purge --verify"),
    pytest.param("purge --verify", id="purge --verify of all"),
    pytest.param("explain {} --in staged", id="explain what is not there"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_holds_the_secret(repo, keysieve, planted, command) -> None:
    name, secret = planted
    done = keysieve(*command.format(name).split(), cwd=repo.path)
    said = done.out + done.err
    assert said
    assert "internal error" not in said
    assert [piece for piece in forms(secret) if piece in said] == []


@pytest.mark.parametrize("module", ["scan.lookup", "commands.fix", "remedies.purging", "remedies.rewriting"])
def test_values_of_our_own_do_not_show_what_they_hold(module) -> None:
    """Fields of bytes are kept out of every representation."""
    import dataclasses
    from importlib import import_module

    found = import_module(f"keysieve.{module}")
    shapes = [one for one in vars(found).values() if dataclasses.is_dataclass(one) and one.__module__ == found.__name__]
    assert shapes
    for shape in shapes:
        for one in dataclasses.fields(shape):
            assert not (re.search(r"\bbytes\b", str(one.type)) and one.repr) or one.name == "folder", one.name
