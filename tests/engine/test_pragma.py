from __future__ import annotations

import pytest

from keysieve.engine import credentials
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.pragma import Pragma, pragma_at


def at(text: str) -> Pragma | None:
    data = text.encode()
    start = data.index(b"KEY")
    return pragma_at(data, start, start + 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("a = 'KEY'  # keysieve:allow test account\n", "test account", id="hash comment behind"),
        pytest.param("a = 'KEY'; // keysieve:allow: test account", "test account", id="colon, last line"),
        pytest.param("/* keysieve:allow test account */ a = 'KEY'", "test account", id="block comment before"),
        pytest.param("<a>KEY</a> <!-- keysieve:allow test account -->\r\n", "test account", id="xml, carriage return"),
        pytest.param("# keysieve:allow test account\na = 'KEY'\n", "test account", id="comment of its own above"),
        pytest.param("REM keysieve:allow test account\r\nset A=KEY", "test account", id="batch file above"),
        pytest.param('{\n "_note": "keysieve:allow test account",\n "a": "KEY"}', "test account", id="json above"),
        pytest.param("KEY # pragma: allowlist secret", "pragma: allowlist secret", id="detect-secrets"),
        pytest.param("# pragma: allowlist nextline secret\nKEY", "pragma: allowlist nextline secret", id="nextline"),
        pytest.param("KEY # pragma: whitelist secret", "pragma: whitelist secret", id="detect-secrets of old"),
        pytest.param("KEY //gitleaks:allow", "gitleaks:allow", id="gitleaks"),
        pytest.param("KEY # keysieve:allow", "", id="no reason"),
    ],
)
def test_reason(text, reason) -> None:
    assert at(text) == Pragma(reason)


def test_until() -> None:
    assert at("KEY # keysieve:allow until 2030-12-31 being rotated") == Pragma("being rotated", "2030-12-31")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = 'KEY'\n# keysieve:allow below\n", id="on the line below"),
        pytest.param("id = 'X'  # keysieve:allow only the id\na = 'KEY'\n", id="behind other code above"),
        pytest.param("# keysieve:allow two lines above\n\nKEY", id="two lines above"),
        pytest.param("# gitleaks:allow\nKEY", id="gitleaks reads its own line only"),
        pytest.param("KEY # keysieve:allowed by nobody", id="longer word"),
        pytest.param("KEY # keysieve-allow x", id="other word"),
        pytest.param("KEY" + " " * 5000 + "# keysieve:allow far away on a line as long as a file", id="far away"),
    ],
)
def test_no_pragma(text) -> None:
    assert at(text) is None


def test_each_value_has_the_pragma_of_its_line(keys) -> None:
    text, _ = keys.fill("id={access_key_id} # keysieve:allow the id\nsecret_access_key={secret_access_key}\n")
    (pair,) = credentials(text.encode(), shipped_rules())
    assert [match.pragma and match.pragma.reason for match in pair.matches] == ["the id", None]


def test_in_utf_16(keys) -> None:
    text, _ = keys.fill("secret_access_key={secret_access_key} # keysieve:allow könnte\nx\n")
    (lone,) = credentials(text.encode("utf-16"), shipped_rules())
    assert lone.first.pragma == Pragma("könnte")


def test_a_reason_is_cut(keys) -> None:
    assert len(at("KEY # keysieve:allow " + "x" * 500).reason) == 120
