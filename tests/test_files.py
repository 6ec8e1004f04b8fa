from __future__ import annotations

import gzip
import os

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def pair(keys) -> str:
    return keys.fill(PAIR)[0]


@pytest.fixture
def scan(keysieve, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()

    def run(*arguments, **options):
        return keysieve("files", "--format", "json", *arguments, cwd=folder, **options)

    run.folder = folder
    return run


def kinds(done) -> list[tuple[str, str]]:
    return sorted((one["kind"], one["path"]) for finding in done.findings for one in finding["occurrences"])


def test_folder(scan, pair) -> None:
    (scan.folder / "sub").mkdir()
    (scan.folder / "sub/conf").write_text(pair)
    (scan.folder / ".git").mkdir()
    (scan.folder / ".git/config").write_text(pair)
    assert kinds(scan()) == [("file", "sub/conf")]
    assert kinds(scan("sub")) == [("file", "sub/conf")]


def test_standard_input(scan, pair) -> None:
    assert kinds(scan("-", stdin=pair.encode())) == [("stdin", None)]


def test_link_is_not_followed(scan, pair, keys, tmp_path) -> None:
    (tmp_path / "outside").write_text(pair)
    (scan.folder / "link").symlink_to(tmp_path / "outside")
    (scan.folder / "target").symlink_to(f"/{keys.access_key_id()}")
    assert kinds(scan()) == [("symlink", "target")]


def test_pipe_is_not_opened(scan) -> None:
    os.mkfifo(scan.folder / "pipe")
    done = scan()
    assert (done.status, done.report["out_of_scope"][0]["reason"]) == (0, "not a regular file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file_is_said(scan) -> None:
    (scan.folder / "closed").write_text("x")
    (scan.folder / "closed").chmod(0)
    done = scan()
    assert (done.status, done.report["not_read"]) == (3, [{"what": "closed", "reason": "permission denied"}])


def test_path_that_is_not_there_is_said(scan) -> None:
    done = scan("nowhere")
    assert (done.status, done.report["not_read"]) == (3, [{"what": "nowhere", "reason": "no such file or directory"}])


def test_archive(scan, pair) -> None:
    (scan.folder / "log.gz").write_bytes(gzip.compress(pair.encode()))
    assert kinds(scan()) == [("archive-member", "log.gz!/log")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_encodings(scan, pair, encoding) -> None:
    (scan.folder / "conf").write_bytes(("# café\n" + pair).encode(encoding))
    (finding,) = scan().findings
    assert finding["rule"] == "aws-access-key-pair"
    (occurrence,) = finding["occurrences"]
    assert (occurrence["line"], occurrence["column"]) == (2, 21)


def test_path_that_is_not_utf8(scan, pair) -> None:
    with open(os.fsencode(scan.folder) + b"/caf\xe9", "w") as file:
        file.write(pair)
    (finding,) = scan().findings
    assert finding["occurrences"][0]["path"] == "caf\\xe9"
    assert finding["occurrences"][0]["path_bytes"] == "Y2Fm6Q=="


def test_example_id_does_not_excuse_a_secret(scan, keys) -> None:
    secret = keys.secret_access_key()
    (scan.folder / "a").write_text(f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {secret}\n")
    done = scan()
    assert done.rules == ["aws-secret-access-key"]
    assert [(one["reason"], one["rule"]) for one in done.report["set_aside"]] == [("example", "aws-access-key-id")]
    assert "AKIAIOSFODNN7EXAMPLE" in done.findings[0]["notes"][0]


def test_published_example_pair_is_set_aside_as_one(scan) -> None:
    (scan.folder / "a").write_text(
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    done = scan()
    assert (done.status, done.findings) == (0, [])
    assert [(one["reason"], one["rule"]) for one in done.report["set_aside"]] == [("example", "aws-access-key-pair")]


def test_one_finding_for_a_pair_and_its_id_alone(scan, keys) -> None:
    text, made = keys.fill(PAIR)
    (scan.folder / "pair").write_text(text)
    (scan.folder / "alone").write_text(made["access_key_id"])
    (finding,) = scan().findings
    assert [one["path"] for one in finding["occurrences"]] == ["alone", "pair"]
    assert finding["fingerprint"] == finding["fingerprints"]["secret_access_key"]


def test_fingerprint_does_not_depend_on_the_place(scan, pair) -> None:
    (scan.folder / "a").write_text(pair)
    first = scan().findings[0]["fingerprint"]
    (scan.folder / "a").unlink()
    (scan.folder / "b").write_text("\n\n   " + pair.replace("\n", "\n  "))
    assert scan().findings[0]["fingerprint"] == first
