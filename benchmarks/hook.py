"""What a pre-commit hook costs when nothing is found, against its peers, in repositories made up from a seed.

    python benchmarks/hook.py [--runs N] [--case NAME …]

keysieve is installed as a user would have it, in a virtual environment of its own. All are run in turn; medians are
printed. The text is lines of the standard library, in blocks of twenty.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import peers
from measuring import Command, Cost, interleaved, median, table
from speed import machine

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "gc.auto=0")
LINES = [
    line
    for module in sorted(Path(random.__file__).parent.glob("*.py"))
    for line in module.read_bytes().splitlines(keepends=True)
]


def text(size: int, source: random.Random) -> bytes:
    """Text of a size: blocks of lines from the standard library."""
    blocks: list[bytes] = []
    length = 0
    while length < size:
        at = source.randrange(len(LINES) - 20)
        blocks.append(b"".join(LINES[at : at + 20]))
        length += len(blocks[-1])
    return b"".join(blocks)[: size - 1] + b"\n"


Files = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Case:
    """What is staged, and how often that is measured for each run that is asked for."""

    title: str
    staged: Callable[[random.Random], Files]
    runs: int = 1


CASES = {
    "ordinary": Case(
        "3 of 500 files of 5 kB changed",
        lambda source: ((f"d{number}/f{number}.py", text(5000, source)) for number in range(3)),
        runs=5,
    ),
    "many": Case(
        "5,000 new files of 2 kB",
        lambda source: ((f"n{number % 50}/g{number}.py", text(2000, source)) for number in range(5000)),
    ),
    "large": Case(
        "100 MB: 20 new files of 5 MB of text",
        lambda source: ((f"large{number}.txt", text(5_000_000, source)) for number in range(20)),
    ),
    "binary": Case(
        "100 MB: 20 new files of 5 MB of random bytes",
        lambda source: ((f"large{number}.dat", source.randbytes(5_000_000)) for number in range(20)),
    ),
}


def repository(folder: Path, case: Case) -> Path:
    """A repository of 500 files with one commit, and what is staged on top of it."""
    source = random.Random(1)
    folder.mkdir()
    git = ("git", *IDENTITY, "-C", str(folder))
    subprocess.run([*git, "init", "-q"], check=True)
    write(folder, ((f"d{number % 20}/f{number}.py", text(5000, source)) for number in range(500)))
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Start"], check=True)
    write(folder, case.staged(source))
    subprocess.run([*git, "add", "-A"], check=True)
    if secrets := peers.git_secrets("--register-aws", cwd=folder):
        subprocess.run(secrets.arguments, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return folder


def write(folder: Path, files: Files) -> None:
    """Write files."""
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def commands(folder: Path, programs: Path) -> dict[str, Command]:
    """What is run in a repository, by the name of its row."""
    rows = {
        "keysieve staged": Command([str(programs / "keysieve"), "staged"], folder, (0,)),
        "betterleaks git --staged": peers.betterleaks(".", "--staged", cwd=folder),
        "kingfisher scan --staged --turbo": peers.kingfisher(".", "--staged", "--turbo", cwd=folder),
        "git-secrets --scan --cached": peers.git_secrets("--scan", "--cached", cwd=folder),
        "python -c pass": Command([str(programs / "python"), "-c", "pass"], folder, (0,)),
    }
    return {name: command for name, command in rows.items() if command}


def installed(folder: Path) -> Path:
    """The folder of programs of a virtual environment with keysieve."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--upgrade", "pip"], check=True)  # whose scripts import nothing that they do not need
    subprocess.run([*pip, str(ROOT)], check=True, stderr=subprocess.DEVNULL)
    return programs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only these (repeatable)")
    arguments = parser.parse_args()
    print(f"Medians of {arguments.runs} runs ({5 * arguments.runs} of the ordinary commit). {machine()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        programs = installed(Path(scratch, "venv"))
        for name in arguments.case or CASES:
            case = CASES[name]
            rows = commands(repository(Path(scratch, name), case), programs)
            costs = interleaved(rows, case.runs * arguments.runs, with_memory=False, patience=PATIENCE)
            print(f"\n{tabulate(case.title, {row: median(each) for row, each in costs.items()})}", flush=True)


def tabulate(title: str, costs: Mapping[str, Cost]) -> str:
    """The table of a case; ratios are to keysieve."""
    own = costs["keysieve staged"]
    rows = []
    for name, cost in costs.items():
        spent = [f"{cost.cpu * 1000:,.0f}", f"{cost.wall * 1000:,.0f}"]
        rows.append([name, *spent, f"{cost.cpu / own.cpu:.2f}", f"{cost.wall / own.wall:.2f}"])
    return table([title, "CPU ms", "wall ms", "CPU ÷ keysieve", "wall ÷ keysieve"], rows)


if __name__ == "__main__":
    main()
