"""What a scan makes of what the engine finds: one finding per credential, with what is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from keysieve.engine.generator import Generator

TRIPLE = "{temporary_access_key_id} {secret_access_key} {session_token}"
URL = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={temporary_access_key_id}%2F20250102%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20250102T030405Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "3f9a1c5be07d2468" * 4
)


@pytest.fixture
def files(keysieve, tmp_path: Path):
    """Scans files of given content; gives the report."""

    def scan(**contents: str):
        folder = tmp_path / "files"
        for name, text in contents.items():
            (folder / name.replace("__", "/")).parent.mkdir(parents=True, exist_ok=True)
            (folder / name.replace("__", "/")).write_text(text)
        return keysieve("files", "--format", "json", folder).report

    return scan


def test_expired_once_committed_long_ago(repo, keysieve, keys) -> None:
    repo.commit({"a": keys.fill(TRIPLE)[0]})
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    assert (finding["rule"], finding["severity"]) == ("aws-session-credentials", "low")
    assert any(note.startswith("Expired: it lives 36 hours at most") for note in finding["notes"])


def test_long_term_keys_do_not_expire(repo, keysieve, keys) -> None:
    repo.commit({"a": keys.fill("{access_key_id} {secret_access_key}")[0]})
    (finding,) = keysieve("history", "--format", "json", cwd=repo.path).findings
    assert finding["severity"] == "critical"


def test_without_a_commit_nothing_is_known_to_be_expired(files, keys) -> None:
    (finding,) = files(a=keys.fill(TRIPLE)[0])["findings"]
    assert finding["severity"] == "critical"


def test_expired_by_its_own_word(files, keys) -> None:
    (finding,) = files(a=keys.fill(URL)[0])["findings"]
    assert (finding["rule"], finding["severity"]) == ("aws-presigned-url", "low")
    assert "Expired on 2025-01-02." in finding["notes"]
    assert finding["account_id"] == "210987654321"


def test_password_is_proven_by_the_secret_in_another_file(files, keys) -> None:
    text, _ = keys.fill("{ses_smtp_password}\n{access_key_id}\n{secret_access_key}")
    password, key_id, secret = text.split("\n")
    report = files(keys=f"{key_id} {secret}", mail=f"SMTP_PASSWORD={password}")
    found = {one["rule"]: one for one in report["findings"]}
    (note,) = found["aws-ses-smtp-password"]["notes"]
    assert "us-east-1" in note
    assert found["aws-access-key-pair"]["fingerprint"] in note


def test_user_and_account_of_a_service_password(files, keys) -> None:
    (finding,) = files(a=keys.fill("login ci-at-{account_id} password {service_password}")[0])["findings"]
    assert finding["account_id"] == "210987654321"
    assert "It belongs to the IAM user ci." in finding["notes"]
    assert finding["values"]["user_name"] == "ci-a…4321"


def test_canary(files, keys) -> None:
    (finding,) = files(a=keys.access_key_id(account="171436882533"))["findings"]
    assert "do not test" in " ".join(finding["notes"])


@pytest.mark.parametrize("account", ["123456789012", "000000000000"])
def test_ids_of_documentation_accounts_are_examples(files, keys, account: str) -> None:
    report = files(a=f"{keys.access_key_id(account=account)} {keys.secret_access_key()}")
    assert [one["rule"] for one in report["findings"]] == ["aws-secret-access-key"]
    assert [(one["reason"], one["detail"]) for one in report["set_aside"]] == [
        ("example", f"documentation account {account}")
    ]


def test_url_signed_by_an_example_is_an_example(files) -> None:
    report = files(a=URL.replace("{temporary_access_key_id}", "AKIAIOSFODNN7EXAMPLE"))
    assert (report["findings"], report["set_aside"][0]["reason"]) == ([], "example")


@pytest.mark.parametrize(
    ("beside", "reasons"),
    [
        pytest.param("abcdefghijklmnopqrstuvwxyz" + "abcdefghijklmn", ["example"], id="documented, though unlikely"),
        pytest.param("DescribeClusterSubnetGroupsRequestMarsha", [], id="an identifier"),
        pytest.param("da39a3ee5e6b4b0d3255bfef95601890afd80709", [], id="a digest"),
    ],
)
def test_beside_an_id(files, keys, beside: str, reasons: list[str]) -> None:
    report = files(a=f"{keys.access_key_id()}\n{beside}\n")
    assert [one["rule"] for one in report["findings"]] == ["aws-access-key-id"]
    assert [one["reason"] for one in report["set_aside"]] == reasons


def test_unlikely_text_does_not_take_the_place_of_a_secret(files, keys) -> None:
    key_id, secret = keys.access_key_id(), keys.secret_access_key()
    label = "aws_secret_access_key = "
    report = files(a=f"{label}{'a1' * 20}\naws_access_key_id = {key_id}\n\n{label}{secret}\n")
    assert [one["rule"] for one in report["findings"]] == ["aws-access-key-pair"]
    assert [one["reason"] for one in report["set_aside"]] == ["unlikely"]


ID = "aws_access_key_id = {access_key_id}\n"
SECRET = "aws_secret_access_key = {secret_access_key}\n"


def rules(report) -> list[str]:
    return sorted(one["rule"].removeprefix("aws-") for one in report["findings"])


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        pytest.param([{"a": ID, "b": SECRET}], ["access-key-pair"], id="one commit, two files"),
        pytest.param([{"a": ID}, {"a": SECRET}], ["access-key-pair"], id="one file, two commits"),
        pytest.param([{"a": ID}, {"b": SECRET}], ["access-key-id", "secret-access-key"], id="nothing shared"),
        pytest.param(
            [{"a": ID + ID.replace("id}", "id_2}"), "b": SECRET}],
            ["access-key-id", "access-key-id", "secret-access-key"],
            id="two ids and one secret: no telling which",
        ),
        pytest.param(
            [{"a": ID + ID.replace("id}", "id_2}"), "b": SECRET + SECRET.replace("key}", "key_2}")}],
            ["access-key-pair", "access-key-pair"],
            id="two files in the same order",
        ),
        pytest.param(
            [{"a": ID, "b": ID.replace("id}", "id_2}"), "c": SECRET, "d": SECRET.replace("key}", "key_2}")}],
            ["access-key-id", "access-key-id", "secret-access-key", "secret-access-key"],
            id="four files: no telling which",
        ),
    ],
)
def test_pairs_over_files_and_commits(repo, keysieve, commits, expected) -> None:
    names = {name: text for files in commits for name, text in files.items()}
    for number, files in enumerate(commits):
        filled = {name: Generator(5).fill(ID + SECRET + text)[0].split("\n", 2)[2] for name, text in files.items()}
        repo.commit(filled, f"Change {number}")
    assert names
    assert rules(keysieve("history", "--format", "json", cwd=repo.path).report) == expected


def test_pairs_in_order_over_files_are_right(repo, keysieve) -> None:
    keys = Generator(8)
    pairs = [(keys.access_key_id(), keys.secret_access_key()) for _ in range(3)]
    repo.commit({"a": "\n".join(i for i, _ in pairs), "b": "".join(f"aws_secret_access_key={s}\n" for _, s in pairs)})
    findings = keysieve("history", "--format", "json", "--reveal", cwd=repo.path).findings
    assert sorted(tuple(one["values"].values()) for one in findings) == sorted(pairs)
