from __future__ import annotations

import pytest

PAIR = "[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def pair(keys) -> str:
    return keys.fill(PAIR)[0]


@pytest.fixture
def staged(keysieve, repo):
    """Runs the command for the JSON report, and as a hook does, which may take a shorter way to the same verdict."""

    def run(*arguments, **options):
        options.setdefault("cwd", repo.path)
        done = keysieve("staged", "--format", "json", *arguments, **options)
        as_hook = keysieve("staged", *arguments, **options)
        assert as_hook.status == done.status
        assert as_hook.out.startswith("keysieve staged: ") or done.status == 2
        return done

    return run


def test_clean_commit_passes(repo, staged) -> None:
    repo.commit({"a.py": "print('hello')\n"})
    repo.write("a.py", "print('hello, world')\n")
    repo.git("add", "-A")
    done = staged()
    assert (done.status, done.findings) == (0, [])
    assert done.report["stats"]["blobs"] == 1


@pytest.mark.parametrize(("size", "told"), [(22, "22 bytes"), (1500, "1.5 kB"), (2_500_000, "2.5 MB")])
def test_short_way_says_the_same(repo, keysieve, size, told) -> None:
    repo.commit({"a": "x"})
    repo.write("a", "x" * size)
    repo.git("add", "-A")
    short = keysieve("staged", cwd=repo.path).out
    full = keysieve("staged", "--fail-on", "low", cwd=repo.path).out
    assert told in short
    assert short.split(" in ")[0] == full.split(" in ")[0]


def test_pair_is_one_finding_with_its_places(repo, staged, pair) -> None:
    repo.commit({"README": "x"})
    repo.write("conf/aws.ini", pair)
    repo.git("add", "-A")
    done = staged()
    assert done.status == 1
    (finding,) = done.findings
    assert finding["rule"] == "aws-access-key-pair"
    assert finding["account_id"] == "210987654321"
    (occurrence,) = finding["occurrences"]
    assert (occurrence["kind"], occurrence["path"], occurrence["line"]) == ("staged", "conf/aws.ini", 2)
    assert [(part["value"], part["line"], part["column"]) for part in occurrence["parts"]] == [
        ("access_key_id", 2, 21),
        ("secret_access_key", 3, 25),
    ]


def test_first_commit(repo, staged, pair) -> None:
    repo.write("aws.ini", pair)
    repo.git("add", "-A")
    assert staged().rules == ["aws-access-key-pair"]


def test_what_is_only_in_the_work_tree_does_not_count(repo, staged, pair) -> None:
    repo.commit({"a": "x"})
    repo.write("a", pair)
    assert staged().status == 0


def test_what_was_cleaned_in_the_work_tree_only_counts(repo, staged, pair) -> None:
    repo.commit({"a": "x"})
    repo.write("a", pair)
    repo.git("add", "-A")
    repo.write("a", "clean")
    assert staged().status == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda r, t: r.write("conf", t + "# a comment\n"), id="edited elsewhere"),
        pytest.param(lambda r, t: r.git("mv", "conf", "settings"), id="renamed"),
        pytest.param(lambda r, t: (r.git("mv", "conf", "b"), r.write("b", "# moved\n  " + t)), id="renamed and edited"),
        pytest.param(lambda r, t: r.write("conf", t.replace("aws_", "\taws_")), id="re-indented"),
    ],
)
def test_old_credential_is_not_new(repo, staged, pair, change) -> None:
    repo.commit({"conf": pair})
    change(repo, pair)
    repo.git("add", "-A")
    assert staged().status == 0


def test_copy_is_new(repo, staged, pair) -> None:
    repo.commit({"conf": pair})
    repo.write("copy", pair)
    repo.git("add", "-A")
    assert staged().rules == ["aws-access-key-pair"]


def test_new_key_on_the_old_line_is_new(repo, staged, keys, pair) -> None:
    repo.commit({"conf": pair})
    repo.write("conf", keys.fill(PAIR)[0])
    repo.git("add", "-A")
    assert staged().rules == ["aws-access-key-pair"]


def test_old_id_with_a_new_secret_is_a_new_pair(repo, staged, keys) -> None:
    text, made = keys.fill(PAIR)
    repo.commit({"conf": text})
    repo.write("conf", text.replace(made["secret_access_key"], keys.secret_access_key()))
    repo.git("add", "-A")
    assert staged().rules == ["aws-access-key-pair"]


def test_secret_beside_a_committed_id_is_a_pair(repo, staged, keys) -> None:
    text, made = keys.fill(PAIR)
    repo.commit({"conf": text.replace(made["secret_access_key"], "")})
    repo.write("conf", text)
    repo.git("add", "-A")
    assert staged().rules == ["aws-access-key-pair"]


