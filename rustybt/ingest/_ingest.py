"""`ingest`: from what a caller has to a version of a bundle."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from rustybt.catalog import (
    DAILY,
    MINUTE,
    Fault,
    Manifest,
    catalog_root,
    check_bundle_name,
    newest_version,
    no_fault,
    open_version,
    open_writer,
    spill_folder,
)
from rustybt.core import DecimalConfig, as_decimal_config, check_process, frequency_named
from rustybt.errors import InputError
from rustybt.files import Dialect, as_dialect, check_zone
from rustybt.ingest._assets import read_descriptions
from rustybt.ingest._auto_close import LAST_BAR
from rustybt.ingest._bars import BarReader
from rustybt.ingest._batch import Batch
from rustybt.ingest._fetched import arguments_of
from rustybt.ingest._given import digest_of
from rustybt.ingest._guesses import readable_twice, with_guesses
from rustybt.ingest._quality import count_at_once
from rustybt.ingest._report import IngestReport
from rustybt.ingest._write import ADDS, Actions, Base, Request, Write, is_there, nothing_new
from rustybt.sources import Fetched

type Mode = Literal["error", "append", "replace", "correct"]
type OnBadRow = Literal["error", "drop", "drop-most", "quarantine"]

_MODES: Final = ("error", "append", "replace", "correct")
_ON_BAD_ROW: Final = ("error", "drop", "drop-most", "quarantine")
CSVDIR_FOLDERS: Final = {DAILY: "daily", MINUTE: "minute"}
"""The folders of Zipline's csvdir, by frequency."""


