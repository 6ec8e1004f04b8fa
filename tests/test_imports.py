from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "keysieve"
LAYERS = (
    {"__main__"},
    {"cli"},
    {"commands", "api"},
    {"config"},
    {"scan"},
    {"reporters"},
    {"sources", "excuses", "remedies", "hooks"},
    {"engine"},
    {"git", "finding"},
    {"rule", "blob"},
    {"errors"},
    {"__init__"},
)
# The version, and the library's functions, which the package loads when they are first used.
ALLOWED = {("cli", "__init__"), ("__init__", "api"), ("api", "commands")}
DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}
MODULES = sorted(SOURCE.rglob("*.py"))


def layer(parts: tuple[str, ...]) -> str:
    return parts[0] if parts else "__init__"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("keysieve"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("keysieve."))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    here = layer(path.relative_to(SOURCE).with_suffix("").parts)
    assert here in DEPTH
    for name in imported(path):
        there = name.split(".")[1]
        if there in DEPTH and (here, there) not in ALLOWED and there != here:
            assert DEPTH[there] > DEPTH[here], f"{here} imports {there}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_work_at_import(path: Path) -> None:
    allowed = (
        ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If, ast.Expr,
    )  # fmt: skip
    for node in ast.parse(path.read_text()).body:
        assert isinstance(node, allowed)
        if isinstance(node, ast.Expr) and path.name != "__main__.py":
            assert isinstance(node.value, ast.Constant), f"line {node.lineno} runs at import"
