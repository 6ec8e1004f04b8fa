from __future__ import annotations

import pytest

from keysieve.engine.generator import Generator
from keysieve.engine.ses import ANY_REGION, REGIONS, derives, smtp_password, smtp_password_v2

SECRET = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

# Made with the Python program of the SES developer guide from AWS's published example key.
VECTORS = [
    ("us-east-1", b"BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
    ("us-west-2", b"BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
    ("eu-west-1", b"BMW5RDrXmmVs0lV7GpI4oLkHXpZ4stDsk6q91z1g38Pk"),
]
VERSION_2 = b"An60U4ZD3sd4fg+FvXUjayOipTt8LO4rUUmhpdX6ctDy"


@pytest.mark.parametrize(("region", "password"), VECTORS)
def test_vectors(region: str, password: bytes) -> None:
    assert smtp_password(SECRET, region) == password
    assert derives(SECRET, password) == region


def test_older_kind() -> None:
    assert smtp_password_v2(SECRET) == VERSION_2
    assert derives(SECRET, VERSION_2) == ANY_REGION


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_found_and_only_with_its_secret(region: str, keys: Generator) -> None:
    secret, other = keys.secret_access_key().encode(), keys.secret_access_key().encode()
    password = smtp_password(secret, region)
    assert derives(secret, password) == region
    assert derives(other, password) is None


@pytest.mark.parametrize("password", [b"", b"A" * 44, b"B" * 44, b"C" * 44, VECTORS[0][1] + b"=", VECTORS[0][1][:-1]])
def test_other_passwords_are_not_derived(password: bytes) -> None:
    assert derives(SECRET, password) is None


def test_no_region_twice() -> None:
    assert len(set(REGIONS)) == len(REGIONS)
