"""`ingest`: from what a caller has to a version of a bundle."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from rustybt.catalog import (
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
from rustybt.core import DecimalConfig, Folded, check_process
from rustybt.files import Dialect
from rustybt.ingest._asked import asked, batches_of, by_frequency, check_request
from rustybt.ingest._assets import read_descriptions
from rustybt.ingest._given import digest_of
from rustybt.ingest._guesses import with_guesses
from rustybt.ingest._quality import count_at_once
from rustybt.ingest._report import IngestReport
from rustybt.ingest._write import ADDS, Actions, Base, IngestRequest, Write, is_there, nothing_new

type Mode = Literal["error", "append", "replace", "correct"]
type OnBadRow = Literal["error", "drop", "drop-most", "quarantine"]


def ingest(
    bundle: str,
    bars: Any,
    *,
    frequency: str | None = None,
    calendar: str | None = None,
    stamp: Literal["start", "end"] | None = None,
    tz: str | None = None,
    assets: Any = None,
    symbol: str | None = None,
    symbols: Sequence[str] | Mapping[str, str] | None = None,
    splits: Any = None,
    dividends: Any = None,
    stock_dividends: Any = None,
    funding: Any = None,
    mode: Mode = "error",
    on_bad_row: OnBadRow = "error",
    price_decimals: int | None = None,
    price_scale: Any = None,
    close_only: bool = False,
    adj_close: Literal["dividends", "splits"] | None = None,
    decimals: DecimalConfig | Mapping[str, Any] | str | Path | None = None,
    csv: Dialect | Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | str | None = None,
    auto_close: Literal["last_bar"] | None = None,
    root: str | Path | None = None,
) -> IngestReport:
    """Check bars and store them as a new version of a bundle, every digit kept.

    bars: symbol, timestamp (or date), open, high, low, close, volume, and where tickers change hands asset_key; the
        report names columns that are not read. Assets of the types forex and index need no volume. A Polars, pandas or
        Arrow frame, the path of a file (CSV, Parquet, Arrow, JSON, a workbook, a zip archive), of a folder of them
        (named after their symbols where they have no column symbol), or a list of these. Each asset's rows ascend, or
        all of a table's begin with the newest.
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
        bars on Saturdays and Sundays, or 24/5 where there are bars on all of its holidays, which a note tells. A daily
        stamp is the date with which it is written in its own zone, or else the session that surely holds the instant.
    stamp: of minutes, and needed there: do the vendor's stamps say the "start" of a bar or its "end"?
    tz: the zone of stamps that name none; needed for minutes without one, and for days with a time of day. Of days also
        the zone at whose midnights they begin, where their stamps are written in another.
    assets: symbol and any of asset_key, sid, name, type, exchange, country, currency, tick_size, quantity_step,
        multiplier, start_date, end_date, auto_close_date; for type "future" root_symbol, notice_date, expiration_date
        too (the earlier of both closes it, unless auto_close_date does); rows of symbols without bars say nothing.
        A mapping such as {"type": "crypto", "quantity_step": "0.001"} says it of every asset that has bars here; a
        list has both, and a row comes before it.
    symbol: whose bars all of them are, where the input has no column that says it; also in the place of a file's name.
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
    price_scale: what prices are multiplied by, exactly: "0.0001" where they are whole numbers of a hundredth of a cent.
    close_only: where there is a close and neither open, high nor low, these are the close too.
    adj_close: what is made of a column adj close, which else is left out: each step of it against the close is a
        dividend of the previous close times what it fell by ("dividends"), or a split by that ratio ("splits"), as the
        shortest number that its digits allow; it does not tell the one from the other. Days only.
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

    >>> import tempfile
    >>> import polars as pl, rustybt
    >>> bars = pl.DataFrame(
    ...     {
    ...         "symbol": "ACME",
    ...         "date": ["2024-01-02", "2024-01-03", "2024-01-04"],
    ...         "open": ["10.00", "10.50", "5.30"],
    ...         "high": ["10.60", "10.70", "5.40"],
    ...         "low": ["9.90", "10.30", "5.20"],
    ...         "close": ["10.50", "10.60", "5.35"],
    ...         "volume": [1000, 1200, 2500],
    ...     }
    ... )
    >>> splits = pl.DataFrame({"symbol": ["ACME"], "ex_date": ["2024-01-04"], "ratio": ["1/2"]})
    >>> report = rustybt.ingest("acme", bars, splits=splits, root=tempfile.mkdtemp())
    >>> report.rows, report.findings
    (3, ())
    """
    with Folded():
        check_bundle_name(bundle)
        given = asked(
            bundle,
            bars,
            {
                "frequency": frequency,
                "calendar": calendar,
                "stamp": stamp,
                "tz": tz,
                "assets": assets,
                "symbol": symbol,
                "symbols": symbols,
                "splits": splits,
                "dividends": dividends,
                "stock_dividends": stock_dividends,
                "funding": funding,
                "mode": mode,
                "on_bad_row": on_bad_row,
                "price_decimals": price_decimals,
                "price_scale": price_scale,
                "close_only": close_only,
                "adj_close": adj_close,
                "decimals": decimals,
                "csv": csv,
                "provenance": provenance,
                "auto_close": auto_close,
            },
        )
        folder = catalog_root(root)

        def ingested(request: IngestRequest, length_told: bool) -> IngestReport:
            return ingest_with_fault(request, given.bars, given.assets, given.actions, folder, length_told=length_told)

        report, notes = with_guesses(given, folder, ingested)
        return replace(report, notes=(*given.notes, *notes, *report.notes))


def ingest_with_fault(
    request: IngestRequest,
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
    frequencies = [frequency for frequency, _ in by_frequency(request, bars)]
    check_request(request, frequencies)
    descriptions = read_descriptions(assets, request.symbols)
    folder = spill_folder(root)
    batches = batches_of(request, bars, folder, length_told=length_told)
    given = digest_of(
        _words(request, frequencies), [one for _, one in by_frequency(request, bars)], assets, *actions.given()
    )
    write = Write(request, batches, descriptions, actions, given)
    try:
        # read without the lock, which files of gigabytes would keep for minutes
        with newest_of(root, request) as newest:
            if newest and is_there(newest, request.mode, given):
                return nothing_new(newest)
            if newest is None and request.mode == "correct":
                open_version(request.bundle, root=root)  # says that there is none, and which there are
            validated = newest and newest[1]
            write.validate(newest)
        with open_writer(root, fault=fault) as writer, newest_of(root, request, validated) as newest:
            if request.mode in ADDS and validated != (newest and newest[1]):
                write.validate(newest)  # somebody else wrote to the bundle meanwhile
            report = write.publish(writer, newest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if report.is_new:
        count_at_once(report.bundle, report.version, report.rows, root)
    return report


def _words(request: IngestRequest, frequencies: Sequence[str]) -> object:
    """The settings of a request that make a difference to the data."""
    return frequencies, replace(request, bundle="", mode="", provenance={}, calendar_told=True)


@contextlib.contextmanager
def newest_of(root: Path, request: IngestRequest, known: Manifest | None = None) -> Iterator[Base | None]:
    """The newest version of the request's bundle, None where there is none."""
    newest = newest_version(root, request.bundle, replacing=request.mode == "replace", known=known)
    try:
        yield newest
    finally:
        if newest is not None:
            newest[0].close()
