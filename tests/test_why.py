from __future__ import annotations

import base64
import zipfile

import pytest

PAIR = "[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


@pytest.fixture
def why(keysieve, tmp_path):
    def ask(text: str | bytes, line: int = 1, name: str = "a.txt") -> str:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        done = keysieve("why", f"{name}:{line}")
        assert (done.status, done.err) == (0, "")
        return done.out

    return ask


def test_pair(why, keys) -> None:
    text, made = keys.fill(PAIR)
    told = why(text, 3)
    secret = made["secret_access_key"]
    assert told.splitlines()[:5] == [
        "a.txt:3",
        "  aws-secret-access-key, column 25",
        f"    secret access key {secret[:4]}…{secret[-4:]}",
        "    matched: a label before it says what it is; judged likely",
        "    belongs with the access key id " + "…".join((made["access_key_id"][:4], made["access_key_id"][-4:]))
        + " in line 2",
    ]  # fmt: skip
    assert "    reported: critical, AWS access key pair of account 210987654321, ks1:" in told
    assert secret not in told


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "set aside: example (contains EXAMPLE)"),
        ("nothing here", "not reported: no rule's prefilter fits the file."),
        ("AKIA is short", "not matched: AKIA stands there, but no value of the rule's form"),
        ("sha = {secret_access_key}", "not matched: the form fits, but no label stands before it and no"),
        ("aws_secret_access_key = " + "A" * 40, "matched: a label before it says what it is; judged unlikely: "),
        ("a {access_key_id}\n\n\nb {secret_access_key}", "matched: its form is enough"),
    ],
)
def test_verdict(why, keys, text, phrase) -> None:
    assert phrase in why(keys.fill(text)[0])


def test_neighbour(why, keys) -> None:
    assert "matched: it stands within" in why(keys.fill("{access_key_id}\nvalue: {secret_access_key}\n")[0], 2)


def test_other_line_of_a_file_that_holds_one(why, keys) -> None:
    assert "not reported: the file was looked at closely, and no rule fits this line." in why(keys.fill(PAIR)[0], 1)


def test_line_that_is_not_there(why) -> None:
    assert why("one\ntwo\n", 3).splitlines()[1] == "  The file has 2 lines."


def test_what_it_was_read_as(why, keys) -> None:
    told = why(base64.b64encode(keys.fill(PAIR)[0].encode()))
    assert "  read as it is, and as base64" in told
    assert ", as base64\n    access key id AKIA" in told


def test_member_of_an_archive(keysieve, keys, tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/ner.ini", keys.fill(PAIR)[0])
    assert "reported: critical" in keysieve("why", "a.zip!/in/ner.ini:2").out
    assert keysieve("why", "a.zip!/other:2").err.startswith("keysieve: a.zip holds no such member.")


def test_place_as_a_report_writes_it_and_standard_input(keysieve, keys, tmp_path) -> None:
    text = keys.fill(PAIR)[0]
    (tmp_path / "a:1").write_text(text)
    assert keysieve("why", "a:1:3:25").out == keysieve("why", "-:3", stdin=text.encode()).out.replace("-:3", "a:1:3")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("a.txt", "Which line?"),
        ("a.txt:0", "Which line?"),
        ("missing:1", "missing cannot be read: no such file or directory."),
        (".:1", ". cannot be read: is a directory."),
    ],
)
def test_what_cannot_be(keysieve, place, message) -> None:
    done = keysieve("why", place)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"keysieve: {message}")


def test_control_characters_in_the_path_stay_off_the_terminal(keysieve, tmp_path) -> None:
    (tmp_path / "a\x1b[2J").write_text("x\n")
    assert "\x1b" not in keysieve("why", "a\x1b[2J:1").out


def test_what_a_team_has_settled_counts_as_in_a_scan(keysieve, repo, keys) -> None:
    text = keys.fill("aws_access_key_id = {access_key_id}  # keysieve:allow made up for a manual\n")[0]
    repo.commit({"manual.txt": text})
    told = keysieve("why", "manual.txt:1", cwd=repo.path).out
    assert "    set aside: pragma (" in told
    assert keysieve("files", "manual.txt", cwd=repo.path).status == 0
