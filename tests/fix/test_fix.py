"""`keysieve fix`: looked at, written as a patch, applied, moved; in real repositories."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import botocore.session
import pytest

from keysieve.remedies.patch import patch
from keysieve.remedies.variables import SHELLS, lines_for

SCRIPT = "#!/bin/sh\nexport AWS_ACCESS_KEY_ID={access_key_id}\nexport AWS_SECRET_ACCESS_KEY={secret_access_key}\n"
NAMES = [
    pytest.param(b"deploy.sh", id="plain"),
    pytest.param(b"my deploy/it's here.sh", id="blank and quote"),
    pytest.param("schlüssel.sh".encode(), id="UTF-8"),
    pytest.param(b"\xff1.sh", id="not UTF-8"),
    pytest.param(b'n\nl"\t\\.sh', id="line break, quote, tab, backslash"),
]


@pytest.fixture
def pair(keys) -> tuple[str, str, str]:
    """Script, key id, secret."""
    text = keys.fill(SCRIPT)[0]
    return text, *re.findall("=(.*)", text)


def planted(repo, keysieve, name: bytes, data: str | bytes) -> str:
    """Commit a file, and give the credential's fingerprint."""
    repo.commit({os.fsdecode(name): data})
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    return finding["fingerprint"]


def leaks(secret: str, *texts: str) -> bool:
    return any(secret[start : start + 8] in text for text in texts for start in range(len(secret) - 7))


def test_shows_a_masked_change_and_changes_nothing(repo, keysieve, pair) -> None:
    text, key_id, secret = pair
    name = planted(repo, keysieve, b"deploy.sh", text)
    done = keysieve("fix", name, cwd=repo.path)
    assert done.status == 0
    assert done.out.startswith("Values are masked")
    assert f"-export AWS_ACCESS_KEY_ID={key_id[:4]}…{key_id[-4:]}\n" in done.out
    assert "+export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:?is not set}\n" in done.out
    assert not leaks(secret, done.out, done.err)
    assert (repo.path / "deploy.sh").read_text() == text
    assert secret in keysieve("fix", name, "--reveal", cwd=repo.path).out


def test_other_credentials_in_the_diff_are_masked(repo, keysieve, pair, keys) -> None:
    other = keys.secret_access_key()
    data = pair[0] + f"export OTHER_AWS_SECRET_ACCESS_KEY={other}\n"
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    repo.write("deploy.sh", data)
    done = keysieve("fix", name, cwd=repo.path)
    assert "OTHER_AWS_SECRET_ACCESS_KEY" in done.out
    assert not leaks(other, done.out, done.err)


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_patch_applies(repo, keysieve, pair, tmp_path, path, ending) -> None:
    text, _, secret = pair
    name = planted(repo, keysieve, path, text.replace("\n", ending).removesuffix(ending))
    written = tmp_path / "a.patch"
    done = keysieve("fix", name, "--patch", written, cwd=repo.path)
    assert (done.status, done.out) == (0, ""), done.err
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert not leaks(secret, done.err)
    repo.git("-c", "core.whitespace=cr-at-eol", "apply", str(written))
    patched = (repo.path / os.fsdecode(path)).read_bytes()
    repo.git("checkout", "-q", ".")
    assert keysieve("fix", name, "--apply", cwd=repo.path).status == 0
    assert patched == (repo.path / os.fsdecode(path)).read_bytes()
    assert secret.encode() not in patched


def test_patch_of_utf_16_applies(repo, keysieve, keys, tmp_path) -> None:
    text = keys.fill('$k = "{access_key_id}"\r\n$aws_secret_key = "{secret_access_key}"\r\n')[0]
    name = planted(repo, keysieve, b"a.ps1", text.encode("utf-16"))
    assert keysieve("fix", name, "--patch", tmp_path / "a.patch", cwd=repo.path).status == 0
    repo.git("apply", str(tmp_path / "a.patch"))
    assert (repo.path / "a.ps1").read_bytes().decode("utf-16").startswith("$k = $env:AWS_ACCESS_KEY_ID\r\n")


def test_patch_is_no_file_of_the_repository_nor_over_another(repo, keysieve, pair, tmp_path) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    (tmp_path / "there").write_text("mine")
    os.symlink(tmp_path / "nowhere", tmp_path / "link")
    for target in (tmp_path / "there", tmp_path / "link", repo.path / "a.patch", repo.path / ".git" / "a.patch"):
        done = keysieve("fix", name, "--patch", target, cwd=repo.path)
        assert (done.status, leaks(pair[2], done.out, done.err)) == (2, False)
    assert (tmp_path / "there").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()
    assert repo.git("status", "--porcelain") == ""


