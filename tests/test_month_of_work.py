"""A repository through a month of work: no false alarm, no miss, and no excuse that rots."""

from __future__ import annotations

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


class Team:
    """A repository with its hook, its pull requests and its audit."""

    def __init__(self, repo, keysieve, keys) -> None:
        self.repo, self._keysieve, self._keys = repo, keysieve, keys

    def pair(self) -> str:
        return self._keys.fill(PAIR)[0]

    def run(self, *arguments: str):
        return self._keysieve(*arguments, cwd=self.repo.path)

    def found(self, *command: str) -> int:
        done = self.run(*command, "--format", "json")
        assert done.status == (1 if done.findings else 0), done.err
        return len(done.findings)

    def stage(self, files: dict[str, str | None]) -> int:
        """What the hook finds in a change, which is left staged."""
        for name, content in files.items():
            if content is None:
                (self.repo.path / name).unlink()
            else:
                self.repo.write(name, content)
        self.repo.git("add", "-A")
        return self.found("staged")

    def commit(self) -> None:
        self.repo.commit_staged()

    def pull_request(self) -> int:
        return self.found("range", "main..HEAD")

    def audit(self) -> int:
        """What a nightly job finds, which has a clone of its own, without what only this work tree's index has seen."""
        clone = self.repo.path.parent / f"audit-{self.repo.git('rev-parse', 'HEAD')}"
        if not clone.exists():
            self.repo.git("clone", "-q", "--no-local", str(self.repo.path), str(clone))
        done = self._keysieve("history", "--format", "json", cwd=clone)
        assert done.status == (1 if done.findings else 0), done.err
        return len(done.findings)

    def baseline(self) -> list[str]:
        lines = (self.repo.path / ".keysieve-baseline").read_text().splitlines()
        return [line for line in lines if line.startswith("ks1:")]


@pytest.fixture
def team(repo, keysieve, keys) -> Team:
    return Team(repo, keysieve, keys)


def test_a_month_of_work(team, repo) -> None:
    # Week 1: keysieve comes to a repository with a leak in its history; the key is dead, and accepted as that.
    legacy = team.pair()
    repo.commit({"README": "x", "deploy/old.ini": legacy})
    assert team.audit() == 1
    assert team.run("baseline", "create", "--reason", "dead since 2019").status == 0
    assert team.stage({}) == 0
    team.commit()
    assert team.audit() == 0

    # A new leak is stopped by the hook, and never gets in.
    assert team.stage({"leak.ini": team.pair()}) == 1
    assert team.stage({"leak.ini": None}) == 0

    # Fixtures of the test suite are allowed by path, a single value by a pragma; the hook takes both from the index.
    fixture, single = team.pair(), team.pair()
    excused = "".join(f"{line}  # keysieve:allow sandbox, rotated daily\n" for line in single.splitlines())
    allow = "[[allow]]\npaths = ['/tests/fixtures/']\nreason = 'made up for tests'\n"
    assert team.stage({"tests/fixtures/a.ini": fixture, "src/b.py": excused}) == 1  # the pragma is heeded
    assert team.stage({".keysieve.toml": allow}) == 0
    team.commit()
    assert team.audit() == 0

    # Week 2: the accepted file moves, is renamed, re-indented, gets lines above it; a copy appears.
    assert team.stage({"deploy/old.ini": None, "infra/legacy/credentials": legacy}) == 0
    team.commit()
    indented = "# header\n\n" + "".join(f"      {line}\n" for line in legacy.splitlines())
    assert team.stage({"infra/legacy/credentials": indented, "copy.ini": legacy}) == 0
    team.commit()
    assert team.stage({"src/b.py": None, "src/moved.py": "import x\n" + excused}) == 0
    team.commit()
    assert team.audit() == 0

    # A topic branch is written, rebased over other work, and merged: no alarm in between.
    repo.git("checkout", "-q", "-b", "topic")
    assert team.stage({"feature.py": "x = 1\n", "infra/legacy/credentials": "\n" + indented}) == 0
    team.commit()
    repo.git("checkout", "-q", "main")
    repo.commit({"other.py": "y = 2\n"})
    repo.git("checkout", "-q", "topic")
    repo.git("rebase", "-q", "main")
    assert team.pull_request() == 0
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "topic")
    assert team.audit() == 0

    # Week 3: a new key takes the place of each excused one, on the same line. Baseline and pragma do not hide it.
    new = team.pair()
    assert team.stage({"infra/legacy/credentials": new}) == 1
    swapped = "".join(f"{line}  # keysieve:allow sandbox, rotated daily\n" for line in team.pair().splitlines())
    assert team.stage({"infra/legacy/credentials": "\n" + indented, "src/moved.py": "import x\n" + swapped}) == 1
    assert team.stage({"src/moved.py": "import x\n" + excused}) == 0

    # A pull request brings a leak and the excuse for it: that does not count, until somebody says that it does.
    repo.git("checkout", "-q", "-b", "sneaky")
    repo.write("x.ini", new)
    team.run("files", "x.ini", "--format", "json", "--output", "../report.json")
    assert team.run("baseline", "update", "../report.json", "--reason", "trust me").status == 0
    assert team.stage({}) == 0  # in one's own index it counts
    team.commit()
    assert team.pull_request() == 1
    assert team.found("range", "main..HEAD", "--trust-head") == 0
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "sneaky")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    assert team.audit() == 0

    # Week 4: an excuse ends. What it covered is a finding again, and the audit says why.
    (line,) = team.baseline()
    repo.commit({".keysieve-baseline": line.replace(" dead", " until=2024-01-31 dead") + "\n"})
    done = team.run("history")
    assert done.status == 1
    assert "note: Its excuse (baseline: dead since 2019) ended on 2024-01-31." in done.out
    assert "Ended on 2024-01-31: .keysieve-baseline" in done.out
    assert team.run("baseline", "update", "--reason", "kept for the auditors", "--until", "2099-01-31").status == 0
    assert team.stage({}) == 0
    team.commit()
    assert team.audit() == 0

    # At the end the history is rewritten without the old key, and the tests have no fixtures any more.
    repo.git("checkout", "-q", "--orphan", "clean")
    for name in ("infra/legacy/credentials", "copy.ini", "tests/fixtures/a.ini"):
        repo.git("rm", "-q", "-f", name)
    team.commit()
    repo.git("branch", "-q", "-M", "clean", "main")
    repo.git("branch", "-q", "-D", "topic")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    end = team.run("history").out.partition("Excuses to look at")[2]
    assert "Matches nothing: .keysieve-baseline" in end
    assert "Matches nothing: .keysieve.toml, [[allow]] 1: /tests/fixtures/" in end
    done = team.run("baseline", "prune")
    assert "1 dropped from .keysieve-baseline, 0 kept." in done.out
    assert "To be removed by hand: Matches nothing: .keysieve.toml, [[allow]] 1" in done.out
    assert team.stage({".keysieve.toml": None}) == 0
    team.commit()
    assert "Excuses to look at" not in team.run("history").out
    assert team.audit() == 0
