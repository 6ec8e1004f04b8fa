"""Recall of keysieve and its peers on the very same files: kinds, shapes and encodings, from a seed.

    python benchmarks/detection.py [--seeds N] [--kingfisher PATH] [--betterleaks PATH] [--detect-secrets PATH]
                                   [--git-secrets PATH] [--code REPOSITORY]

A file holds one case. A case counts for a tool when every secret in it (or, in a file with none, every id) stands on a
line that the tool reports, or is shown by it; for other kinds and for encoded files it is enough that the tool reports
anything in the file. Keysieve is asked for more: to find what was planted, whole and alone, at its line and column.
With --code, the files of a repository at HEAD are scanned too: reports per gigabyte.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from keysieve.engine.generator import Generator  # noqa: E402
from shape_texts import Planted, credentials_of, plant  # noqa: E402

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-16 with a mark": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "UTF-16 without": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32-le"),
    "Latin-1": lambda text: text.encode() + "\n# für\n".encode("latin-1"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)).replace("/", "\\/").encode(),
    "gzip": lambda text: gzip.compress(text.encode(), mtime=0),
}
KINDS = {
    "long-term key id": "key: {access_key_id}\n",
    "temporary key id": "key: {temporary_access_key_id}\n",
    "secret access key": "aws_secret_access_key = {secret_access_key}\n",
    "access key pair": "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n",
    "session token": "aws_session_token = {session_token}\n",
    "Bedrock, long-term": "AWS_BEARER_TOKEN_BEDROCK={bedrock_api_key}\n",
    "Bedrock, short-term": "AWS_BEARER_TOKEN_BEDROCK={bedrock_short_term_key}\n",
    "SES SMTP password": "SMTP_USERNAME={access_key_id}\nSMTP_PASSWORD={ses_smtp_password}\n",
    "MWS token": "MWSAuthToken={mws_auth_token}\n",
    "service password": "login ci-at-{account_id}\npassword {service_password}\n",
    "AppSync key": '"x-api-key": "{appsync_api_key}"\n',
    "ECR": '{"auth": "QVdTOmV5SndZWGxz{session_token}"}\n',
    "console sign-in": "https://signin.aws.amazon.com/federation?Action=login&SigninToken={session_token}\n",
}


@dataclass(frozen=True)
class Case:
    """One file: its group in the table, all that stands in it, and what of that a report has to name."""

    group: str
    name: str
    data: bytes
    asked: tuple[Planted, ...] = ()
    planted: tuple[Planted, ...] = ()


def cases(seeds: int) -> list[Case]:
    """All cases, in the order of the table. No value comes twice: some tools report a value once."""
    families = tomllib.loads((ROOT / "tests" / "shapes.toml").read_text())
    made: list[Case] = []
    for seed in range(seeds):
        for kind, text in KINDS.items():
            made.append(
                Case(f"kind: {kind}", f"{kind}-{seed}", Generator(1000 * seed + len(made)).fill(text)[0].encode())
            )
        for family, texts in families.items():
            for name, text in texts.items():
                filled, planted = plant(text, 1000 * seed + len(made))
                made.append(
                    Case(
                        f"shape: {family}", f"{family}-{name}-{seed}", filled.encode(), _asked(planted), tuple(planted)
                    )
                )
        for name, encode in ENCODINGS.items():
            for shape in ("credentials", "config-profile", "s3cfg"):
                filled, planted = plant(families["tool-files"][shape], 1000 * seed + len(made))
                made.append(Case(f"encoding: {name}", f"{name}-{shape}-{seed}", encode(filled), (), tuple(planted)))
    return made


def _asked(planted: list[Planted]) -> tuple[Planted, ...]:
    """The secrets, else the ids."""
    return tuple(one for one in planted if one.kind in ("SECRET", "SMTP")) or tuple(planted)


@dataclass
class Reported:
    """What a tool says of one file: the lines that it names, and the values that it shows."""

    lines: set[int] = field(default_factory=set)
    values: set[str] = field(default_factory=set)


Reports = dict[str, Reported]
"""File name → what is reported of it."""


def keysieve(folder: Path) -> Reports:
    command = [sys.executable, "-m", "keysieve", "files", "--format", "json", "--quiet", str(folder)]
    report = json.loads(subprocess.run(command, capture_output=True).stdout)
    found: Reports = defaultdict(Reported)
    for finding in report["findings"]:
        for one in finding["occurrences"]:
            name = Path(one["path"].split("!/")[0]).name
            found[name].lines |= {part["line"] for part in one["parts"]}
    return found


def kingfisher(program: str) -> Callable[[Path], Reports]:
    def run(folder: Path) -> Reports:
        command = [program, "scan", str(folder), "--no-validate", "--format", "json", "--no-update-check"]
        report, *_summary = map(json.loads, subprocess.run(command, capture_output=True).stdout.splitlines())
        found: Reports = defaultdict(Reported)
        for one in (entry["finding"] for entry in report["findings"]):
            file = found[Path(one["path"]).name]
            file.lines.add(one["line"])
            file.values |= set(one.get("dependent_captures", {}).values())
        return found

    return run


def betterleaks(program: str) -> Callable[[Path], Reports]:
    def run(folder: Path) -> Reports:
        with tempfile.TemporaryDirectory() as name:
            report = Path(name) / "report.json"
            command = [program, str(folder), "-o", str(report), "--no-banner"]
            subprocess.run(command, capture_output=True)
            findings = json.loads(report.read_text())["findings"]
        found: Reports = defaultdict(Reported)
        for finding in findings:
            parts = [part for one in finding.get("component_sets", []) for part in one["components"]]
            for one in (finding, *parts):
                place = one["location"]
                file = found[Path(place["path"].split("!")[0]).name]
                file.lines |= set(range(place["start_line"], place["end_line"] + 1))
                file.values.add(one["match"]["value"])
        return found

    return run


def detect_secrets(program: str) -> Callable[[Path], Reports]:
    def run(folder: Path) -> Reports:
        command = [program, "scan", "--all-files", "--no-verify", "."]
        report = json.loads(subprocess.run(command, capture_output=True, cwd=folder).stdout)
        return {
            Path(name).name: Reported({one["line_number"] for one in ones}) for name, ones in report["results"].items()
        }

    return run


def git_secrets(program: str) -> Callable[[Path], Reports]:
    def run(folder: Path) -> Reports:
        for command in (["git", "init", "-q"], [program, "--register-aws"]):
            subprocess.run(command, cwd=folder, capture_output=True, check=True)
        done = subprocess.run([program, "--scan", "-r", "."], cwd=folder, capture_output=True)
        subprocess.run(["rm", "-rf", ".git"], cwd=folder, check=True)
        found: Reports = defaultdict(Reported)
        for line in (done.stdout + done.stderr).decode("utf-8", "replace").splitlines():
            name, number, *_ = (*line.split(":", 2), "", "")
            if number.isdigit():
                found[Path(name).name].lines.add(int(number))
        return found

    return run


def is_found(case: Case, reported: Reported | None) -> bool:
    """Whether the lines or the values are named; for a file without lines to name, whether it is named."""
    if reported is None or not reported.lines:
        return False
    return all(one.line in reported.lines or one.value in reported.values for one in case.asked)


def is_right(case: Case) -> bool:
    """Whether keysieve's engine finds exactly what was planted, values, lines and columns."""
    from keysieve.engine import credentials
    from keysieve.engine.catalogue import shipped_rules

    found = {
        (one.rule, frozenset((m.name, m.value.decode(), m.line, m.column) for m in one.matches))
        for one in credentials(case.data, shipped_rules())
    }
    return found == credentials_of(list(case.planted))


