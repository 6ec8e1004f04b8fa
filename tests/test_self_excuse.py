"""A change cannot excuse itself: what counts is what stood before it."""

from __future__ import annotations

import pytest

from test_config import RULE, TOKEN

ALLOW_ALL = "[[allow]]\npaths = ['*']\nreason = 'trust me'\n"
BLIND = RULE.replace("acme-token", "aws-access-key-id").replace("acme-[", "nothing-[")
ATTEMPTS = {
    "new pragma": lambda leak, _print: {"leak": f"{leak}  # keysieve:allow trust me\n"},
    "new pragma of gitleaks": lambda leak, _print: {"leak": f"{leak}  # gitleaks:allow\n"},
    "new configuration": lambda leak, _print: {"leak": leak, ".keysieve.toml": ALLOW_ALL},
    "new allowlist fingerprint": lambda leak, print_: {
        "leak": leak,
        ".keysieve.toml": f"[[allow]]\nfingerprint = '{print_}'\nreason = 'trust me'\n",
    },
    "new table in pyproject.toml": lambda leak, _print: {
        "leak": leak,
        "pyproject.toml": ALLOW_ALL.replace("[[allow]]", "[[tool.keysieve.allow]]"),
    },
    "new baseline line": lambda leak, print_: {
        "leak": leak,
        ".keysieve-baseline": f"{print_} aws-access-key-id trust me\n",
    },
    "rule overridden": lambda leak, _print: {
        "leak": leak,
        ".keysieve.toml": BLIND.replace("id =", "[[rule]]\nid =", 1).replace("[match]", "[rule.match]"),
    },
    "accepted and moved under an allowed path": lambda leak, _print: {"elsewhere/leak": leak},
}
SAYS_SO = [name for name in ATTEMPTS if name not in ("rule overridden", "accepted and moved under an allowed path")]


@pytest.fixture
def leak(keys):
    return keys.fill("key = {access_key_id}")[0]


@pytest.fixture
def attempt(repo, keysieve, leak):
    """A branch `topic` with one of the attempts."""
    repo.commit({"README": "x"})
    repo.write("leak", leak)
    print_ = keysieve("files", "leak", "--format", "json", cwd=repo.path).findings[0]["fingerprint"]
    repo.path.joinpath("leak").unlink()

    def make(name: str):
        repo.git("checkout", "-q", "-B", "topic")
        repo.commit(ATTEMPTS[name](leak, print_))
        return repo

    return make


@pytest.mark.parametrize("name", ATTEMPTS)
def test_range(attempt, keysieve, name) -> None:
    done = keysieve("range", "main..topic", "--format", "json", cwd=attempt(name).path)
    assert (done.status, done.rules) == (1, ["aws-access-key-id"])
    said = " ".join(done.findings[0]["notes"])
    assert ("Excused only by this change" in said) is (name in SAYS_SO)


@pytest.mark.parametrize("name", SAYS_SO)
def test_range_with_trust_head(attempt, keysieve, name) -> None:
    done = keysieve("range", "main..topic", "--trust-head", "--format", "json", cwd=attempt(name).path)
    assert (done.status, done.findings, len(done.report["set_aside"])) == (0, [], 1)


@pytest.mark.parametrize("name", SAYS_SO)
def test_once_merged_it_counts(attempt, keysieve, name) -> None:
    repo = attempt(name)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "topic")
    assert keysieve("history", cwd=repo.path).status == 0
    repo.git("checkout", "-q", "-b", "next")
    repo.commit({"other": "x"})
    assert keysieve("range", "main..next", cwd=repo.path).status == 0


@pytest.mark.parametrize("name", [name for name in ATTEMPTS if name != "accepted and moved under an allowed path"])
def test_pre_commit_range(attempt, keysieve, name) -> None:
    env = {"PRE_COMMIT_FROM_REF": "main", "PRE_COMMIT_TO_REF": "topic"}
    assert keysieve("staged", cwd=attempt(name).path, env=env).status == 1


