from __future__ import annotations

import re
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.generator import ACCOUNT, Generator
from keysieve.engine.key_id import account_id
from keysieve.excuses.examples import aws_account, canary, documentation_account, example_of

RULES = Path(__file__).parents[2] / "rules"
EXAMPLES = tomllib.loads((RULES / "examples.toml").read_text())["example"]
ACCOUNTS = tomllib.loads((RULES / "accounts.toml").read_text())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"AKIAIOSFODNN7EXAMPLE", id="AWS documentation id"),
        pytest.param(b"AKIAI44QH8DHBEXAMPLE", id="not base32"),
        pytest.param(b"ASIAJEXAMPLEXEG2JICEA", id="EXAMPLE inside"),
        pytest.param(b"ACCAQFOXMPL6VW57M7AJP", id="XMPL"),
        pytest.param(b"AKIDEXAMPLE", id="short"),
        pytest.param(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", id="secret"),
        pytest.param(b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", id="secret of the SigV4 suite"),
        pytest.param(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY", id="41 characters"),
        pytest.param(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYExampleKey", id="other case"),
        pytest.param(b"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHG", id="session token"),
        pytest.param(b"AQoXdzELDDY//////////wEaoAK1wvxJY12r2Ir", id="session token without the word"),
        pytest.param(b"FQoGZXIvYXdz" + b"EBYaD" + b"q7Zx" * 80, id="moto session token"),
        pytest.param(b"minioadmin", id="MinIO default"),
        pytest.param(b"testing", id="moto default"),
        pytest.param(b"abcdefghijklmnopqrstuvwxyz" + b"abcdefghijklmn", id="Ceph s3-tests secret"),
        pytest.param(b"AKIA" + b"RZPUZDIKGB2VALC4", id="LocalStack, by its hash"),
    ],
)
def test_examples(value: bytes) -> None:
    assert example_of(value)


def test_made_up_credentials_are_no_examples(keys: Generator) -> None:
    for make in (keys.access_key_id, keys.secret_access_key, keys.session_token, keys.bedrock_key):
        assert not any(example_of(make().encode()) for _ in range(500))


@pytest.mark.parametrize("value", [b"", b"AKIAIOSFODNN7", b"Testing", b"a" * 40, b"x" * 300 + b"Sample"])
def test_others_are_no_examples(value: bytes) -> None:
    assert example_of(value) is None


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda entry: entry["source"])
def test_every_listed_example_is_complete_and_unmistakable(entry: dict[str, str]) -> None:
    assert entry["kind"] in {rule.value for rule in shipped_rules()} | {"tool_default"}
    assert entry["detail"]
    assert re.match(r"[\w.-]+/[\w.-]+(@[0-9a-f]{7,40})?:.", entry["source"])
    assert ("value" in entry) != ("sha256" in entry)
    if "value" in entry:
        assert entry["kind"] == "tool_default"
        assert len(entry["value"]) < 20
        assert example_of(entry["value"].encode()) == entry["detail"]
    else:
        assert re.fullmatch("[0-9a-f]{64}", entry["sha256"])


def test_no_example_twice() -> None:
    hashes = [entry.get("sha256") or sha256(entry["value"].encode()).hexdigest() for entry in EXAMPLES]
    assert len(set(hashes)) == len(hashes)


def test_lists_hold_nothing_that_looks_like_a_key() -> None:
    for name in ("examples.toml", "accounts.toml", "bigram.txt"):
        text = (RULES / name).read_text()
        assert not re.search(r"(?<![A-Za-z0-9])A[A-Z]{3}[A-Z2-7]{16}(?![A-Za-z0-9])", text), name
        assert not re.search(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])", text), name


def test_documentation_account(keys: Generator) -> None:
    account = account_id(keys.access_key_id(account="123456789012").encode())
    assert account is not None
    assert documentation_account(account) == "documentation account 123456789012"


@pytest.mark.parametrize("account", [ACCOUNT, "171436882533", "123456789", ""])
def test_no_documentation_account(account: str) -> None:
    assert documentation_account(account) is None


@pytest.mark.parametrize(
    ("groups", "service"),
    [("AKIA SP2T PHJS QH3F JRUX", "Thinkst Canarytokens"), ("AKIA YVP4 CIPP ERUV IFXG", "Thinkst Canarytokens")],
)
def test_canary_ids(groups: str, service: str) -> None:
    account = account_id(groups.replace(" ", "").encode())
    assert account is not None
    assert canary(account) == service


def test_other_canary_and_none() -> None:
    assert canary("044858866125") == "a canary service"
    assert canary(ACCOUNT) is None


def test_aws_account() -> None:
    assert aws_account("639982225848")
    assert aws_account(ACCOUNT) is None


def test_accounts_are_twelve_digits_in_one_list_each() -> None:
    canaries = [account for accounts in ACCOUNTS["canary"].values() for account in accounts]
    accounts = [*ACCOUNTS["documentation"], *canaries, *ACCOUNTS["aws"]]
    assert all(re.fullmatch("[0-9]{12}", account) for account in accounts)
    assert len(set(accounts)) == len(accounts)
    assert ACCOUNT not in accounts
