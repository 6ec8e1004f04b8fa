"""The short form: the order of the steps is a law, and what it says to type works."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_situations import LANGUAGES, PLACES, SITUATIONS

from keysieve.finding import Remedy
from keysieve.remedies import Situation, remedy_for
from keysieve.remedies.catalogue import catalogue
from keysieve.remedies.steps import MOST_STEPS

KEY_ID = "AK" + "IAIOSFODNN7EXAMPLE"
REMOVES = r"[Dd]elete|[Rr]ole|[Ss]ign in|short-lived|instead|out of|Drop|Cognito|single sign-on|on the server|asked for"
STORES = r"credentials file|credentials/|user's environment|user's variables|SDK Store|[Ss]ecrets Manager"


def situation(**given: Any) -> Situation:
    return Situation(**{"rule": "aws-access-key-pair", "remedy": "access-key", **given})


@dataclass(frozen=True)
class Planted:
    situation: Situation
    place: str
    remedy: Remedy


@cache
def every_combination() -> list[Planted]:
    """Each file and circumstance, in each place, with each kind of credential."""
    files = [{"path": (path or "").encode(), "context": text.encode()} for path, text in LANGUAGES.values()]
    files += [{key: row[key] for key in ("path", "context") if key in row} for row in SITUATIONS.values()]
    found = []
    for file, (place, where), remedy in product(files, PLACES.items(), catalogue().credentials):
        one = situation(**{**file, **where, "remedy": remedy, "access_key_id": KEY_ID})
        found.append(Planted(one, place, remedy_for(one)))
    return found


def breaking(holds: Callable[[Planted], bool]) -> list[Planted]:
    """Some combinations that break a law."""
    return [one for one in every_combination() if not holds(one)][:3]


def test_first_removes_and_second_stores() -> None:
    def holds(one: Planted) -> bool:
        first, second, *_rest = one.remedy.steps
        return bool(re.search(REMOVES, first) and re.search(STORES, second)) and "otate" not in first + second

    assert breaking(holds) == []


def test_steps_are_four_to_nine_filled_lines() -> None:
    def holds(one: Planted) -> bool:
        remedy = one.remedy
        texts = "\n".join(remedy.steps)
        return (
            4 <= len(remedy.steps) <= MOST_STEPS
            and texts.count("\n") == len(remedy.steps) - 1
            and not re.search(r"\{(access_key_id|account_id|user_name|path|name)\}", texts)
            and len(set(remedy.steps)) == len(remedy.steps)
        )

    assert breaking(holds) == []


def test_rotation_comes_third_or_fourth_and_the_clean_up_behind_it() -> None:
    opening = {place.id: place.steps[0].partition("`")[0][:30] for place in catalogue().places}

    def holds(one: Planted) -> bool:
        steps = one.remedy.steps
        rotation = next(n for n, step in enumerate(steps) if re.search(r"[Rr]otate ", step))
        clean = next(n for n, step in enumerate(steps) if step.startswith(opening[one.place]))
        return rotation in (2, 3) and clean > rotation

    assert breaking(holds) == []


def test_what_was_never_committed_needs_no_purge() -> None:
    def holds(one: Planted) -> bool:
        return one.situation.command not in ("staged", "message") or "filter-repo" not in "".join(one.remedy.steps)

    assert breaking(holds) == []


def test_what_was_pushed_is_purged_after_rotation() -> None:
    steps = remedy_for(situation(path=b"a.py", command="history", pushed=True)).steps
    assert any("git filter-repo --sensitive-data-removal --replace-text" in step for step in steps)
    assert steps[2].startswith("Before all else, rotate it")


def test_temporary_credentials_are_not_rotated() -> None:
    steps = remedy_for(situation(remedy="session-credentials", path=b"a.py")).steps
    assert any(step.startswith("Rotate nothing") for step in steps)
    assert "update-access-key" not in "".join(steps)


def test_commands_hold_what_is_known() -> None:
    steps = "\n".join(remedy_for(situation(path=b"a b.py", access_key_id=KEY_ID, user_name="o'neil")).steps)
    assert f"--user-name 'o'\"'\"'neil' --access-key-id {KEY_ID} --status Inactive" in steps
    assert "-- 'a b.py'" in steps


def test_unknown_owner_is_asked_for_once_and_used_after() -> None:
    steps = remedy_for(situation(path=b"a.py", access_key_id=KEY_ID)).steps
    asked = next(n for n, step in enumerate(steps) if "owner=$(" in step)
    used = [n for n, step in enumerate(steps) if '"$owner"' in step]
    assert used
    assert min(used) > asked


def test_unknown_values_are_words_to_fill_in() -> None:
    steps = "\n".join(remedy_for(situation(remedy="secret-access-key", path=None)).steps)
    assert "--user-name USER_NAME --access-key-id ACCESS_KEY_ID" in steps


def test_path_that_is_the_finding_stays_out_of_commands() -> None:
    remedy = remedy_for(situation(kind="path", command="staged", path=b"keys/very-private.py"))
    assert "very-private" not in "\n".join(remedy.steps)


def test_file_is_kept_out_of_git() -> None:
    steps = remedy_for(situation(path=b".env", command="staged", kind="staged")).steps
    assert (
        "Keep it out of git: `printf '%s\\n' '.env*' '!.env.example' >> .gitignore && git rm --cached -- .env`" in steps
    )


@pytest.mark.parametrize("kind", ["commit-message", "tag-message", "note", "ref-name", "identity", "path"])
def test_no_code_where_there_is_none(kind: str) -> None:
    assert remedy_for(situation(kind=kind, command="history", path=b"a.py")).replacement is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_replacement(language: str) -> None:
    path, context = LANGUAGES[language]
    remedy = remedy_for(situation(path=(path or "").encode(), context=context.encode()))
    assert remedy.id == language
    assert remedy.replacement


def test_secret_that_is_no_key_is_looked_up() -> None:
    remedy = remedy_for(situation(remedy="ses-smtp-password", path=b"mail.py"))
    assert remedy.replacement == 'import os\n\nvalue = os.environ["SMTP_PASSWORD"]'


@given(st.binary(min_size=1, max_size=30), st.sampled_from(["staged", "file", "archive-member"]))
def test_any_path_stays_on_one_printable_line(path: bytes, kind: str) -> None:
    for step in remedy_for(situation(path=path, kind=kind, command="staged")).steps:
        assert step.isprintable()


def test_root_key_is_rotated_by_root() -> None:
    steps = "\n".join(remedy_for(situation(path=b"rootkey.csv", access_key_id=KEY_ID)).steps)
    assert f"`aws iam delete-access-key --access-key-id {KEY_ID}` (as root, without --user-name)" in steps
    assert '--user-name "' not in steps


@pytest.mark.parametrize(
    ("given", "title"),
    [
        pytest.param({"path": b"a.py"}, "AWS access key in Python", id="language"),
        pytest.param({"path": b"lambda/a.py"}, "AWS access key in Python (lambda function)", id="and circumstance"),
        pytest.param({"path": None}, "AWS access key, file on disk", id="neither"),
        pytest.param(
            {"path": b"a.js", "remedy": "session-credentials"},
            "Temporary AWS credentials in JavaScript (SDK v3)",
            id="temporary",
        ),
    ],
)
def test_title_says_what_and_where(given: dict[str, Any], title: str) -> None:
    assert remedy_for(situation(**given)).title == title
