from __future__ import annotations

import pytest

from keysieve.engine import credentials
from keysieve.engine.catalogue import parse_rule, shipped_rules
from keysieve.engine.prefilter import expressions, shipped_expressions
from keysieve.engine.proof import defects
from keysieve.engine.shipped import shipped_text
from keysieve.errors import ConfigurationError
from keysieve.remedies import all_advice

RULE = """
id = "acme-token"
title = "ACME token"
description = "Opens ACME."
severity = "high"
remedy = "access-key"
[match]
value = "token"
pattern = 'acme_(?<value>[a-z]{8})'
literals = ["acme_"]
prefilter = ['acme_[a-z]{8}']
[examples]
match = ["acme_abcdefgh"]
no_match = ["acme_abc"]
"""


def test_shipped_rules_hold() -> None:
    assert list(defects(shipped_rules())) == []


def test_prefilter_text_is_that_of_the_rules() -> None:
    assert shipped_expressions() == expressions(shipped_rules())


def test_remedies_of_rules_exist() -> None:
    known = set(all_advice())
    assert {f"credential:{rule.remedy}" for rule in shipped_rules()} <= known


def test_command_proves_them(keysieve) -> None:
    done = keysieve("rules", "check")
    assert done.status == 0
    assert "all hold" in done.out


def test_own_rule_is_proven_beside_them(keysieve, tmp_path) -> None:
    (tmp_path / "acme.toml").write_text(RULE)
    assert keysieve("rules", "check", "acme.toml").status == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('match = ["acme_abcdefgh"]', 'match = ["acme_"]', "example 1 does not match", id="example"),
        pytest.param('["acme_abc"]', '["acme_abcdefgh"]', "counter-example 1 matches", id="counter-example"),
        pytest.param("'acme_[a-z]{8}'", "'acme_[0-9]{8}'", "prefilter does not cover", id="prefilter"),
        pytest.param('literals = ["acme_"]', 'literals = ["emca_"]', "holds no literal", id="literal"),
        pytest.param("acme_(?<value>", "(?:acme_|(A+)+!)(?<value>", "backtracks", id="runaway pattern"),
        pytest.param("acme-token", "aws-access-key-id", "two rules with this id", id="duplicate id"),
    ],
)
def test_defect_is_found(keysieve, tmp_path, old, new, says) -> None:
    (tmp_path / "acme.toml").write_text(RULE.replace(old, new))
    done = keysieve("rules", "check", "acme.toml")
    assert done.status == 1
    assert says in done.out


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("severity =", "severety =", "severity", id="misspelt key"),
        pytest.param('"high"', '"hihg"', "high", id="misspelt severity"),
        pytest.param("literals = [", "literals = 1 #", "a list", id="wrong type"),
        pytest.param("[match]", "[matches]", "match", id="misspelt table"),
        pytest.param('title = "ACME token"', "", "title", id="missing key"),
        pytest.param('id = "', "id = ", "not valid TOML", id="not TOML"),
    ],
)
def test_bad_rule_file_says_what_to_type(old, new, says) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_rule(RULE.replace(old, new), "acme.toml")
    assert says in error.value.message + error.value.hint


def test_prefilter_text_out_of_step_is_found() -> None:
    own = parse_rule(RULE, "acme.toml")
    assert "rules/prefilter.txt" in next(defects((*shipped_rules(), own)))


@pytest.mark.parametrize(
    ("extra", "found", "rules"),
    [
        pytest.param("", "acme_abcdefgh {access_key_id}", {"acme-token", "aws-access-key-id"}, id="alone"),
        pytest.param("stands_alone = false", "acme_abcdefgh", set(), id="no report by itself"),
        pytest.param("names = 'owner'\n", "acme_abcdefgh", set(), id="label missing"),
        pytest.param("names = 'owner'\n", "owner: acme_abcdefgh", {"acme-token"}, id="label"),
        pytest.param(
            "near = ['aws-access-key-id']\nwithin = 1",
            "acme_abcdefgh\n\n{access_key_id}",
            {"aws-access-key-id"},
            id="too far",
        ),
        pytest.param(
            "near = ['aws-access-key-id']\nwithin = 1",
            "acme_abcdefgh\n{access_key_id}",
            {"acme-token", "aws-access-key-id"},
            id="near",
        ),
        pytest.param("judge = 'random'", "acme_aaaaaaaa", {"acme-token: unlikely"}, id="judged"),
    ],
)
def test_settings_of_a_rule(keys, extra: str, found: str, rules: set[str]) -> None:
    own = parse_rule(RULE.replace("[examples]", extra + "\n[examples]"), "acme.toml")
    told = {
        match.rule + (": unlikely" if match.unlikely else "")
        for one in credentials(keys.fill(found)[0].encode(), (*shipped_rules(), own))
        for match in one.matches
    }
    assert told == rules


def test_a_value_that_covers_is_reported_once(keys) -> None:
    rule = RULE.replace("acme_(?<value>[a-z]{8})", "(?<value>acme_AKIA[A-Z0-9]{16})").replace(
        "[examples]", "covers = true\n[examples]"
    )
    own = parse_rule(rule, "acme.toml")
    text = keys.fill("acme_{access_key_id}")[0].encode()
    assert [one.rule for one in credentials(text, (*shipped_rules(), own))] == ["acme-token"]


def test_texts_ship() -> None:
    assert "AKIA" in shipped_text("aws-access-key-id.toml")
