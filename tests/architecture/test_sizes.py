"""No file of more than 400 lines and no function of more than 40, but those named here: the lists only shrink."""

from __future__ import annotations

import ast

from tests.architecture._source import ROOT, modules

MOST_LINES = 400
MOST_OF_A_FUNCTION = 40
FILES: dict[str, int] = {}
"""Longer files, and how long they may be."""
FUNCTIONS: dict[str, int] = {}
"""Longer functions, and how long they may be."""


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body, without its parameters and its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def check(lengths: dict[str, int], most: int, listed: dict[str, int]) -> None:
    longer = {name: length for name, length in lengths.items() if length > listed.get(name, most)}
    assert not longer, "split them"
    assert not {name for name in listed if lengths.get(name, 0) <= most}, "they are short now: take them off the list"


def test_no_file_is_longer_than_it_may_be() -> None:
    paths = sorted((ROOT / "rustybt").rglob("*.py"))
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    check(lengths, MOST_LINES, FILES)


def test_no_function_is_longer_than_it_may_be() -> None:
    lengths: dict[str, int] = {}
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{module.name}.{node.name}"
                lengths[name] = max(lengths.get(name, 0), lines_of(node))
    check(lengths, MOST_OF_A_FUNCTION, FUNCTIONS)
