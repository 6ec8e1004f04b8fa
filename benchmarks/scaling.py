"""How the cost of a history scan grows, on repositories made up from a seed, and where it grows faster than they do.

    python benchmarks/scaling.py [--largest SHARE] [--axis NAME …] [--work FOLDER] [--plot FILE]

Each axis makes one quantity larger and leaves the rest alone. Prints a table with the slope between neighbours on
logarithmic scales (1 is linear) and draws `scaling.svg`. Made-up repositories are kept in FOLDER, if one is given.
"""

from __future__ import annotations

import argparse
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keysieve.engine.generator import Generator
from measuring import Command, Cost, FailedError, measure, megabytes, progress, table

PATIENCE = 900.0
"""Seconds that a scan may take before it counts as a cliff."""
STEEP = 1.15
"""Slope from which growth is called out, where a scan takes a second or more."""
WHO = b"committer Ada <ada@example.com> "
PER_FOLDER = 1000

Stream = Iterator[bytes]


def blob(mark: int, data: bytes) -> bytes:
    """A blob for `git fast-import`."""
    return b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data)


def commit(number: int, files: Sequence[tuple[int, str]], ref: bytes = b"refs/heads/main") -> bytes:
    """A commit that puts marked blobs at paths, on top of the one before."""
    head = b"commit %s\n%s%d +0000\ndata 7\nChange\n\n" % (ref, WHO, 1_700_000_000 + number)
    return head + b"".join(b"M 100644 :%d %s\n" % (mark, path.encode()) for mark, path in files)


def pair(keys: Generator) -> bytes:
    """A key pair as it stands in a shell script."""
    text = "export AWS_ACCESS_KEY_ID={access_key_id}\nexport AWS_SECRET_ACCESS_KEY={secret_access_key}\n"
    return keys.fill(text)[0].encode()


def prose(size: int, source: random.Random) -> bytes:
    """Text of a size that looks a little like a program and compresses like one."""
    lines: list[bytes] = []
    length = 0
    while length < size:
        line = b" ".join(source.choices(WORDS, k=9))
        lines.append(line)
        length += len(line) + 1
    return b"\n".join(lines)[:size]


WORDS = [
    bytes(random.Random(number).choices(b"abcdefghijklmnoprstuvwy_().=", k=3 + number % 9)) for number in range(500)
]


def tiny_blobs(count: int) -> Stream:
    """So many blobs of some bytes, a thousand in a folder, ten folders to a commit."""
    for first in range(0, count, 10 * PER_FOLDER):
        marks = range(first + 1, min(first + 10 * PER_FOLDER, count) + 1)
        yield from (blob(mark, b"%d\n" % mark) for mark in marks)
        yield commit(first, [(mark, f"d{mark // PER_FOLDER}/{mark}") for mark in marks])


