"""The literal goes, the lookup comes, the rest stays; what comes out parses and holds nothing any more."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsers import PARSERS
from samples import SAMPLES

from keysieve.engine.generator import Generator
from keysieve.engine.sieve import Sieve
from keysieve.errors import ConfigurationError
from keysieve.remedies import Situation
from keysieve.remedies.choice import choose
from keysieve.remedies.replacement import read, replacement_in, replacements
from keysieve.remedies.rewriting import Rewritten, rewrite
from keysieve.remedies.variables import variable_for

SIEVE = Sieve()


def values() -> dict[str, str]:
    keys = Generator(23)
    return {"access_key_id": keys.access_key_id(), "secret_access_key": keys.secret_access_key()}


def filled(text: str) -> str:
    """The text with whole values, or the first or the other characters of one."""
    whole = values()

    def value(found: re.Match[str]) -> str:
        size = int(found["size"] or 0)
        return whole[found["name"]][size:] if found["colons"] == "::" or not size else whole[found["name"]][:size]

    return re.sub(r"\{(?P<name>access_key_id|secret_access_key)(?:(?P<colons>::?)(?P<size>[0-9]+))?\}", value, text)


def rewritten(data: bytes, path: str, language: str | None = None) -> Rewritten:
    variables = {value.encode(): variable_for(name) for name, value in values().items()}
    situation = Situation(rule="aws-access-key-pair", remedy="access-key", path=path.encode(), context=data)
    chosen = language or choose(situation).language.id
    return rewrite(data, variables, replacement_in(chosen, path.encode()), SIEVE.sift)


@pytest.mark.parametrize(("path", "parser", "before", "after"), SAMPLES)
def test_change(tmp_path: Path, path: str, parser: str, before: str, after: str) -> None:
    done = rewritten(filled(before).encode(), path)
    assert done.new.decode() == after
    assert done.by_hand == ()
    assert not any(value.encode() in done.new for value in values().values())
    assert SIEVE.sift(done.new) == ()
    file = tmp_path / Path(path).name
    file.write_bytes(done.new)
    if parser != "text":
        PARSERS[parser](file)


@pytest.mark.parametrize(("path", "parser", "before", "after"), SAMPLES)
def test_samples_parse_before(tmp_path: Path, path: str, parser: str, before: str, after: str) -> None:
    file = tmp_path / Path(path).name
    file.write_text(filled(before))
    if parser not in ("text", "env"):
        PARSERS[parser](file)


@pytest.mark.parametrize(("path", "parser", "before", "after"), SAMPLES)
def test_line_endings_stay(path: str, parser: str, before: str, after: str) -> None:
    done = rewritten(filled(before).replace("\n", "\r\n").encode(), path)
    assert done.new.decode() == after.replace("\n", "\r\n")


MARKED = [
    pytest.param(codecs.BOM_UTF8, "utf-8", id="UTF-8 with its mark"),
    pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="UTF-16 LE"),
    pytest.param(codecs.BOM_UTF16_BE, "utf-16-be", id="UTF-16 BE"),
    pytest.param(b"", "utf-16-le", id="UTF-16 LE without a mark"),
]


@pytest.mark.parametrize(("mark", "codec"), MARKED)
def test_encoding_stays(mark: bytes, codec: str) -> None:
    before = filled('# schlüssel \U0001f511\r\n$k = "{access_key_id}"\r\n$aws_secret_key = "{secret_access_key}"\r\n')
    done = rewritten(mark + before.encode(codec), "a.ps1")
    wanted = "# schlüssel \U0001f511\r\n$k = $env:AWS_ACCESS_KEY_ID\r\n$aws_secret_key = $env:AWS_SECRET_ACCESS_KEY\r\n"
    assert done.new == mark + wanted.encode(codec)


def test_bytes_that_are_no_text_stay() -> None:
    before = filled('# \xff\xfe\x00 {access_key_id}\nk = "{access_key_id}"\n').encode("latin-1")
    done = rewritten(before, "a.rb")
    assert done.new == b'# \xff\xfe\x00 AWS_ACCESS_KEY_ID\nk = ENV.fetch("AWS_ACCESS_KEY_ID")\n'


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_everything_else_stays(before: bytes, after: bytes) -> None:
    # Lines of their own, so that no noise opens a string around the value or glues itself to it.
    before, after = (re.sub(rb"[\"'`/\\#\x00]", b"", noise) for noise in (before, after))
    line = filled('x = "{access_key_id}"').encode()
    done = rewritten(before + b"\n\n" + line + b"\n\n" + after, "a.rb", "ruby")
    assert done.new == before + b'\n\nx = ENV.fetch("AWS_ACCESS_KEY_ID")\n\n' + after


QUOTED = "cat > x <<'END'\na\naws_access_key_id={access_key_id}\nEND\n"

BY_HAND = [
    pytest.param("a.sh", QUOTED, "here-document", id="a quoted here-document"),
    pytest.param("a.json", '{"aws_access_key_id": "{access_key_id}"}', "no lookup is known", id="JSON"),
    pytest.param(
        "A.php", "<?php class A {\n  const KEY = '{access_key_id}';\n}", "constant", id="PHP's class constant"
    ),
    pytest.param("A.java", '@Value("{access_key_id}")\nclass A {}', "constant", id="Java's annotation"),
    pytest.param("a.rs", 'const KEY: &str = "{access_key_id}";', "constant", id="Rust's constant"),
    pytest.param("a.tfvars", "# {access_key_id}", "does not stand in a string", id="Terraform's comment"),
    pytest.param("a.py", "x = {access_key_id}\n", "does not stand in a string", id="Python without quotes"),
]


@pytest.mark.parametrize(("path", "before", "reason"), BY_HAND)
def test_what_is_not_certain_is_left(path: str, before: str, reason: str) -> None:
    data = before.replace("{access_key_id}", values()["access_key_id"]).encode()
    done = rewritten(data, path)
    assert done.new == data
    assert [one for one in done.by_hand if reason in one.reason]


def test_a_change_that_would_not_parse_is_left() -> None:
    data = filled('x = ("a" "aws_access_key_id={access_key_id} b")\n').encode()
    done = rewritten(data, "a.py")
    assert (done.new, [one.line for one in done.by_hand]) == (data, [1])


def test_a_call_with_another_secret_keeps_its_arguments() -> None:
    text = filled(
        'import boto3\nboto3.client("s3", aws_access_key_id="{access_key_id}", aws_secret_access_key=other)\n'
    )
    assert (
        b'aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key=other'
        in rewritten(text.encode(), "a.py").new
    )


def test_another_credential_stays() -> None:
    other = Generator(99).access_key_id()
    text = f'a = "{values()["access_key_id"]}"\nb = "{other}"\n'
    assert rewritten(text.encode(), "a.rb").new.decode() == f'a = ENV.fetch("AWS_ACCESS_KEY_ID")\nb = "{other}"\n'


def test_nothing_shows_itself() -> None:
    text = filled('a = "{access_key_id}"\n# aws secret_access_key = "{secret_access_key}"\n')
    assert values()["secret_access_key"] not in repr(rewritten(text.encode(), "a.rb"))


def test_every_replacement_has_a_source() -> None:
    assert all(one.source.startswith("https://") and one.languages for one in replacements())


def test_every_language_exists() -> None:
    from keysieve.remedies.catalogue import catalogue

    known = {one.id for one in catalogue().languages}
    assert {name for one in replacements() for name in one.languages} <= known


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="unknown key 'qoted'"):
        read("x.toml", '[[replacement]]\nlanguages = ["python"]\nsource = "https://x"\nqoted = "x"\n')


@pytest.mark.parametrize("text", ["[[replacement]", "", "[[replacement]]\n"], ids=["no TOML", "empty", "nothing in it"])
def test_broken_file_is_an_error(text: str) -> None:
    with pytest.raises(ConfigurationError):
        read("x.toml", text)
