from __future__ import annotations

import json

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}"


def pragma(text: str, reason: str = "# keysieve:allow test account") -> str:
    return "".join(f"{line}  {reason}\n" for line in text.splitlines())


@pytest.fixture
def pair(keys):
    return lambda: keys.fill(PAIR)[0]


@pytest.fixture
def scan(repo, keysieve):
    def run(*arguments, cwd=repo.path, **options):
        return keysieve(*arguments, "--format", "json", cwd=cwd, **options)

    return run


def reasons(done) -> list[tuple[str, str]]:
    return [(one["reason"], one["detail"]) for one in done.report["set_aside"]]


def notes(done) -> str:
    return " ".join(note for finding in done.findings for note in finding["notes"])


@pytest.mark.parametrize("command", ["staged", "files", "history"])
def test_pragma(repo, scan, pair, command) -> None:
    repo.write("a.ini", pragma(pair()))
    repo.git("add", "-A")
    if command == "history":
        repo.commit_staged()
    done = scan(command)
    assert (done.status, reasons(done)) == (0, [("pragma", "test account")])


def test_pragma_on_the_ids_line_leaves_the_secret(repo, scan, pair) -> None:
    key_id, secret = pair().splitlines()
    repo.write("a.ini", pragma(key_id) + secret)
    done = scan("files")
    assert done.rules == ["aws-access-key-pair"]
    assert "covers that line only" in notes(done)


def test_pragma_over_and_pragma_without_reason(repo, scan, pair) -> None:
    repo.write("a.ini", pragma(pair(), "# keysieve:allow until 2020-01-01 rotated soon"))
    repo.write("b.ini", pragma(pair(), "# keysieve:allow"))
    done = scan("files")
    assert len(done.findings) == 2
    assert "ended on 2020-01-01" in notes(done)
    assert "Write: keysieve:allow REASON" in notes(done)


def test_a_staged_key_in_the_place_of_an_excused_one(repo, scan, pair) -> None:
    repo.commit({"a.ini": pragma(pair())})
    repo.write("a.ini", pragma(pair()))
    repo.git("add", "-A")
    done = scan("staged")
    assert done.status == 1
    assert "written for another value" in notes(done)
    repo.write("a.ini", pragma(pair(), "# keysieve:allow second test account"))
    repo.git("add", "-A")
    assert scan("staged").status == 0


def test_a_reason_that_holds_the_secret_is_masked(repo, scan, keysieve, keys) -> None:
    text, made = keys.fill("secret_access_key = {secret_access_key}")
    repo.write("a.ini", f"{text}  # keysieve:allow it is {made['secret_access_key']}\n")
    for done in (scan("files"), keysieve("files", "--show-set-aside", cwd=repo.path)):
        assert done.status == 0
        assert made["secret_access_key"] not in done.out
        assert "it is" in done.out


def test_history_heeds_pragmas_as_they_stand_at_head(repo, scan, pair) -> None:
    text = pair()
    repo.commit({"a.ini": text})
    repo.commit({"a.ini": pragma(text)})
    assert reasons(scan("history")) == [("pragma", "test account")]  # also for the version before
    repo.commit({"copy.ini": text})
    done = scan("history")
    assert done.rules == ["aws-access-key-pair"]
    assert "Excused at 2 of its 3 places" in notes(done)


