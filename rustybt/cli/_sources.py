"""`rustybt ingest NAME` for each source: fetch, going on where an earlier call was cut off, then ingest."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from rustybt.sources import Fetched, Progress, Source

_STALE_SECONDS: Final = 24 * 3600
"""After that a download until now is begun anew: it would end where it was going to end then."""
_OWN: Final[dict[str, list[click.Option]]] = {
    "ccxt": [click.Option(["--exchange"], required=True, help="CCXT's name of the exchange, such as binance.")],
    "yfinance": [click.Option(["--tz"], help="Zone in which start and end are counted.  [default: America/New_York]")],
    "alpaca": [
        click.Option(["--market"], type=click.Choice(["stocks", "crypto"]), help="[default: stocks]"),
        click.Option(["--feed"], help="sip, iex, ...; the vendor's choice by default."),
    ],
    "alphavantage": [
        click.Option(["--market"], type=click.Choice(["stocks", "fx", "crypto"]), help="[default: stocks]"),
        click.Option(["--outputsize"], type=click.Choice(["compact", "full"]), help="full needs a paid plan."),
    ],
    "polygon": [click.Option(["--market"], type=click.Choice(["stocks", "crypto", "fx"]), help="[default: stocks]")],
}
_OWN["massive"] = _OWN["polygon"]


def source_command(name: str) -> click.Command:
    """The command of a source."""
    return click.Command(
        name,
        callback=lambda **given: _run(name, **given),
        help=f"Fetch bars from {name}, and ingest them. What was fetched once is not asked for again.",
        params=[
            click.Option(["-b", "--bundle"], required=True, help="Name of the bundle to write."),
            click.Option(["--symbols"], required=True, help="Separated by commas, or @FILE with one a line."),
            click.Option(["--start"], required=True, help="First day, such as 2015-01-01."),
            click.Option(["--end"], help="Last day.  [default: now]"),
            click.Option(["--frequency"], default="1d", show_default=True, help="Length of a bar."),
            click.Option(["--calendar"], help="Whose sessions the bars belong to, if the source is to be overruled."),
            click.Option(["--currency"], help="What all of them trade in, if the source is to be overruled."),
            click.Option(["--price-decimals"], type=int, help="Round prices to that many decimals, half-even."),
            click.Option(["--decimals"], type=click.Path(), help="Ticks and steps by class: TOML, JSON or YAML."),
            click.Option(
                ["--mode"], type=click.Choice(["error", "append", "replace", "correct"]), default="error",
                show_default=True, help="What to do where the bundle exists.",
            ),
            click.Option(
                ["--on-bad-row"], type=click.Choice(["error", "drop", "drop-most", "quarantine"]), default="error",
                show_default=True, help="Write nothing, leave bad rows out, or keep them in a file.",
            ),
            click.Option(
                ["--auto-close"], type=click.Choice(["last_bar"]), help="Close out what ends before the others do."
            ),
            click.Option(["--partial"], is_flag=True, help="Ingest what came, though some symbols could not be had."),
            click.Option(
                ["--calls-per-minute"], type=click.IntRange(min=0),
                help="Ask that often at most; 0 for no limit.  [default: what the free plan allows]",
            ),
            click.Option(["--dry-run"], is_flag=True, help="Fetch, and say what would be stored; nothing is kept."),
            click.Option(["--no-cache"], is_flag=True, help="Fetch all anew, and keep nothing of it in the cache."),
            click.Option(
                ["-o", "--option"], multiple=True,
                help="NAME=VALUE: an argument of the source's own, such as actions=false.",
            ),
            *_OWN.get(name, []),
        ],
    )  # fmt: skip


def _run(
    name: str,
    bundle: str,
    symbols: str,
    start: str,
    end: str | None,
    frequency: str,
    calendar: str | None,
    currency: str | None,
    price_decimals: int | None,
    decimals: str | None,
    mode: str,
    on_bad_row: str,
    auto_close: str | None,
    partial: bool,
    calls_per_minute: int | None,
    dry_run: bool,
    no_cache: bool,
    option: tuple[str, ...],
    **own: str | None,
) -> None:
    from rustybt.calendars import check_calendar
    from rustybt.catalog import check_bundle_name
    from rustybt.ingest import ingest, preview
    from rustybt.sources import Pace, make_source, options_of

    check_bundle_name(bundle)
    if calendar is not None:
        check_calendar(calendar)
    options = {key: value for key, value in own.items() if value is not None} | options_of(name, _pairs(option))
    if name == "yfinance" and calendar is not None:
        options["calendar"] = calendar
    pace = {} if calls_per_minute is None else {"pace": Pace(calls=calls_per_minute, seconds=60.0)}
    source = make_source(name, **options, **pace)
    if not (no_cache or dry_run):
        source = _cached(source, options)
    folder = None if dry_run else _folder(name, options, start, end, frequency)
    with _shown() as progress:
        fetched = source.fetch(_names(symbols), start, end, frequency, progress=progress, resume=folder)
    for note in fetched.notes:
        click.echo(f"note: {note}", err=True)
    _tell_failures(fetched, folder, partial)
    how: dict[str, Any] = {
        "calendar": calendar,
        "assets": None if currency is None else {"currency": currency},
        "mode": mode,
        "on_bad_row": on_bad_row,
        "price_decimals": price_decimals,
        "decimals": decimals,
        "auto_close": auto_close,
    }
    if folder is None:
        found = preview(fetched.partial(), bundle=bundle, **how)
        click.echo(found.table())
        click.get_current_context().exit(0 if found.is_fine else 1)
    report = ingest(bundle, fetched.partial(), **how)
    shutil.rmtree(folder, ignore_errors=True)
    click.echo(repr(report))


def _cached(source: Source, options: dict[str, Any]) -> Source:
    """The source with its cache. Of one that does not say what decides about its bars, the options do.

    Of these only the digest is kept: a key may be among them.
    """
    from rustybt.ingest import cached

    if isinstance(getattr(source, "identity", None), str):
        return cached(source)
    told = hashlib.sha256(json.dumps(sorted(options.items())).encode()).hexdigest()[:12]
    return cached(source, identity=f"{source.name} options={told}")


def _tell_failures(fetched: Fetched, folder: Path | None, partial: bool) -> None:
    for failure in fetched.failures:
        click.echo(f"failed: {failure}", err=True)
    if fetched.failures and not partial:
        many = len(fetched.failures)
        kept = (
            f"What came is kept in {folder}: run the same again to ask for the rest only, or"
            if folder
            else "To try on,"
        )
        raise click.ClickException(
            f"{many} symbol{'s' if many != 1 else ''} failed, so nothing was written. {kept} add --partial to go on "
            "without it."
        )


def _names(symbols: str) -> list[str]:
    if symbols.startswith("@"):
        path = Path(symbols[1:])
        if not path.is_file():
            raise click.BadParameter(f"there is no file {path}", param_hint="--symbols")
        names = path.read_text(encoding="utf-8").replace(",", "\n").splitlines()
    else:
        names = symbols.split(",")
    return [name.strip() for name in names if name.strip()]


def _pairs(option: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in option:
        key, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--option")
        pairs[key.strip().replace("-", "_")] = value
    return pairs


def _folder(name: str, options: dict[str, Any], start: str, end: str | None, frequency: str) -> Path:
    """The folder of the pages of this download; symbols may differ from call to call, what else was asked may not.

    Of the options only their digest is kept: a key may be among them.
    """
    from rustybt.core import data_root

    asked = json.dumps([name, sorted(options.items()), start, end, frequency])
    folder = data_root() / "downloads" / f"{name}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}"
    plan = folder / "plan.json"
    if plan.exists():
        began = plan.stat().st_mtime
        if end is None and time.time() - began > _STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            moment = dt.datetime.fromtimestamp(began, dt.UTC)
            click.echo(f"Going on with the download of {moment:%Y-%m-%d %H:%M} UTC in {folder}", err=True)
    return folder


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None] | None]:
    """Progress on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rows]}"))
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("fetching", rows="")

        def show(progress: Progress) -> None:
            rows = f"{progress.rows:,} bars"
            bars.update(task, total=progress.total, completed=progress.done, description=progress.symbol, rows=rows)

        yield show
