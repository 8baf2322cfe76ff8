"""The command line of a Zipline script: Zipline's own options, for `rustybt run --zipline` and `-m rustybt.zipline`."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from rustybt.engine import beside, failure_of_strategy, note_place, result_on
from rustybt.errors import InputError, RustyBTError
from rustybt.zipline._bundle_commands import bundles, clean, ingest
from rustybt.zipline._extensions import create_args, extension_args, load_extensions
from rustybt.zipline._script import UNNAMED, read_script, run_program, run_script, runs_itself

DEFAULT_BUNDLE = "quandl"
PRINT = "-"
SETS_BENCHMARK = "set_benchmark"
NO_BENCHMARK = f"no benchmark was given, nor does the script call {SETS_BENCHMARK}: alpha and beta stay empty"


def extension_options[F: Callable[..., Any]](*, short: bool) -> Callable[[F], F]:
    """The options that Zipline has before its subcommand. short: -e too, which means the end date after it."""

    def decorated(command: F) -> F:
        names = ("-e", "--extension") if short else ("--extension",)
        for option in (
            click.option("-x", multiple=True, help="key=value for extensions, as zipline.extension_args."),
            click.option("--default-extension/--no-default-extension", default=True, help="~/.zipline/extension.py"),
            click.option("--strict-extensions/--non-strict-extensions", default=False, help="End if one fails."),
            click.option(*names, "extension", multiple=True, help="A Python file or module to load first."),
        ):
            command = option(command)
        return command

    return decorated


@click.command("run", epilog="Zipline's other commands: python -m rustybt.zipline ingest, clean, bundles.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("-f", "--algofile", type=click.Path(path_type=Path), default=None, help="The script, a Python file.")
@click.option("-t", "--algotext", default=None, help="The script itself.")
@click.option("-D", "--define", multiple=True, help="name=value, there before the script's first line.")
@click.option("--data-frequency", type=click.Choice(["daily", "minute"]), default="daily", show_default=True)
@click.option("--capital-base", type=float, default=10e6, show_default=True, help="Cash at the start.")
@click.option("-b", "--bundle", default=DEFAULT_BUNDLE, show_default=True, help="Which data to run on.")
@click.option("--bundle-timestamp", default=None, help="The data as it was then. [default: the newest]")
@click.option("-bf", "--benchmark-file", type=click.Path(exists=True, dir_okay=False), default=None, help="A CSV.")
@click.option("--benchmark-symbol", default=None, help="The asset to compare with.")
@click.option("--benchmark-sid", type=int, default=None, help="The same by its sid.")
@click.option("--no-benchmark", is_flag=True, help="Compare with nothing.")
@click.option("-s", "--start", default=None, help="The first day, like 2010-01-04.")
@click.option("-e", "--end", default=None, help="The last day.")
@click.option("-o", "--output", default=PRINT, show_default=True, help="A pickle of the frame; - prints it.")
@click.option("--trading-calendar", default=None, help="A calendar, like XLON. [default: the bundle's]")
@click.option("--print-algo/--no-print-algo", default=False, help="Print the script first.")
@click.option("--metrics-set", default="default", show_default=True, help="Of those registered.")
@click.option("--blotter", default="default", show_default=True, help="Of those registered.")
@extension_options(short=False)
@click.pass_context
def run(ctx: click.Context, /, file: Path | None, algofile: Path | None, algotext: str | None, **options: Any) -> Any:
    """Run a script written for Zipline, with Zipline's options.

    A script that calls run_algorithm itself needs none of them: it runs as it would by `python FILE`.
    """
    load(options)
    path, text = chosen_script(ctx, file or algofile, algotext)
    if only_named(ctx) and runs_itself(text):
        return told(path, lambda: run_program(text, path, defines=options["define"]))
    for name, option in (("start", "'-s' / '--start'"), ("end", "'-e' / '--end'")):
        if options[name] is None:
            ctx.fail(f"must specify the {name} date with {option}")
    if options.pop("print_algo"):
        click.echo(text)
    output = options.pop("output")
    perf = run_told(text, path, options, namespace=ctx.obj, keep=functools.partial(hand_over, output))
    hand_over(output, perf)
    return perf


def hand_over(output: str, perf: Any) -> None:
    """Prints the frame, or writes it."""
    if output == PRINT:
        click.echo(str(perf))
    elif output != os.devnull:
        from rustybt.core import replacing, writing

        with writing(InputError, output, "pass another path."), replacing(Path(output)) as part:
            perf.to_pickle(part)


def only_named(ctx: click.Context) -> bool:
    """Whether no option says how to run the script: only which it is, what it finds, and the extensions."""
    free = {"file", "algofile", "define", "x", "extension", "strict_extensions", "default_extension"}
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    return given <= free


def load(options: dict[str, Any]) -> None:
    """Loads the extensions that the options name, and takes those options out."""
    create_args(options.pop("x"), extension_args)
    default, strict = options.pop("default_extension"), options.pop("strict_extensions")
    load_extensions(default, options.pop("extension"), strict, os.environ)


def chosen_script(ctx: click.Context, path: Path | None, text: str | None) -> tuple[str, str]:
    """Name and text of the one script that was given."""
    if (path is None) == (text is None):
        ctx.fail("must specify exactly one of '-f' / '--algofile' and '-t' / '--algotext'")
    if path is not None:
        return str(path), read_script(path)
    return UNNAMED, text or ""


def run_told(
    text: str,
    filename: str,
    options: dict[str, Any],
    namespace: dict[str, Any] | None = None,
    keep: Callable[[Any], None] | None = None,
) -> Any:
    """Runs a script with the options of the command. keep: is given the frame of a run whose `analyze` failed."""
    run_options = {**options, "defines": options["define"], **benchmark_of(options)}
    for name in ("define", "benchmark_file", "benchmark_symbol", "benchmark_sid", "no_benchmark"):
        del run_options[name]
    if SETS_BENCHMARK in text:
        run_options.pop("remarks", None)
    return told(filename, lambda: run_script(text, filename, namespace=namespace, **run_options), keep)


def told(filename: str, function: Callable[[], Any], keep: Callable[[Any], None] | None = None) -> Any:
    """Calls a function that executes a script; what the script raises is told with its own lines, exit code 1."""
    try:
        with beside(filename):
            return function()
    except click.ClickException:
        raise
    except Exception as error:  # whatever a script raises is shown as its own
        if keep is not None and hasattr(error, "result"):
            keep(result_on(error))
        if isinstance(error, RustyBTError):
            note_place(error, filename)
            raise
        click.echo(failure_of_strategy(error, filename), err=True)
        raise SystemExit(1) from None


def benchmark_of(options: dict[str, Any]) -> dict[str, Any]:
    """What the four options about benchmarks say, for the run."""
    symbol, sid = options["benchmark_symbol"], options["benchmark_sid"]
    given = [name for name in ("benchmark_file", "benchmark_symbol", "benchmark_sid") if options[name] is not None]
    if len(given) + options["no_benchmark"] > 1:
        raise InputError(f"Several benchmarks were given: {', '.join(given)}. Pass one.")
    if symbol is not None:
        return {"benchmark": symbol}
    if sid is not None:
        return {"benchmark": sid}
    if options["benchmark_file"] is not None:
        return {"benchmark_returns": options["benchmark_file"]}
    return {} if options["no_benchmark"] else {"remarks": [NO_BENCHMARK]}


@click.group("zipline")
@extension_options(short=True)
def zipline(**options: Any) -> None:
    """Zipline's command line over RustyBT."""
    load(options)


for command in (run, ingest, clean, bundles):
    zipline.add_command(command)
VALUED = ("-e", "--extension", "-x")


def names_command(given: list[str]) -> bool:
    """Whether a command of Zipline's stands after the options of the group; else they are `run`'s, without its name."""
    words = iter(given)
    own = {name for option in zipline.params for name in (*option.opts, *option.secondary_opts)}
    for word in words:
        if not word.startswith("-"):
            return word in zipline.commands
        if word.partition("=")[0] not in own:
            return False
        if word in VALUED:
            next(words, None)
    return False


def main(arguments: list[str] | None = None) -> None:
    """`python -m rustybt.zipline FILE ...`, and in the words of Zipline's own command `... run -f FILE ...`."""
    given = sys.argv[1:] if arguments is None else arguments
    command = zipline if names_command(given) else run
    try:
        command.main(args=given, prog_name="python -m rustybt.zipline", standalone_mode=True)
    except RustyBTError as error:
        click.echo(f"rustybt: {error}", err=True)
        for note in getattr(error, "__notes__", ()):
            click.echo(f"  {note}", err=True)
        sys.exit(1)
