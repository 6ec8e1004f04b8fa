from __future__ import annotations

import json
import re

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
LINE = re.compile(r"ks1:[0-9a-f]{32} aws-access-key-pair (?:until=\S+ )?\S.*")


@pytest.fixture
def pair(keys):
    return lambda: keys.fill(PAIR)[0]


@pytest.fixture
def baseline(repo, keysieve):
    return lambda *arguments, **options: keysieve("baseline", *arguments, **({"cwd": repo.path} | options))


def lines(repo, name: str = ".keysieve-baseline") -> list[str]:
    return [line for line in (repo.path / name).read_text().splitlines() if not line.startswith("#")]


def test_create_from_the_history(repo, baseline, keysieve, pair) -> None:
    texts = [pair(), pair(), pair()]
    repo.commit({f"{number}.ini": text for number, text in enumerate(texts)})
    repo.commit({"0.ini": None})
    done = baseline("create", "--reason", "known  since\n2019", "--until", "2099-01-31")
    assert done.status == 0
    assert len(lines(repo)) == 3
    assert lines(repo) == sorted(lines(repo))
    assert all(LINE.fullmatch(line) for line in lines(repo))
    assert lines(repo)[0].endswith(" until=2099-01-31 known since 2019")
    whole = (repo.path / ".keysieve-baseline").read_text()
    assert not any(text.split()[-1] in whole for text in texts)
    repo.commit({})
    assert keysieve("history", cwd=repo.path).status == 0


def test_create_from_a_redacted_report(repo, baseline, keysieve, pair) -> None:
    repo.write("a.ini", pair())
    keysieve("files", "--format", "json", "--output", "r.json", cwd=repo.path)
    assert baseline("create", "r.json").status == 0
    assert len(lines(repo)) == 1


def test_create_does_not_overwrite(baseline, repo) -> None:
    repo.write(".keysieve-baseline", "")
    done = baseline("create")
    assert done.status == 2
    assert "keysieve baseline update" in done.err


def test_update_adds_and_keeps(repo, baseline, pair) -> None:
    repo.commit({"a.ini": pair()})
    baseline("create", "--reason", "first")
    old = lines(repo)
    repo.commit({"b.ini": pair()})
    assert baseline("update", "--reason", "second").status == 0
    assert set(old) < set(lines(repo))
    assert sorted(line.rpartition(" ")[2] for line in lines(repo)) == ["first", "second"]


def test_update_renews_what_is_over(repo, baseline, pair) -> None:
    repo.commit({"a.ini": pair()})
    baseline("create", "--reason", "first", "--until", "2020-01-01")
    assert "over: excuses nothing" in baseline("show").out
    baseline("update", "--reason", "second", "--until", "2099-01-01")
    assert [line.partition("pair ")[2] for line in lines(repo)] == ["until=2099-01-01 second"]


def test_show(repo, baseline, pair) -> None:
    repo.commit({"a.ini": pair()})
    baseline("create", "--reason", "known")
    done = baseline("show")
    assert (done.status, done.out.splitlines()) == (0, [*lines(repo), "1 accepted in .keysieve-baseline."])


def test_prune_drops_what_is_gone_or_over(repo, baseline, pair) -> None:
    repo.commit({"a.ini": pair(), "b.ini": pair()})
    baseline("create", "--reason", "known")
    kept, over = lines(repo)
    gone = f"ks1:{'0' * 32} aws-access-key-pair purged"
    over = over.replace(" known", " until=2020-01-01 known")
    repo.write(".keysieve-baseline", "\n".join([kept, over, gone]))
    repo.write(".keysieve.toml", "[[allow]]\npaths = ['gone/']\nreason = 'x'\n")
    repo.git("add", ".keysieve.toml")
    repo.commit_staged()
    done = baseline("prune")
    assert done.status == 0
    assert lines(repo) == [kept]
    assert f"- {gone}   (gone)" in done.out
    assert f"- {over}   (over)" in done.out
    assert "To be removed by hand: Matches nothing: .keysieve.toml, [[allow]] 1" in done.out


