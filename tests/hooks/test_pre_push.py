from __future__ import annotations

import resource

import pytest

ZERO = "0" * 40


@pytest.fixture
def hooked(local, put_hook):
    put_hook(local.path / ".git/hooks", "pre-push")
    return local


@pytest.fixture
def pre_push(keysieve, local):
    """Runs the command with the lines that git would give it."""

    def run(*lines: str, arguments=("origin", "url"), **options):
        stdin = "".join(f"{line}\n" for line in lines).encode()
        return keysieve("pre-push", *arguments, "--format", "json", cwd=local.path, stdin=stdin, **options)

    return run


def push(repository, *arguments: str):
    return repository.run("git", "push", "origin", *arguments)


def test_clean_push_passes(hooked) -> None:
    hooked.commit({"a": "x"})
    assert push(hooked, "main").returncode == 0


def test_push_is_refused_and_says_why(hooked, server, new_pair) -> None:
    hooked.commit({"conf.ini": new_pair()})
    done = push(hooked, "main")
    assert done.returncode != 0
    assert b"conf.ini:1" in done.stdout + done.stderr
    assert hooked.git("ls-remote", "origin", "main").split()[0] == hooked.git("rev-parse", "origin/main")


def test_removed_again_is_refused(hooked, new_pair) -> None:
    hooked.commit({"conf": new_pair()})
    hooked.commit({"conf": None})
    assert push(hooked, "main").returncode != 0


def test_what_the_remote_has_is_no_matter(local, put_hook, new_pair) -> None:
    local.commit({"conf": new_pair()})
    local.git("push", "-q", "origin", "main")
    put_hook(local.path / ".git/hooks", "pre-push")
    local.commit({"a": "x"})
    assert push(local, "main").returncode == 0
    assert push(local, "main:refs/heads/new").returncode == 0


def test_what_only_another_remote_has_matters(hooked, make_repository, new_pair) -> None:
    other = make_repository("other", "--bare")
    hooked.git("remote", "add", "other", str(other.path))
    hooked.commit({"conf": new_pair()})
    hooked.git("push", "-q", "--no-verify", "other", "main")
    assert push(hooked, "main").returncode != 0


@pytest.mark.parametrize(
    ("refspecs", "refused"),
    [
        pytest.param(["main:refs/heads/fresh"], True, id="new branch"),
        pytest.param(["HEAD~1:refs/heads/fresh"], False, id="new branch below the key"),
        pytest.param(["HEAD~1:refs/heads/a", "main:refs/heads/b"], True, id="several refs, the last one bad"),
        pytest.param(["main:refs/heads/b", "HEAD~1:refs/heads/a"], True, id="several refs, the first one bad"),
        pytest.param(["HEAD^{tree}:refs/tags/tree"], True, id="a tag on a tree"),
        pytest.param(["HEAD:conf:refs/tags/blob"], True, id="a tag on a blob"),
        pytest.param([":gone"], False, id="deleted"),
        pytest.param([":gone", "main"], True, id="deleted beside a bad one"),
    ],
)  # fmt: skip
def test_refs(local, put_hook, new_pair, refspecs, refused) -> None:
    local.git("push", "-q", "origin", "main:refs/heads/gone")
    put_hook(local.path / ".git/hooks", "pre-push")
    local.commit({"a": "x"})
    local.commit({"conf": new_pair()})
    if refspecs == ["HEAD:conf:refs/tags/blob"]:
        refspecs = [local.git("rev-parse", "HEAD:conf") + ":refs/tags/blob"]
    done = push(local, *refspecs)
    assert (done.returncode != 0) == refused, done.stderr.decode()


def test_forced_push(local, put_hook, new_pair) -> None:
    local.commit({"a": "x"})
    local.git("push", "-q", "origin", "main")
    put_hook(local.path / ".git/hooks", "pre-push")
    local.git("reset", "-q", "--hard", "HEAD~1")
    local.commit({"b": "x"})
    assert push(local, "--force", "main").returncode == 0
    local.git("reset", "-q", "--hard", "HEAD~1")
    local.commit({"conf": new_pair()})
    assert push(local, "--force", "main").returncode != 0


