"""Extensions: Python files and modules that register metrics sets, bundles and models before a run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rustybt.errors import InputError

_LOADED: set[str] = set()


def load_extensions(
    extensions: Iterable[str], strict: bool, within: Callable[[], AbstractContextManager[Any]] = nullcontext
) -> None:
    """Executes extensions that the process has not executed before, in their order.

    extensions: paths that end in .py, or dotted module names. strict: one that fails ends the run; else it is told on
    standard error. within: what each is executed in.
    Raises InputError for a file that is not there, and what a strict extension raises.
    """
    for extension in extensions:
        if extension in _LOADED:
            continue
        try:
            with within():
                _execute(extension)
        except Exception as error:
            if strict or isinstance(error, InputError):
                error.add_note(f"in the extension {extension}; strict_extensions=False goes on without it")
                raise
            reason = f"{type(error).__name__}: {error}"
            print(f"rustybt: the extension {extension} failed and is left out: {reason}", file=sys.stderr)
        else:
            _LOADED.add(extension)


def _execute(extension: str) -> None:
    if not extension.endswith(".py"):
        importlib.import_module(extension)
        return
    path = Path(extension)
    if not path.is_file():
        raise InputError(f"The extension {extension} does not exist. Name a Python file that is there, or a module.")
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
