"""What the changes of trees tell is what the trees themselves tell."""

from __future__ import annotations

import gc
import random
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from packing import git, make_repository, objects_of

from keysieve.engine.sieve import Sieve
from keysieve.git import commits
from keysieve.git.containment import Namer, Wanted
from keysieve.git.graph import Graph
from keysieve.git.numbering import Numbering, moving
from keysieve.git.packs.oids import OidTable
from keysieve.git.packs.plan import plan, read
from keysieve.git.packs.presence import Presence
from keysieve.git.packs.stored import StoredObject
from keysieve.git.packs.tree_changes import differences
from keysieve.git.repository import discover
from keysieve.scan.history import KINDS
from keysieve.scan.unit import Tools, sift_unit
from keysieve.scan.versions import Versions

FOLDERS = ["", "a/", "a/b/", "a/b/c/", "d e/", f"{'long' * 40}/", "40000 x/", "f/100644 y/"]


def make_history(path: Path, seed: int, count: int, object_format: str = "sha1") -> Path:
    """A packed repository whose commits, some of them merges, bring, change, move, copy and drop files and folders."""
    repository = make_repository(path, object_format)
    chance = random.Random(seed)
    files = [f"{chance.choice(FOLDERS)}file {number}" for number in range(150)]
    contents = [f"content {number}" for number in range(60)]
    stream = [f"blob\nmark :{number + 1}\ndata {len(text)}\n{text}\n" for number, text in enumerate(contents)]
    for number in range(count):
        mark = 1000 + number
        who = f"A <a@example.org> {1_700_000_000 + number} +0000"
        stream.append(f"commit refs/heads/main\nmark :{mark}\ncommitter {who}\ndata 1\nx\n")
        if number:
            parent = chance.choice([mark - 1, mark - 1, max(1000, mark - 5)])
            stream.append(f"from :{parent}\n")
            if parent > 1002 and chance.random() < 0.2:
                stream.append(f"merge :{parent - 2}\n")
        for _ in range(60 if number == 0 else chance.choice([1, 1, 2, 4])):
            name, other = chance.choice(files), chance.choice(files)
            mode = chance.choice(["100644", "100644", "100644", "100755", "120000"])
            edits = [f'M {mode} :{chance.randrange(len(contents)) + 1} "{name}"\n'] * 12
            edits += [f'D "{name}"\n', f'D "{chance.choice(FOLDERS)[:-1] or name}"\n']
            edits += [f'M 160000 {"1" * (64 if object_format == "sha256" else 40)} "{name}"\n']
            stream.append(chance.choice(edits))
            if number and chance.random() < 0.05:
                stream.append(
                    f'C "a/b" "{other} copy"\n' if chance.random() < 0.5 else 'M 100644 :1 "a/b/x"\nR "a" "r"\n'
                )
        stream.append("\n")
    text = "".join(stream).encode()
    git(repository, "fast-import", "--quiet", "--force", stdin=_made_possible(repository, text))
    git(repository, "repack", "-adfq", "--depth=40", "--window=50")
    return repository


def _made_possible(repository: Path, stream: bytes) -> bytes:
    """The stream without copies and renames of folders that may not be there: each such commit brings them first."""
    stream = re.sub(rb'C "a/b" ', b'M 100644 :2 "a/b/y"\nC "a/b" ', stream)
    return re.sub(rb'M 160000 (1+) "[^"]*"', rb'M 160000 \1 "module"', stream)


def trees_of(repository: Path, oid_length: int) -> tuple[list[StoredObject], Presence]:
    planned = plan([objects_of(repository)], 1, oid_length=oid_length, kinds=frozenset({"tree"}))
    trees = [item for unit in planned.units for item in read(unit) if isinstance(item, StoredObject)]
    return trees, planned.presence