def test_prune_keeps_what_only_old_commits_hold(repo, baseline, pair) -> None:
    repo.commit({"a.ini": pair()})
    baseline("create", "--reason", "known")
    repo.commit({"a.ini": None})
    baseline("prune")
    assert len(lines(repo)) == 1


def test_prune_by_a_report(repo, baseline, keysieve, pair) -> None:
    repo.commit({"a.ini": pair()})
    baseline("create", "--reason", "known")
    keysieve("history", "--format", "json", "--output", "../r.json", cwd=repo.path)
    repo.write(".keysieve-baseline", "\n".join([*lines(repo), f"ks1:{'0' * 32} aws-x gone"]))
    assert baseline("prune", "../r.json").status == 0
    assert len(lines(repo)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"complete": False}, "Not everything could be read", id="incomplete"),
        pytest.param({"command": "staged"}, "A report of staged says nothing about what is gone", id="staged"),
        pytest.param({"schema": "other"}, "no report of keysieve", id="other schema"),
    ],
)
def test_prune_refuses(repo, baseline, keysieve, change, said) -> None:
    repo.commit({"a": "x"})
    repo.write(".keysieve-baseline", f"ks1:{'0' * 32} aws-x still needed\n")
    report = keysieve("history", "--format", "json", cwd=repo.path).report | change
    repo.write("r.json", json.dumps(report))
    done = baseline("prune", "r.json")
    assert done.status == 2
    assert said in done.err
    assert len(lines(repo)) == 1


def test_prune_refuses_a_shallow_clone(repo, baseline, keysieve, pair, tmp_path) -> None:
    repo.commit({"a.ini": pair()})
    baseline("create", "--reason", "known")
    repo.commit({"a.ini": "gone"})
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(tmp_path / "shallow"))
    done = baseline("prune", cwd=tmp_path / "shallow")
    assert done.status == 2
    assert "git fetch --unshallow" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show"], "Make one: keysieve baseline create"),
        (["prune"], "Make one: keysieve baseline create"),
        (["create", "nowhere.json"], "nowhere.json cannot be read"),
        (["create", "--until", "soon"], "'soon' is no date"),
        (["creat"], "invalid choice: 'creat'"),
    ],
)
def test_errors(baseline, repo, arguments, said) -> None:
    done = baseline(*arguments)
    assert done.status == 2
    assert said in done.err
    assert not (repo.path / ".keysieve-baseline").exists()


def test_bare_repository_needs_a_file(make_repository, keysieve) -> None:
    bare = make_repository("bare.git", "--bare")
    done = keysieve("baseline", "create", cwd=bare.path)
    assert done.status == 2
    assert "--output FILE" in done.err


def test_another_file(repo, baseline, keysieve, pair) -> None:
    repo.commit({"a.ini": pair()})
    assert baseline("create", "--output", "elsewhere").status == 0
    assert keysieve("history", "--baseline", "elsewhere", cwd=repo.path).status == 0
    assert keysieve("history", cwd=repo.path).status == 1


def test_from_a_subfolder(repo, baseline, pair) -> None:
    repo.commit({"sub/a.ini": pair()})
    baseline("create", cwd=repo.path / "sub")
    assert len(lines(repo)) == 1


def test_two_branches_merge_cleanly(repo, baseline, keysieve, pair) -> None:
    """With the attribute that the documentation names; the result is read, whatever its order."""
    repo.commit({"a.ini": pair(), ".gitattributes": ".keysieve-baseline merge=union\n"})
    baseline("create", "--reason", "first")
    repo.commit({})
    for branch in ("one", "two"):
        repo.git("checkout", "-q", "-b", branch, "main")
        repo.commit({f"{branch}.ini": pair()})
        baseline("update", "--reason", branch)
        repo.commit({})
    repo.git("merge", "-q", "one")
    assert len({line.split()[0] for line in lines(repo)}) == 3
    assert keysieve("history", cwd=repo.path).status == 0
    baseline("prune")
    assert len(lines(repo)) == 3
    assert lines(repo) == sorted(lines(repo))
