"""The long form: what `keysieve explain` prints."""

from __future__ import annotations

import re
import subprocess
from itertools import product
from typing import Any

import pytest
from planted_situations import PLACES

from keysieve.remedies import Section, Situation, incident
from keysieve.remedies.advice import SECTIONS
from keysieve.remedies.catalogue import catalogue

KEY_ID = "AK" + "IAIOSFODNN7EXAMPLE"
ACCOUNT = "123456789012"


def situation(**given: Any) -> Situation:
    return Situation(**{"rule": "aws-access-key-pair", "remedy": "access-key", **given})


def told(sections: tuple[Section, ...]) -> str:
    return "\n".join(line.text for section in sections for line in section.lines)


def section(name: str, **given: Any) -> Section:
    return next(one for one in incident(situation(**given)) if one.id == name)


def test_access_key_has_every_section_in_order() -> None:
    assert tuple(one.id for one in incident(situation(path=b"a.py", command="history"))) == SECTIONS


@pytest.mark.parametrize(("remedy", "place"), list(product(catalogue().credentials, PLACES)))
def test_incident_is_ordered_filled_and_complete(remedy: str, place: str) -> None:
    sections = incident(situation(remedy=remedy, path=b"a.py", **PLACES[place]))
    ids = [one.id for one in sections]
    assert ids == sorted(ids, key=SECTIONS.index)
    assert {"replacement", "purge", "prevention"} < set(ids)
    assert all(one.title and one.lines for one in sections)
    assert not re.search(r"\{(access_key_id|account_id|user_name|path|name)\}", told(sections))


@pytest.mark.parametrize("remedy", catalogue().credentials)
def test_commands_are_shell(remedy: str) -> None:
    given = {"remedy": remedy, "path": b"it's.py", "access_key_id": KEY_ID, "command": "history"}
    lines = (line for one in incident(situation(**given)) for line in one.lines)
    script = "\n".join(line.text for line in lines if line.kind == "command")
    assert script
    subprocess.run(["sh", "-n"], input=script, text=True, check=True, capture_output=True)


def test_policy_of_a_command_is_json_when_the_shell_is_done() -> None:
    import json

    lines = section("deactivate", remedy="session-credentials").lines
    command = next(line.text for line in lines if "AWSRevokeOlderSessions" in line.text)
    script = 'now=2026-01-02T03:04:05Z\naws() { for last; do :; done; printf %s "$last"; }\n' + command
    policy = json.loads(subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout)
    condition = policy["Statement"][0]["Condition"]
    assert condition == {"DateLessThan": {"aws:TokenIssueTime": "2026-01-02T03:04:05Z"}}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("a quarantined user cannot rotate its own key", id="quarantine"),
        pytest.param("Disabling a key does not end temporary credentials", id="minted sessions"),
        pytest.param("its commands take no --user-name", id="root"),
        pytest.param("Disable, do not delete", id="disable first"),
        pytest.param("a user has at most two", id="two keys"),
    ],
)
def test_notes_that_trip_people_are_there(words: str) -> None:
    assert words in told(incident(situation()))


def test_known_values_are_filled_in() -> None:
    text = told(incident(situation(access_key_id=KEY_ID, account_id=ACCOUNT, user_name="ci")))
    assert f"account {ACCOUNT}" in text
    assert f"aws iam delete-access-key --user-name ci --access-key-id {KEY_ID}" in text
    assert not re.search("ACCESS_KEY_ID|ACCOUNT_ID|USER_NAME", text)


def test_sentence_about_what_is_unknown_is_left_out() -> None:
    assert "account" not in told((section("whose", remedy="session-token"),))
    assert f"account {ACCOUNT}" in told((section("whose", remedy="session-token", account_id=ACCOUNT),))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"access_key_id": "x; rm -rf /"}, "--access-key-id ACCESS_KEY_ID", id="key id"),
        pytest.param({"user_name": "x; rm -rf /"}, "--user-name 'x; rm -rf /'", id="user name"),
    ],
)
def test_hostile_value_is_no_command(given: dict[str, str], words: str) -> None:
    assert words in told((section("delete", **given),))


def test_replacement_shows_code_in_the_language_of_the_file() -> None:
    code = [line.text for line in section("replacement", path=b"a.go").lines if line.kind == "code"]
    assert code[0] == 'cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion("us-east-1"))'


def test_unpublished_credential_may_need_no_rotation() -> None:
    first = incident(situation(command="staged", kind="staged", path=b"a.py"))[0].lines[0]
    assert first.text.startswith("Nothing was published")


def test_root_key_has_no_user() -> None:
    root = incident(situation(path=b"rootkey.csv", command="history", access_key_id=KEY_ID))
    commands = "\n".join(line.text for one in root for line in one.lines if line.kind == "command")
    assert f"aws iam update-access-key --access-key-id {KEY_ID} --status Inactive" in commands
    assert "--user-name" not in commands
