from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from keysieve.scan.masking import Mask

short = st.binary(max_size=12).map(lambda data: data.translate(bytes(97 + byte % 2 for byte in range(256))))


@given(st.lists(short.filter(bool), max_size=6), st.lists(short, max_size=6))
def test_what_is_masked_is_what_an_alternation_matches(values: list[bytes], pieces: list[bytes]) -> None:
    shown = {value: b"<%d>" % number for number, value in enumerate(values)}
    data = b"-".join(pieces)
    alternatives = b"|".join(sorted(map(re.escape, shown), key=len, reverse=True))
    expected = re.sub(alternatives, lambda found: shown[found[0]], data) if shown else data
    assert Mask(shown).masked(data) == expected
    assert Mask(shown).holds(data) == (expected != data)


def test_values_of_any_length_are_masked_once() -> None:
    mask = Mask({b"abcdef": b"1", b"abc": b"2", b"x": b"3", b"": b"never"})
    assert mask.masked(b"abcdefabcabcx!") == b"1223!"
    assert not Mask({}).holds(b"anything")
