"""A text and the texts that come to light when what is encoded in it is decoded in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from keysieve.engine.decoding import escapes, joins, radix, unicodes
from keysieve.engine.decoding.offsets import MAX_SIZE, OffsetMap

DEPTH = 3
"""How often encodings may lie inside each other: base64 of base64 of JSON with escapes is three."""

Decoder = Callable[[bytes], tuple[bytes, OffsetMap] | None]
"""Text → rewritten text and its offsets, or None when nothing was replaced."""

_SIDEWAYS: tuple[tuple[str, Decoder], ...] = (
    ("quoted-printable", escapes.quoted_printable),
    ("diff", joins.diff_markers),
)
"""Decoders that spoil text which is not what they take it for: what they make is decoded further beside the rest."""

_ONWARD: tuple[tuple[str, Decoder], ...] = (
    ("utf-16", unicodes.runs),
    ("concatenation", joins.concatenations),
    ("json-escape", escapes.backslashes),
    ("html-entity", escapes.entities),
    ("percent", escapes.percents),
    ("hex", radix.hexadecimals),
    ("base64", radix.base64s),
)
"""Decoders that work on each other's results, in this order, so that values in different encodings meet in one text."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A whole text in which encoded pieces were replaced by what they decode to.

    Attributes:
        data: The text.
        encoding: `plain`, or every encoding that was resolved anywhere in the text, in the order in which that was
            done, joined with `+`. What one value stood in says `encoding_of`.
        before: The layer that it was made of; None for the original bytes.
    """

    data: bytes = field(repr=False)
    encoding: str = "plain"
    before: Layer | None = field(default=None, repr=False)
    _name: str = field(default="", repr=False)
    _offsets: OffsetMap = field(default_factory=OffsetMap, repr=False)

    def span_before(self, start: int, end: int) -> tuple[int, int]:
        """Where the pieces that gave `data[start:end]` stand in the layer before (half-open)."""
        return self._offsets.start(start), self._offsets.end(end)

    def outer(self, offset: int) -> int:
        """Where the piece that gave `data[offset]` begins in the original bytes. Never falls as `offset` grows."""
        layer = self
        while layer.before is not None:
            offset, layer = layer._offsets.start(offset), layer.before
        return offset

    def outer_end(self, offset: int) -> int:
        """Where the piece that gave `data[offset - 1]` ends in the original bytes (half-open)."""
        layer = self
        while layer.before is not None:
            offset, layer = layer._offsets.end(offset), layer.before
        return offset

    def encoding_of(self, start: int, end: int) -> str:
        """How `data[start:end]` stood in the original: the encodings that it was itself taken out of, or `plain`."""
        names: list[str] = []
        layer = self
        while layer.before is not None:
            inner = end - start
            start, end = layer.span_before(start, end)
            if end - start != inner:
                names.append(layer._name)
            layer = layer.before
        return "+".join(reversed(names)) or "plain"

    def through(self, name: str, decoder: Decoder) -> Layer | None:
        """The layer that a decoder makes of this one; None when it finds nothing to replace."""
        result = decoder(self.data)
        if result is None:
            return None
        data, offsets = result
        encoding = name if self.encoding == "plain" else f"{self.encoding}+{name}"
        return Layer(data, encoding, self, name, offsets)


@dataclass(frozen=True, slots=True)
class LimitReached:
    """Decoding stopped before its end.

    Attributes:
        reason: `decoding limit: …` with what was exceeded: `depth`, `size`.
    """

    reason: str


def layers(data: bytes, *, depth: int = DEPTH, budget: int | None = None) -> Iterator[Layer | LimitReached]:
    """The text itself, then each text that a decoder makes of it or of an earlier layer, always as a whole.

    Labels stay around their values, and values of different encodings end up in one layer together. A layer is
    there only where something was replaced. Takes time in proportion to the input.

    Args:
        data: Any bytes.
        depth: How often encodings may lie inside each other. Escapes of escapes of one kind count once.
        budget: Bytes that all layers but the first may have together; None for 24 times the input and 64 KiB.

    Yields:
        Layers, and one `LimitReached` for each limit that kept something back.
    """
    yield Layer(data)
    if len(data) > MAX_SIZE:
        yield LimitReached("decoding limit: size")
        return
    left = 24 * len(data) + (1 << 16) if budget is None else budget
    cut_short = False
    for item in _distinct(_derived(Layer(data), depth), data):
        if isinstance(item, LimitReached):
            cut_short = True
        elif len(item.data) > left:
            yield LimitReached("decoding limit: size")
            break
        else:
            left -= len(item.data)
            yield item
    if cut_short:
        yield LimitReached("decoding limit: depth")


def _distinct(items: Iterator[Layer | LimitReached], data: bytes) -> Iterator[Layer | LimitReached]:
    """Without texts that came up before by another way."""
    seen = {hash(data)}
    for item in items:
        if isinstance(item, LimitReached):
            yield item
        elif hash(item.data) not in seen:
            seen.add(hash(item.data))
            yield item


def _derived(plain: Layer, depth: int) -> Iterator[Layer | LimitReached]:
    for start in _starts(plain):
        if start is not plain:
            yield start
        yield from _onward(start, depth)
        for name, decoder in _SIDEWAYS:
            aside = start.through(name, decoder)
            if aside:
                yield aside
                yield from _onward(aside, depth)


def _starts(plain: Layer) -> Iterator[Layer]:
    """The text as bytes, and as UTF-16 or UTF-32 if it looks so; a mark at its beginning alone makes that certain."""
    certain = False
    for encoding in unicodes.encodings(plain.data):
        start = plain.through(encoding, lambda data, encoding=encoding: unicodes.whole(data, encoding))  # type: ignore[misc]
        if start:
            certain = unicodes.has_mark(plain.data) and not unicodes.is_mixed(plain.data)
            yield start
    if not certain:
        yield plain


def _onward(layer: Layer, depth: int) -> Iterator[Layer | LimitReached]:
    """Rounds of all decoders, until each has looked in vain at what the others have made."""
    in_vain: dict[str, Layer] = {}
    for _ in range(depth):
        for name, decoder in _ONWARD:
            if in_vain.get(name) is layer:
                continue
            decoded = layer.through(name, decoder)
            if decoded:
                yield decoded
                layer = decoded
            else:
                in_vain[name] = layer
        if all(in_vain.get(name) is layer for name, _ in _ONWARD):
            return
    # Noise in binary data looks like one more escape for ever; only what hides whole values is worth reporting.
    if radix.hexadecimals(layer.data) or radix.base64s(layer.data):
        yield LimitReached("decoding limit: depth")