def test_apply_keeps_the_mode_and_leaves_index_and_history(repo, keysieve, pair) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    (repo.path / "deploy.sh").chmod(0o750)
    head, index = repo.git("rev-parse", "HEAD"), repo.git("ls-files", "-s")
    assert keysieve("fix", name, "--apply", cwd=repo.path).status == 0
    assert stat.S_IMODE((repo.path / "deploy.sh").stat().st_mode) == 0o750
    assert (repo.git("rev-parse", "HEAD"), repo.git("ls-files", "-s")) == (head, index)
    assert repo.git("status", "--porcelain") == "M deploy.sh"


def test_apply_from_a_subfolder(repo, keysieve, pair) -> None:
    name = planted(repo, keysieve, b"a/deploy.sh", pair[0])
    assert keysieve("fix", name, "--apply", cwd=repo.path / "a").status == 0
    assert not leaks(pair[2], (repo.path / "a/deploy.sh").read_text())


def test_files_outside_of_a_repository(keysieve, pair, tmp_path) -> None:
    (tmp_path / "deploy.sh").write_text(pair[0])
    (finding,) = keysieve("files", "--format", "json").findings
    assert keysieve("fix", finding["fingerprint"], "--in", "files", "--apply").status == 0
    assert not leaks(pair[2], (tmp_path / "deploy.sh").read_text())


@pytest.mark.parametrize("change", ["gone", "clean", "link", "folder"])
def test_file_that_does_not_hold_it_any_more(repo, keysieve, pair, change, tmp_path) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    file = repo.path / "deploy.sh"
    file.unlink()
    if change == "clean":
        file.write_text("echo\n")
    elif change == "link":
        (tmp_path / "target.sh").write_text(pair[0])
        file.symlink_to(tmp_path / "target.sh")
    elif change == "folder":
        file.mkdir()
    done = keysieve("fix", name, "--apply", cwd=repo.path)
    assert (done.status, "keysieve purge" in done.err) == (1, True)
    assert change != "link" or (tmp_path / "target.sh").read_text() == pair[0]


def test_link_to_a_folder_outside_is_not_followed(repo, keysieve, pair, tmp_path) -> None:
    name = planted(repo, keysieve, b"a/deploy.sh", pair[0])
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/deploy.sh").write_text(pair[0])
    shutil.rmtree(repo.path / "a")
    (repo.path / "a").symlink_to(tmp_path / "outside")
    assert keysieve("fix", name, "--apply", cwd=repo.path).status == 1
    assert (tmp_path / "outside/deploy.sh").read_text() == pair[0]


def test_tree_that_names_the_folder_above_is_not_followed(repo, keysieve, pair, tmp_path) -> None:
    (tmp_path / "deploy.sh").write_text(pair[0])
    blob = repo.git("hash-object", "-w", "../deploy.sh")
    inner = repo.run("git", "mktree", input=f"100644 blob {blob}\tdeploy.sh\n".encode()).stdout.decode().strip()
    raw = b"40000 ..\0" + bytes.fromhex(inner)
    tree = (
        repo.run("git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=raw).stdout.decode().strip()
    )
    repo.git("update-ref", "refs/heads/main", repo.git("commit-tree", "-m", "x", tree))
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    assert finding["occurrences"][0]["path"] == "../deploy.sh"
    assert keysieve("fix", finding["fingerprint"], "--apply", cwd=repo.path).status == 1
    assert (tmp_path / "deploy.sh").read_text() == pair[0]


def test_what_is_left_is_named_and_fails(repo, keysieve, pair) -> None:
    _, key_id, secret = pair
    name = planted(
        repo, keysieve, b"a.json", f'{{\n"aws_access_key_id": "{key_id}",\n"aws_secret_access_key": "{secret}"}}'
    )
    done = keysieve("fix", name, cwd=repo.path)
    assert done.status == 1
    assert "Left for you: a.json:2: no lookup is known" in done.err
    assert not leaks(secret, done.out, done.err)


def test_a_path_that_holds_the_credential_is_masked(repo, keysieve, pair) -> None:
    text, key_id, _ = pair
    name = planted(repo, keysieve, f"use-{key_id}.sh".encode(), text)
    shown = keysieve("fix", name, cwd=repo.path)
    done = keysieve("fix", name, "--apply", cwd=repo.path)
    assert not any(key_id in said for said in (shown.out, shown.err, done.out, done.err))


def test_prefix(repo, keysieve, pair) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    assert "${PROD_AWS_ACCESS_KEY_ID:?is not set}" in keysieve("fix", name, "--prefix", "PROD_", cwd=repo.path).out
    assert keysieve("fix", name, "--prefix", "a b", cwd=repo.path).status == 2


# Profiles


@pytest.fixture
def stored(repo, keysieve, pair, tmp_path):
    """Stores the pair as a profile; gives the outcome and the file."""
    file = tmp_path / "aws" / "credentials"
    name = planted(repo, keysieve, b"deploy.sh", pair[0])

    def run(profile: str = "prod", before: bytes | None = None):
        if before is not None:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(before)
        env = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
        return keysieve("fix", name, "--to-profile", profile, cwd=repo.path, env=env), file

    return run


BEFORE = b"# mine\n[default]\naws_access_key_id = x\n\n[other]\nregion=y"
FILES = [
    pytest.param(None, id="no file yet"),
    pytest.param(b"", id="empty"),
    pytest.param(BEFORE, id="comments, profiles, no line break at the end"),
    pytest.param(BEFORE.replace(b"\n", b"\r\n"), id="CRLF"),
]


@pytest.mark.parametrize("before", FILES)
def test_botocore_reads_the_profile_back(stored, pair, before, monkeypatch) -> None:
    done, file = stored("prod", before)
    assert (done.status, done.out, leaks(pair[2], done.err)) == (0, "", False)
    assert file.read_bytes().startswith(before or b"")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["credentials"]
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    found = botocore.session.Session(profile="prod").get_credentials()
    assert (found.access_key, found.secret_key, found.token) == (pair[1], pair[2], None)


@pytest.mark.parametrize("profile", ["other", "default"])
def test_profile_is_never_overwritten(stored, profile) -> None:
    done, file = stored(profile, BEFORE)
    assert (done.status, "exists" in done.err, file.read_bytes()) == (2, True, BEFORE)


@pytest.mark.parametrize("profile", ["", "a]b", "a\nb", "a b", "[x"])
def test_no_name_for_a_profile(stored, profile) -> None:
    done, file = stored(profile)
    assert (done.status, file.exists()) == (2, False)


def test_link_to_the_credentials_file_stays(stored, tmp_path) -> None:
    (tmp_path / "aws").mkdir()
    (tmp_path / "real").write_bytes(BEFORE)
    (tmp_path / "aws/credentials").symlink_to(tmp_path / "real")
    done, file = stored()
    assert (done.status, file.is_symlink(), (tmp_path / "real").read_bytes()[: len(BEFORE)]) == (0, True, BEFORE)


def test_profile_needs_both_values(repo, keysieve, keys) -> None:
    name = planted(repo, keysieve, b"a.sh", keys.fill("k={access_key_id}\n")[0])
    assert keysieve("fix", name, "--to-profile", "x", cwd=repo.path).status == 2


def test_profile_is_not_stored_in_the_repository(repo, keysieve, pair) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(repo.path / "credentials")}
    assert keysieve("fix", name, "--to-profile", "x", cwd=repo.path, env=env).status == 2
    assert not (repo.path / "credentials").exists()


