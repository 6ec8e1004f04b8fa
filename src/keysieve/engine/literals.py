"""Tells which texts hold none of the literals that the prefilter's expressions imply: nearly all, and without `re`.

The literals are those of `rules/literals.txt`; see `engine/implied.py`, which makes it. A little text is searched for
one literal after the other. For more, the expressions themselves are compiled for Hyperscan, in a thread.
"""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread  # threading takes longer to import than it is used here
from itertools import pairwise

from keysieve.engine.shipped import shipped_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from _thread import LockType
    from collections.abc import Callable, Sequence

MUCH = 600_000
"""Bytes from which it pays to load Hyperscan and compile the expressions: the literals take as long for so many."""
SEPARATORS = b"\\xXuU%0{};&#"
"""Bytes that stand between hexadecimal digits: `\\x41`, `%41`, `\\u0041`, `\\U00000041`, `\\u{41}`, `&#x41;`."""
_LOWER = bytes(range(256)).lower()


class Literals:
    """The literals of the shipped expressions.

    Attributes:
        exact: Literal → numbers of the expressions that imply it.
        folded: The same, lower-case, for those that stand in any case.
        hexadecimal: The same for digits, bytes parted by dashes.
    """

    def __init__(self) -> None:
        self.exact: dict[bytes, list[int]] = {}
        self.folded: dict[bytes, list[int]] = {}
        self.hexadecimal: dict[bytes, list[int]] = {}
        forms = {"=": self.exact, "~": self.folded, "#": self.hexadecimal}
        for number, line in enumerate(shipped_text("literals.txt").splitlines()[1:]):
            for word in line.split(" "):
                literal = word[1:].replace("\\0", "\0").replace("\\s", " ").replace("\\b", "\\").encode()
                forms[word[0]].setdefault(literal, []).append(number)
        self._by_pair: dict[tuple[int, int], list[bytes]] = {}
        for literal in self.exact:
            self._by_pair.setdefault((literal[0], literal[1]), []).append(literal)
        self._expressions: dict[int, re.Pattern[bytes]] = {}
        self._is_compiled: LockType | None = None
        self._test: Callable[[bytes], bool] | None = None

    def are_silent(self, pieces: Sequence[bytes]) -> bool:
        """Whether no expression matches any of the pieces."""
        joined = b"\n".join(pieces)
        if self._is_compiled is not None:
            with self._is_compiled:
                pass
        if self._test is not None:
            return not self._test(joined) or not any(map(self._test, pieces))
        return not any(self._matches(number, piece) for number in self.suspects(joined) for piece in pieces)

    def suspects(self, data: bytes) -> set[int]:
        """Numbers of the expressions that may match."""
        lower = data.lower()
        digits = data.translate(_LOWER, SEPARATORS)
        pairs = set(pairwise(data))
        found: set[int] = set()
        for pair in self._by_pair.keys() & pairs:
            for literal in self._by_pair[pair]:
                if pairs.issuperset(pairwise(literal)) and literal in data:  # the former is quicker told
                    found.update(self.exact[literal])
        for literal, numbers in self.folded.items():
            if literal in lower:
                found.update(numbers)
        for literal, numbers in self.hexadecimal.items():
            if literal.translate(None, b"-0") in digits:
                found.update(numbers)
        return found

    def _matches(self, number: int, data: bytes) -> bool:
        if number not in self._expressions:
            import re

            from keysieve.engine.prefilter import shipped_expressions

            self._expressions[number] = re.compile(shipped_expressions()[number])
        return self._expressions[number].search(data) is not None

    def prepare(self) -> None:
        """Start to compile what much text takes, in a thread: Hyperscan does it without the interpreter's lock."""
        if self._is_compiled is None:
            self._is_compiled = allocate_lock()
            self._is_compiled.acquire()
            start_new_thread(self._compile, (self._is_compiled,))

    def _compile(self, is_compiled: LockType) -> None:
        try:
            from keysieve.engine.prefilter import shipped_expressions, vectorised

            compiled = vectorised(shipped_expressions())
            self._test = compiled[0] if compiled else None
        finally:
            is_compiled.release()
