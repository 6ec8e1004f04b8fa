"""What can be done better for Python, as its own parser is at hand: arguments taken out of calls of the AWS SDK."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterator

_CALLS = frozenset(("client", "resource", "Session", "setup_default_session", "create_client"))
_ARGUMENTS = frozenset(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"))


def is_valid(text: bytes) -> bool:
    """Whether it compiles, without so much as a warning (a string that is called, for one)."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(text, "x.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, Warning, RecursionError, MemoryError):
            return False
    return True


def without_arguments(text: bytes, values: Collection[bytes]) -> bytes:
    """The text without credentials that are passed to the SDK as literals: its own chain of providers takes over.

    Only where all of a call's credentials are among the values; a call that gets others is left alone.

    Args:
        text: Python source in UTF-8.
        values: The credential's values.
    """
    try:
        text.decode("utf-8")
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return text
    starts = [0, *(found.end() for found in re.finditer(rb"\r\n|\r|\n", text))]
    spans = [
        (starts[one.lineno - 1] + one.col_offset, starts[(one.end_lineno or 0) - 1] + (one.end_col_offset or 0))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for one in _arguments(node, values)
    ]
    for start, end in sorted(spans, reverse=True):
        text = _without(text, start, end)
    return text


def with_import(text: bytes, name: str, line_break: bytes) -> bytes | None:
    """The text with `import NAME` before its first import, else behind its docstring; None where it does not parse."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    head = 0
    while head < len(body) and _stays_first(body[head], head):
        head += 1
    lines = re.findall(rb"[^\n]*\n|[^\n]+", text)
    statement = b"import " + name.encode() + line_break
    if head < len(body) and isinstance(body[head], ast.Import | ast.ImportFrom):
        at = body[head].lineno - 1
    elif head:
        at, statement = body[head - 1].end_lineno or 0, line_break + statement
    else:
        at = next((number for number, line in enumerate(lines) if not line.startswith(b"#")), 0)
        statement += line_break
    return b"".join((*lines[:at], statement, *lines[at:]))


def _stays_first(node: ast.stmt, number: int) -> bool:
    """Whether nothing may stand before it: a docstring, an import from the future."""
    if isinstance(node, ast.Expr) and number == 0:
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _arguments(call: ast.Call, values: Collection[bytes]) -> Iterator[ast.keyword]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    passed = [one for one in call.keywords if one.arg in _ARGUMENTS]
    names = {one.arg for one in passed}
    is_whole = name in _CALLS and names >= {"aws_access_key_id", "aws_secret_access_key"}
    if is_whole and all(_is_literal(one.value, values) for one in passed):
        yield from passed


def _is_literal(node: ast.expr, values: Collection[bytes]) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.encode() in values


def _without(text: bytes, start: int, end: int) -> bytes:
    """The text without an argument: its whole lines if it has them for itself, and the comma that goes with it."""
    comma = re.compile(rb"[ \t]*,").match(text, end)
    last = comma.end() if comma else end
    first = text.rfind(b"\n", 0, start) + 1
    rest = re.compile(rb"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n)").match(text, last)
    if rest and not text[first:start].strip():
        return text[:first] + text[rest.end() :]
    if comma:
        space = re.compile(rb"[ \t]*").match(text, last)
        return text[:start] + text[space.end() if space else last :]
    before = re.search(rb",\s*\Z", text[:start])
    return text[: before.start() if before else start] + text[end:]