def test_history_heeds_no_pragma_of_another_branch(repo, scan, pair) -> None:
    repo.commit({"README": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a.ini": pragma(pair())})
    repo.git("checkout", "-q", "main")
    done = scan("history")
    assert done.status == 1
    assert "does not count: it does not stand at HEAD" in notes(done)


@pytest.mark.parametrize("how", ["account = '210987654321'", "paths = ['a.*']", "fingerprint = '{}'"])
@pytest.mark.parametrize("command", ["staged", "files", "history"])
def test_allowlist(repo, scan, pair, command, how) -> None:
    repo.write("a.ini", pair())
    print_ = scan("files").findings[0]["fingerprint"]
    repo.write(".keysieve.toml", f"[[allow]]\n{how.format(print_)}\nreason = 'sandbox'\nuntil = 2099-12-31\n")
    repo.git("add", "-A")
    if command == "history":
        repo.commit_staged()
    assert reasons(scan(command)) == [("allowlist", "sandbox (until 2099-12-31)")]


def test_an_excuse_for_an_id_and_then_its_secret_turns_up(repo, scan, pair) -> None:
    key_id, secret = pair().splitlines()
    repo.commit({"a.ini": key_id})
    assert scan("history").status == 1
    repo.path.joinpath(".keysieve-baseline").write_text(line_for(scan("history").findings[0]))
    repo.commit({})
    assert scan("history").status == 0
    repo.commit({"a.ini": f"{key_id}\n{secret}"})
    done = scan("history")
    assert done.rules == ["aws-access-key-pair"]
    assert "does not excuse the secret" in notes(done)


def test_an_excuse_for_a_secret_and_then_its_id_turns_up(repo, scan, pair) -> None:
    key_id, secret = pair().splitlines()
    repo.commit({"a.ini": secret})
    repo.path.joinpath(".keysieve-baseline").write_text(line_for(scan("history").findings[0]))
    repo.commit({"a.ini": f"{key_id}\n{secret}", "b.txt": key_id})
    done = scan("history")
    assert (done.status, [one["rule"] for one in done.report["set_aside"]]) == (0, ["aws-access-key-pair"])


def line_for(finding: dict, reason: str = "known") -> str:
    return f"{finding['fingerprint']} {finding['rule']} {reason}\n"


def test_first_line_and_show_set_aside(repo, keysieve, pair) -> None:
    text = pair()
    repo.write("a.ini", pragma(text))
    done = keysieve("files", "--show-set-aside", cwd=repo.path)
    assert done.out.startswith("keysieve files: 0 credentials found, 1 set aside (1 pragma).")
    assert "because pragma: test account" in done.out
    assert "at a.ini:1:21" in done.out
    assert "fingerprint ks1:" in done.out
    assert text.split()[-1] not in done.out


def test_excuses_that_match_nothing_or_are_over_are_told(repo, keysieve, scan, pair) -> None:
    repo.commit(
        {
            "a.ini": pair(),
            ".keysieve.toml": "[[allow]]\npaths=['gone/']\nreason='old'\n[[allow]]\npaths=['*.ini']\nreason='x'\n"
            "until=2020-01-01\n[[accept-not-read]]\nwhat=['big.zip']\nreason='too big'\n",
            ".keysieve-baseline": f"ks1:{'1' * 32} aws-access-key-pair was here\n",
        }
    )
    done = keysieve("history", cwd=repo.path)
    assert done.status == 1
    end = done.out.partition("Excuses to look at")[2]
    assert "Matches nothing: .keysieve.toml, [[allow]] 1: gone/ (old)" in end
    assert "Ended on 2020-01-01: .keysieve.toml, [[allow]] 2: *.ini (x)" in end
    assert "Matches nothing: .keysieve.toml, [[accept-not-read]] 1: big.zip (too big)" in end
    assert f"Matches nothing: .keysieve-baseline: ks1:{'1' * 32}" in end
    assert "note: Its excuse (allowlist: x) ended on 2020-01-01." in done.out
    machine = scan("history")
    assert machine.report
    assert "keysieve: Matches nothing: .keysieve.toml, [[allow]] 1" in machine.err


def test_a_change_says_nothing_about_unused_excuses(repo, keysieve) -> None:
    repo.commit({".keysieve.toml": "[[allow]]\npaths=['gone/']\nreason='old'\n"})
    repo.write("b", "x")
    repo.git("add", "-A")
    assert "gone" not in keysieve("staged", cwd=repo.path).out
    assert "gone" not in keysieve("range", "HEAD..", cwd=repo.path).out


def test_accepted_gap(repo, scan) -> None:
    repo.commit({"a": "kept", "old/b": "lost"})
    oid = repo.git("rev-parse", "HEAD:old/b")
    repo.git("rm", "-q", "-r", "old")
    repo.commit_staged()
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert scan("history").status == 3
    repo.commit({".keysieve.toml": f"[[accept-not-read]]\nwhat = ['{oid}']\nreason = 'lost in a crash'\n"})
    done = scan("history")
    assert (done.status, done.report["complete"], done.report["not_read"]) == (0, True, [])
    (gap,) = done.report["out_of_scope"]
    assert gap["reason"].endswith("accepted: lost in a crash")


def test_settings_hold_nothing_that_the_scan_trips_over(repo, scan, keysieve, pair) -> None:
    repo.commit({"a.ini": pair()})
    assert keysieve("baseline", "create", cwd=repo.path).status == 0
    repo.git("add", "-A")
    assert (scan("staged").status, scan("staged").report["set_aside"]) == (0, [])


@pytest.fixture
def foreign(make_repository, pair):
    """Somebody else's repository, which excuses itself in every way."""
    other = make_repository("other")
    other.commit(
        {
            "a.ini": pragma(pair()),
            ".keysieve.toml": "[[allow]]\npaths=['*']\nreason='trust us'\n",
            ".keysieve-baseline": "",
        }
    )
    return other


@pytest.mark.parametrize("command", ["history", "files"])
def test_a_foreign_repository_excuses_nothing(foreign, scan, command) -> None:
    done = scan(command, str(foreign.path))
    assert done.rules == ["aws-access-key-pair"]
    assert "does not belong to the current repository" in notes(done)


@pytest.mark.parametrize("command", ["history", "files"])
def test_a_foreign_repository_with_settings_of_our_own(foreign, scan, command, tmp_path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[[allow]]\naccount='210987654321'\nreason='ours'\n")
    assert reasons(scan(command, str(foreign.path), "--config", own)) == [("allowlist", "ours")]


@pytest.mark.parametrize("command", ["history", "files"])
def test_the_current_repository_by_name(foreign, keysieve, command) -> None:
    done = keysieve(command, str(foreign.path), cwd=foreign.path)
    assert done.status == 0


def test_files_outside_of_any_repository(keysieve, pair, tmp_path) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    (folder / "a.ini").write_text(pragma(pair()))
    (folder / ".keysieve.toml").write_text("broken")
    assert keysieve("files", ".", cwd=folder).status == 0
    assert keysieve("files", str(folder), cwd=tmp_path).status == 0
    (tmp_path / "elsewhere").mkdir()
    assert keysieve("files", str(folder), cwd=tmp_path / "elsewhere").status == 1


def test_report_of_a_change_is_told_of_its_baseline_too(repo, keysieve, pair) -> None:
    repo.write("a.ini", pair())
    repo.git("add", "-A")
    keysieve("staged", "--format", "json", "--output", "r.json", cwd=repo.path)
    assert json.loads((repo.path / "r.json").read_text())["findings"]
    assert keysieve("baseline", "update", "r.json", "--reason", "new test key", cwd=repo.path).status == 0
    assert keysieve("staged", cwd=repo.path).status == 1
    repo.git("add", ".keysieve-baseline")
    assert keysieve("staged", cwd=repo.path).status == 0
