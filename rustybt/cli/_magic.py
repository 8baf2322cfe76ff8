"""The notebook magic: `%%rustybt` runs the strategy that stands in a cell, `%rustybt` one that was defined before."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CELL = "<cell>"
HELP = """
\b
%%rustybt -s 2010-01-04 -e 2012-12-31      runs the strategy of this cell
%rustybt -s 2010-01-04 -e 2012-12-31       runs the functions defined in the notebook

The options are those of `rustybt run`. --name NAME keeps what comes back in a variable; --zipline runs a script for
Zipline, with Zipline's options: `%%rustybt --zipline --help`.
"""


def load_magic(shell: Any) -> None:
    """Registers `rustybt` as line and cell magic of an IPython shell.

    So is `zipline`, for notebooks written for Zipline, unless Zipline's own extension has been loaded.
    """

    def rustybt(line: str, cell: str | None = None) -> Any:
        from rustybt.core import Folded

        with Folded():
            return run_magic(shell, line, cell)

    rustybt.__doc__ = HELP.replace("\b\n", "")
    shell.register_magic_function(rustybt, magic_kind="line_cell", magic_name="rustybt")

    def zipline(line: str, cell: str | None = None) -> Any:
        """The same as `rustybt --zipline`: runs a script for Zipline on RustyBT."""
        return run_magic(shell, f"--zipline {line}", cell)

    if shell.find_cell_magic("zipline") is None:
        shell.register_magic_function(zipline, magic_kind="line_cell", magic_name="zipline")


def run_magic(shell: Any, line: str, cell: str | None) -> Any:
    """The Result of a run, or, with --zipline, Zipline's frame.

    cell: the strategy's text, executed in the notebook's namespace; None: its functions are there already.
    """
    arguments = shlex.split(line)
    name = taken(arguments, "--name")
    if "--zipline" in arguments:
        arguments.remove("--zipline")
        found = _zipline_run(arguments, cell or "", shell.user_ns)
    else:
        found = _run(arguments, cell, shell.user_ns)
    if name is not None:
        shell.user_ns[name] = found
    return found


def taken(arguments: list[str], option: str) -> str | None:
    """The value of an option, which is taken out."""
    if option not in arguments[:-1]:
        return None
    place = arguments.index(option)
    value = arguments[place + 1]
    del arguments[place : place + 2]
    return value


def _run(arguments: list[str], cell: str | None, namespace: dict[str, Any]) -> Any:
    from rustybt.cli._run import run, run_strategy
    from rustybt.engine import callbacks_in, strategy_of

    options = _options(run, arguments)
    if options is None:
        return None
    asked = ("output", "plot", "compat_report", "diagnostics")
    output, plot, compat_report, diagnostics = (options.pop(name) for name in asked)
    del options["zipline"]
    callbacks = callbacks_in(namespace, "The notebook") if cell is None else strategy_of(cell, CELL, namespace)
    result = run_strategy(callbacks, options | {"keep_strategy": compat_report})
    if output is not None:
        result.save(output)
    if plot is not None:
        result.plot(plot)
    if diagnostics:
        print(result.diagnostics)
    if compat_report:
        print(result.compat_report())
    return result


def _options(command: Any, arguments: list[str]) -> dict[str, Any] | None:
    """The options behind the magic's name, those of a command without its file. None: help was asked for."""
    import click

    parameters = [parameter for parameter in command.params if parameter.name != "algofile"]
    settings = {"help_option_names": ["-h", "--help"]}
    magic = click.Command("%%rustybt", params=parameters, help=HELP, context_settings=settings)
    with _told():
        try:
            with magic.make_context("%%rustybt", arguments) as context:
                return dict(context.params)
        except click.exceptions.Exit:
            return None


@contextmanager
def _told() -> Iterator[None]:
    """A wrong option is told in a line, without a traceback, as magics do."""
    import click
    from IPython.core.error import UsageError

    try:
        yield
    except click.ClickException as error:
        raise UsageError(f"%%rustybt: {error.format_message()}") from None


def _zipline_run(arguments: list[str], cell: str, namespace: dict[str, Any]) -> Any:
    from rustybt.zipline.command import run

    with _told():
        return run.main(
            ["-t", cell, "-o", os.devnull, *arguments], "%%rustybt --zipline", standalone_mode=False, obj=namespace
        )
