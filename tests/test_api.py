from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import keysieve as library

SCHEMA = json.loads((Path(library.__file__).parent / "report.schema.json").read_text())
PAIR = "[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n"


def rules(report: library.Report) -> list[str]:
    jsonschema.validate(json.loads(library.render(report, "json")), SCHEMA)
    return sorted(finding.rule for finding in report.findings)


@pytest.fixture
def pair(keys) -> str:
    return keys.fill(PAIR)[0]


def test_bytes(pair) -> None:
    report = library.scan_bytes(pair.encode(), "conf/aws.py")
    assert rules(report) == ["aws-access-key-pair"]
    assert report.findings[0].occurrences[0].path == "conf/aws.py"
    assert report.findings[0].remedy.id == "python"


def test_bytes_without_a_path(pair) -> None:
    assert library.scan_bytes(pair.encode("utf-16")).findings[0].occurrences[0].kind == "stdin"


def test_files(pair, tmp_path) -> None:
    (tmp_path / "a").write_text(pair)
    report = library.scan_files([tmp_path, str(tmp_path / "missing")])
    assert rules(report) == ["aws-access-key-pair"]
    assert not report.complete


def test_range(pair, repo) -> None:
    repo.commit({"a": "x"})
    oid = repo.commit({"a": pair})
    report = library.scan_range("HEAD~1..HEAD", repo.path)
    assert rules(report) == ["aws-access-key-pair"]
    assert report.findings[0].introduced.commit == oid
    assert not library.scan_range("HEAD..HEAD", repo.path).findings


def test_history(pair, repo) -> None:
    repo.commit({"a": pair})
    repo.commit({"a": "gone"})
    report = library.scan_history(repo.path, jobs=1)
    assert rules(report) == ["aws-access-key-pair"]
    assert report.findings[0].live is False


def test_secrets_only_on_demand(keys) -> None:
    text, made = keys.fill(PAIR)
    secret = made["secret_access_key"]
    assert secret not in repr(library.scan_bytes(text.encode()))
    assert library.scan_bytes(text.encode(), reveal=True).findings[0].values["secret_access_key"] == secret


def test_error(tmp_path) -> None:
    with pytest.raises(library.KeysieveError):
        library.scan_history(tmp_path)
    with pytest.raises(library.KeysieveError):
        library.scan_range("a..b", tmp_path)


def test_reports_are_equal_when_the_findings_are(pair) -> None:
    one, other = (library.scan_bytes(pair.encode(), "a").findings for _ in range(2))
    assert one == other


@pytest.mark.parametrize("name", library.__all__)
def test_every_name_is_there(name) -> None:
    assert getattr(library, name) is not None
    assert name in dir(library)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'scan_everything'"):
        _ = library.scan_everything


def test_package_loads_nothing_until_it_is_asked() -> None:
    source = str(Path(library.__file__).parents[1])
    code = "import sys; before = set(sys.modules); import keysieve; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, env={"PYTHONPATH": source}
    )
    assert done.stdout == "['__future__', 'keysieve']\n"
