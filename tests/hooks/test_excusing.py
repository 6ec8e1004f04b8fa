"""What a push brings in cannot excuse what it brings in; what the receiving side has settled counts."""

from __future__ import annotations

import pytest

ALLOW_ALL = "[[allow]]\npaths = ['*']\nreason = 'made up'\n"
PRAGMA = "  # keysieve:allow made up\n"


@pytest.fixture
def leak(keys) -> str:
    return keys.fill("key = {access_key_id}")[0]


@pytest.fixture(params=["pre-push", "pre-receive"])
def guarded(request, local, server, put_hook):
    """A clone whose pushes are guarded on this side, or on the other."""

    def guard():
        local.git("remote", "set-head", "origin", "main")
        folder = local.path / ".git/hooks" if request.param == "pre-push" else server.path / "hooks"
        put_hook(folder, request.param)
        return local

    return guard


def push(repository, refspec: str):
    return repository.run("git", "push", "origin", refspec)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"leak": PRAGMA}, id="pragma"),
        pytest.param({"leak": "", ".keysieve.toml": ALLOW_ALL}, id="configuration"),
    ],
)
@pytest.mark.parametrize("target", ["main", "main:refs/heads/fresh"], ids=["known branch", "new branch"])
def test_pushed_excuse_does_not_count(guarded, leak, files, target) -> None:
    repository = guarded()
    repository.commit({name: (leak + text if name == "leak" else text) for name, text in files.items()})
    done = push(repository, target)
    assert done.returncode != 0
    assert b"only by this change" in b" ".join((done.stdout + done.stderr).replace(b"remote:", b"").split())


def test_what_is_settled_on_the_other_side_counts(local, guarded, leak) -> None:
    local.commit({".keysieve.toml": ALLOW_ALL})
    local.git("push", "-q", "origin", "main")
    repository = guarded()
    repository.commit({"leak": leak})
    for target in ("main:refs/heads/fresh", "main"):
        assert push(repository, target).returncode == 0


def test_branch_cannot_settle_for_itself_in_two_pushes(guarded, leak) -> None:
    repository = guarded()
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit({".keysieve.toml": ALLOW_ALL})
    assert push(repository, "topic").returncode == 0, "settings alone are no leak"
    repository.commit({"leak": leak})
    assert push(repository, "topic").returncode != 0


def test_trust_head(local, put_hook, leak) -> None:
    put_hook(local.path / ".git/hooks", "pre-push", "pre-push --trust-head")
    local.commit({"leak": leak + PRAGMA})
    assert push(local, "main").returncode == 0


def test_message_by_the_settings_of_the_index(repo, put_hook, keysieve, leak) -> None:
    repo.write("leak", leak)
    mark = keysieve("files", "leak", "--format", "json", cwd=repo.path).findings[0]["fingerprint"]
    put_hook(repo.path / ".git/hooks", "commit-msg", "message")
    assert repo.run("git", "commit", "--allow-empty", "-m", leak).returncode != 0
    repo.write(".keysieve.toml", f"[[allow]]\nfingerprint = '{mark}'\nreason = 'made up'\n")
    assert repo.run("git", "commit", "--allow-empty", "-m", leak).returncode != 0, "not in the index yet"
    repo.git("add", ".keysieve.toml")
    assert repo.run("git", "commit", "-m", leak).returncode == 0
