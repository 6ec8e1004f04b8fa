"""Work that is spread over processes gives what it gives in one; what a process takes with it is found out."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator

import pytest

from keysieve.engine.sieve import Sieve
from keysieve.git.packs.plan import Plan, plan, planned
from keysieve.scan import processes
from keysieve.scan.processes import results
from keysieve.scan.unit import Tools, UnitResult

pytestmark = pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="sieves are sent without methods")


class Deadly(Sieve):
    """Kills the process that looks at a text which says so, or fails there."""

    def look(self, data, *arguments, **options):
        if b"kill" in data and multiprocessing.parent_process():
            os.kill(os.getpid(), signal.SIGKILL)
        if b"fail" in data:
            raise ZeroDivisionError
        return super().look(data, *arguments, **options)


@pytest.fixture
def plan_for(repo, keys, monkeypatch):
    """Makes a plan for packs of a blob with a key each."""
    monkeypatch.setattr(processes, "SMALL", 0)

    def make(*texts: str) -> Plan:
        for number, text in enumerate(texts):
            repo.commit({f"f{number}": f"{text} " + keys.fill("{access_key_id}")[0]})
            repo.git("repack", "-q", "-d")
        return plan([repo.path / ".git" / "objects"], 2, kinds=frozenset({"blob"}))

    return make


def run(work: Plan, jobs: int = 2) -> Iterator[UnitResult]:
    return results(list(work.units), Tools(Deadly(), work.presence), jobs)


def found(done: Iterable[UnitResult]) -> set[str]:
    return {oid for one in done for oid in one.found}


def test_two_processes_find_what_one_finds(plan_for) -> None:
    work = plan_for("one", "two", "three", "four", "five")
    assert len(work.units) == 5
    assert found(run(work)) == found(run(work, 1)) == {oid.hex() for unit in work.units for oid in planned(unit)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_read_is_let_go(plan_for, jobs) -> None:
    work = plan_for("one", "two", "three")
    left = [len(work.units) for _ in results(work.units, Tools(Deadly(), work.presence), jobs)]
    assert left == ([2, 1, 0] if jobs == 1 else [0, 0, 0])


@pytest.mark.parametrize(
    "texts", [("kill", "two", "three", "four"), ("kill", "kill 2", "kill 3", "four"), ("one", "two", "kill")]
)
def test_what_a_process_takes_with_it_is_not_read(plan_for, texts) -> None:
    work = plan_for(*texts)
    done = list(run(work))
    not_read = [entry for one in done for entry in one.retry]
    assert {entry.reason for entry in not_read} == {"the process that read it died"}
    assert len(not_read) == sum("kill" in text for text in texts)
    every = {oid.hex() for unit in work.units for oid in planned(unit)}
    assert found(done) == every - {entry.what.decode() for entry in not_read}


def test_a_defect_in_a_process_is_one_here(plan_for) -> None:
    with pytest.raises(ZeroDivisionError):
        list(run(plan_for("one", "fail", "three", "four")))


def test_who_stops_asking_leaves_no_process(plan_for) -> None:
    going = run(plan_for("one", "two", "three", "four"))
    assert next(going).found
    assert multiprocessing.active_children()
    going.close()
    assert not multiprocessing.active_children()