def ingest(
    bundle: str,
    bars: Any,
    *,
    frequency: str | None = None,
    calendar: str | None = None,
    stamp: Literal["start", "end"] | None = None,
    tz: str | None = None,
    assets: Any = None,
    symbols: Sequence[str] | Mapping[str, str] | None = None,
    splits: Any = None,
    dividends: Any = None,
    stock_dividends: Any = None,
    funding: Any = None,
    mode: Mode = "error",
    on_bad_row: OnBadRow = "error",
    price_decimals: int | None = None,
    decimals: DecimalConfig | Mapping[str, Any] | str | Path | None = None,
    csv: Dialect | Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | str | None = None,
    auto_close: Literal["last_bar"] | None = None,
    root: str | Path | None = None,
) -> IngestReport:
    """Check bars and store them as a new version of a bundle, every digit kept.

    bars: symbol, timestamp (or date), open, high, low, close, volume, and where tickers change hands asset_key; the
        report names columns that are not read. Assets of the types forex and index need no volume. A Polars, pandas or
        Arrow frame, the path of CSV or Parquet files, of a folder of them (named after their symbols where they have no
        column symbol), or a list of these. Each asset's rows ascend, or all of a table's begin with the newest.
        Columns dividend and split, as in Zipline's csvdir: cash per share (0 for none) and new shares for one (1 for
        none), both on the ex-date.
        A folder of folders daily and minute, as csvdir has them, stands for the one that the frequency names.
        What a source of `rustybt.sources` fetched: calendar, stamps, splits, dividends, funding, assets and provenance
        come from there where they are not given here, and minutes outside of its trading hours are left out.
        A mapping of these by frequency, {"1d": days, "1m": minutes}, goes into one version.
    frequency: "1d", "1m" or another length, like "5m"; a mapping says it itself. None means that of the bundle that is
        added to, else days, or weeks or months where all rows are that far apart, which a note tells.
    calendar: whose sessions the bars belong to: "24/7", "24/5-fx" (the week of currencies), or a name that
        exchange_calendars knows. None means that of the bundle that is added to, else XNYS, or 24/7 where there are
        bars on Saturdays and Sundays, which a note tells. A daily stamp is the date with which it is written in its own
        zone, or else the session that surely holds the instant.
    stamp: of minutes, and needed there: do the vendor's stamps say the "start" of a bar or its "end"?
    tz: the zone of stamps that name none; needed for minutes without one, and for days with a time of day. Of days also
        the zone at whose midnights they begin, where their stamps are written in another.
    assets: symbol and any of asset_key, sid, name, type, exchange, country, currency, tick_size, quantity_step,
        multiplier, start_date, end_date, auto_close_date; for type "future" root_symbol, notice_date, expiration_date
        too (the earlier of both closes it, unless auto_close_date does); rows of symbols without bars say nothing.
        A mapping such as {"type": "crypto", "quantity_step": "0.001"} says it of every asset that has bars here; a
        list has both, and a row comes before it.
    symbols: take these only; a mapping renames them too, from the source's name to yours. Assets and actions follow.
    splits: symbol, ex_date, ratio: Zipline's, 0.5 is a two-for-one; a number, or a text such as "5/6". Perhaps
        prices_only, true for what adjusts earlier prices and nothing else (Zipline's mergers).
    dividends: symbol, ex_date, amount (per share, in the asset's currency), and where known record_date, declared_date,
        pay_date, currency.
    stock_dividends: symbol, ex_date, ratio (units paid per unit held), payment_symbol (else its own shares), and where
        known pay_date, record_date, declared_date; payment_asset_key where tickers change hands.
    funding: of perpetuals: symbol, timestamp, rate (of the money held then; longs pay where it is above zero), and
        where known mark_price, at which the venue counted that money, else the last close.
    mode: "error" refuses a bundle that exists; "append" adds rows, assets, actions or a frequency to it; "replace" puts
        these data in its place (earlier versions stay until `clean`); "correct" puts each bar in the place of the
        stored one of its asset and stamp, and refuses bars that are not stored. The same data again is a no-op in each,
        but for a version that was damaged on the disk: "error" and "replace" write it anew.
    on_bad_row: "error" writes nothing; "drop" leaves the rows out (of duplicates all but the first good one, which is
        the lower one where a table begins with the newest: it is read from the last row to the first);
        more than half of all rows are left out by "drop-most" only;
        "quarantine" leaves them out and keeps them as text in quarantine.parquet of the version.
    price_decimals: round prices to that many decimals, half-even. The one rounding there is, for prices from floats.
    decimals: ticks and steps by class of assets or by asset, where the assets themselves have none: a `DecimalConfig`,
        its mapping, such as {"crypto": {"quantity_step": "0.001"}}, or the path of a TOML, JSON or YAML file of it.
    csv: what CSV files of bars look like, where that can't be found out from them: a `Dialect`, or a mapping with its
        arguments, such as {"dates": "eu", "decimal": ","}.
    provenance: where the data come from: text, or a mapping that JSON can hold.
    auto_close: "last_bar" closes out what is held of an asset on the day after its last bar, where it has no
        auto_close_date and others go on; later bars of it, appended, take that back.
    root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.

    Raises BadBars with all findings, BundleExists, BundleNotFound, InputError, NotYetAvailable, CatalogBusy,
    CatalogUnavailable, CatalogCorrupt.
    """
    check_bundle_name(bundle)
    if auto_close not in (None, LAST_BAR):
        raise InputError(f"auto_close={auto_close!r}: give 'last_bar', or nothing.")
    if isinstance(bars, Fetched):
        given = {"assets": assets, "splits": splits, "dividends": dividends, "funding": funding}
        arguments, notes = arguments_of(bars, {**given, "calendar": calendar, "provenance": provenance})
        report = ingest(
            bundle,
            **arguments,
            symbols=symbols,
            stock_dividends=stock_dividends,
            mode=mode,
            on_bad_row=on_bad_row,
            price_decimals=price_decimals,
            decimals=decimals,
            auto_close=auto_close,
            root=root,
        )
        return replace(report, notes=(*notes, *report.notes))
    request = Request(
        bundle=bundle,
        frequency=DAILY if frequency is None else frequency,
        calendar="",
        stamp=stamp,
        tz=tz,
        symbols=symbols,
        mode=mode,
        on_bad_row=on_bad_row,
        price_decimals=price_decimals,
        decimals=as_decimal_config(decimals),
        dialect=as_dialect(csv),
        provenance=_provenance(provenance),
        auto_close=auto_close,
    )
    actions, folder, bars = (
        Actions(splits, dividends, stock_dividends, funding),
        catalog_root(root),
        readable_twice(bars),
    )

    def ingested(asked: Request, finds_length: bool) -> IngestReport:
        return ingest_with_fault(asked, bars, assets, actions, folder, length_told=not finds_length)

    return with_guesses(request, frequency, calendar, folder, ingested)


