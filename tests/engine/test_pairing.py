from __future__ import annotations

import random
import time

import pytest

from keysieve.engine import credentials
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.generator import Generator
from keysieve.engine.match import Match
from keysieve.engine.pairing import pair
from keysieve.engine.prefilter import Prefilter, shipped_expressions
from shape_texts import credentials_of, plant


def pairs(text: str) -> set[tuple[str, ...]]:
    return {
        tuple(sorted(match.value.decode() for match in one.matches))
        for one in credentials(text.encode(), shipped_rules(), Prefilter(shipped_expressions()))
    }


ORDERS = {
    "id secret id secret": "@ID1@\n@SECRET1@\n@ID2@\n@SECRET2@\n",
    "id id secret secret": "@ID1@\n@ID2@\n@SECRET1@\n@SECRET2@\n",
    "secret id secret id": "@SECRET1@\n@ID1@\n@SECRET2@\n@ID2@\n",
    "secret secret id id": "@SECRET1@\n@SECRET2@\n@ID1@\n@ID2@\n",
    "three and three": "@ID1@\n@ID2@\n@ID3@\n\n@SECRET1@\n@SECRET2@\n@SECRET3@\n",
    "objects on one line": '[{"i":"@ID1@","s":"@SECRET1@"},{"i":"@ID2@","s":"@SECRET2@"},{"i":"@ID3@"}]',
    "middle id without secret": "@ID1@\n@SECRET1@\n@ID2@\n@ID3@\n@SECRET3@\n",
    "first id without secret": "@ID1@\n\n\n@ID2@\n@SECRET2@\n",
    "last id without secret": "@ID1@\n@SECRET1@\n\n\n@ID2@\n",
    "mixed order": "[a]\n@ID1@\n@SECRET1@\n\n[b]\n@SECRET2@\n@ID2@\n\n[c]\n@ID3@\n\n[d]\n@ID4@\n@SECRET4@\n",
    "far apart": "@ID@\n" + "\n" * 60 + "aws_secret_access_key = @SECRET@\n",
    "two far apart": "@ID1@\n@ID2@\n" + "\n" * 60 + "aws_secrets:\n  aws_secret: @SECRET1@\n  aws_secret: @SECRET2@\n",
    "temporary and long-term": "@ID1@\n@SECRET1@\n\n@TEMP2@\n@SECRET2@\n@TOKEN2@\n",
    "temporary, then long-term": "@TEMP1@\n@SECRET1@\n@ID2@\n@SECRET2@\n",
    "ids of both kinds, then secrets": "@ID1@\n@TEMP2@\n@SECRET1@\n@SECRET2@\n",
    "rows": "id,secret\n" + "".join(f"@ID{n}@,@SECRET{n}@\n" for n in range(1, 10)),
    "id told twice": "# rotate @ID@\n\n\nid = @ID@\nsecret = @SECRET@\n",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in ORDERS.items()])
def test_orders(text: str) -> None:
    filled, planted = plant(text, 5)
    expected = {tuple(sorted({value for _, value, *_ in values})) for _, values in credentials_of(planted)}
    assert expected <= pairs(filled)
    assert {one for one in pairs(filled) if len(one) > 1} == {one for one in expected if len(one) > 1}


@pytest.mark.parametrize(
    "arrange",
    [
        pytest.param(lambda ids, secrets: "\n".join(map("\n".join, zip(ids, secrets, strict=True))), id="blocks"),
        pytest.param(lambda ids, secrets: "\n".join([*ids, *(f"aws_secret: {s}" for s in secrets)]), id="columns"),
        pytest.param(lambda ids, secrets: ",".join(map(":".join, zip(ids, secrets, strict=True))), id="one line"),
    ],
)
def test_a_thousand_pairs_are_right_and_fast(arrange) -> None:
    keys = Generator(3)
    ids = [keys.access_key_id() for _ in range(1000)]
    secrets = [keys.secret_access_key() for _ in range(1000)]
    text = arrange(ids, secrets)
    started = time.process_time()
    found = pairs(text)
    assert time.process_time() - started < 4  # 2 s where the machine has nothing else to do
    assert found == {tuple(sorted(one)) for one in zip(ids, secrets, strict=True)}


def match(rule: str, number: int, line: int) -> Match:
    name = rule.removeprefix("aws-").removeprefix("temporary-").replace("-", "_")
    value = f"{name}{number}".encode()
    return Match(rule, name, value, value, line * 100, line * 100 + 50, line, 1, line, 51)


@pytest.mark.parametrize("seed", range(30))
def test_every_match_is_in_one_credential(seed: int) -> None:
    choice = random.Random(seed)
    rules = ("aws-access-key-id", "aws-secret-access-key", "aws-temporary-access-key-id", "aws-session-token")
    lines = sorted(choice.sample(range(1, 400), 60))
    matches = [match(choice.choice(rules), number, line) for number, line in enumerate(lines)]
    found = pair(matches, shipped_rules())
    placed = [one for credential in found for one in credential.matches]
    assert sorted(placed, key=lambda one: one.start) == matches

    assert all(len({one.name for one in credential.matches}) == len(credential.matches) for credential in found)


def test_many_more_ids_than_secrets_stay_fast() -> None:
    matches = [match("aws-access-key-id", number, number) for number in range(1, 20_000)]
    matches += [match("aws-secret-access-key", number, number) for number in range(20_000, 27_000)]
    started = time.process_time()
    found = pair(matches, shipped_rules())
    assert time.process_time() - started < 4
    assert sum(len(one.matches) == 2 for one in found) == 7_000
