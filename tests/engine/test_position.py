"""Lines and columns, whatever the length of lines and whatever the bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from keysieve.engine.locating import BlobText
from keysieve.engine.position import BLOCK, Lines, lines_around

LETTERS = [b"a", b"\n", "é".encode(), "€".encode(), "😀".encode(), b"\x80", b"\xe2\x82", b"\xff", b" " * 50]
TEXTS = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=30).map(b"".join)


def plainly(data: bytes, offset: int) -> tuple[int, int]:
    start = data.rfind(b"\n", 0, offset) + 1
    before = data[start:offset].removeprefix(b"\xef\xbb\xbf" if start == 0 else b"")
    return data.count(b"\n", 0, offset) + 1, len(before.decode("utf-8", "surrogateescape")) + 1


@settings(deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from([0, BLOCK - 3, BLOCK - 2, BLOCK - 1, 2 * BLOCK - 1]), st.booleans())
def test_position_is_what_counting_from_the_begin_gives(text, has_mark, before, is_one_line) -> None:
    data = (b"\xef\xbb\xbf" if has_mark else b"") + (b"x" if is_one_line else b"x\n") * before
    data += text * 4
    lines = Lines(data)
    for offset in range(max(3, len(data) - 4 * len(text) - 5), len(data) + 1):
        assert lines.position(offset) == plainly(data, offset)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 12), st.integers(0, 60))
def test_lines_around_are_whole_unless_too_long(one, two, margin, most) -> None:
    data, start = one + b"value" + two, len(one)
    first, last = lines_around(data, start, start + 5, margin, most)
    above, below = data[:start].split(b"\n"), data[start + 5 :].split(b"\n")
    wanted = start - len(b"\n".join(above[-margin - 1 :]))
    assert first == max(wanted, start - most, 0)
    end = start + 5 + len(b"\n".join(below[: margin + 1])) + (len(below) > margin + 1)
    assert last == min(end, start + 5 + most, len(data))


@settings(deadline=None)
@given(st.text(max_size=20), st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le"]), st.integers(-3, 3))
def test_position_in_another_encoding_counts_its_characters(text, codec, shift) -> None:
    text = "€" * (BLOCK // 4 + shift) + text.replace("\r", "") + "\nend"
    data = text.encode(codec, "replace")
    width = len("a".encode(codec))
    assert BlobText(data, codec).position(len(data) - 3 * width) == (text.count("\n") + 1, 1)
