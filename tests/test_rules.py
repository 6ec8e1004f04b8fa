from __future__ import annotations

import pytest

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


def test_texts_ship() -> None:
    assert "AKIA" in shipped_text("aws-access-key-id.toml")