def test_excuse_added_by_an_earlier_commit_of_the_range(repo, keysieve, leak) -> None:
    repo.commit({"README": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({".keysieve.toml": ALLOW_ALL})
    repo.commit({"leak": leak})
    assert keysieve("range", "main..topic", cwd=repo.path).status == 1


def test_leak_and_excuse_gone_again_within_the_range(repo, keysieve, leak) -> None:
    repo.commit({"README": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"leak": leak, ".keysieve.toml": ALLOW_ALL})
    repo.commit({"leak": None, ".keysieve.toml": None})
    assert keysieve("range", "main..topic", cwd=repo.path).status == 1


@pytest.mark.parametrize("files", [{".keysieve.toml": None}, {".keysieve.toml": "[accounts]\n"}], ids=["gone", "other"])
def test_a_change_cannot_take_a_rule_away(repo, keysieve, files) -> None:
    repo.commit({".keysieve.toml": "rules = ['acme.toml']", "acme.toml": RULE})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"leak": TOKEN, "acme.toml": None, **files})
    done = keysieve("range", "main..topic", "--format", "json", cwd=repo.path)
    assert done.rules == ["acme-token"]


def test_what_stands_at_the_tip_of_the_base_only_counts_once_the_branch_has_it(repo, keysieve, leak) -> None:
    repo.commit({"README": "x"})
    repo.git("branch", "topic")
    repo.commit({".keysieve.toml": ALLOW_ALL})
    repo.git("checkout", "-q", "topic")
    repo.commit({"leak": leak})
    assert keysieve("range", "main..topic", cwd=repo.path).status == 1
    repo.git("rebase", "-q", "main")
    assert keysieve("range", "main..topic", cwd=repo.path).status == 0


def test_a_pragma_that_was_there_before_still_counts(repo, keysieve, leak) -> None:
    excused = f"{leak}  # keysieve:allow known\n"
    repo.commit({"a": excused})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a": "gone\n"})
    repo.commit({"a": f"back\n    {excused}"})
    done = keysieve("range", "main..topic", "--format", "json", cwd=repo.path)
    assert (done.status, [one["reason"] for one in done.report["set_aside"]]) == (0, ["pragma"])


def test_a_new_key_on_an_excused_line(repo, keysieve, keys) -> None:
    def line() -> str:
        return keys.fill("key = {access_key_id}  # keysieve:allow known\n")[0]

    repo.commit({"a": line()})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a": line()})
    assert keysieve("range", "main..topic", cwd=repo.path).status == 1


def test_settings_of_the_change_that_are_not_valid_are_told(attempt, keysieve) -> None:
    done = keysieve("range", "main..topic", cwd=attempt("rule overridden").path)
    assert done.status == 1
    said = " ".join(done.out.partition("Excuses to look at")[2].split())
    assert "Settings that this change brings in are not valid. .keysieve.toml: a rule 'aws-access-key-id'" in said


def test_settings_of_the_base_that_are_not_valid(repo, keysieve) -> None:
    repo.commit({".keysieve.toml": "broken"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({".keysieve.toml": "[accounts]\n"})
    done = keysieve("range", "main..topic", cwd=repo.path)
    assert done.status == 2
    assert "as it stands where the change begins" in done.err
    assert "--trust-head" in done.err
    assert keysieve("range", "main..topic", "--trust-head", cwd=repo.path).status == 0


def test_a_gap_that_the_change_accepts_stays_a_gap(repo, keysieve) -> None:
    repo.commit({"README": "x"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b": "lost", ".keysieve.toml": "[[accept-not-read]]\nwhat = ['b']\nreason = 'trust me'\n"})
    oid = repo.git("rev-parse", "HEAD:b")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert keysieve("range", "main..topic", cwd=repo.path).status == 3
    assert keysieve("range", "main..topic", "--trust-head", cwd=repo.path).status == 0