def test_profile_from_a_history_that_alone_has_it(repo, keysieve, pair, tmp_path) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    repo.commit({"deploy.sh": None})
    file = tmp_path / "credentials"
    done = keysieve("fix", name, "--to-profile", "x", cwd=repo.path, env={"AWS_SHARED_CREDENTIALS_FILE": str(file)})
    assert pair[2] in file.read_text()
    assert done.status == 0


# Environment


@pytest.mark.parametrize("shell", SHELLS)
def test_secret_is_asked_for(repo, keysieve, pair, shell) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    done = keysieve("fix", name, "--to-env", "--shell", shell, cwd=repo.path)
    assert (done.status, pair[1] in done.out) == (0, True)
    assert not leaks(pair[2], done.out, done.err)
    revealed = keysieve("fix", name, "--to-env", "--shell", shell, "--reveal", cwd=repo.path)
    assert pair[2] in revealed.out


def test_all_shells_by_default(repo, keysieve, pair) -> None:
    name = planted(repo, keysieve, b"deploy.sh", pair[0])
    out = keysieve("fix", name, "--to-env", cwd=repo.path).out
    assert [line[2:] for line in out.splitlines() if line.startswith("# ")] == list(SHELLS)
    assert "'User'" in out
    assert "/M" not in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_lines_set_what_is_typed(shell, tmp_path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    typed = "aB/+'\"$x"
    lines = list(lines_for(shell, {"AWS_ACCESS_KEY_ID": "id"}, {"AWS_SECRET_ACCESS_KEY": "aws secret access key"}))
    script = "\n".join([*lines, 'env | grep "^AWS_"'])
    done = subprocess.run(
        [program, "-c", script],
        input=f"{typed}\n".encode(),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    assert set(done.stdout.decode().split("\n")) >= {"AWS_ACCESS_KEY_ID=id", f"AWS_SECRET_ACCESS_KEY={typed}"}


# Patches


def test_no_change_is_no_patch() -> None:
    assert patch(b"a", b"x", b"x") == b""


@pytest.mark.parametrize(
    "old", [b"a\x0bb\x0cc\r\rd\x85\xc2\x85e\nf", b"\x00\xff\n\n", b"x"], ids=["line breaks", "bytes", "one line"]
)
def test_patch_of_odd_bytes_applies(repo, old: bytes, tmp_path: Path) -> None:
    new = old.replace(b"e", b"E").replace(b"x", b"y\n") + b"more"
    repo.commit({"a": old})
    (tmp_path / "a.patch").write_bytes(patch(b"a", old, new))
    repo.git("apply", str(tmp_path / "a.patch"))
    assert (repo.path / "a").read_bytes() == new
