"""What a scan of a whole history costs, against its peers, git and the least possible, on given repositories.

    python benchmarks/speed.py [--runs N] [--only TEXT] [NAME=]REPOSITORY…

All rows of a repository are run in turn, N times after one run that is not measured; medians are printed. See
`measuring.py` for what is measured and how.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import keysieve
import peers
from measuring import Command, Cost, interleaved, median, megabytes, table

HERE = Path(__file__).parent
EVERYTHING = "keysieve, everything"
BLOBS = "keysieve, blobs"
CONTENTS = "keysieve, contents"
ATTRIBUTION = "keysieve, attribution and report (difference)"
BETTERLEAKS = "betterleaks"
LOG = "git log -p -U0 --all"
FLOOR = "floor: inflate, deltas, one pass of the prefilter"


def commands(repository: Path) -> dict[str, Command]:
    """What is run, by the name of its row."""
    path = str(repository)
    own = [sys.executable, "-m", "keysieve", "history", "--format", "json", "--output", os.devnull, "--no-progress"]
    git = ["git", "-C", path]
    return {
        BLOBS: Command([sys.executable, str(HERE / "contents.py"), "--only-blobs", path]),
        CONTENTS: Command([sys.executable, str(HERE / "contents.py"), "--only-contents", path]),
        EVERYTHING: Command([*own, path], accepted=(0, 1, 3)),
        "kingfisher, quickest (--turbo)": peers.kingfisher(path, "--turbo"),
        "kingfisher, full": peers.kingfisher(path),
        BETTERLEAKS: peers.betterleaks(path),
        "git cat-file --batch-all-objects --batch --unordered": Command(
            [*git, "cat-file", "--batch-all-objects", "--batch", "--unordered"]
        ),
        LOG: Command([*git, "log", "-p", "-U0", "--all"]),
        FLOOR: Command([sys.executable, str(HERE / "floor.py"), path]),
    }


def with_attribution(costs: Mapping[str, Cost]) -> Iterator[tuple[str, Cost]]:
    """The rows, and behind keysieve's two their difference."""
    for name, cost in costs.items():
        yield name, cost
        if name == EVERYTHING and CONTENTS in costs:
            before = costs[CONTENTS]
            yield ATTRIBUTION, Cost(cost.cpu - before.cpu, cost.wall - before.wall, None)


def report(title: str, costs: Mapping[str, Cost], *, log_fails: bool) -> str:
    """The table of a repository; ratios are to keysieve's scan of contents and to all of it.

    Where objects are missing, `git log` fails and is left out, and betterleaks, which reads it, does not say so.
    """
    own = [costs[name].cpu if name in costs else None for name in (CONTENTS, EVERYTHING)]
    rows = (
        [
            f"{name} (ended early, as git log does)" if name == BETTERLEAKS and log_fails else name,
            f"{cost.cpu:.2f}",
            f"{cost.wall:.2f}",
            megabytes(cost.memory),
            *("–" if not divisor else f"{cost.cpu / divisor:.2f}" for divisor in own),
        ]
        for name, cost in with_attribution(costs)
    )
    head = [title, "CPU s", "wall s", "memory", "CPU ÷ contents", "CPU ÷ everything"]
    return table(head, rows)


def describe(name: str, repository: Path) -> str:
    """Name and size of a repository: `boto/boto3: 56,893 objects, 25 MB packed`."""
    told = subprocess.run(
        ["git", "-C", str(repository), "count-objects", "-v"], check=True, capture_output=True, text=True
    ).stdout
    sizes = dict(line.split(": ") for line in told.splitlines())
    objects = int(sizes["count"]) + int(sizes["in-pack"])
    packed = (int(sizes["size"]) + int(sizes["size-pack"])) * 1024
    return f"{name}: {objects:,} objects, {packed / 1e6:,.0f} MB packed"


def named(argument: str) -> tuple[str, Path]:
    """Name and path from `NAME=PATH`, or from a path alone."""
    name, _, path = argument.rpartition("=")
    return name or Path(path).resolve().name, Path(path)


def machine() -> str:
    """Processor, interpreter and versions, for the line under a table."""
    git = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True).stdout.split()[2]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    own = f"keysieve {keysieve.__version__}, CPython {platform.python_version()}"
    return f"{cores} cores, {platform.system()} {platform.machine()}; {own}, git {git}, {', '.join(peers.versions())}."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repositories", nargs="+", type=named, metavar="[NAME=]REPOSITORY")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name holds this")
    arguments = parser.parse_args()
    print(f"Medians of {arguments.runs} runs. {machine()}", flush=True)
    for name, repository in arguments.repositories:
        chosen = {row: command for row, command in commands(repository).items() if arguments.only in row}
        costs = {row: median(each) for row, each in interleaved(chosen, arguments.runs).items()}
        print(
            f"\n{report(describe(name, repository), costs, log_fails=LOG in chosen and LOG not in costs)}", flush=True
        )


if __name__ == "__main__":
    main()
