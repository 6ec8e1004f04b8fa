"""Purges, with the real git-filter-repo: every form in which a value stands, and the audit that ends clean."""

from __future__ import annotations

import base64
import io
import json
import re
import stat
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from keysieve.remedies.purging import Forms, expressions, files_for
from repository import Repository

PLUS = "\\u002b"
PAIR = "aws_access_key_id = {}\naws_secret_access_key = {}\n"


@pytest.fixture
def pair(keys) -> tuple[str, str]:
    while "+" not in (secret := keys.secret_access_key()):
        pass
    return keys.access_key_id(), secret


def fingerprints(keysieve, repo: Repository) -> list[str]:
    return [one["fingerprint"] for one in keysieve("history", "--format", "json", cwd=repo.path).findings]


def commands(out: str) -> list[str]:
    return [line.strip().removeprefix("$ ") for line in out.splitlines() if line.strip().startswith("$ ")]


def rewritten(repo: Repository, command: str) -> None:
    done = repo.run("bash", "-c", command)
    assert done.returncode == 0, done.stderr.decode()


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conf.ini", text * 3)
    return packed.getvalue()


def plant(repo: Repository, key_id: str, secret: str) -> None:
    text = PAIR.format(key_id, secret)
    folded = base64.encodebytes(text.encode()).decode().replace("\n", "\n  ")
    repo.commit({"README": "x\n"})
    repo.commit(
        {
            "conf.ini": text,
            "windows.ini": text.encode("utf-16"),
            "secret.yml": f"data: |\n  {folded}\n",
            "app.properties": PAIR.format(key_id, quote(secret, safe="")).replace(" = ", "="),
            "app.json": json.dumps({"aws_access_key_id": key_id, "aws_secret_access_key": secret}).replace("+", PLUS),
            "program.bin": b"\x7fELF\0\0\0" + text.encode() + b"\0\1\2",
            f"dump-{key_id}.txt": "named\n",
        }
    )
    repo.commit({"conf.ini": "clean\n"}, f"Take out {text}")
    repo.git("tag", "-a", "v1", "-m", f"Released with {text}")
    repo.git("branch", f"use-{key_id}")
    repo.git("notes", "add", "-m", f"It was {text}", "HEAD")
    repo.git("-c", f"user.name={key_id}", "commit", "-q", "--allow-empty", "-m", "x", env={"GIT_AUTHOR_NAME": key_id})
    repo.write("README", text)
    repo.git("stash")
    repo.write("dangling", text + "#")
    repo.git("hash-object", "-w", "dangling")
    (repo.path / "dangling").unlink()


@pytest.mark.parametrize("has_archive", [False, True], ids=["without an archive", "with an archive"])
def test_purge_in_place_ends_in_a_clean_audit(keysieve, repo, pair, tmp_path, has_archive) -> None:
    plant(repo, *pair)
    if has_archive:
        repo.commit({"backup.zip": zipped(PAIR.format(*pair)), "notes.txt": "kept\n"})
    (name,) = fingerprints(keysieve, repo)
    folder = tmp_path / "private"
    done = keysieve("purge", name, "--output", folder, cwd=repo.path)
    assert (done.status, done.err) == (0, "")
    assert not any(value in done.out for value in pair)
    for said in ("branches:", "tags: refs/tags/v1", "stashes: refs/stash", "notes: refs/notes/commits", "Forks"):
        assert said in done.out
    assert keysieve("purge", "--verify", name, cwd=repo.path).status == 1
    filter_repo = next(line for line in commands(done.out) if "filter-repo --force" in line)
    rewritten(repo, filter_repo)
    proof = keysieve("purge", "--verify", name, cwd=repo.path)
    assert (proof.status, proof.out[:6]) == (0, "clean:"), proof.out
    audit = keysieve("history", "--format", "json", cwd=repo.path)
    assert (audit.status, audit.findings) == (0, [])
    assert (repo.path / "windows.ini").read_bytes().decode("utf-16").startswith("aws_access_key_id = REMOVED---")
    assert len((repo.path / "program.bin").read_bytes()) == len(b"\x7fELF" + bytes(6)) + len(PAIR.format(*pair))
    assert (repo.path / "dump-REMOVED.txt").read_text() == "named\n"
    assert (repo.path / "backup.zip").exists() is False
    assert "use-REMOVED" in repo.git("branch")


