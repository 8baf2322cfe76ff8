"""`rustybt run`: a strategy file over a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rustybt.cli._strategy_text import parameters
from rustybt.errors import InputError, RustyBTError

if TYPE_CHECKING:
    from rustybt.engine import Market
    from rustybt.results import Result

CAPITAL = "100000"
READING = ("on_bad_row", "price_decimals", "close_only", "symbol")
"""Options that say how --data are read."""


@click.command(short_help="Run a strategy, or a script for Zipline.")
@click.option("-f", "--algofile", type=click.Path(path_type=Path), required=True, help="The strategy, a Python file.")
@click.option("-b", "--bundle", default=None, help="The bundle to run on.  [default: sample]")
@click.option("--data", default=None, metavar="PATH", help="A CSV or Parquet file, or a folder of them, instead.")
@click.option(
    "--on-bad-row",
    type=click.Choice(["error", "drop", "drop-most", "quarantine"]),
    default=None,
    help="Of --data: refuse bad rows, or leave them out.  [default: error]",
)
@click.option("--price-decimals", type=int, default=None, help="Of --data: round prices to that many decimals.")
@click.option("--close-only", is_flag=True, help="Of --data: where there is a close only, all prices are the close.")
@click.option("--symbol", default=None, help="Of --data: whose bars all of them are.")
@click.option("--version", default=None, help="A version of the bundle; by default the newest.")
@click.option("-s", "--start", default=None, help="The first day, like 2010-01-04.  [default: of the data]")
@click.option("-e", "--end", default=None, help="The last day.  [default: of the data]")
@click.option("--capital-base", default=CAPITAL, show_default=True, help="Cash at the start.")
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of initialize; any number of them.",
)
@click.option(
    "--data-frequency", default="daily", show_default=True, help="Which bars: daily, minute, or like 5m, 1h, 1w."
)
@click.option(
    "--trading-calendar",
    "--calendar",
    "trading_calendar",
    default=None,
    help="Whose sessions, such as XLON.  [default: those of the data]",
)
@click.option("-bf", "--benchmark-file", type=click.Path(path_type=Path), default=None, help="Returns to compare with.")
@click.option(
    "--benchmark", "--benchmark-symbol", "benchmark_symbol", default=None, help="The asset to compare with, by symbol."
)
@click.option("--benchmark-sid", type=int, default=None, help="The asset to compare with, by sid.")
@click.option(
    "--fill-at",
    type=click.Choice(["close", "open"]),
    default="close",
    show_default=True,
    help="Which price of the next bar orders fill at.",
)
@click.option(
    "--trigger",
    type=click.Choice(["close", "range"]),
    default="close",
    show_default=True,
    help="What limits and stops are tested on: the close, or the bar's range.",
)
@click.option(
    "--same-bar",
    type=click.Choice(["pessimistic", "optimistic", "path:ohlc", "path:olhc", "path:nearest"]),
    default="pessimistic",
    show_default=True,
    help="How a bar is read that does not say in which order its prices came.",
)
@click.option(
    "--touch",
    type=click.Choice(["at", "through"]),
    default="at",
    show_default=True,
    help="Whether a limit fills where prices come to it, or only where they go through it.",
)
@click.option("--resolve", default=None, metavar="LENGTH", help="Shorter bars that are asked before --same-bar, as 1m.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of context.rng.")
@click.option("--currency", default=None, help="Of capital and portfolio, where the assets trade in several.")
@click.option("--decimals", type=click.Path(path_type=Path), default=None, help="How fills round: TOML, JSON or YAML.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="The folder to save the result to.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Draw the run: a PNG, SVG or PDF file.",
)
@click.option("--compat", type=click.Choice(["zipline"]), default=None, help="Reproduce Zipline where we differ.")
@click.option("--compat-report", is_flag=True, help="Which differences from Zipline matter here; runs once for each.")
@click.option("--diagnostics", is_flag=True, help="What one should know before believing the result.")
@click.option(
    "--numbers", type=click.Choice(["decimal", "float"]), default="decimal", help="Scalars. [default: decimal]"
)
@click.option(
    "--on-ruin",
    type=click.Choice(["warn", "stop", "raise"]),
    default="warn",
    show_default=True,
    help="When the account has lost all it had: go on, end there, or fail.",
)
@click.option(
    "--kernel", type=click.Choice(["auto", "rust", "python"]), default="auto", show_default=True, help="What computes."
)
@click.option("--progress/--no-progress", default=None, help="How far it is; by default on terminals only.")
@click.option("--zipline", is_flag=True, help="A script written for Zipline: `rustybt run --zipline --help`.")
def run(
    algofile: Path,
    output: Path | None,
    plot: Path | None,
    zipline: bool,
    compat_report: bool,
    diagnostics: bool,
    **options: Any,
) -> None:
    """Run the strategy in a file: its functions initialize, handle_data, before_trading_start, on_order and analyze,
    or the one subclass of rustybt.Strategy that it defines."""
    from rustybt.cli._importing import importing
    from rustybt.cli._tables import print_summary

    with importing():
        from rustybt.engine import beside, failure_of_strategy, load_strategy, note_place, result_on

    if output is not None and output.exists() and any(output.iterdir()):
        raise InputError(f"{output} is there already and not empty. Name a new folder with -o.")
    failed = None
    try:
        with beside(str(algofile)):
            result = run_strategy(load_strategy(algofile), options | {"keep_strategy": compat_report})
    except Exception as error:  # noqa: BLE001  whatever a strategy raises is shown as its own
        failed, result = error, result_on(error)
    if result is not None:
        place = result.save(output)
        print_summary(result)
        if diagnostics:
            click.echo(f"\n{result.diagnostics}\n")
        if compat_report and failed is None:
            click.echo(f"\n{result.compat_report()}\n")
        click.echo(f"saved to {place}")
        if plot is not None:
            result.plot(plot)
            click.echo(f"picture: {plot.resolve()}")
    if isinstance(failed, RustyBTError):
        note_place(failed, str(algofile))
        raise failed
    if failed is not None:
        click.echo(failure_of_strategy(failed, str(algofile)), err=True)
        raise SystemExit(1)


def run_strategy(callbacks: dict[str, Any], options: dict[str, Any]) -> Result:
    """A run with the options of the command, those of its file and its output left out."""
    import warnings

    from rustybt.engine import run_algorithm

    with warnings.catch_warnings():
        # it is one of the notes, which are shown
        warnings.filterwarnings("ignore", message="The account was ruined")
        return run_algorithm(**given_arguments(options), **callbacks)


def given_arguments(options: dict[str, Any]) -> dict[str, Any]:
    """The options of the command as `run_algorithm` takes them."""
    given = dict(options)
    symbol, sid = given.pop("benchmark_symbol"), given.pop("benchmark_sid")
    if sid is not None and symbol is not None:
        raise InputError("Both --benchmark-symbol and --benchmark-sid were given. Pass one of them.")
    given["benchmark"] = symbol if sid is None else sid
    given["benchmark_returns"] = given.pop("benchmark_file")
    reading = {name: value for name in READING if (value := given.pop(name, None)) not in (None, False)}
    if reading:
        given["market"] = _market(given.pop("data"), given, reading)
        return {**given, "params": parameters(given["params"], exact=given["numbers"] == "decimal")}
    if given.get("data") is None and given["bundle"] is None:
        given["bundle"] = "sample"
    given["params"] = parameters(given.pop("params"), exact=given["numbers"] == "decimal")
    return given


def _market(data: str | None, given: dict[str, Any], reading: dict[str, Any]) -> Market:
    """The market of --data, read as the command says."""
    from rustybt.engine import load_data

    if data is None:
        option = next(iter(reading)).replace("_", "-")
        raise InputError(f"--{option} says how files are read. Name them with --data; a bundle is as it was ingested.")
    return load_data(data, data_frequency=given["data_frequency"], calendar=given["trading_calendar"], **reading)