def entries_of(data: bytes, oid_length: int) -> set[tuple[bytes, bytes]]:
    return set(re.findall(rb"([0-7]{5,6} [^\0]+)\0([\s\S]{%d})" % oid_length, data))


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("batch", [7, 100_000])
def test_runs_and_swaps_hold_every_entry(tmp_path: Path, object_format: str, batch: int) -> None:
    oid_length = 32 if object_format == "sha256" else 20
    trees, presence = trees_of(make_history(tmp_path / "r", 3, 400, object_format), oid_length)
    assert sum(tree.delta is not None for tree in trees) > 300
    by_oid = {tree.oid: tree.data for tree in trees}
    swapped = 0
    for start in range(0, len(trees), batch):
        part = trees[start : start + batch]
        found = differences(part, presence)
        new, old = defaultdict(set), {}
        runs = found.runs(part)
        for which, entries in zip(runs.which.tolist(), runs.new, strict=True):
            new[which] |= entries_of(entries, oid_length)
        for which, entries in zip(runs.which[runs.replaces].tolist(), runs.old, strict=True):
            old[which] = old.get(which, set()) | entries_of(entries, oid_length)
        ids = found.swaps.new
        for which, tree in enumerate(part):
            before = entries_of(by_oid.get(tree.base or b"", b""), oid_length)
            now = entries_of(tree.data, oid_length)
            if not found.are_swaps[which]:
                gone = old.get(which, before)
                assert now - before == new[which] - gone
                assert before - now == gone - new[which]
                continue
            swaps = {ids[at].tobytes() for at in range(len(ids)) if found.swaps.which[at] == which}
            assert {oid for _, oid in now - before} <= swaps
            assert {header for header, _ in now} == {header for header, _ in before}
            swapped += len(swaps)
    assert swapped > 50


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("few", [True, False], ids=["a few blobs", "many blobs"])
def test_commits_that_move_a_blob_are_among_those_to_compare(tmp_path: Path, seed: int, few: bool) -> None:
    path = make_history(tmp_path / "r", seed, 250)
    if seed % 2:  # loose objects as well
        (path / "late").write_text("content 1")
        git(path, "add", "late")
        tree = git(path, "write-tree").decode().strip()
        git(
            path,
            "update-ref",
            "refs/heads/late",
            git(path, "commit-tree", "-p", "main", "-m", "x", tree).decode().strip(),
        )
    blobs = (
        git(path, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)").decode().split("\n")
    )
    every = sorted(line.split()[1] for line in blobs if line.startswith("blob"))
    meant = random.Random(seed).sample(every, 3 if few else 30)
    wanted = Wanted(frozenset(map(bytes.fromhex, meant)), bytes([seed]) * 16)
    planned = plan([objects_of(path)], 3, kinds=KINDS)
    results = [sift_unit(unit, Tools(Sieve(), planned.presence, wanted)) for unit in planned.units]
    graph = Graph.of([commits for result in results for commits in result.commits], planned.presence)
    numbering = Numbering(planned.presence, wanted)
    for result in results:
        for naming in result.namings:
            numbering.add(naming)
    order = graph.order()
    chosen = set(graph.oids(moving(order, graph, numbering.numbers())))
    movers, merges = set(), np.count_nonzero(np.diff(graph.starts) > 1)
    for answer in commits.changes(discover(str(path)), graph.oids(order)):
        assert isinstance(answer, commits.CommitChanges)
        for change in answer.changes:
            if {change.new.oid if change.new else "", *(old.oid for old in change.old)} & set(meant):
                movers.add(answer.oid)
    quiet = {oid for oid in movers if has_taken_a_side(path, oid, set(meant))}
    assert movers - quiet
    assert not quiet & chosen
    movers -= quiet
    assert movers <= chosen
    assert len(chosen) <= len(movers) + merges
    assert len(chosen) < len(order) or not few


def has_taken_a_side(repository: Path, merge: str, blobs: set[str]) -> bool:
    """Whether the blobs stand in a commit where they stand in one of its parents."""

    def standing(commit: str) -> set[str]:
        entries = git(repository, "ls-tree", "-rz", commit).decode("utf-8", "surrogateescape").split("\0")
        return {entry for entry in entries if entry and entry.split("\t")[0].split()[2] in blobs}

    parents = git(repository, "rev-parse", f"{merge}^@").decode().split()
    return standing(merge) in map(standing, parents)


def test_a_unit_leaves_nothing_behind(tmp_path: Path) -> None:
    planned = plan([objects_of(make_history(tmp_path / "r", 1, 100))], 1, kinds=KINDS)
    gc.collect()
    gc.disable()
    try:
        for unit in planned.units:
            sift_unit(unit, Tools(Sieve(), planned.presence, Wanted(frozenset([b"x" * 20]), bytes(16))))
        assert not [one for one in gc.get_objects() if isinstance(one, Namer | Versions)]
    finally:
        gc.enable()


@pytest.mark.parametrize("rest", [b"", b"100644 z\0" + b"r" * 20], ids=["alone", "first of two"])
@pytest.mark.parametrize("shared", [0, 1, 2])
def test_swap_in_a_small_tree(rest: bytes, shared: int) -> None:
    head = b"100644 a\0"
    old, new = bytes(range(65, 85)), bytes(range(65, 65 + shared)) + b"n" * (20 - shared)
    base, data = head + old + rest, head + new + rest
    kept = len(head) + shared
    copies = [b"\x90" + bytes([kept]), b"\x91" + bytes([len(head) + 20, len(rest)]) if rest else b""]
    insert = bytes([20 - shared]) + b"n" * (20 - shared)
    delta = bytes([len(base), len(data)]) + copies[0] + insert + copies[1]
    tree = StoredObject(b"t" * 20, "tree", data, b"b" * 20, delta, False, base)
    presence = Presence.of(20, [OidTable.of(b"".join(sorted([old, new])), 20)])
    found = differences([tree], presence)
    assert found.are_swaps.tolist() == [True]
    (row,) = zip(found.swaps.new, found.swaps.old, found.swaps.before, strict=True)
    assert [column.tobytes() for column in row] == [new, old, head[:-1].rjust(64, b"\0")]
