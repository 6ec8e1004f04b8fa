"""Error rates of the judge: how many random keys it loses, and how much of real code it lets pass.

Run `python benchmarks/judge.py [REPOSITORY…]`: prints one Markdown table. Random keys come from a seed. Code comes from
the tree at HEAD of each repository (bare ones too), and from the running interpreter's site-packages.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sysconfig
from base64 import b32encode, b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from keysieve.engine.judge import (
    NAMED_LIMIT,
    UNNAMED_LIMIT,
    judge_access_key_id,
    judge_secret_access_key,
    log_likelihood_ratio,
)
from keysieve.excuses.examples import example_of

TOKEN = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])")
LIMITS = (-60.0, -50.0, -40.0, UNNAMED_LIMIT, -20.0, -10.0, NAMED_LIMIT, 10.0, 20.0)


def blobs_of(repository: Path) -> Iterator[bytes]:
    """The distinct blobs of the tree at HEAD."""
    git = ["git", "-C", str(repository)]
    listing = subprocess.run([*git, "ls-tree", "-r", "HEAD"], capture_output=True, check=True).stdout
    oids = sorted({line.split()[2] for line in listing.splitlines() if line.split()[1] == b"blob"})
    with subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for oid in oids:
            process.stdin.write(oid + b"\n")
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) == 3:  # "OID missing" has two
                yield process.stdout.read(int(header[2]) + 1)[:-1]


def files_of(folder: Path) -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def tokens_of(texts: Iterable[bytes]) -> set[bytes]:
    """The distinct runs of exactly 40 base64 characters in texts; what holds a NUL is no text."""
    found: set[bytes] = set()
    for text in texts:
        if b"\0" not in text[:8000]:
            found.update(TOKEN.findall(text))
    return found


def random_looking(token: bytes) -> bool:
    """Whether a person would take it for random, by a measure that shares nothing with the judge.

    Fewer than 10 of its characters stand in words: a letter and three or more lower-case ones, with a vowel.
    """
    words = re.findall(rb"[A-Za-z][a-z]{3,}", token)
    return sum(len(word) for word in words if re.search(rb"[aeiouy]", word)) < 10


def print_secrets(count: int, seed: int) -> None:
    chance = random.Random(seed)
    named = unnamed = 0
    scores = []
    for _ in range(count):
        secret = b64encode(chance.randbytes(30))
        named += judge_secret_access_key(secret, named=True) is not None
        unnamed += judge_secret_access_key(secret, named=False) is not None
        scores.append(log_likelihood_ratio(secret))
    scores.sort()
    print(f"| {count:,} random secrets (seed {seed}) | lost | rate |\n|---|---|---|")
    print(f"| with a name or an id beside it | {named} | {named / count:.1e} |")
    print(f"| without | {unnamed} | {unnamed / count:.1e} |\n")
    print("Ratio of random secrets in bits: ", end="")
    print(f"median {scores[count // 2]:.0f}, 99.9 % below {scores[-count // 1000]:.0f}, ", end="")
    print(f"99.99 % below {scores[-count // 10_000]:.0f}, largest {scores[-1]:.0f}.\n")


def print_ids(count: int, seed: int) -> None:
    chance = random.Random(seed)
    lost = sum(judge_access_key_id(b"AKIA" + b32encode(chance.randbytes(10))) is not None for _ in range(count))
    print(f"| {count:,} random key ids (seed {seed}) | {lost} lost | {lost / count:.1e} |\n|---|---|---|\n")


def print_tokens(corpora: dict[str, set[bytes]]) -> None:
    print("| code | tokens of 40 | hexadecimal | others | kept without a name | of these words | kept with a name |")
    print("|---|---|---|---|---|---|---|")
    for name, tokens in corpora.items():
        digests = {token for token in tokens if re.fullmatch(rb"[0-9A-Fa-f]+", token)}
        others = {token for token in tokens - digests if not example_of(token)}
        kept = {token for token in tokens - digests if judge_secret_access_key(token, named=False) is None}
        named = {token for token in others if judge_secret_access_key(token, named=True) is None}
        kept &= others
        words = sum(not random_looking(token) for token in kept)
        print(f"| {name} | {len(tokens)} | {len(digests)} | {len(others)} | {len(kept)} | {words} | {len(named)} |")


def print_limits(tokens: set[bytes]) -> None:
    """Words and paths that each limit of the ratio alone would keep."""
    words = sorted(log_likelihood_ratio(t) for t in tokens if not random_looking(t) and not example_of(t))
    print(f"\n| limit of the ratio alone | kept of {len(words)} tokens with words |\n|---|---|")
    for limit in LIMITS:
        kept = sum(score <= limit for score in words)
        print(f"| {limit:.0f} | {kept} ({kept / len(words):.2%}) |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("repositories", nargs="*", type=Path, metavar="REPOSITORY")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many random keys (default 10⁶)")
    parser.add_argument("--seed", type=int, default=2024)
    options = parser.parse_args()
    print_secrets(options.count, options.seed)
    print_ids(options.count, options.seed)
    corpora = {"site-packages": tokens_of(files_of(Path(sysconfig.get_paths()["purelib"])))}
    for repository in options.repositories:
        name = repository.parent.name.replace("+", "/") if repository.name == "repo" else repository.name
        corpora[name] = tokens_of(blobs_of(repository))
    corpora["together"] = set().union(*corpora.values())
    print_tokens(corpora)
    print_limits({token for token in corpora["together"] if not re.fullmatch(rb"[0-9A-Fa-f]+", token)})


if __name__ == "__main__":
    main()