def table(every: list[Case], tools: dict[str, Callable[[Path], Reports]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = {}
        for number, case in enumerate(every):
            names[number] = f"case{number:05d}" + (".gz" if case.group.endswith("gzip") else ".txt")
            (folder / names[number]).write_bytes(case.data)
        reports = {tool: run(folder) for tool, run in tools.items()}
    groups = list(dict.fromkeys(case.group for case in every))
    print("| | cases | " + " | ".join(tools) + " |")
    print("|---" * (len(tools) + 2) + "|")
    for group in groups:
        of_group = [(number, case) for number, case in enumerate(every) if case.group == group]
        print(_row(group, of_group, names, reports))
    print(_row("**together**", list(enumerate(every)), names, reports))
    plain = [case for case in every if case.group.startswith("shape")]
    right = sum(map(is_right, plain))
    print(f"\nkeysieve, exactly what was planted (values, pairing, line, column): {right} of {len(plain)}")


def _row(group: str, of_group: list[tuple[int, Case]], names: dict[int, str], reports: dict[str, Reports]) -> str:
    shares = [
        f"{100 * sum(is_found(case, one.get(names[number])) for number, case in of_group) / len(of_group):.0f} %"
        for one in reports.values()
    ]
    return f"| {group} | {len(of_group)} | " + " | ".join(shares) + " |"


def noise(repository: str, tools: dict[str, Callable[[Path], Reports]]) -> None:
    """Reports of each tool in the files of a repository at HEAD."""
    with tempfile.TemporaryDirectory() as name:
        archive = subprocess.Popen(["git", "-C", repository, "archive", "HEAD"], stdout=subprocess.PIPE)
        subprocess.run(["tar", "x", "-C", name], stdin=archive.stdout, check=True)
        size = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file() and not path.is_symlink())
        counts = []
        for tool, run in tools.items():
            started = time.monotonic()
            counts.append(sum(len(one.lines) for one in run(Path(name)).values()))
            print(f"{tool}: {time.monotonic() - started:.1f} s", file=sys.stderr)
    told = " | ".join(f"{count} ({count / size * 1e9:,.0f})" for count in counts)
    print(f"| {Path(repository).parent.name.replace('+', '/')} | {size / 1e6:.0f} | {told} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    peers = {
        "kingfisher": kingfisher,
        "betterleaks": betterleaks,
        "detect-secrets": detect_secrets,
        "git-secrets": git_secrets,
    }
    for peer in peers:
        parser.add_argument(f"--{peer}")
    parser.add_argument("--code", action="append", default=[])
    given = vars(parser.parse_args())
    tools = {"keysieve": keysieve}
    tools |= {
        peer: make(given[peer.replace("-", "_")]) for peer, make in peers.items() if given[peer.replace("-", "_")]
    }
    table(cases(given["seeds"]), tools)
    if given["code"]:
        print(
            "\n| lines reported (per GB) at HEAD of | MB | "
            + " | ".join(tools)
            + " |\n"
            + "|---" * (len(tools) + 2)
            + "|"
        )
    for repository in given["code"]:
        noise(repository, tools)


if __name__ == "__main__":
    main()