@pytest.mark.parametrize("options", [["-a", "-m"], ["-m"]], ids=["annotated", "annotated by its message"])
def test_tag_message(hooked, new_pair, options) -> None:
    hooked.git("tag", *options, new_pair(), "v1")
    assert push(hooked, "v1").returncode != 0
    hooked.git("tag", "-a", "-m", "Release", "v2")
    assert push(hooked, "v2").returncode == 0


def test_tag_of_a_tag(hooked, new_pair) -> None:
    hooked.git("tag", "-a", "-m", new_pair(), "inner")
    hooked.git("tag", "-a", "-m", "Outer", "outer", "inner")
    assert push(hooked, "outer").returncode != 0


def test_name_of_a_branch(hooked, keys) -> None:
    assert push(hooked, f"main:refs/heads/{keys.access_key_id()}").returncode != 0


def test_message_of_a_commit(hooked, keys) -> None:
    hooked.commit_staged(f"Use {keys.access_key_id()}")
    assert push(hooked, "main").returncode != 0


def test_url_of_a_known_remote_counts_as_that_remote(local, server, put_hook, new_pair) -> None:
    local.commit({"conf": new_pair()})
    local.git("push", "-q", "origin", "main")
    put_hook(local.path / ".git/hooks", "pre-push")
    assert local.run("git", "push", str(server.path), "main:refs/heads/new").returncode == 0


def test_unknown_url_gets_everything(local, make_repository, put_hook, new_pair) -> None:
    local.commit({"conf": new_pair()})
    local.git("push", "-q", "origin", "main")
    put_hook(local.path / ".git/hooks", "pre-push")
    other = make_repository("other", "--bare")
    assert local.run("git", "push", str(other.path), "main").returncode != 0


def test_remote_moved_on_to_commits_that_are_not_here(local, pre_push, new_pair) -> None:
    """What the remote has is not known; what is new here is, against the remote-tracking refs."""
    commit = local.commit({"conf": new_pair()})
    done = pre_push(f"refs/heads/main {commit} refs/heads/main {'1' * 40}")
    assert (done.status, done.report["command"], done.report["stats"]["commits"]) == (1, "pre-push", 1)
    assert done.findings[0]["introduced"]["commit"] == commit


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        pytest.param([], 0, id="nothing to push"),
        pytest.param([f"(delete) {ZERO} refs/heads/x {'1' * 40}"], 0, id="deleted"),
        pytest.param([f"refs/heads/main {'1' * 40} refs/heads/main {ZERO}"], 2, id="what is pushed is not here"),
        pytest.param(["main"], 2, id="not git's lines"),
        pytest.param([f"a b c d {ZERO} refs/heads/x"], 2, id="too few ids"),
    ],
)
def test_exit_status(pre_push, lines, status) -> None:
    done = pre_push(*lines)
    assert done.status == status
    assert "Traceback" not in done.err


def test_shallow_end_inside_what_is_pushed_is_exit_2(local, server, make_repository, tmp_path, put_hook) -> None:
    local.commit({"a": "x"})
    local.git("push", "-q", "origin", "main")
    local.git("clone", "-q", "--depth=1", server.path.as_uri(), str(tmp_path / "clone"))
    put_hook(tmp_path / "clone/.git/hooks", "pre-push")
    other = make_repository("other", "--bare")
    done = local.run("git", "-C", str(tmp_path / "clone"), "push", str(other.path), "main")
    assert done.returncode != 0
    assert b"git fetch --unshallow" in done.stderr


def test_ten_thousand_commits(local, pre_push, new_pair) -> None:
    stream = []
    for number in range(10_000):
        text = f"line {number}\n" + (new_pair() if number == 5_000 else "")
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number} +0000\ndata 1\nx\n"
            f"M 644 inline f{number % 50}\ndata {len(text)}\n{text}\n"
        )
    local.git("fast-import", "--quiet", "--force", input="".join(stream).encode())
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = pre_push(f"refs/heads/main {local.git('rev-parse', 'main')} refs/heads/main {ZERO}")
    assert (done.status, done.report["stats"]["commits"]) == (1, 10_000)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20