def test_purge_of_what_was_pushed(keysieve, make_repository, pair, tmp_path) -> None:
    source = make_repository("source")
    source.commit({"conf.ini": PAIR.format(*pair)})
    source.commit({"conf.ini": "clean\n"})
    source.git("clone", "-q", "--bare", ".", "../remote.git")
    source.git("clone", "-q", "../remote.git", "../clone")
    clone = Repository(tmp_path / "clone", source.env, source.clock)
    (name,) = fingerprints(keysieve, clone)
    done = keysieve("purge", name, cwd=clone.path)
    assert "remote-tracking branches: refs/remotes/origin/HEAD, refs/remotes/origin/main" in done.out
    lines = commands(done.out)
    script = "\n".join(line for line in lines[: lines.index("git push --force --mirror origin") + 1])
    rewritten(clone, f"set -e\n{script}")
    remote = Repository(tmp_path / "remote.git", source.env)
    assert pair[1] not in remote.git("log", "--all", "-p", "-U0")
    rewritten(clone, "set -e\n" + "\n".join(lines[-3:]))
    assert keysieve("purge", "--verify", cwd=clone.path).status == 0
    assert clone.git("rev-parse", "main") == clone.git("rev-parse", "origin/main") == remote.git("rev-parse", "main")
    folder = re.search(r"(\S+)/expressions\.txt", done.out)
    assert folder is not None
    assert not Path(folder[1]).exists()


def test_files_are_private(keysieve, repo, pair, tmp_path) -> None:
    plant(repo, *pair)
    (name,) = fingerprints(keysieve, repo)
    folder = tmp_path / "private"
    assert keysieve("purge", name, "--output", folder, cwd=repo.path).status == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert sorted(file.name for file in folder.iterdir()) == [
        *("blob.py", "email.py", "expressions.txt", "filename.py", "name.py", "refname.py")
    ]


@pytest.mark.parametrize("folder", ["inside", ".git/inside"])
def test_not_in_the_repository(keysieve, repo, pair, folder) -> None:
    repo.commit({"conf.ini": PAIR.format(*pair)})
    (name,) = fingerprints(keysieve, repo)
    done = keysieve("purge", name, "--output", folder, cwd=repo.path)
    assert (done.status, "lies in the repository" in done.err, (repo.path / folder).exists()) == (2, True, False)


def test_existing_folder_is_kept(keysieve, repo, pair, tmp_path) -> None:
    repo.commit({"conf.ini": PAIR.format(*pair)})
    (name,) = fingerprints(keysieve, repo)
    assert keysieve("purge", name, "--output", tmp_path, cwd=repo.path).status == 2


def test_what_is_only_staged_needs_no_purge(keysieve, repo, pair) -> None:
    repo.commit({"README": "x"})
    repo.write("conf.ini", PAIR.format(*pair))
    repo.git("add", "-A")
    name = keysieve("staged", "--format", "json", cwd=repo.path).findings[0]["fingerprint"]
    done = keysieve("purge", name, cwd=repo.path)
    assert (done.status, "git restore --staged" in done.err) == (2, True)


def test_verify_of_all(keysieve, repo, pair) -> None:
    repo.commit({"README": "x"})
    assert keysieve("purge", "--verify", cwd=repo.path).status == 0
    repo.commit({"conf.ini": PAIR.format(*pair)})
    done = keysieve("purge", "--verify", cwd=repo.path)
    assert (done.status, "still there" in done.out, pair[1] in done.out) == (1, True, False)


def test_verify_proves_nothing_of_what_it_cannot_read(keysieve, repo) -> None:
    repo.commit({"README": "x"})
    blob = repo.git("rev-parse", "HEAD:README")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    done = keysieve("purge", "--verify", "ks1:0123456789", cwd=repo.path)
    assert (done.status, "proves nothing" in done.err) == (2, True)


def test_purge_needs_a_fingerprint(keysieve, repo) -> None:
    assert keysieve("purge", cwd=repo.path).status == 2


def test_expressions_put_the_longest_first_and_spell_what_is_not_plain() -> None:
    assert expressions([b"abc", b"a\nb=", b"xabcx"]) == (
        b"literal:xabcx==>REMOVED\nregex:\\x61\\x0a\\x62\\x3d==>REMOVED\nliteral:abc==>REMOVED\n"
    )


@pytest.mark.parametrize(
    ("form", "filler"),
    [
        pytest.param(b"secretsecret", b"REMOVED-----", id="bytes"),
        pytest.param("secretse".encode("utf-16-le"), "REMOVED-".encode("utf-16-le"), id="UTF-16 LE"),
        pytest.param("secretse".encode("utf-16-be"), "REMOVED-".encode("utf-16-be"), id="UTF-16 BE"),
        pytest.param("secretse".encode("utf-32-be"), "REMOVED-".encode("utf-32-be"), id="UTF-32 BE"),
        pytest.param(b"abc", b"REM", id="short"),
    ],
)
def test_filler_has_the_size_and_encoding_of_the_form(form: bytes, filler: bytes) -> None:
    script = files_for(Forms(binary=frozenset([form])))["blob.py"]

    class Blob:
        data = b"\0" + form + b"\0"

    exec(script, {"blob": Blob})
    assert Blob.data == b"\0" + filler + b"\0"


def test_forms_do_not_show_themselves() -> None:
    assert "secret" not in repr(Forms(everywhere=frozenset([b"secret"]), paths=frozenset([b"secret"])))
