"""What must hold for any repository: generated histories with merges, renames, packs, loose objects and alternates."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from itertools import pairwise

import pytest

from keysieve.engine import credentials
from keysieve.engine.catalogue import shipped_rules
from keysieve.engine.generator import Generator
from repository import Repository

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


def generate(path, seed: int, *options: str) -> Repository:
    """A history made from a seed: edits, leaks, renames, removals, branches, merges, repacks half-way."""
    dice = random.Random(seed)
    keys = Generator(seed)
    repo = Repository.create(path, *options)
    repo.commit({"README": "start\n"})
    for step in range(14):
        action = dice.choice(["edit", "leak", "leak", "rename", "remove", "branch", "merge", "repack", "encode"])
        files = sorted(repo.git("ls-files").splitlines())
        if action == "edit":
            repo.commit({dice.choice(files): f"edit {step}\n" * dice.randint(1, 400)})
        elif action == "leak":
            repo.commit({f"conf{dice.randint(0, 3)}": "# filler\n" * dice.randint(0, 300) + keys.fill(PAIR)[0]})
        elif action == "encode":
            repo.commit({f"win{step}.ps1": keys.fill(PAIR)[0].encode("utf-16")})
        elif action == "rename" and len(files) > 1:
            repo.git("mv", files[-1], f"renamed{step}")
            repo.commit({})
        elif action == "remove" and len(files) > 1:
            repo.commit({files[-1]: None})
        elif action == "branch":
            repo.git("checkout", "-q", "-b", f"branch{step}")
        elif action == "merge":
            branches = repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
            repo.run("git", "merge", "-q", "--no-ff", "--no-commit", "-X", "ours", dice.choice(branches))
            repo.commit({f"merged{step}": keys.fill(PAIR)[0] if dice.random() < 0.5 else "merged\n"})
        elif action == "repack":
            repo.git("repack", "-q", "-d", *dice.choice([["-a"], [], ["-a", "-f", "--depth=50"]]))
    return repo


def scan(repo: Repository, *arguments: str) -> dict:
    done = repo.run(sys.executable, "-m", "keysieve", *arguments, "--format", "json")
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def fingerprints(report: dict) -> set[str]:
    return {finding["fingerprint"] for finding in report["findings"]}


def places(report: dict) -> set[tuple]:
    return {
        (finding["fingerprint"], one["blob"], one["line"], one["column"])
        for finding in report["findings"]
        for one in finding["occurrences"]
        if one["kind"] == "file"
    }


def plain_places(repo: Repository) -> set[tuple]:
    """The slow path: every blob that git has, through the exact matcher, without prefilter."""
    from keysieve.engine.redaction import fingerprint

    listing = repo.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    found = set()
    for line in listing.splitlines():
        oid, kind = line.split()
        if kind == "blob":
            data = subprocess.run(["git", "cat-file", "blob", oid], cwd=repo.path, capture_output=True).stdout
            for credential in credentials(data, shipped_rules()):
                main = credential.values.get("secret_access_key", credential.first.value)
                found.add((fingerprint(main), oid, credential.first.line, credential.first.column))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_history_finds_what_a_plain_scan_of_every_object_finds(tmp_path, seed) -> None:
    repo = generate(tmp_path / "repo", seed)
    assert places(scan(repo, "history")) == plain_places(repo)


@pytest.mark.parametrize("seed", range(4, 7))
def test_storage_does_not_matter(tmp_path, seed) -> None:
    repo = generate(tmp_path / "repo", seed)
    before = places(scan(repo, "history"))
    repo.git("repack", "-q", "-a", "-d", "-f", "--depth=100", "--window=50")
    assert places(scan(repo, "history")) == before
    repo.git("gc", "-q", "--prune=now")
    assert places(scan(repo, "history")) == before
    repo.git("clone", "-q", "--mirror", ".", str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", repo.env)
    assert places(scan(clone, "history")) == before
    repo.git("clone", "-q", "--shared", "--bare", ".", str(tmp_path / "shared"))
    assert fingerprints(scan(Repository(tmp_path / "shared", repo.env), "history")) == {one[0] for one in before}


def test_object_format_does_not_matter(tmp_path) -> None:
    one, other = generate(tmp_path / "a", 8), generate(tmp_path / "b", 8, "--object-format=sha256")
    assert fingerprints(scan(one, "history")) == fingerprints(scan(other, "history")) != set()


def test_jobs_do_not_matter(tmp_path) -> None:
    repo = generate(tmp_path / "repo", 9)
    assert places(scan(repo, "history", "--jobs", "1")) == places(scan(repo, "history", "--jobs", "3"))


def test_union_of_ranges_is_the_history(tmp_path) -> None:
    """Over a linear history, from an empty first commit on."""
    keys = Generator(10)
    repo = Repository.create(tmp_path / "repo")
    commits = [repo.commit_staged("start")]
    for number in range(8):
        text = keys.fill(PAIR)[0] if number % 3 else "nothing\n"
        commits.append(repo.commit({f"file{number % 4}": text}))
    ranges = [scan(repo, "range", f"{old}..{new}") for old, new in pairwise(commits)]
    assert set().union(*map(fingerprints, ranges)) == fingerprints(scan(repo, "history")) != set()
