"""Every piece of advice is reachable: each row plants the situation in which it is given."""

from __future__ import annotations

from typing import Any

import pytest
from planted_situations import LANGUAGES, PLACES, SITUATIONS

from keysieve.errors import ConfigurationError
from keysieve.remedies import Situation, all_advice, incident
from keysieve.remedies.choice import choose, components, path_score


def situation(**given: Any) -> Situation:
    return Situation(**{"rule": "aws-access-key-pair", "remedy": "access-key", **given})


@pytest.mark.parametrize("name", LANGUAGES)
def test_language_is_chosen(name: str) -> None:
    path, context = LANGUAGES[name]
    planted = situation(path=path.encode() if path else None, context=context.encode())
    assert choose(planted).language.id == name


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation_is_recognised(name: str) -> None:
    assert name in [advice.id for advice in choose(situation(**SITUATIONS[name])).circumstances]


@pytest.mark.parametrize("name", PLACES)
def test_place_is_chosen(name: str) -> None:
    assert choose(situation(path=b"a.py", **PLACES[name])).place.id == name


def test_nothing_is_out_of_reach() -> None:
    reached = {f"language:{name}" for name in LANGUAGES} | {f"situation:{name}" for name in SITUATIONS}
    reached |= {f"place:{name}" for name in PLACES}
    rest = set(all_advice()) - reached
    credentials = {name.removeprefix("credential:") for name in rest if name.startswith("credential:")}
    assert {choose(situation(remedy=name)).credential.id for name in credentials} == credentials
    sections = {f"section:{section.id}" for section in incident(situation())}
    assert rest - {f"credential:{name}" for name in credentials} <= sections


@pytest.mark.parametrize(
    ("path", "context", "name"),
    [
        pytest.param(b"a.py", b"#!/bin/sh", "python", id="an extension beats a content"),
        pytest.param(b"build.gradle.kts", b"", "gradle", id="the longer extension"),
        pytest.param(b"deploy/compose.yaml", b"apiVersion: v1", "compose", id="a name beats a content"),
        pytest.param(b"DEPLOY.PS1", b"", "powershell", id="case is ignored"),
        pytest.param(b"deploy.ps1", b"", "powershell", id="no context"),
        pytest.param(b"out.zip!/src/app.go", b"", "go", id="inside an archive"),
        pytest.param(b"src\\app.go", b"", "go", id="a Windows path"),
        pytest.param(b"\xff\xfe.rb", b"", "ruby", id="a path that is not UTF-8"),
        pytest.param(None, b"import boto3", "any", id="no path"),
        pytest.param(b"a.py", "import boto\n".encode("utf-16-le"), "python-boto2", id="a context in UTF-16"),
        pytest.param(b"job.scala", b's3a://bucket/ then "x@y"', "scala", id="an address without a key"),
    ],
)
def test_ambiguous_file(path: bytes | None, context: bytes, name: str) -> None:
    assert choose(situation(path=path, context=context)).language.id == name


def test_temporary_key_id_alone_is_temporary() -> None:
    chosen = choose(situation(access_key_id="AS" + "IA" + "Q" * 16))
    assert chosen.credential.id == "session-credentials"
    assert "temporary-credentials" in [advice.id for advice in chosen.circumstances]


def test_the_telling_circumstance_comes_first() -> None:
    primary = choose(situation(path=b"rootkey.csv", context=b"assume_role")).primary
    assert primary is not None
    assert primary.id == "root-key"


def test_unknown_remedy_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'acess-key', which does not exist") as caught:
        choose(situation(remedy="acess-key"))
    assert caught.value.hint == "did you mean 'access-key'?"


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("*.py", b"a.pyc", id="another extension"),
        pytest.param("dockerfile", b"mydockerfile", id="the end of a name"),
        pytest.param(".github/workflows/*.yml", b".github/workflows/sub/a.yml", id="a folder deeper"),
        pytest.param("config/secrets.yml", b"secrets.yml", id="a folder short"),
        pytest.param("*.py", None, id="no path"),
    ],
)
def test_pattern_does_not_match(pattern: str, path: bytes | None) -> None:
    assert path_score([pattern], components(path)) == 0


def test_situation_does_not_show_its_context() -> None:
    assert "boto" not in repr(situation(context=b"import boto3"))
