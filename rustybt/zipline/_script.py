"""A script as Zipline runs it: a text that defines initialize, handle_data and the others, and imports zipline."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rustybt.errors import InputError
from rustybt.zipline._alias import as_zipline
from rustybt.zipline._run import run_functions

CALLBACKS = ("initialize", "handle_data", "before_trading_start", "analyze")
UNNAMED = "<algorithm>"


def read_script(path: Path) -> str:
    """The text of a script file. Raises InputError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Name a Python file with -f.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {error}. Name a Python file with -f.") from None


def run_script(
    text: str,
    filename: str = UNNAMED,
    *,
    defines: Iterable[str] = (),
    namespace: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Runs a script, in which `zipline` is rustybt.zipline, and returns Zipline's performance frame.

    defines: name=value, each an expression that may use those before it; they are there before the script's first
    line. namespace: where the script is executed; a new one by default. The other options are run_functions'.
    Raises InputError for a script that can't be read as Python, or that has none of Zipline's callbacks.
    """
    names: dict[str, Any] = {"__name__": Path(filename).stem, "__file__": filename} if namespace is None else namespace
    with as_zipline():
        for define in defines:
            _define(define, names)
        _execute(text, filename, names)
        functions = {name: names[name] for name in CALLBACKS if callable(names.get(name))}
        if not functions:
            raise InputError(f"{filename} defines none of {', '.join(CALLBACKS)}. Define initialize and handle_data.")
        return run_functions(functions, **options)


def runs_itself(text: str) -> bool:
    """Whether a script calls run_algorithm, as one that is started by `python FILE`."""
    try:
        nodes = ast.walk(ast.parse(text))
    except SyntaxError:
        return False
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    return any(getattr(call, "attr", getattr(call, "id", "")) == "run_algorithm" for call in calls)


def run_program(text: str, filename: str, *, defines: Iterable[str] = ()) -> None:
    """Executes a script that runs itself, as `python FILE` does; `zipline` in it is rustybt.zipline."""
    names: dict[str, Any] = {"__name__": "__main__", "__file__": filename}
    with as_zipline():
        for define in defines:
            _define(define, names)
        _execute(text, filename, names)


def _execute(text: str, filename: str, names: dict[str, Any]) -> None:
    try:
        code = compile(text, filename, "exec")
    except SyntaxError as error:
        raise InputError(f"{filename}, line {error.lineno}: {error.msg}. Fix it and run again.") from None
    if filename == UNNAMED:
        # so that a traceback can show the lines of a text that is in no file
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(code, names)


def _define(define: str, names: dict[str, Any]) -> None:
    name, equals, value = define.partition("=")
    if not equals or not name.strip().isidentifier():
        raise InputError(f"-D {define!r}: write name=value.")
    try:
        names[name.strip()] = eval(value, names)
    except Exception as error:
        hint = f" Text is written in quotes: -D \"{name.strip()}='{value}'\"." if isinstance(error, NameError) else ""
        raise InputError(f"-D {define!r}: {value!r} raised {type(error).__name__}: {error}.{hint}") from error
