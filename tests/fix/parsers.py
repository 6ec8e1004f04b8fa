"""Each language's own parser, where this machine has it."""

from __future__ import annotations

import ast
import configparser
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import hcl2
import pytest
import yaml
from dockerfile_parse import DockerfileParser

INSTRUCTIONS = {"FROM", "ENV", "ARG", "RUN", "CMD", "COPY", "LABEL", "COMMENT", "WORKDIR"}


def command(*words: str) -> Callable[[Path], None]:
    """A program that is given the file; a test is skipped where there is no such program."""

    def check(file: Path) -> None:
        if shutil.which(words[0]) is None:
            pytest.skip(f"no {words[0]} here")
        done = subprocess.run([*words, file], capture_output=True, text=True, cwd=file.parent)
        assert done.returncode == 0, done.stdout + done.stderr

    return check


def python(file: Path) -> None:
    ast.parse(file.read_bytes())


def java(file: Path) -> None:
    command("javac", "-proc:none", "-d", str(file.parent / "out"))(file)


def typescript(file: Path) -> None:
    """Without types it is JavaScript; node 20 has no parser for the rest."""
    text = re.sub(r": (?:string|number)\b", "", file.read_text()).replace("!,", ",").replace("!;", ";")
    plain = file.with_suffix(".mjs")
    plain.write_text(re.sub(r"!(?=[\s)])", "", text))
    command("node", "--check")(plain)


def properties(file: Path) -> None:
    for line in file.read_text().splitlines():
        assert re.fullmatch(r"\s*(?:#.*|[\w.\-]+(?:\s*[=:]\s*|\s+)\S.*|)", line), line


def env(file: Path) -> None:
    command("bash", "-n")(file)
    assert all(re.fullmatch(r"#.*|\w+=\S*|", line) for line in file.read_text().splitlines())


def ini(file: Path) -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(file.read_text())


def yaml_(file: Path) -> None:
    yaml.safe_load(file.read_text())


def xml(file: Path) -> None:
    ElementTree.fromstring(file.read_text())


def hcl(file: Path) -> None:
    hcl2.loads(file.read_text())


def dockerfile(file: Path) -> None:
    parsed = DockerfileParser(fileobj=io.BytesIO(file.read_bytes()))
    assert parsed.structure
    for one in parsed.structure:
        assert one["instruction"] in INSTRUCTIONS, one
        assert one["value"], one
    assert isinstance(parsed.envs, dict)


def balanced(file: Path) -> None:
    """No parser here: quotes and brackets at least have their partners."""
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', "", file.read_text())
    assert not re.search("[\"']", text)
    for first, last in ("()", "{}", "[]"):
        assert text.count(first) == text.count(last)


PARSERS: dict[str, Callable[[Path], None]] = {
    "python": python,
    "js": command("node", "--check"),
    "ts": typescript,
    "java": java,
    "go": command("gofmt", "-e", "-l"),
    "ruby": command("ruby", "-c"),
    "php": command("php", "-l"),
    "sh": command("bash", "-n"),
    "fish": command("fish", "--no-execute"),
    "env": env,
    "ini": ini,
    "properties": properties,
    "yaml": yaml_,
    "xml": xml,
    "hcl": hcl,
    "dockerfile": dockerfile,
    "perl": command("perl", "-c"),
    "balanced": balanced,
}
