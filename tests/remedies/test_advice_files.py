"""The files of advice: strict, complete, and each with a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from keysieve.errors import ConfigurationError
from keysieve.remedies import all_advice
from keysieve.remedies.advice import SECTIONS, Advice
from keysieve.remedies.catalogue import build, catalogue, read

FOLDER = Path(__file__).parents[2] / "rules" / "remedies"
KINDS = [
    *("access-key", "secret-access-key", "session-credentials", "session-token", "bedrock-api-key"),
    *("ses-smtp-password", "mws-auth-token", "service-password", "appsync-api-key", "presigned-url"),
    *("ecr-authorization", "federation-url"),
]
PLACE = """
[[place]]
id = "here"
title = "Here"
source = "https://example.org"
steps = ["Do it."]
lines = ["Do it."]
"""
SITUATION = """
[[situation]]
id = "s"
title = "S"
source = "https://example.org"
weight = 1
"""
CREDENTIAL = """
[[credential]]
id = "c"
title = "C"
source = "https://example.org"
steps = ["Rotate it."]
[[credential.section]]
id = "whose"
title = "Whose"
lines = ["Yours."]
"""


def whole() -> list[Advice]:
    every = catalogue()
    groups = (every.languages, every.situations, every.credentials.values(), every.places, every.sections)
    return [advice for group in groups for advice in group]


def texts(advice: Advice) -> Iterator[str]:
    yield from (*advice.steps_remove, *advice.steps_local, *advice.steps_also, *advice.steps, *advice.lines)
    yield from (advice.replacement, advice.lookup, advice.title, advice.note)
    for part in advice.parts:
        yield from (part.title, *part.lines)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_file_is_read(path: Path) -> None:
    assert read(path.name, path.read_text("utf-8"))


def test_every_kind_of_credential_has_its_advice() -> None:
    assert sorted(catalogue().credentials) == sorted(KINDS)


def test_catalogue_lists_each_piece_once() -> None:
    names = all_advice()
    assert len(names) == len(set(names)) == len(whole())


@pytest.mark.parametrize("advice", whole(), ids=lambda advice: f"{advice.family}-{advice.id}")
def test_advice_names_its_source(advice: Advice) -> None:
    assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+(/\S*)?", advice.source)


@pytest.mark.parametrize("advice", whole(), ids=lambda advice: f"{advice.family}-{advice.id}")
def test_advice_holds_no_credential(advice: Advice) -> None:
    for text in texts(advice):
        assert not re.search(r"(?<![A-Z0-9])A[KS]IA[A-Z0-9]{16}", text)
        assert not re.search(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])", text)


@pytest.mark.parametrize("advice", whole(), ids=lambda advice: f"{advice.family}-{advice.id}")
def test_system_wide_variables_are_only_warned_of(advice: Advice) -> None:
    for text in texts(advice):
        for found in re.finditer(r"/M\b|system(-wide|'s| environment)", text):
            assert re.search(r"never|not |without", text[max(0, found.start() - 40) : found.end() + 25]), text


@pytest.mark.parametrize("advice", whole(), ids=lambda advice: f"{advice.family}-{advice.id}")
def test_steps_are_single_short_lines(advice: Advice) -> None:
    for step in (*advice.steps_remove, *advice.steps_local, *advice.steps_also, *advice.steps):
        filled = step.replace("{access_key_id}", "A" * 20).replace("{user_name}", '"$owner"')
        assert "\n" not in filled
        assert len(filled) <= 160, len(filled)


def test_incident_parts_stand_in_order() -> None:
    for credential in catalogue().credentials.values():
        places = [SECTIONS.index(part.id) for part in credential.parts]
        assert places == sorted(set(places)), credential.id


@pytest.mark.parametrize(
    ("name", "text", "message", "hint"),
    [
        pytest.param(
            "place-x.toml",
            PLACE + 'stepz = ["x"]',
            "unknown key 'stepz'",
            "did you mean 'steps'?",
            id="a misspelt key",
        ),
        pytest.param("place-x.toml", PLACE + 'paths = ["x"]', "unknown key 'paths'", "", id="a key of another family"),
        pytest.param("plaice-x.toml", PLACE, "unknown family 'plaice'", "did you mean 'place'?", id="a family"),
        pytest.param("place-x.toml", "[[places]]\nid = 'x'", "unknown table 'places'", "'place'", id="a table"),
        pytest.param("place-x.toml", "", "no [[place]] in it", "", id="an empty file"),
        pytest.param("place-x.toml", "id = ", "place-x.toml: ", "", id="not TOML"),
        pytest.param("place-x.toml", PLACE.replace('steps = ["Do it."]', ""), "'steps' is missing", "", id="no steps"),
        pytest.param(
            "place-x.toml",
            PLACE.replace("https://example.org", ""),
            "'source' is missing",
            "",
            id="no source",
        ),
        pytest.param("place-x.toml", PLACE + 'pushed = "no"', "'pushed' is not true or false", "", id="a flag"),
        pytest.param("place-x.toml", PLACE + "weight = true", "'weight' is not a whole number", "", id="a number"),
        pytest.param("place-x.toml", PLACE + "note = 1", "'note' is not a text", "", id="a text"),
        pytest.param("place-x.toml", PLACE + 'kinds = "file"', "'kinds' is not a list", "", id="a list"),
        pytest.param("place-x.toml", PLACE + "kinds = [1]", "'kinds' is not a list", "", id="a list of numbers"),
        pytest.param(
            "credential-x.toml",
            CREDENTIAL.replace('"whose"', '"who"'),
            "unknown section 'who'",
            "did you mean 'whose'?",
            id="a section of the incident",
        ),
    ],
)
def test_wrong_file_is_refused(name: str, text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(name, text)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_one_name_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="stands twice"):
        build(read("place-x.toml", PLACE + PLACE))


def test_situation_of_an_unknown_language_is_refused() -> None:
    text = SITUATION + 'languages = ["pyton"]'
    languages = [advice for advice in whole() if advice.family == "language"]
    with pytest.raises(ConfigurationError, match="unknown language 'pyton'") as caught:
        build([*languages, *read("situation-x.toml", text)])
    assert caught.value.hint == "did you mean 'python'?"