def one_blob(size: int) -> Stream:
    """One blob; the megabytes in it are one text, turned by another number of lines each."""
    source = random.Random(1)
    lines = prose(1_000_000, source).split(b"\n")
    pieces = []
    for _ in range(size // 1_000_000):
        turn = source.randrange(len(lines))
        pieces.append(b"\n".join(lines[turn:] + lines[:turn]))
    yield blob(1, b"\n".join(pieces)[:size])
    yield commit(0, [(1, "large.txt")])


def many_blobs(size: int) -> Stream:
    """So many bytes in blobs of 10,000."""
    source = random.Random(2)
    marks = range(1, size // 10_000 + 1)
    for mark in marks:
        yield blob(mark, prose(10_000, source))
    for first in range(0, len(marks), PER_FOLDER):
        yield commit(first, [(mark, f"d{first}/{mark}") for mark in marks[first : first + PER_FOLDER]])


def findings(count: int) -> Stream:
    """10,000 blobs, of which so many hold a key pair of their own."""
    keys, source = Generator(3), random.Random(3)
    marks = range(1, 10_001)
    for mark in marks:
        yield blob(mark, prose(1000, source) + b"\n" + (pair(keys) if mark <= count else b""))
    for first in range(0, len(marks), PER_FOLDER):
        yield commit(first, [(mark, f"d{first}/{mark}") for mark in marks[first : first + PER_FOLDER]])


def dump(count: int) -> Stream:
    """One blob with so many key pairs, a few lines apart."""
    keys, source = Generator(6), random.Random(6)
    yield blob(1, b"".join(pair(keys) + prose(300, source) + b"\n" for _ in range(count)))
    yield commit(0, [(1, "dump.sh")])


def near_misses(count: int) -> Stream:
    """One blob with so many digests under a name that a secret could have."""
    source = random.Random(7)
    lines = (
        b'client_secret_digest = "%040x"\n%s\n' % (source.getrandbits(160), prose(300, source)) for _ in range(count)
    )
    yield blob(1, b"".join(lines))
    yield commit(0, [(1, "digests.ini")])


def occurrences(count: int) -> Stream:
    """10,000 commits on one file; the last of them, so many, hold one key pair."""
    key, source = pair(Generator(4)), random.Random(4)
    lines = prose(4000, source).split(b"\n")
    for mark in range(1, 10_001):
        lines[source.randrange(len(lines))] = prose(40, source)
        yield blob(mark, b"\n".join(lines) + b"\n" + (key if mark > 10_000 - count else b""))
        yield commit(mark, [(mark, "deploy.sh")])


def references(count: int) -> Stream:
    """So many branches, each with a commit of its own, on a history in which one file holds a key pair."""
    yield blob(1, pair(Generator(5)))
    yield commit(0, [(1, "deploy.sh")])
    for number in range(1, count):
        yield b"reset refs/heads/b%d\nfrom refs/heads/main\n\n" % number
        yield commit(number, [(1, f"copy{number % 10}.sh")], b"refs/heads/b%d" % number)


@dataclass(frozen=True, slots=True)
class Axis:
    """One quantity, what makes a repository with so much of it, and the points to measure."""

    name: str
    make: Callable[[int], Stream]
    points: Sequence[int]
    unit: str
    options: Sequence[str] = ()


AXES = [
    Axis("objects", tiny_blobs, (10_000, 30_000, 100_000, 300_000, 1_000_000, 5_000_000), "tiny blobs"),
    Axis("one blob", one_blob, (10**6, 10**7, 10**8, 10**9), "bytes in one blob"),
    Axis("many blobs", many_blobs, (10**6, 10**7, 10**8, 10**9), "bytes in blobs of 10 kB"),
    Axis("findings", findings, (0, 1, 100, 1000, 10_000), "findings in 10,000 blobs"),
    Axis("dump", dump, (1, 10, 100, 1000, 10_000), "findings in one blob"),
    Axis("near misses", near_misses, (1, 10, 100, 1000, 10_000), "digests under a secret's name"),
    Axis("occurrences", occurrences, (1, 10, 100, 1000, 10_000), "occurrences of one finding"),
    Axis("refs", references, (1, 10, 100, 1000, 10_000, 100_000), "branches"),
    Axis("many blobs, --jobs 1", many_blobs, (10**6, 10**7, 10**8, 10**9), "bytes in blobs of 10 kB", ("--jobs", "1")),
]


@dataclass(frozen=True, slots=True)
class Point:
    """One measured scan; None for one that failed or took too long."""

    amount: int
    cost: Cost | None


def repository(axis: Axis, amount: int, folder: Path) -> Path:
    """The made-up repository, from an earlier time if it is there."""
    path = folder / f"{axis.make.__name__}-{amount}"
    if (path / "made").exists():
        return path
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    command = ["git", "-C", str(path), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for piece in axis.make(amount):
            process.stdin.write(piece)
    if process.returncode:
        raise FailedError(f"git fast-import: exit status {process.returncode}")
    subprocess.run(["git", "-C", str(path), "pack-refs", "--all"], check=True)
    (path / "made").touch()
    return path


def measured(axis: Axis, share: float, folder: Path) -> list[Point]:
    """The points of an axis, the last ones left out that are above a share of the largest."""
    points = []
    for amount in [amount for amount in axis.points if amount <= share * axis.points[-1] or amount < 2]:
        progress(f"{axis.name}: {amount:,} {axis.unit}")
        path = repository(axis, amount, folder)
        arguments = ["history", "--format", "json", "--output", str(path / "report.json"), "--no-progress"]
        command = Command([sys.executable, "-m", "keysieve", *arguments, *axis.options, str(path)])
        try:
            points.append(Point(amount, measure(command, patience=PATIENCE)))
        except FailedError as error:
            print(f"{axis.name}, {amount:,} {axis.unit}: {error}", file=sys.stderr)
            points.append(Point(amount, None))
    progress("")
    return points


def slope(before: Point | None, now: Point) -> float | None:
    """The slope between two points on logarithmic scales; 1 is linear."""
    if before is None or before.cost is None or now.cost is None or not before.amount:
        return None
    return math.log(now.cost.cpu / before.cost.cpu) / math.log(now.amount / before.amount)


def rows(axis: Axis, points: Sequence[Point]) -> Iterator[list[str]]:
    """Lines of the table."""
    for before, now in zip([None, *points], points, strict=False):
        rise = slope(before, now)
        steep = rise is not None and now.cost is not None and rise > STEEP and now.cost.cpu > 1
        told = [f"{now.cost.cpu:.2f}", f"{now.cost.wall:.2f}", megabytes(now.cost.memory)] if now.cost else ["–"] * 3
        yield [f"{now.amount:,} {axis.unit}", *told, "" if rise is None else f"{rise:.2f}" + " (steep)" * steep]


def draw(results: dict[str, list[Point]], path: Path) -> None:
    """Small multiples, one for each axis, all with the same scale of seconds and a line of slope 1."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "keysieve", "svg.fonttype": "none", "font.family": "sans-serif"}
    from matplotlib import pyplot

    axes = [axis for axis in AXES if axis.name in results]
    figure, places = pyplot.subplots(-(-len(axes) // 3), 3, figsize=(11, 3.1 * -(-len(axes) // 3)), squeeze=False)
    for place in places.flat[len(axes) :]:
        place.set_visible(False)
    for axis, place in zip(axes, places.flat, strict=False):
        _draw_axis(place, axis, [point for point in results[axis.name] if point.amount and point.cost])
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _draw_axis(place: Any, axis: Axis, points: Sequence[Point]) -> None:
    amounts = [point.amount for point in points]
    costs = [point.cost for point in points if point.cost]
    seconds = [cost.cpu for cost in costs]
    linear = [seconds[-1] * amount / amounts[-1] for amount in amounts]
    place.loglog(amounts, linear, "--", color="#767676", label="linear")
    place.loglog(amounts, [cost.wall for cost in costs], "s:", color="#d55e00", markersize=4, label="time that passed")
    place.loglog(amounts, seconds, "o-", color="#0072b2", label="CPU time")
    for amount, second in zip(amounts, seconds, strict=True):
        where = {"xytext": (0, -12), "textcoords": "offset points", "ha": "center", "fontsize": 7}
        place.annotate(f"{second:.2g} s", (amount, second), **where)
    place.set(title=axis.name, xlabel=axis.unit, ylabel="seconds", ylim=(0.05, 1000))
    place.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    place.legend(loc="upper left", fontsize=7, frameon=False)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=float, default=1.0, metavar="SHARE", help="of each axis's largest point")
    parser.add_argument("--axis", action="append", choices=[axis.name for axis in AXES], help="only these (repeatable)")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep the made-up repositories here")
    parser.add_argument("--plot", type=Path, default=Path(__file__).with_name("scaling.svg"), metavar="FILE")
    arguments = parser.parse_args()
    results: dict[str, list[Point]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(table(["", "CPU s", "wall s", "memory", "slope"], []), flush=True)
        for axis in AXES:
            if not arguments.axis or axis.name in arguments.axis:
                results[axis.name] = measured(axis, arguments.largest, folder)
                print("\n".join("| " + " | ".join(row) + " |" for row in rows(axis, results[axis.name])), flush=True)
    draw(results, arguments.plot)


if __name__ == "__main__":
    main()
