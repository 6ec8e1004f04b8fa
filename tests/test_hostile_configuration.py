"""Settings, attributes and variables that hide or distort content change nothing, and run no program."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def trap(tmp_path) -> Path:
    """A program that leaves a trace when it is run."""
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def leaky(repo, keys):
    """A history, a branch and an index with a credential each."""
    repo.commit({"README": "x"})
    repo.commit({"old.env": keys.fill(PAIR)[0]})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"topic.env": keys.fill(PAIR)[0]})
    repo.write("staged.env", keys.fill(PAIR)[0])
    repo.git("add", "-A")
    return repo


def settings(*pairs: str):
    return lambda repo, trap: [repo.git("config", *pair.split("=", 1)) for pair in (p.format(trap=trap) for p in pairs)]


def attributes(text: str, *pairs: str):
    def apply(repo, trap):
        (repo.path / ".git/info").mkdir(exist_ok=True)
        (repo.path / ".git/info/attributes").write_text(text)
        settings(*pairs)(repo, trap)

    return apply


def attributes_file(repo, trap):
    file = repo.path.parent / "attributes"
    file.write_text("* -diff\n")
    repo.git("config", "core.attributesFile", str(file))


def replace_ref(repo, trap):
    clean = repo.run("git", "hash-object", "-w", "--stdin", input=b"clean").stdout.decode().strip()
    for path in ("HEAD:old.env", "HEAD:topic.env"):
        repo.git("replace", repo.git("rev-parse", path), clean)


def grafts(repo, trap):
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/grafts").write_text(repo.git("rev-parse", "topic") + "\n")


def mailmap(repo, trap):
    (repo.path / ".mailmap").write_text("Nobody <nobody@example.com> <ada@example.com>\n")
    repo.git("config", "log.mailmap", "true")


def hooks(repo, trap):
    for name in ("pre-commit", "post-index-change", "reference-transaction", "fsmonitor-watchman"):
        (repo.path / ".git/hooks").mkdir(exist_ok=True)
        (repo.path / ".git/hooks" / name).write_bytes(trap.read_bytes())
        (repo.path / ".git/hooks" / name).chmod(0o755)


def git_in_the_folder(repo, trap):
    (repo.path / "git").write_bytes(trap.read_bytes())
    (repo.path / "git").chmod(0o755)
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/info/exclude").write_text("git\n")


HOSTILE = [
    pytest.param(attributes("* -diff\n"), {}, id="-diff"),
    pytest.param(attributes("* binary\n"), {}, id="binary"),
    pytest.param(attributes("* diff=t\n", "diff.t.textconv={trap}", "diff.t.command={trap}"), {}, id="textconv"),
    pytest.param(attributes("* filter=f\n", "filter.f.smudge={trap}", "filter.f.clean={trap}"), {}, id="filter"),
    pytest.param(attributes_file, {}, id="core.attributesFile"),
    pytest.param(settings("diff.external={trap}"), {}, id="diff.external"),
    pytest.param(settings("core.fsmonitor={trap}"), {}, id="core.fsmonitor"),
    pytest.param(settings("core.pager={trap}", "core.editor={trap}", "pager.diff-tree={trap}"), {}, id="pager"),
    pytest.param(settings("core.alternateRefsCommand={trap}", "core.sshCommand={trap}"), {}, id="commands"),
    pytest.param(settings("color.ui=always", "color.diff=always"), {}, id="color.ui"),
    pytest.param(settings("diff.noprefix=true", "diff.mnemonicPrefix=true"), {}, id="prefixes"),
    pytest.param(settings("diff.orderFile=README", "diff.renames=copies", "diff.renameLimit=1"), {}, id="diff order"),
    pytest.param(settings("diff.ignoreSubmodules=all", "diff.context=0", "diff.relative=true"), {}, id="diff.relative"),
    pytest.param(settings("log.showSignature=true", "log.showRoot=false", "log.follow=true"), {}, id="log"),
    pytest.param(settings("core.quotePath=true", "core.precomposeUnicode=true"), {}, id="core.quotePath"),
    pytest.param(settings("i18n.logOutputEncoding=UTF-16", "i18n.commitEncoding=UTF-16"), {}, id="i18n"),
    pytest.param(
        settings("alias.cat-file=!{trap}", "alias.diff-tree=!{trap}", "alias.rev-list=!{trap}"), {}, id="alias"
    ),
    pytest.param(settings("core.abbrev=4", "core.warnAmbiguousRefs=false"), {}, id="core.abbrev"),
    pytest.param(settings("core.hooksPath={trap}"), {}, id="core.hooksPath"),
    pytest.param(settings("core.commitGraph=true", "core.multiPackIndex=false"), {}, id="core.commitGraph"),
    pytest.param(replace_ref, {}, id="replace refs"),
    pytest.param(grafts, {}, id="grafts"),
    pytest.param(mailmap, {}, id="mailmap"),
    pytest.param(hooks, {}, id="hooks"),
    pytest.param(git_in_the_folder, {"PATH": "." + os.pathsep + os.environ["PATH"]}, id="git in the folder"),
    pytest.param(None, {"GIT_EXTERNAL_DIFF": "{trap}", "GIT_PAGER": "{trap}"}, id="GIT_EXTERNAL_DIFF"),
    pytest.param(None, {"GIT_DIFF_OPTS": "-u0", "GIT_TRACE": "1", "GIT_TRACE2_EVENT": "1"}, id="GIT_TRACE"),
    pytest.param(None, {"GIT_LITERAL_PATHSPECS": "0", "GIT_ICASE_PATHSPECS": "1"}, id="GIT_*_PATHSPECS"),
    pytest.param(None, {"GIT_REPLACE_REF_BASE": "refs/heads/"}, id="GIT_REPLACE_REF_BASE"),
    pytest.param(None, {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}, id="locale"),
]


def told(done) -> list[tuple]:
    """Findings by what they are, not by when they were read."""
    return sorted(
        (
            finding["fingerprint"],
            str(finding["introduced"]),
            sorted((one["kind"], one["path"], one["line"], one["commit"]) for one in finding["occurrences"]),
        )
        for finding in done.findings
    )


@pytest.mark.parametrize(("apply", "env"), HOSTILE)
@pytest.mark.parametrize("arguments", [("staged",), ("range", "main..topic"), ("history",)], ids=lambda a: a[0])
def test_identical_findings_and_no_program_run(leaky, keysieve, trap, tmp_path, arguments, apply, env) -> None:
    before = keysieve(*arguments, "--format", "json", cwd=leaky.path)
    assert before.status == 1
    if apply is not None:
        apply(leaky, trap)
    (tmp_path / "sprung").unlink(missing_ok=True)
    settings_ = {name: value.format(trap=trap) for name, value in env.items()}
    after = keysieve(*arguments, "--format", "json", cwd=leaky.path, env=settings_)
    assert told(after) == told(before)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("arguments", [("staged",), ("range", "main..topic"), ("history",)], ids=lambda a: a[0])
def test_nothing_is_written(leaky, keysieve, arguments) -> None:
    def state():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (leaky.path / ".git").rglob("*")}

    before = state()
    assert keysieve(*arguments, cwd=leaky.path).status == 1
    assert state() == before
