"""Code that takes a credential's place parses, where a parser is at hand, and holds no credential."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import yaml

from keysieve.remedies.advice import Advice
from keysieve.remedies.catalogue import catalogue

NAME = "SMTP_PASSWORD"


def run(*command: str) -> Callable[[str], object]:
    return lambda text: subprocess.run(command, input=text, text=True, check=True, capture_output=True)


def javascript(text: str) -> object:
    # `node --check` reads a module from standard input only when it is told so.
    return run("node", "--input-type=module", "--check")(text)


def erb(text: str) -> object:
    return yaml.safe_load(re.sub(r"<%=.*?%>", "x", text))


def properties(text: str) -> object:
    for line in text.splitlines():
        assert re.fullmatch(r"#.*|[\w.\-]+\s*=.*|", line)
    return text


def env(text: str) -> object:
    for line in text.splitlines():
        assert re.fullmatch(r"[A-Z_]+=\S*", line)
    return text


def dockerfile(text: str) -> object:
    for line in text.splitlines():
        assert re.match(r"#|(FROM|RUN|COPY|ENV|ARG) ", line)
        if line.startswith("RUN "):
            run("sh", "-n")(re.sub(r"^RUN( --mount=\S+)?", "", line))
    return text


PARSERS: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "json": json.loads,
    "yaml": erb,
    "toml": tomllib.loads,
    "xml": ElementTree.fromstring,
    "ini": configparser.ConfigParser(allow_no_value=True).read_string,
    "sh": run("sh", "-n"),
    "properties": properties,
    "env": env,
    "dockerfile": dockerfile,
}
if shutil.which("node"):
    PARSERS["javascript"] = javascript

LANGUAGES = catalogue().languages
PARSED = [advice for advice in LANGUAGES if advice.syntax in PARSERS]


def name(advice: Advice) -> str:
    return advice.id


@pytest.mark.parametrize("advice", PARSED, ids=name)
def test_replacement_parses(advice: Advice) -> None:
    PARSERS[advice.syntax](advice.replacement)


@pytest.mark.parametrize("advice", [advice for advice in PARSED if advice.lookup], ids=name)
def test_lookup_parses(advice: Advice) -> None:
    PARSERS[advice.syntax](advice.lookup.replace("{name}", NAME))


def test_syntax_is_a_known_word() -> None:
    known = {
        *PARSERS,
        "javascript",
        "typescript",
        "java",
        "kotlin",
        "go",
        "ruby",
        "php",
        "csharp",
        "rust",
        "cpp",
    }
    known |= {"scala", "swift", "perl", "r", "powershell", "batch", "make", "hcl", "groovy", "sql", "text"}
    assert {advice.syntax for advice in LANGUAGES} <= known


@pytest.mark.parametrize("advice", LANGUAGES, ids=name)
def test_brackets_and_quotes_are_balanced(advice: Advice) -> None:
    for text in (advice.replacement, advice.lookup):
        code = re.sub(r"(?m)(^|\s)(#|//|--)\s.*$", "", text)
        for opening, closing in ("()", "[]", "{}"):
            assert code.count(opening) == code.count(closing)
        assert code.count('"') % 2 == 0


@pytest.mark.parametrize("advice", LANGUAGES, ids=name)
def test_replacement_assigns_no_key(advice: Advice) -> None:
    label = r"(?i)(access_?key(_?id)?|secret_?(access_?)?key|session_?token)"
    assignment = label + r"""["']?[ \t]*[:=]>?[ \t]*["']?[A-Za-z0-9/+]"""
    assert not re.search(assignment, advice.replacement)


@pytest.mark.parametrize("advice", [advice for advice in LANGUAGES if advice.lookup], ids=name)
def test_lookup_names_the_variable(advice: Advice) -> None:
    assert "{name}" in advice.lookup or "TF_VAR_" in advice.lookup
