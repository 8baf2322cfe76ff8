"""The command `rustybt` in this process: a process of its own costs a second, and is kept where it is the promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO

from rustybt.cli import main


@dataclass(frozen=True, slots=True)
class Done:
    """What is left of a command, under the names that a process has for it."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: str) -> Done:
    """`rustybt` with these arguments."""
    return _called(main, arguments)


def zipline_command(*arguments: str) -> Done:
    """`python -m rustybt.zipline` with these arguments."""
    from rustybt.zipline.command import main

    return _called(main, arguments)


def _called(function: Callable[[list[str]], object], arguments: Sequence[str]) -> Done:
    out, err = StringIO(), StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            function(list(arguments))
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return Done(code, out.getvalue(), err.getvalue())
