from __future__ import annotations

import pytest

SCISSORS = "# ------------------------ >8 ------------------------\n"
BELOW = "# Do not modify or remove the line above.\n# Everything below it will be ignored.\ndiff --git a/x b/x\n"


@pytest.fixture
def message(keysieve, repo):
    """Runs `keysieve message` on a message that was edited, or not, under some settings."""

    def run(text: str, *settings: str, edited: bool = True):
        for setting in settings:
            repo.git("config", *setting.split("=", 1))
        file = repo.write(".git/COMMIT_EDITMSG", text)
        env = repo.env | {"GIT_EDITOR": "vi" if edited else ":"}
        return keysieve("message", str(file), "--format", "json", cwd=repo.path, env=env)

    return run


@pytest.mark.parametrize(
    ("text", "settings", "edited", "status"),
    [
        pytest.param("Fix\n\n{pair}", [], True, 1, id="in the body"),
        pytest.param("Fix\n\n{pair}", [], False, 1, id="in the body, not edited"),
        pytest.param("Fix\n#\n{commented}", [], True, 0, id="in comments"),
        pytest.param("Fix\n#\n{commented}", [], False, 1, id="what looks like comments when nobody edited"),
        pytest.param("Fix\n#\n{commented}", ["commit.cleanup=strip"], False, 0, id="strip, not edited"),
        pytest.param("Fix\n#\n{commented}", ["commit.cleanup=whitespace"], True, 1, id="whitespace keeps comments"),
        pytest.param("Fix\n#\n{commented}", ["commit.cleanup=verbatim"], True, 1, id="verbatim keeps comments"),
        pytest.param("Fix\n{commented}", ["commit.cleanup=scissors"], True, 1, id="scissors keeps comments above"),
        pytest.param("Fix\n" + SCISSORS + "{pair}", ["commit.cleanup=scissors"], True, 0, id="below the scissors"),
        pytest.param("Fix\n" + SCISSORS + BELOW + "-{pair}", [], True, 0, id="the diff of commit -v"),
        pytest.param(SCISSORS + BELOW + "{pair}", [], True, 0, id="scissors first"),
        pytest.param("Fix\n" + SCISSORS + "{pair}", [], True, 1, id="a scissors line that the author typed"),
        pytest.param("{pair}" + SCISSORS + BELOW, [], True, 1, id="above the scissors"),
        pytest.param("Fix\n{commented}", ["core.commentChar=;"], True, 1, id="hash is no comment sign"),
        pytest.param("Fix\n;{pair}", ["core.commentChar=;"], True, 1, id="only the first line is a comment"),
        pytest.param("Fix\n{commented}# end\n", ["core.commentChar=auto"], True, 0, id="auto: hash"),
        pytest.param("#1\n{commented}; end\n", ["core.commentChar=auto"], True, 1, id="auto: hash taken, semicolon"),
        pytest.param("#1\n{commented}", ["core.commentChar=auto"], False, 1, id="auto, not edited"),
        pytest.param("", [], True, 0, id="empty"),
    ],
)  # fmt: skip
def test_what_counts(message, new_pair, text, settings, edited, status) -> None:
    pair = new_pair()
    commented = "".join(f"# {line}\n" for line in pair.splitlines())
    done = message(text.replace("{pair}", pair).replace("{commented}", commented), *settings, edited=edited)
    assert done.status == status, done.out


def test_comment_string_is_what_this_git_makes_of_it(repo, message, new_pair) -> None:
    """git before 2.45 does not know core.commentString: then the lines stay in the message, and count."""
    repo.git("config", "core.commentString", "//")
    commented = "".join(f"// {line}\n" for line in new_pair().splitlines())
    is_known = repo.git("stripspace", "--comment-lines", input=b"x\n").startswith("//")
    assert message("Fix\n" + commented).status == (0 if is_known else 1)


def test_occurrence(message, new_pair) -> None:
    done = message("Fix\n\n" + new_pair())
    (finding,) = done.findings
    (occurrence,) = finding["occurrences"]
    assert (occurrence["kind"], occurrence["path"], occurrence["line"]) == ("commit-message", None, 3)
    assert done.report["command"] == "message"


def test_author(keysieve, repo, keys, tmp_path) -> None:
    file = repo.write(".git/COMMIT_EDITMSG", "Fix\n")
    env = {"GIT_AUTHOR_NAME": keys.access_key_id()}
    done = keysieve("message", str(file), "--format", "json", cwd=repo.path, env=repo.env | env)
    assert [one["kind"] for finding in done.findings for one in finding["occurrences"]] == ["identity"]


def test_missing_file_is_exit_2(keysieve, repo) -> None:
    done = keysieve("message", "nowhere", cwd=repo.path)
    assert (done.status, done.out) == (2, "")
    assert "cannot be read" in done.err


def test_commit_is_stopped(repo, put_hook, new_pair) -> None:
    put_hook(repo.path / ".git/hooks", "commit-msg", "message")
    repo.write("a", "x")
    repo.git("add", "a")
    assert repo.run("git", "commit", "-q", "-m", f"Fix\n\n{new_pair()}").returncode != 0
    repo.git("commit", "-q", "-m", "Fix")


def test_commit_verbose_that_removes_a_key_passes(repo, put_hook, new_pair) -> None:
    """The editor leaves the message as git prepared it: with the diff, below the scissors line."""
    repo.commit({"conf": new_pair()})
    put_hook(repo.path / ".git/hooks", "commit-msg", "message")
    repo.git("rm", "-q", "conf")
    editor = {"GIT_EDITOR": "sed -i '1s/^/Remove the key/'"}
    done = repo.run("git", "commit", "-v", env=editor)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    assert repo.git("log", "-1", "--format=%B") == "Remove the key"


def test_commit_verbose_with_a_key_in_the_message_is_stopped(repo, put_hook, new_pair) -> None:
    repo.commit({"conf": "x"})
    put_hook(repo.path / ".git/hooks", "commit-msg", "message")
    (repo.path / "text").write_text("Say it\n\n" + new_pair())
    repo.git("rm", "-q", "conf")
    done = repo.run("git", "commit", "-v", env={"GIT_EDITOR": "cp text"})
    assert done.returncode != 0
    assert b"aws" in done.stdout.lower() + done.stderr.lower()
