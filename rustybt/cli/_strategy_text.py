"""The strategy in a file, and its parameters on the command line, read from their text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from rustybt.errors import InputError

RUNS: Final = frozenset({"run_algorithm", "run"})
WORDS: Final = {"true": True, "false": False, "none": None}
NUMBER: Final = re.compile(r"[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?")


def parameters(given: Iterable[str], *, exact: bool) -> dict[str, Any]:
    """The parameters of `--param NAME=VALUE`.

    A value is a whole number, a number (a Decimal; a float where not `exact`), true, false, none, what Python writes in
    quotes, brackets or braces, or else text. Raises InputError where it is no NAME=VALUE, and for a name given twice.

    >>> parameters(["days=20", "share=0.25", "symbol=AAPL", "on=true", "windows=[5, 20]"], exact=True)
    {'days': 20, 'share': Decimal('0.25'), 'symbol': 'AAPL', 'on': True, 'windows': [5, 20]}
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise InputError(f"--param {text!r}: pass a name, an equals sign and a value, like --param days=20.")
        if name in found:
            raise InputError(f"--param {name} was given twice, as {found[name]!r} and {value!r}. Pass it once.")
        found[name] = _value(value.strip(), exact)
    return found


def _value(text: str, exact: bool) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if NUMBER.fullmatch(text):
        digits = text.replace("_", "")
        if digits.lstrip("+-").isdigit():
            return int(digits)
        return Decimal(digits) if exact else float(digits)
    if text[:1] in tuple("\"'[({"):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass
    return text


def own_run(tree: ast.Module) -> int | None:
    """The line on which a file runs a backtest of its own when it is read; None where it does not."""
    names = _names_of_runs(tree)
    lines = (node.lineno for node in _executed(tree.body) if isinstance(node, ast.Call) and _dotted(node.func) in names)
    return min(lines, default=None)


def _names_of_runs(tree: ast.Module) -> set[str]:
    """By which names the file can call `rustybt.run_algorithm`, as its imports say."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            packages = [name.asname or name.name for name in node.names if name.name in ("rustybt", "zipline")]
            found |= {f"{package}.{run}" for package in packages for run in RUNS}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("rustybt", "zipline"):
            found |= {name.asname or name.name for name in node.names if name.name in RUNS}
    return found


def _executed(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes that are executed when a module is read: not those of functions, nor of `if __name__ == ...`."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and any(
            isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
        ):
            continue
        yield node
        yield from _executed(ast.iter_child_nodes(node))


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None
