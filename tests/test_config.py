from __future__ import annotations

import pytest

RULE = """
id = "acme-token"
title = "Acme token"
description = "Opens Acme."
severity = "high"
remedy = "access-key"
[match]
value = "acme_token"
pattern = '(?<value>acme-[0-9a-f]{20})'
literals = ["acme-"]
prefilter = ['acme-[0-9a-f]{20}']
"""
INLINE = RULE.replace("id =", "[[rule]]\nid =").replace("[match]", "[rule.match]")
TOKEN = "acme-" + "0123456789abcdef0123"
FINGERPRINT = "ks1:" + "0" * 32


@pytest.fixture
def told(repo, keysieve):
    """What `files` says of a configuration: exit status, message, hint."""

    def run(text: str, name: str = ".keysieve.toml"):
        repo.write(name, text)
        done = keysieve("files", ".", cwd=repo.path)
        message, _, hint = done.err.partition("\n")
        return done.status, message, hint.strip()

    return run


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param("[[alow]]", "there is no setting 'alow'", "Did you mean 'allow'?", id="unknown table"),
        pytest.param("fail_on = 'never'", "there is no setting 'fail_on'", "--fail-on", id="fail-on"),
        pytest.param("reveal = true", "there is no setting 'reveal'", "command line only: --reveal", id="reveal"),
        pytest.param("output = 'x'", "there is no setting 'output'", "command line only: --output", id="output"),
        pytest.param("jobs = 0", "there is no setting 'jobs'", "command line only: --jobs", id="jobs"),
        pytest.param(
            "[[allow]]\npath = 'x'\nreason = 'y'", "[[allow]] 1: there is no setting 'path'", "'paths'", id="key"
        ),
        pytest.param(
            "[[allow]]\npaths = 'x'\nreason = 'y'", "[[allow]] 1: paths has to be a list", "paths =", id="type"
        ),
        pytest.param("[[allow]]\npaths = [1]\nreason = 'y'", "paths holds 1", "Write texts", id="list of numbers"),
        pytest.param("[[allow]]\npaths = ['x']", "[[allow]] 1 has no reason", "Say why", id="no reason"),
        pytest.param("[[allow]]\npaths = ['x']\nreason = ' '", "[[allow]] 1 has no reason", "Say why", id="blank"),
        pytest.param("[[allow]]\nreason = 'x'", "does not say what it is for", "paths, account", id="for nothing"),
        pytest.param(
            "[[allow]]\nrule = 'aws-access-key-id'\nreason = 'x'", "does not say what", "rule narrows", id="rule alone"
        ),
        pytest.param(
            "[[allow]]\npaths = ['x']\nrule = 'aws-access-key'\nreason = 'x'",
            "there is no rule 'aws-access-key'",
            "Did you mean 'aws-access-key-id'",
            id="unknown rule",
        ),
        pytest.param("[[allow]]\naccount = '12'\nreason = 'x'", "account is not valid: '12'", "twelve", id="account"),
        pytest.param("[[allow]]\nfingerprint = 'x'\nreason = 'x'", "fingerprint is not valid", "ks1:", id="print"),
        pytest.param(
            "[[allow]]\npaths = ['x']\nreason = 'x'\nuntil = '2030-01-01'",
            "until has to be a date without quotes",
            "until =",
            id="quoted date",
        ),
        pytest.param(
            "[[allow]]\npaths = ['x']\nreason = 'x'\nuntil = 2030-01-01T00:00:00", "until has to be", "", id="time"
        ),
        pytest.param("allow = ['x']", "allow has to be a list of tables", "[[allow]]", id="list of texts"),
        pytest.param("[accounts]\n12 = 'x'", "'12' is no account id", "twelve digits", id="short account"),
        pytest.param("[accounts]\n210987654321 = 1", "210987654321 has to be a text", "", id="account name"),
        pytest.param("[[accept-not-read]]\nreason = 'x'", "does not say what", "what =", id="gap for nothing"),
        pytest.param("accounts = 'x'", "accounts has to be a table", "accounts =", id="no table"),
        pytest.param("not toml", "is not valid TOML", "Mend it", id="not toml"),
        pytest.param("rules = ['../x.toml']", "'../x.toml' lies outside", "beside it", id="rule outside"),
        pytest.param("rules = ['x.toml']", "there is no rule file 'x.toml'", "root of the repository", id="no rule"),
        pytest.param(INLINE.replace("acme-token", "aws-access-key-id"), "is there already", "add", id="override"),
        pytest.param(INLINE.replace("(?<value>", "("), "has no group for the value", "(?<value>", id="no group"),
        pytest.param(INLINE.replace("{20})'", "{20}'"), "is not a regular expression", "Mend", id="bad pattern"),
        pytest.param(INLINE.replace("access-key", "acces-key"), "remedy 'acces-key'", "'access-key'", id="remedy"),
        pytest.param(INLINE.replace("severity", "severty"), "no setting 'severty'", "'severity'", id="rule key"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_right(told, text, message, hint) -> None:
    status, said, hinted = told(text)
    assert status == 2
    assert ".keysieve.toml" in said
    assert message in said
    assert hint in hinted
    assert hinted


def test_pyproject(repo, keysieve, keys) -> None:
    repo.write("pyproject.toml", "[project]\nname='x'\n[[tool.keysieve.allow]]\npaths=['a']\nreason='fixture'\n")
    repo.write("a", keys.fill("{access_key_id}")[0])
    done = keysieve("files", ".", "--format", "json", cwd=repo.path)
    assert (done.status, done.report["set_aside"][0]["detail"]) == (0, "fixture")


@pytest.mark.parametrize("text", ["[project]\nname='x'\n", "not toml at all"])
def test_a_pyproject_of_others_is_left_alone(told, text) -> None:
    assert told(text, "pyproject.toml")[0] == 0


def test_error_in_pyproject_names_the_table(told) -> None:
    assert "pyproject.toml, [tool.keysieve]: there is no setting" in told("[tool.keysieve]\nx=1", "pyproject.toml")[1]


def test_both_files(repo, told) -> None:
    repo.write("pyproject.toml", "[tool.keysieve.accounts]\n210987654321='a'\n")
    status, said, _ = told("[accounts]\n")
    assert status == 2
    assert "Both .keysieve.toml and [tool.keysieve]" in said


@pytest.mark.parametrize("command", ["staged", "history", "files"])
@pytest.mark.parametrize("is_inline", [True, False], ids=["inline", "file"])
def test_own_rule(repo, keysieve, command, is_inline) -> None:
    repo.write(".keysieve.toml", INLINE if is_inline else "rules = ['sec/acme.toml']")
    repo.write("sec/acme.toml", RULE)
    repo.write("leak", TOKEN)
    repo.git("add", "-A")
    if command == "history":
        repo.commit_staged()
    done = keysieve(command, "--format", "json", cwd=repo.path)
    assert (done.status, done.rules) == (1, ["acme-token"])


def test_own_rule_beside_the_shipped_ones(repo, keysieve, keys) -> None:
    repo.write(".keysieve.toml", INLINE)
    repo.write("leak", TOKEN + "\n" + keys.fill("{access_key_id}")[0])
    assert keysieve("files", "--format", "json", cwd=repo.path).rules == ["acme-token", "aws-access-key-id"]


def test_account_names(repo, keysieve, keys) -> None:
    repo.write(".keysieve.toml", "[accounts]\n210987654321 = 'the sandbox'\n")
    repo.write("leak", keys.fill("{access_key_id}")[0])
    assert "AWS access key id of account 210987654321 (the sandbox)" in keysieve("files", cwd=repo.path).out


def test_config_option_in_place_of_the_repositorys(repo, keysieve, keys, tmp_path) -> None:
    repo.write(".keysieve.toml", "[[allow]]\npaths = ['*']\nreason = 'x'\n")
    repo.write("leak", keys.fill("{access_key_id}")[0])
    other = tmp_path / "other.toml"
    other.write_text("rules = ['acme.toml']")
    (tmp_path / "acme.toml").write_text(RULE)
    repo.write("leak2", TOKEN)
    done = keysieve("files", "--config", other, "--format", "json", cwd=repo.path)
    assert done.rules == ["acme-token", "aws-access-key-id"]


@pytest.mark.parametrize("option", ["--config", "--baseline"])
def test_option_names_nothing(repo, keysieve, option) -> None:
    done = keysieve("files", option, "nowhere", cwd=repo.path)
    assert done.status == 2
    assert "nowhere cannot be read" in done.err


def test_staged_reads_the_index_and_not_the_disk(repo, keysieve, keys) -> None:
    repo.write("leak", keys.fill("{access_key_id}")[0])
    repo.git("add", "leak")
    repo.write(".keysieve.toml", "[[allow]]\npaths = ['leak']\nreason = 'x'\n")
    assert keysieve("staged", cwd=repo.path).status == 1
    repo.git("add", ".keysieve.toml")
    repo.write(".keysieve.toml", "broken")
    assert keysieve("staged", cwd=repo.path).status == 0


def test_staged_from_a_subfolder(repo, keysieve, keys) -> None:
    repo.write("sub/leak", keys.fill("{access_key_id}")[0])
    repo.write(".keysieve.toml", "[[allow]]\npaths = ['/sub/']\nreason = 'x'\n")
    repo.git("add", "-A")
    assert keysieve("staged", cwd=repo.path / "sub").status == 0
    assert keysieve("files", "leak", cwd=repo.path / "sub").status == 0


def test_unborn_head(repo, keysieve) -> None:
    assert keysieve("history", cwd=repo.path).status == 0


def test_clean_commit_imports_nothing_for_settings(repo, keysieve) -> None:
    import subprocess
    import sys

    repo.write("pyproject.toml", "[project]\nname='x'\n")
    repo.git("add", "-A")
    code = (
        "import sys; from keysieve.cli import main; main(['staged']);"
        "print([m for m in ('tomllib', 'pathspec', 'keysieve.config', 'keysieve.excuses.policy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repo.path, env=repo.env, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
