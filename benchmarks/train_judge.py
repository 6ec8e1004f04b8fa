"""Makes rules/bigram.txt: how much likelier each pair of base64 characters is in code and text than in random keys.

Run `python benchmarks/train_judge.py > rules/bigram.txt`. It reads nothing but the running interpreter's own standard
library, so anybody can make the table again; another Python version gives a slightly different one.

The raw tokens lack what code of other languages is full of: long CamelCase names, slash paths, acronyms and numbers
inside names. Those are joined from the library's words by a seeded generator. Capitals alone are not: engine/judge.py
refuses one letter case by itself, and training on capitals would blur the difference to random keys.
"""

from __future__ import annotations

import math
import platform
import random
import re
import sys
import sysconfig
from base64 import b85encode
from collections.abc import Iterable, Iterator
from pathlib import Path

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SEED = 11
JOINS = 80_000
PRIOR = 0.5
NUMBERS = (2, 3, 4, 32, 64, 128, 256, 2006, 2014, 2020)
"""Numbers as they stand inside names: versions, sizes, years."""
STEPS_PER_BIT = 8
SKIPPED = {"site-packages", "dist-packages", "test", "tests", "idlelib"}
"""Parts of paths; tests are full of encoded blobs, and not every installation has them."""

HEADER = """\
# Log-odds of pairs of base64 characters: code and text against uniformly random keys. See engine/judge.py.
# Made by benchmarks/train_judge.py from the standard library of {version}; sources: its .py files
# (PSF licence; only counts of character pairs are kept).
# A line: the character before (^ at the start), a space, base85 of 64 signed bytes in eighths of a bit, one for each
# of A-Z a-z 0-9 + / as the character after.
"""


def library_tokens() -> list[str]:
    """The distinct tokens of the standard library that are no digests and no encoded blobs, sorted."""
    root = Path(sysconfig.get_paths()["stdlib"])
    pattern = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{5,80}(?![A-Za-z0-9+/])")
    found: set[bytes] = set()
    for path in sorted(root.rglob("*.py")):
        if not SKIPPED & set(path.relative_to(root).parts):
            found.update(pattern.findall(path.read_bytes()))
    return [token.decode() for token in sorted(found) if is_text(token.decode())]


def is_text(token: str) -> bool:
    """Whether a token is words rather than a digest, a number or a piece of base64."""
    if re.fullmatch(r"[0-9a-fA-F]+", token):
        return False
    lettered = sum(map(len, re.findall(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}", token)))
    return len(token) < 16 or lettered >= len(token) / 2


def joined(words: list[str], acronyms: list[str], chance: random.Random) -> str:
    """One long token as code has it, joined from words."""
    parts = chance.choices(words, k=chance.randint(3, 6))
    kind = chance.random()
    if kind < 0.08:
        parts[chance.randrange(len(parts))] = chance.choice(acronyms)
    elif kind < 0.12:
        parts.insert(chance.randint(1, len(parts)), str(chance.choice(NUMBERS)))
    style = chance.random()
    if style < 0.5:
        return "".join(capitalized(part) for part in parts)
    if style < 0.65:
        return parts[0] + "".join(capitalized(part) for part in parts[1:])
    if style < 0.90:
        return "/".join(parts)
    return "/".join(capitalized(part) if chance.random() < 0.5 else part for part in parts)


def capitalized(word: str) -> str:
    return word[0].upper() + word[1:]


def training_set() -> Iterator[str]:
    """The library's tokens, then the joined ones."""
    tokens = library_tokens()
    yield from tokens
    words = [token for token in tokens if re.fullmatch(r"[a-z]{3,12}", token)]
    acronyms = [token for token in tokens if re.fullmatch(r"[A-Z]{5}", token)]
    chance = random.Random(SEED)
    for _ in range(JOINS):
        yield joined(words, acronyms, chance)


def count(tokens: Iterable[str]) -> list[list[float]]:
    """How often each character follows each other one; the last row is for the start of a token."""
    index = {character: position for position, character in enumerate(ALPHABET)}
    counts = [[PRIOR] * 64 for _ in range(65)]
    for token in tokens:
        before = 64
        for character in token:
            counts[before][index[character]] += 1
            before = index[character]
    return counts


def log_odds(row: list[float]) -> bytes:
    """A row of counts as signed bytes: eighths of a bit above the log probability of a uniform character."""
    total = sum(row)
    steps = (round((math.log2(value / total) + 6) * STEPS_PER_BIT) for value in row)
    return bytes(max(-127, min(127, step)) & 0xFF for step in steps)


def main() -> None:
    counts = count(training_set())
    version = f"{platform.python_implementation()} {platform.python_version()}"
    sys.stdout.write(HEADER.format(version=version))
    for name, row in zip("^" + ALPHABET, [counts[64], *counts[:64]], strict=True):
        sys.stdout.write(f"{name} {b85encode(log_odds(row)).decode()}\n")


if __name__ == "__main__":
    main()
