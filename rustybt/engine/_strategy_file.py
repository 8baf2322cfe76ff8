"""The strategy in a file: its callbacks, read from its text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from rustybt.errors import InputError
from rustybt.strategy import Strategy

CALLBACKS: Final = ("initialize", "handle_data", "before_trading_start", "analyze", "on_order")
RUNS: Final = frozenset({"run_algorithm", "run"})


def load_strategy(path: Path) -> dict[str, Any]:
    """The callbacks of a strategy file, as run_algorithm takes them. Raises InputError where there are none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Name a Python file with -f.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {error}. Name a Python file with -f.") from None
    return strategy_of(text, str(path), {"__name__": path.stem, "__file__": str(path)})


def strategy_of(text: str, filename: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """The callbacks that a text defines when it is executed in a namespace, as run_algorithm takes them.

    Raises InputError where there are none.
    """
    try:
        tree = ast.parse(text, filename)
        code = compile(tree, filename, "exec")
    except SyntaxError as error:
        raise InputError(f"{filename}, line {error.lineno}: {error.msg}. Fix it and run again.") from None
    line = own_run(tree)
    if line is not None:
        raise InputError(
            f"{filename}, line {line} runs a backtest itself when it is read, so that it would be run twice. Put that "
            "call under `if __name__ == '__main__':`, or run the file as a script."
        )
    exec(code, namespace)
    return callbacks_in(namespace, filename)


def callbacks_in(namespace: dict[str, Any], filename: str) -> dict[str, Any]:
    """The callbacks, or the one strategy, that stand in a namespace."""
    found = {name: namespace[name] for name in CALLBACKS if callable(namespace.get(name))}
    if found:
        return found
    classes = [
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == namespace["__name__"]
    ]
    if len(classes) == 1:
        return {"strategy": classes[0]}
    many = ", ".join(cls.__name__ for cls in classes)
    raise InputError(
        f"{filename} defines {'several strategies: ' + many if classes else 'no strategy'}. Define the functions "
        "initialize and handle_data, or one subclass of rustybt.Strategy."
    )


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
