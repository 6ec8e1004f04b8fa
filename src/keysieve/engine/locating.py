"""From candidates in a decoded text to matches in the blob that it was decoded from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keysieve.engine.decoding import Layer
from keysieve.engine.match import Match
from keysieve.engine.matcher import Candidate
from keysieve.engine.position import Lines


class BlobText:
    """The text of a blob, for lines and columns; UTF-16 and UTF-32 count in code points of the decoded text.

    Args:
        data: The blob's bytes.
        codec: `utf-16-le`, … where the whole blob is in that encoding, else empty.
    """

    def __init__(self, data: bytes, codec: str) -> None:
        self._data = data
        self._codec = codec
        self._lines = Lines(self._decoded(data))

    def _decoded(self, data: bytes) -> bytes:
        if not self._codec:
            return data
        return data.decode(self._codec, "replace").encode("utf-8", "replace")

    def position(self, offset: int) -> tuple[int, int]:
        """1-based line and column of a byte offset in the blob."""
        return self._lines.position(len(self._decoded(self._data[:offset])) if self._codec else offset)


def codec_of(encoding: str) -> str:
    """The codec of a whole blob in a chain of encodings, empty where its bytes are the text."""
    first = encoding.partition("+")[0]
    return first if first.startswith(("utf-16", "utf-32")) else ""


def located(candidates: Sequence[Candidate], layer: Layer, data: bytes, known: Sequence[Match]) -> Iterator[Match]:
    """The candidates of a layer as matches of the blob, without those that another layer has found already."""
    text: BlobText | None = None
    seen = {(match.rule, match.value, match.start) for match in known}
    for order, candidate in enumerate(candidates):
        start, end = layer.outer(candidate.start), layer.outer_end(candidate.end)
        if (candidate.rule.id, candidate.value, start) in seen or _overlaps(candidate, start, end, known):
            continue
        text = text or BlobText(data, codec_of(layer.encoding))
        line, column = text.position(start)
        end_line, end_column = text.position(end)
        yield Match(
            rule=candidate.rule.id,
            name=candidate.rule.value,
            value=candidate.value,
            raw=data[start:end],
            start=start,
            end=end,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            encoding=layer.encoding if layer.is_decoded(candidate.start, candidate.end) else "plain",
            is_named=candidate.is_named,
            unlikely=candidate.unlikely,
            order=order,
        )


def _overlaps(candidate: Candidate, start: int, end: int, known: Sequence[Match]) -> bool:
    """Whether a layer above has found the same value, or a longer one, at that place."""
    return any(
        match.start < end and start < match.end and (match.rule != candidate.rule.id or match.value == candidate.value)
        for match in known
    )