def ingest_with_fault(
    request: Request,
    bars: Any,
    assets: Any,
    actions: Actions,
    root: Path,
    fault: Fault = no_fault,
    *,
    length_told: bool = True,
) -> IngestReport:
    """`ingest`, with a hook that is called after each step of the write: tests kill the process there.

    length_told: see `BarReader`.
    """
    check_process()
    frequencies = [frequency for frequency, _ in _by_frequency(request, bars)]
    _check(request, frequencies)
    descriptions = read_descriptions(assets, request.symbols)
    folder = spill_folder(root)
    batches = [
        Batch(frequency, _reader(request, frequency, given, length_told=length_told), folder)
        for frequency, given in _by_frequency(request, bars)
    ]
    given = digest_of(
        _words(request, frequencies), [one for _, one in _by_frequency(request, bars)], assets, *actions.given()
    )
    write = Write(request, batches, descriptions, actions, given)
    try:
        # read without the lock, which files of gigabytes would keep for minutes
        with _newest(root, request) as newest:
            if newest and is_there(newest, request.mode, given):
                return nothing_new(newest)
            if newest is None and request.mode == "correct":
                open_version(request.bundle, root=root)  # says that there is none, and which there are
            judged = newest and newest[1]
            write.judge(newest)
        with open_writer(root, fault=fault) as writer, _newest(root, request, judged) as newest:
            if request.mode in ADDS and judged != (newest and newest[1]):
                write.judge(newest)  # somebody else wrote to the bundle meanwhile
            report = write.publish(writer, newest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if report.is_new:
        count_at_once(report.bundle, report.version, report.rows, root)
    return report


def _words(request: Request, frequencies: Sequence[str]) -> object:
    """What a request says, but for what makes no difference to the data."""
    return frequencies, replace(request, bundle="", mode="", provenance={})


@contextlib.contextmanager
def _newest(root: Path, request: Request, known: Manifest | None = None) -> Iterator[Base | None]:
    newest = newest_version(root, request.bundle, replacing=request.mode == "replace", known=known)
    try:
        yield newest
    finally:
        if newest is not None:
            newest[0].close()


def _by_frequency(request: Request, bars: Any) -> list[tuple[str, Any]]:
    """Bars by frequency, daily ones first."""
    if isinstance(bars, Mapping) and bars and all(_is_frequency(name) for name in bars):
        return sorted(bars.items())
    return [(request.frequency, bars)]


def _is_frequency(name: object) -> bool:
    try:
        return bool(frequency_named(str(name)).name)
    except InputError:
        return False


def _reader(request: Request, frequency: str, bars: Any, *, length_told: bool) -> BarReader:
    return BarReader(
        _folder_of(bars, frequency),
        frequency=frequency,
        calendar=request.calendar,
        stamped=request.stamp,
        tz=check_zone(request.tz),
        symbols=request.symbols,
        price_decimals=request.price_decimals,
        dialect=request.dialect,
        length_told=length_told,
    )


def _folder_of(bars: Any, frequency: str) -> Any:
    """Of a csvdir, its folder of that frequency."""
    if not isinstance(bars, str | Path):
        return bars
    if frequency not in CSVDIR_FOLDERS:
        return bars
    folder = Path(bars).expanduser() / CSVDIR_FOLDERS[frequency]
    return folder if folder.is_dir() else bars


def _check(request: Request, frequencies: Sequence[str]) -> None:
    for frequency in frequencies:
        frequency_named(frequency)
    for name, value, allowed in (
        ("mode", request.mode, _MODES),
        ("on_bad_row", request.on_bad_row, _ON_BAD_ROW),
        ("stamp", request.stamp, (None, "start", "end")),
    ):
        if value not in allowed:
            raise InputError(f"{name} is {value!r}. Give one of {', '.join(str(a) for a in allowed if a)}.")
    if request.stamp is None and not all(frequency_named(frequency).by_session for frequency in frequencies):
        raise InputError(
            "Do the stamps of these bars say when a bar starts, or when it ends? Give stamp='start' or stamp='end': "
            "a wrong guess lets a strategy see one bar ahead."
        )
    places = request.price_decimals
    if places is not None and (type(places) is not int or not 0 <= places <= 20):
        raise InputError(f"price_decimals is {places!r}. Give a whole number from 0 to 20.")


def _provenance(given: Mapping[str, Any] | str | None) -> dict[str, Any]:
    provenance = {"source": given} if isinstance(given, str) else dict(given or {})
    try:
        json.dumps(provenance)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"provenance can't be written as JSON: {error}. Give text, numbers, lists and mappings."
        ) from None
    return provenance
