"""What other scanners' lists accept is taken over: their files as they write them, and the tools where installed."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil

import pytest

PAIR = "aws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"
RULES = {"lone": "aws-access-key-id", "pair": "aws-access-key-pair"}


class Values:
    """One pair and one lone key id, committed."""

    def __init__(self, repo, keys) -> None:
        text, made = keys.fill(PAIR)
        lone, other = keys.fill("key = '{access_key_id}'\n")
        self.key_id, self.secret, self.lone = (
            made["access_key_id"], made["secret_access_key"], other["access_key_id"],
        )  # fmt: skip
        self.commit = repo.commit({"creds.ini": "[default]\n" + text, "b.py": lone})


@pytest.fixture
def values(repo, keys) -> Values:
    return Values(repo, keys)


@pytest.fixture
def taken(repo, keysieve):
    """The rules of the baseline that a list becomes, and what is said about the rest."""

    def run(content: str, **options) -> tuple[list[str], str]:
        repo.write("../list", content)
        done = keysieve("baseline", "create", "../list", cwd=repo.path, **options)
        assert done.status == 0, done.err
        text = (repo.path / ".keysieve-baseline").read_text()
        return sorted(line.split()[1] for line in text.splitlines() if line.startswith("ks1:")), done.err

    return run


def sha1(value: str) -> str:
    return hashlib.sha1(value.encode()).hexdigest()


def sha256(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def keyed(value: str) -> str:
    return "hmac-sha256:" + hmac.new(b"sesame", value.encode(), "sha256").hexdigest()


def detect_secrets(*entries: dict) -> str:
    results: dict[str, list[dict]] = {}
    for entry in entries:
        results.setdefault(entry["filename"], []).append(entry)
    return json.dumps({"version": "1.5.0", "plugins_used": [], "filters_used": [], "results": results})


def detected(value: str, name: str, line: int, **more) -> dict:
    return {
        "type": "AWS Access Key", "filename": name, "hashed_secret": sha1(value), "is_verified": False,
        "line_number": line,
    } | more  # fmt: skip


def betterleaks(path: str, line: int, digest: str, *components: str, value: str = "REDACTED") -> dict:
    parts = [
        {"rule_id": "aws-secret-access-key", "match": {"full": "REDACTED", "value": "REDACTED", "fingerprint": one}}
        for one in components
    ]
    return {
        "rule_id": "aws-access-token",
        "match": {"full": value, "value": value, "fingerprint": digest},
        "attributes": {"resource": "fs.content"},
        "location": {"path": path, "start_line": line, "end_line": line},
        "component_sets": [{"components": parts}] if parts else None,
    }


def gitleaks(path: str, line: int, commit: str, rule: str = "aws-access-token", secret: str = "REDACTED") -> dict:
    return {
        "RuleID": rule, "Description": "x", "StartLine": line, "EndLine": line, "StartColumn": 1, "EndColumn": 2,
        "Match": secret, "Secret": secret, "File": path, "SymlinkFile": "", "Commit": commit, "Entropy": 3.5,
        "Author": "A", "Email": "a@b", "Date": "2024-01-01T00:00:00Z", "Message": "x", "Tags": [],
        "Fingerprint": f"{commit}:{path}:{rule}:{line}",
    }  # fmt: skip


LISTS = {
    "detect-secrets": lambda v: detect_secrets(
        detected(v.key_id, "creds.ini", 2), detected(v.secret, "creds.ini", 3), detected(v.lone, "b.py", 1)
    ),
    "detect-secrets, moved since": lambda v: detect_secrets(
        detected(v.secret, "old/name.ini", 77, is_secret=False), detected(v.lone, "b.py", 99, is_secret=True)
    ),
    "betterleaks report": lambda v: json.dumps(
        {
            "schema_version": "1",
            "findings": [
                betterleaks("./creds.ini", 2, sha256(v.key_id), sha256(v.secret)),
                betterleaks("./b.py", 1, sha256(v.lone)),
            ],
            "scan": {"state": "complete"},
        }
    ),
    "betterleaks report, line by line": lambda v: "\n".join(
        json.dumps({"schema_version": "1", **record})
        for record in (
            {"finding": betterleaks("creds.ini", 2, sha256(v.key_id), sha256(v.secret))},
            {"finding": betterleaks("b.py", 1, sha256(v.lone))},
            {"scan": {"state": "complete"}},
        )
    ),
    "betterleaks ignore file": lambda v: f"# accepted\n{sha256(v.secret)}\n\n{sha256(v.lone).upper()}\n",
    "betterleaks ignore file, keyed": lambda v: f"{keyed(v.secret)}\n{keyed(v.lone)}\n",
    ".gitleaksignore": lambda v: f"# known\n{v.commit}:creds.ini:generic-api-key:3\n{v.commit}:b.py:aws-access-token:1",
    ".gitleaksignore, short ids": lambda v: (
        f"{v.commit[:7]}:creds.ini:generic-api-key:3\n{v.commit[:7]}:b.py:aws-access-token:1\n"
    ),
    ".gitleaksignore, any commit": lambda v: "creds.ini:generic-api-key:3\nb.py:aws-access-token:1\n",
    "gitleaks report": lambda v: json.dumps(
        [
            gitleaks("creds.ini", 3, v.commit, "generic-api-key", v.secret),
            gitleaks("b.py", 1, v.commit, secret=v.lone),
        ]
    ),
    "gitleaks report, redacted": lambda v: json.dumps(
        [gitleaks("creds.ini", 3, v.commit, "generic-api-key"), gitleaks("b.py", 1, v.commit)]
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_what_is_accepted_elsewhere_is_accepted_here(repo, keysieve, taken, values, name) -> None:
    env = {"BETTERLEAKS_FINGERPRINT_HMAC_KEY": "sesame"}
    assert taken(LISTS[name](values), env=env)[0] == sorted(RULES.values())
    repo.commit({})
    assert keysieve("history", cwd=repo.path).status == 0
    text = (repo.path / ".keysieve-baseline").read_text()
    assert not any(value in text for value in (values.key_id, values.secret, values.lone))


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(lambda v: f"{v.commit}:creds.ini:aws-access-token:2", id="gitleaks position"),
        pytest.param(lambda v: json.dumps([gitleaks("creds.ini", 2, v.commit, secret=v.key_id)]), id="gitleaks value"),
        pytest.param(lambda v: sha256(v.key_id), id="betterleaks digest"),
        pytest.param(lambda v: detect_secrets(detected(v.key_id, "creds.ini", 2)), id="detect-secrets"),
    ],
)
def test_who_knew_the_id_has_not_accepted_the_secret(taken, values, entry) -> None:
    rules, said = taken(entry(values))
    assert rules == []
    assert "only the key id was known, and its secret stands beside it (1)" in said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param(lambda v: f"{v.commit}:creds.ini:private-key:9", "creds.ini, line 9 (private-key)", id="no line"),
        pytest.param(lambda v: f"{'0' * 40}:b.py:aws-access-token:1", "b.py, line 1", id="other commit"),
        pytest.param(lambda _v: sha256("other"), "line 1", id="other digest"),
        pytest.param(lambda _v: detect_secrets(detected("other", "b.py", 1)), "b.py, line 1", id="a new key there"),
    ],
)
def test_what_matches_nothing_is_told(taken, values, entry, said) -> None:
    rules, told = taken(entry(values))
    assert rules == []
    assert "the history holds no AWS credential there (1)" in told
    assert said in told


def test_keyed_digests_without_the_key(taken, values) -> None:
    assert "set BETTERLEAKS_FINGERPRINT_HMAC_KEY" in taken(keyed(values.secret))[1]


def test_a_position_without_a_commit_means_head(repo, taken, values, keys) -> None:
    repo.commit({"b.py": "key = '" + keys.access_key_id() + "'\n"})
    taken("b.py:aws-access-token:1\n")
    assert len([line for line in (repo.path / ".keysieve-baseline").read_text().splitlines() if line[0] == "k"]) == 1


@pytest.mark.parametrize(
    "content",
    ["no list at all", "{}", '{"schema": "keysieve/1"}', "[1]", '{"findings": [{}]}', b"\xff\xfe", '[{"File": "x"}]'],
)
def test_what_is_in_no_format(repo, keysieve, content) -> None:
    repo.commit({"a": "x"})
    repo.write("../list", content)
    done = keysieve("baseline", "create", "../list", cwd=repo.path)
    assert done.status == 2
    assert "list" in done.err
    assert not (repo.path / ".keysieve-baseline").exists()


def tool(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


def test_the_real_detect_secrets(repo, taken, values) -> None:
    program = tool("detect-secrets")
    baseline = repo.run(program, "scan").stdout.decode()
    assert json.loads(baseline)["results"].keys() == {"b.py", "creds.ini"}
    assert taken(baseline)[0] == sorted(RULES.values())


@pytest.mark.parametrize("options", [[], ["--redact"], ["--jsonl"], ["--hmac-key", "sesame"]], ids=str)
def test_the_real_betterleaks(repo, taken, values, options) -> None:
    program = tool("betterleaks")
    name = repo.path.parent / ("found.jsonl" if options == ["--jsonl"] else "found.json")
    repo.run(program, ".", "--silent", "--output", str(name), *options)
    rules, _ = taken(name.read_text(), env={"BETTERLEAKS_FINGERPRINT_HMAC_KEY": "sesame"})
    assert "aws-access-key-pair" in rules


@pytest.mark.parametrize("options", [[], ["--redact"]], ids=str)
def test_the_real_gitleaks(repo, taken, values, options) -> None:
    program = tool("gitleaks")
    if not repo.run(program, "version").stdout.startswith((b"8.", b"v8.")):
        pytest.skip("this gitleaks is another program")
    name = repo.path.parent / "found.json"
    repo.run(program, "git", "--report-path", str(name), *options)
    assert "aws-access-key-id" in taken(name.read_text())[0]
