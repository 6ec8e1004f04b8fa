"""What a stretch of a blob decodes to and what is found in that; remembered, because versions of a file repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from keysieve.engine.decoding import Layer, LimitReached, layers
from keysieve.engine.matcher import Candidate, Matcher
from keysieve.engine.prefilter import Prefilter

MOST = 64 << 20
"""Bytes that are remembered at most, about."""
_ENTRY = 200
_PLACE = 400


@dataclass(frozen=True, slots=True)
class Place:
    """A candidate, and where in the stretch it came from.

    Attributes:
        candidate: In the decoded text.
        start: Offset in the stretch; `end` is exclusive.
        encoding: How it stood there.
        codec: `utf-16-le`, … where the whole stretch is in that encoding, else empty.
        order: Position among the candidates of the decoded text.
        room: Bytes of decoded text before it, and behind it.
    """

    candidate: Candidate
    start: int
    end: int
    encoding: str = "plain"
    codec: str = ""
    order: int = 0
    room: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is found in all that a stretch decodes to.

    Attributes:
        layers: The places of each decoded text that holds any.
        limits: Reasons why something was kept back.
    """

    layers: tuple[tuple[Place, ...], ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        values = (len(place.candidate.value) for places in self.layers for place in places)
        return _ENTRY + sum(_PLACE + value for value in values)


_NOTHING = Decoded()


@dataclass(slots=True)
class Memory:
    """Remembers by the text of a stretch. It holds secrets, and stays in this process.

    Python keys its hash anew in each process, so that nobody can prepare a text that is taken for another.

    Attributes:
        matcher: Of all rules.
        prefilter: Tells where to look in decoded texts; None for everywhere.
        size: Bytes that it takes, about.
    """

    matcher: Matcher
    prefilter: Prefilter | None = None
    size: int = 0
    _known: dict[int, Decoded] = field(default_factory=dict, repr=False)

    def decoded(self, stretch: bytes) -> Decoded:
        """What is found in all that a stretch decodes to."""
        key = hash(stretch)
        known = self._known.get(key)
        if known is None:
            known = _decoded(stretch, self.matcher, self.prefilter)
            self._keep(key, known)
        return known

    def _keep(self, key: int, decoded: Decoded) -> None:
        self.size += decoded.size
        if self.size > MOST:
            self._known.clear()
            self.size = decoded.size
        self._known[key] = decoded


def _decoded(stretch: bytes, matcher: Matcher, prefilter: Prefilter | None) -> Decoded:
    found: list[tuple[Place, ...]] = []
    limits: list[str] = []
    seen = _Seen()
    for layer in layers(stretch):
        if isinstance(layer, LimitReached):
            limits.append(layer.reason)
        elif layer.data != stretch and (prefilter is None or prefilter.may_match(layer.data)):
            places = tuple(_places(layer, matcher.candidates(layer.data), seen))
            found += [places] if places else []
    return Decoded(tuple(found), tuple(limits)) if found or limits else _NOTHING


def _places(layer: Layer, candidates: Sequence[Candidate], seen: _Seen) -> Iterator[Place]:
    """What stands in a layer, without what was seen at the same place in one before."""
    codec = _codec(layer.encoding)
    for order, one in enumerate(candidates):
        if seen.before(layer, one):
            continue
        start, end = layer.outer(one.start), layer.outer_end(one.end)
        if seen.is_new(one, start, end):
            room = one.start, len(layer.data) - one.end
            yield Place(one, start, end, layer.encoding_of(one.start, one.end), codec, order, room)
    seen.add(layer, candidates)


_Key = tuple[str, bytes, int, int]


class _Seen:
    """What stands in the layers so far, by its place in the layer and by that in the stretch."""

    def __init__(self) -> None:
        self._inside: dict[int, set[_Key]] = {}
        self._outside: set[_Key] = set()

    def before(self, layer: Layer, one: Candidate) -> bool:
        """Whether it stands in the layer before: cheaper to tell than where it stands in the stretch."""
        inside = self._inside.get(id(layer.before))
        return bool(inside) and (one.rule.id, one.value, *layer.span_before(one.start, one.end)) in (inside or ())

    def is_new(self, one: Candidate, start: int, end: int) -> bool:
        """Whether it is the first at its place in the stretch; from now on it is not."""
        what = one.rule.id, one.value, start, end
        is_new = what not in self._outside
        self._outside.add(what)
        return is_new

    def add(self, layer: Layer, candidates: Sequence[Candidate]) -> None:
        """Take down what stands in a layer."""
        self._inside[id(layer)] = {(one.rule.id, one.value, one.start, one.end) for one in candidates}


def _codec(encoding: str) -> str:
    """The codec of a whole text in a chain of encodings, empty where its bytes are the text."""
    first = encoding.partition("+")[0]
    return first if first in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be") else ""
