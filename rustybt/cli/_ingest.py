"""`rustybt ingest csv`, `trades`, `zipline`, `bundle` and `sample`, and one command for each source."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

_MODE = click.option(
    "--mode",
    type=click.Choice(["error", "append", "replace", "correct"]),
    default="error",
    show_default=True,
    help="What to do where the bundle exists.",
)
_ON_BAD_ROW = click.option(
    "--on-bad-row",
    type=click.Choice(["error", "drop", "drop-most", "quarantine"]),
    default="error",
    show_default=True,
    help="Write nothing, leave bad rows out (drop-most: more than half of all rows, too), or keep them in a file.",
)


class _WithSources(click.Group):
    """Beside its own commands one for each source, those of other packages too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from rustybt.sources import source_names

        return sorted({*super().list_commands(ctx), *source_names()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        from rustybt.cli._sources import source_command
        from rustybt.sources import source_names

        return source_command(cmd_name) if cmd_name in source_names() else None


@click.group(cls=_WithSources)
def ingest() -> None:
    """Put market data into the catalog."""


@ingest.command()
@click.argument("path", type=click.Path())
@click.option("-b", "--bundle", help="Name of the bundle to write; needed, but for --dry-run.")
@click.option("--dry-run", is_flag=True, help="Say what would be read and found, and the command to go on with.")
@click.option(
    "--calendar", help="Whose sessions the bars belong to, 24/7 or 24/5-fx.  [default: XNYS; 24/7 if weekends trade]"
)
@click.option("--frequency", help="Length of a bar: 1d, 1m, 5m, 1h, 1w, ...  [default: 1d, 1w or 1mo, as rows lie]")
@click.option("--stamp", type=click.Choice(["start", "end"]), help="What stamps with a time say; needed for them.")
@click.option("--tz", help="Zone of stamps that name none, such as America/New_York; needed for times without one.")
@click.option("--assets", type=click.Path(exists=True), help="CSV: symbol and any of name, type, exchange, ...")
@click.option("--type", "kind", help="What all of them are: equity, etf, future, crypto, perpetual, forex or index.")
@click.option("--currency", help="The currency that all of them trade in.  [default: USD]")
@click.option("--tick-size", help="The grid of order prices of all of them.  [default: from the prices' decimals]")
@click.option("--quantity-step", help="The smallest quantity to order of all of them.  [default: 1; coins 0.00000001]")
@click.option("--multiplier", help="Money per unit of price and quantity of all of them.  [default: 1]")
@click.option("--splits", type=click.Path(exists=True), help="CSV: symbol, ex_date, ratio (1/2 is a two-for-one).")
@click.option("--dividends", type=click.Path(exists=True), help="CSV: symbol, ex_date, amount, perhaps pay_date, ...")
@click.option("--funding", type=click.Path(exists=True), help="CSV: symbol, timestamp, rate, perhaps mark_price.")
@click.option("--symbol", help="Whose bars all of them are, where neither a column nor the file's name says it.")
@click.option("--symbols", help="Take these only, separated by commas.")
@_MODE
@_ON_BAD_ROW
@click.option("--price-decimals", type=int, help="Round prices to that many decimals, half-even.")
@click.option("--price-scale", help="Multiply prices by that, exactly: 0.0001 where they are whole numbers.")
@click.option("--close-only", is_flag=True, help="Where there is a close only, open, high and low are the close.")
@click.option(
    "--adj-close", type=click.Choice(["dividends", "splits"]), help="What to make of the steps of a column adj close."
)
@click.option("--decimals", type=click.Path(), help="Ticks and steps by class of assets: TOML, JSON or YAML.")
@click.option(
    "--columns", help="The file's names and ours, as 'Close/Last=close,Day=date'; without =, the names of all."
)
@click.option("--delimiter", help="What stands between fields; found out by itself. 'tab' is the tabulator.")
@click.option("--dates", help="iso, us, eu, epoch_s, epoch_ms, epoch_us, epoch_ns, or a format such as %d-%b-%Y.")
@click.option("--decimal", type=click.Choice([".", ","]), help="[default: found out]")
@click.option("--thousands", help="What groups digits.")
@click.option("--strip", help="Other characters to take out of numbers, such as $.")
@click.option(
    "--missing",
    type=click.Choice(["fail", "skip", "forward", "interpolate"]),
    help="[default: leave out rows without any price, fail on others]",
)
@click.option("--encoding", help="What the text is written in, such as cp1252 or utf-16.  [default: UTF-8]")
@click.option("--skip-lines", type=click.IntRange(min=0), help="Lines before the header.")
@click.option("--auto-close", type=click.Choice(["last_bar"]), help="Close out what ends before the others do.")
@click.option("--provenance", help="Where the data come from, in words.")
def csv(path: str, symbols: str | None, provenance: str | None, **options: Any) -> None:
    """Ingest files: CSV, Parquet, Arrow, JSON, workbooks, zip archives.

    PATH: one long file with a column symbol, a folder of files named after their symbols, or a folder of such folders
    daily and minute. Columns: timestamp or date, open, high, low, close, volume (not needed with --type forex or
    index), perhaps dividend and split.
    """
    from rustybt.ingest import ingest as ingest_bars

    bundle, dry_run = options.pop("bundle"), options.pop("dry_run")
    if bundle is None and not dry_run:
        raise click.UsageError("Missing option '-b' / '--bundle': the name of the bundle to write.")
    options |= {
        "symbols": [name.strip() for name in symbols.split(",")] if symbols else None,
        "provenance": provenance or {"source": path},
        "csv": _dialect(options),
        "assets": _assets(options),
    }
    if dry_run:
        _show(path, bundle, options)
    else:
        click.echo(repr(ingest_bars(bundle, path, **options)))


@ingest.command()
@click.argument("path", type=click.Path())
@click.option("-b", "--bundle", help="Name of the bundle to write; needed, but for --dry-run.")
@click.option("--dry-run", is_flag=True, help="Say what would be stored, and write nothing.")
@click.option("--ticks", type=click.IntRange(min=1), help="Bars of so many trades.")
@click.option("--volume", help="Bars in which so many units were traded.")
@click.option("--money", help="Bars in which so much money changed hands.")
@click.option("--rest", is_flag=True, help="Keep what comes after the last whole bar, as a bar that is not whole.")
@click.option("--calendar", help="Whose sessions the trades belong to.  [default: XNYS; 24/7 if weekends trade]")
@click.option("--tz", help="Zone of stamps that name none, such as America/New_York.")
@click.option("--type", "kind", help="What all of them are: equity, etf, future, crypto, perpetual, forex or index.")
@click.option("--currency", help="The currency that all of them trade in.  [default: USD]")
@click.option("--tick-size", help="The grid of order prices of all of them.  [default: from the prices' decimals]")
@click.option("--quantity-step", help="The smallest quantity to order of all of them.  [default: 1; coins 0.00000001]")
@click.option("--multiplier", help="Money per unit of price and quantity of all of them.  [default: 1]")
@click.option("--symbol", help="Whose trades all of them are, where neither a column nor the file's name says it.")
@click.option("--columns", help="The file's names and ours, as 'Last=price,Qty=size'; without =, the names of all.")
@click.option("--delimiter", help="What stands between fields; found out by itself. 'tab' is the tabulator.")
@click.option("--dates", help="iso, us, eu, epoch_s, epoch_ms, epoch_us, epoch_ns, or a format such as %d-%b-%Y.")
@click.option("--encoding", help="What the text is written in, such as cp1252 or utf-16.  [default: UTF-8]")
@click.option("--skip-lines", type=click.IntRange(min=0), help="Lines before the header.")
@_MODE
@click.option("--provenance", help="Where the data come from, in words.")
def trades(path: str, bundle: str | None, dry_run: bool, provenance: str | None, **options: Any) -> None:
    """Cut bars of trades, by their number, volume or money, and ingest these.

    PATH: a file, or a folder or archive of files. Columns: timestamp, price, size, and symbol unless the file is named
    after it.
    """
    from rustybt.ingest import dollar_bars, ingest, preview, tick_bars, volume_bars

    cut = {"ticks": tick_bars, "volume": volume_bars, "money": dollar_bars}
    wanted = {name: value for name in cut if (value := options.pop(name)) is not None}
    if len(wanted) != 1:
        raise click.UsageError("Give one of --ticks, --volume and --money: when a bar ends.")
    if bundle is None and not dry_run:
        raise click.UsageError("Missing option '-b' / '--bundle': the name of the bundle to write.")
    ((name, threshold),) = wanted.items()
    form = _dialect({**dict.fromkeys(("decimal", "thousands", "strip", "missing")), **options})
    how = {"tz": options["tz"], "rest": options["rest"], "symbol": options["symbol"], "csv": form}
    bars = cut[name](path, threshold, **how).drop("opened", "trades", "money")
    more = {
        "frequency": "1ms",
        "stamp": "end",
        "calendar": options["calendar"],
        "mode": options["mode"],
        "assets": _assets({**options, "assets": None}),
        "provenance": {"source": provenance or path, "bars": f"{name} {threshold}"},
    }
    if dry_run:
        found = preview(bars, bundle=bundle, **more)
        click.echo(found.table())
        click.get_current_context().exit(0 if found.is_fine else 1)
    click.echo(repr(ingest(str(bundle), bars, **more)))


def _show(path: str, bundle: str | None, options: dict[str, Any]) -> None:
    """Show what would be read. Exit code 1 where it could not go in as it is."""
    from rustybt.ingest import preview

    found = preview(path, bundle=bundle, **options)
    click.echo(found.table())
    if found.refused is None:
        more = found.options or {}
        click.echo(f"go on with   {_command(path, bundle, more)}")
    click.get_current_context().exit(0 if found.is_fine else 1)


def _command(path: str, bundle: str | None, more: Mapping[str, str]) -> str:
    """The command that was called, without --dry-run. more: options to give beside, by the names of `ingest`."""
    context = click.get_current_context()
    words = ["rustybt", "ingest", "csv", path, "--bundle", bundle or _bundle_name(path)]
    for parameter in context.command.params:
        name = str(parameter.name)
        if name in ("path", "bundle", "dry_run", *more) or not isinstance(parameter, click.Option):
            continue
        if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            words += [parameter.opts[-1], *([] if parameter.is_flag else [str(context.params[name])])]
    for name, value in more.items():
        words += [f"--{name.replace('_', '-')}", value]
    return shlex.join(words)


def _bundle_name(path: str) -> str:
    """One after the file or folder."""
    return re.sub(r"[^a-z0-9_-]+", "-", Path(path).name.lower().partition(".")[0]).strip("-_") or "mine"


def _assets(options: dict[str, Any]) -> list[Any] | None:
    """Descriptions of the assets, taken out of the other options: of all of them, and of each in a file."""
    names = {"kind": "type", **{name: name for name in ("currency", "tick_size", "quantity_step", "multiplier")}}
    told = {names[name]: options.pop(name) for name in names}
    of_all = {name: value for name, value in told.items() if value is not None}
    path = options.pop("assets")
    return [one for one in (of_all, path) if one] or None


def _dialect(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a file's form, taken out of the others, as `ingest` has them."""
    names = ("columns", "delimiter", "dates", "decimal", "thousands", "strip", "missing", "skip_lines", "encoding")
    given = {name: options.pop(name) for name in names}
    if given["delimiter"] in ("tab", "\\t"):
        given["delimiter"] = "\t"
    if given["columns"] is not None:
        parts = [part.strip() for part in given["columns"].split(",")]
        pairs = [part.partition("=") for part in parts]
        mapped = any(equals for _, equals, _ in pairs)
        given["columns"] = {old.strip(): new.strip() for old, _, new in pairs} if mapped else [p or None for p in parts]
    return {name: value for name, value in given.items() if value is not None}


@ingest.command()
def sample() -> None:
    """Ingest the sample that ships with RustyBT: AAPL, FB, GOOG, IBM and MSFT, daily."""
    from rustybt.ingest import ingest_sample

    click.echo(repr(ingest_sample()))


@ingest.command()
@click.option("-b", "--bundle", required=True, help="The bundle's name in Zipline.")
@click.option("--zipline-root", type=click.Path(file_okay=False), help="Zipline's data; by default ZIPLINE_ROOT.")
@click.option("--timestamp", help="Take the newest ingestion at or before that moment (UTC).")
@click.option("--as", "name", help="The bundle's name here; by default the same.")
@click.option("--calendar", help="Whose sessions the bars belong to; by default what the bundle says.")
@click.option("--hdf5", type=click.Path(exists=True, dir_okay=False), help="Daily bars in HDF5, instead of its own.")
@click.option("--country", "countries", multiple=True, help="Of the HDF5 file; can be given again. By default all.")
@_MODE
@_ON_BAD_ROW
def zipline(countries: tuple[str, ...], **options: Any) -> None:
    """Take over a bundle that zipline-reloaded has ingested.

    Bars of days and minutes, assets, splits and dividends go into one bundle, every digit kept.
    """
    from rustybt.zipline.reader import ingest_zipline

    click.echo(repr(ingest_zipline(options.pop("bundle"), countries=countries or None, **options)))


@ingest.command()
@click.argument("name")
@click.option(
    "-e", "--extension", "extensions", multiple=True, help="A file or module that registers it. Can be given again."
)
@click.option(
    "--default-extension/--no-default-extension",
    default=True,
    show_default=True,
    help="Load extension.py of ZIPLINE_ROOT (~/.zipline) first.",
)
@click.option(
    "--on-bad-row",
    type=click.Choice(["error", "drop", "quarantine"]),
    help="As for csv; by default what the ingest function asks of its writers.",
)
@click.option("--show-progress/--no-show-progress", default=True, help="Told to the ingest function.")
def bundle(
    name: str, extensions: tuple[str, ...], default_extension: bool, on_bad_row: str | None, show_progress: bool
) -> None:
    """Run an ingest function that was written for Zipline.

    NAME: what zipline.data.bundles.register was given, in an extension; or csvdir, which reads the folder that the
    variable CSVDIR names.
    """
    import os

    from rustybt.zipline.data import bundles
    from rustybt.zipline.utils.run_algo import load_extensions

    load_extensions(default_extension, extensions, strict=True, environ=os.environ)
    click.echo(repr(bundles.ingest(name, show_progress=show_progress, on_bad_row=on_bad_row)))
