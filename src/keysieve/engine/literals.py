"""Tells which texts hold none of the literals that the prefilter's expressions imply: nearly all, and without `re`.

The literals are those of `rules/literals.txt`; see `engine/implied.py`, which makes it. A little text is searched for
one literal after the other. For more, Hyperscan takes them all at once: a database of plain literals is compiled in a
twentieth of the time that one of the expressions takes.
"""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread  # threading takes longer to import than it is used here

from keysieve.engine.shipped import shipped_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from _thread import LockType
    from collections.abc import Callable, Iterable, Sequence

    Search = Callable[[bytes], set[int]]

PAYS = 150_000
"""Bytes from which it pays to import Hyperscan and compile the literals."""
MUCH = 1_000_000
"""Bytes from which it pays to compile the expressions of common words, too, and to have it done in a thread."""
SEPARATORS = b"\\xu%0"
"""Bytes that stand between hexadecimal digits: `\\x41`, `%41`, `\\u0041`."""
BYTES_OF_HEX = 4
"""Bytes of a hexadecimal literal that Hyperscan looks for; fewer states compile faster."""
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
                literal = word[1:].replace("\\0", "\0").replace("\\s", " ").encode()
                forms[word[0]].setdefault(literal, []).append(number)
        self._expressions: dict[int, re.Pattern[bytes]] = {}
        self._searches: list[Search] = []
        self._is_ready: LockType | None = None
        self._frequent: Search | None = None
        self._common = {number for numbers in self.folded.values() for number in numbers}

    def are_silent(self, pieces: Sequence[bytes]) -> bool:
        """Whether no expression matches any of the pieces."""
        joined = b"\n".join(pieces)
        suspects = self._look(joined) if len(joined) > PAYS else self.suspects(joined)
        if suspects and len(joined) > MUCH:
            suspects = self._look_closely(joined, suspects)
        return not any(self._matches(number, piece) for number in suspects for piece in pieces)

    def suspects(self, data: bytes) -> set[int]:
        """Numbers of the expressions that may match."""
        lower = data.lower()
        digits = data.translate(_LOWER, SEPARATORS)
        found: set[int] = set()
        for literal, numbers in self.exact.items():
            if literal in data:
                found.update(numbers)
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

            self._expressions[number] = re.compile(_expressions()[number])
        return self._expressions[number].search(data) is not None

    def prepare(self) -> None:
        """Start to compile what much text takes, in a thread: Hyperscan does it without the interpreter's lock."""
        if self._is_ready is None:
            self._is_ready = allocate_lock()
            self._is_ready.acquire()
            start_new_thread(self._prepare, (self._is_ready,))

    def _prepare(self, is_ready: LockType) -> None:
        try:
            self._searches = self._compiled()
            self._frequent = self._compiled_frequent()
        finally:
            is_ready.release()

    def _look(self, data: bytes) -> set[int]:
        """`suspects` by Hyperscan."""
        if self._is_ready is not None:
            with self._is_ready:
                pass
        self._searches = self._searches or self._compiled()
        return {number for search in self._searches for number in search(data)}

    def _compiled(self) -> list[Search]:
        """Searches for plain literals and the others apart: one for all would take three times as long to compile."""
        wanted = [(_quoted(literal), False, numbers) for literal, numbers in self.exact.items()]
        wanted += [(_quoted(literal), True, numbers) for literal, numbers in self.folded.items()]
        every = sorted({number for numbers in self.hexadecimal.values() for number in numbers})
        digits = b"|".join(dict.fromkeys(map(_beginning, self.hexadecimal)))
        plain, hexadecimal = _vectorised(wanted), _vectorised([(digits, True, every)])
        return [plain, hexadecimal] if plain and hexadecimal else [self.suspects]

    def _look_closely(self, data: bytes, suspects: set[int]) -> set[int]:
        """The suspects without those whose literal is a common word and whose expression matches nowhere."""
        if not suspects.isdisjoint(self._common):
            self._frequent = self._frequent or self._compiled_frequent()
            return (suspects - self._common) | (suspects & self._frequent(data))
        return suspects

    def _compiled_frequent(self) -> Search:
        expressions = _expressions()
        wanted = [(expressions[number], False, [number]) for number in sorted(self._common)]
        return _vectorised(wanted) or self.suspects


def _expressions() -> tuple[bytes, ...]:
    from keysieve.engine.prefilter import shipped_expressions

    return shipped_expressions()


def _quoted(literal: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in literal)


def _beginning(digits: bytes) -> bytes:
    """An expression for the first bytes of a hexadecimal literal."""
    return b"[\\\\xu%0]*".join(digits.split(b"-")[:BYTES_OF_HEX])


def _vectorised(wanted: Iterable[tuple[bytes, bool, list[int]]]) -> Search | None:
    """A search for expressions, each with whether it ignores case and what it stands for; None without Hyperscan."""
    try:
        import hyperscan
    except ImportError:
        return None
    expressions, flags, numbers = [], [], []
    for expression, folds, stands_for in wanted:
        expressions.append(expression)
        flags.append(hyperscan.HS_FLAG_SINGLEMATCH | (hyperscan.HS_FLAG_CASELESS if folds else 0))
        numbers.append(stands_for)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        ids = list(range(len(expressions)))
        database.compile(expressions=expressions, ids=ids, elements=len(ids), flags=flags)
    except hyperscan.error:
        return None

    def search(data: bytes) -> set[int]:
        found: set[int] = set()
        database.scan(data, lambda number, *_rest: found.update(numbers[number]))
        return found

    return search