def test_from_a_subdirectory_everything_is_scanned(repo, staged, pair) -> None:
    repo.commit({"sub/a": "x"})
    repo.write("b", pair)
    repo.git("add", "-A")
    assert staged(cwd=repo.path / "sub").status == 1


def test_symlink_target(repo, staged, keys) -> None:
    repo.commit({"a": "x"})
    (repo.path / "link").symlink_to(f"/s3/{keys.access_key_id()}")
    repo.git("add", "-A")
    (finding,) = staged().findings
    assert finding["occurrences"][0]["kind"] == "symlink"


def test_path(repo, staged, keys) -> None:
    key_id = keys.access_key_id()
    repo.commit({"a": "x"})
    repo.write(f"keys/{key_id}.txt", "nothing here\n")
    repo.git("add", "-A")
    (occurrence,) = staged().findings[0]["occurrences"]
    assert (occurrence["kind"], occurrence["path"]) == ("path", f"keys/{key_id[:4]}…{key_id[-4:]}.txt")


def test_submodule_is_out_of_scope(repo, staged, make_repository) -> None:
    other = make_repository("other")
    other.commit({"a": "x"})
    repo.commit({"a": "x"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.path), "vendor/other")
    done = staged()
    assert done.status == 0
    assert done.report["out_of_scope"] == [{"what": "vendor/other", "reason": "submodule", "count": 1}]


def test_intent_to_add_is_ignored(repo, staged, pair) -> None:
    repo.commit({"a": "x"})
    repo.write("b", pair)
    repo.git("add", "--intent-to-add", "b")
    assert staged().status == 0


def test_unmerged_stages_are_read(repo, staged, pair) -> None:
    repo.commit({"a": "base\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a": "topic\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"a": "main\n"})
    repo.run("git", "merge", "topic")
    oid = repo.run("git", "hash-object", "-w", "--stdin", input=pair.encode()).stdout.decode().strip()
    repo.run("git", "update-index", "--index-info", input=f"100644 {oid} 3\ta\n".encode())
    assert staged().rules == ["aws-access-key-pair"]


def test_merge_brings_in_nothing_new_but_what_it_adds_itself(repo, staged, keys, pair) -> None:
    repo.commit({"a": "base\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"topic": pair})
    repo.git("checkout", "-q", "main")
    repo.commit({"b": "main\n"})
    repo.run("git", "merge", "--no-ff", "--no-commit", "topic")
    assert staged().status == 0
    repo.write("evil", keys.fill(PAIR)[0])
    repo.git("add", "-A")
    done = staged()
    assert [one["path"] for finding in done.findings for one in finding["occurrences"]] == ["evil"]


def test_names_that_are_not_staged_are_read_from_disk(repo, staged, pair) -> None:
    repo.commit({"old": pair, "b": "x"})
    repo.write("b", "y")
    repo.git("add", "-A")
    done = staged("old", "b")
    assert done.status == 1
    assert [one["kind"] for one in done.findings[0]["occurrences"]] == ["file"]


def test_index_of_commit_all_is_the_one_that_counts(repo, staged, pair, tmp_path) -> None:
    repo.commit({"a": "x"})
    repo.write("a", pair)
    index = tmp_path / "index"
    index.write_bytes((repo.path / ".git/index").read_bytes())
    repo.git("add", "-A", env={"GIT_INDEX_FILE": str(index)})
    assert staged().status == 0
    assert staged(env={"GIT_INDEX_FILE": str(index)}).status == 1


def test_nothing_is_written_to_the_repository(repo, staged, pair) -> None:
    repo.commit({"a": "x"})
    repo.write("a", pair)
    repo.git("add", "-A")
    before = {path: path.stat().st_mtime_ns for path in (repo.path / ".git").rglob("*")}
    assert staged().status == 1
    assert {path: path.stat().st_mtime_ns for path in (repo.path / ".git").rglob("*")} == before


def test_no_secret_in_any_output(repo, keysieve, keys) -> None:
    text, made = keys.fill(PAIR)
    repo.write("a", text)
    repo.git("add", "-A")
    for options in ([], ["--format", "json"]):
        done = keysieve("staged", *options, cwd=repo.path)
        assert made["secret_access_key"] not in done.out + done.err
    assert made["secret_access_key"] in keysieve("staged", "--reveal", cwd=repo.path).out


def test_name_in_a_subdirectory_is_not_the_one_at_the_top(repo, staged, pair) -> None:
    repo.commit({"a": "x", "sub/a": pair})
    repo.write("a", "y")
    repo.git("add", "-A")
    assert staged("a", cwd=repo.path / "sub").status == 1


def test_baseline_does_not_make_a_clean_commit_slow(repo, staged, keysieve) -> None:
    repo.commit({".keysieve-baseline": "# nothing yet\n"})
    repo.write("a", "y")
    repo.git("add", "-A")
    assert staged().status == 0
