"""`ingest`: from what a caller has to a version of a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from rustybt.calendars import SessionTable
from rustybt.catalog import (
    DAILY,
    FREQUENCIES,
    PRICES,
    AssetRecord,
    Content,
    Fault,
    Manifest,
    Rows,
    Version,
    Writer,
    catalog_root,
    check_bundle_name,
    no_fault,
    open_writer,
)
from rustybt.core import CashDividend, Split, datetime_of
from rustybt.errors import BadBars, InputError, NotYetAvailable
from rustybt.ingest._actions import ActionRow, action_record, make_dividends, make_splits, read_actions
from rustybt.ingest._assets import (
    Description,
    Seen,
    assign_sids,
    make_records,
    read_descriptions,
    seen_symbols,
    with_keys,
)
from rustybt.ingest._bars import Bars, Symbols, cut_table, read_bars, spanning_table
from rustybt.ingest._numbers import needed_scales
from rustybt.ingest._report import IngestReport, summary
from rustybt.ingest._stamps import check_zone
from rustybt.ingest._stored import against_stored
from rustybt.validation import Finding, duplicate_stamp, unsorted_stamp

type Mode = Literal["error", "append", "replace"]
type OnBadRow = Literal["error", "drop", "quarantine"]
type Base = tuple[Version, Manifest]

_MODES: Final = ("error", "append", "replace")
_ON_BAD_ROW: Final = ("error", "drop", "quarantine")


def ingest(
    bundle: str,
    bars: Any,
    *,
    frequency: str = "1d",
    calendar: str = "XNYS",
    stamp: Literal["start", "end"] | None = None,
    tz: str | None = None,
    assets: Any = None,
    symbols: Sequence[str] | Mapping[str, str] | None = None,
    splits: Any = None,
    dividends: Any = None,
    stock_dividends: Any = None,
    mode: Mode = "error",
    on_bad_row: OnBadRow = "error",
    price_decimals: int | None = None,
    provenance: Mapping[str, Any] | str | None = None,
    root: str | Path | None = None,
) -> IngestReport:
    """Check bars and store them as a new version of a bundle, every digit kept.

    bars: symbol, timestamp (or date), open, high, low, close, volume, and where tickers change hands asset_key; other
        columns are ignored. A Polars, pandas or Arrow frame, the path of CSV or Parquet files, of a folder of them
        (named after their symbols where they have no column symbol), or a list of these. Each asset's rows ascend.
    frequency: "1d" or "1m".
    calendar: whose sessions the bars belong to: "24/7", or a name that exchange_calendars knows.
    stamp: minutes only, and needed there: do the vendor's stamps say the "start" of a bar or its "end"?
    tz: the zone of stamps that name none; needed for minutes without one.
    assets: symbol and any of asset_key, name, type, exchange, country, currency, tick_size, quantity_step, multiplier,
        start_date, end_date, auto_close_date; rows of symbols without bars say nothing.
    symbols: take these only; a mapping renames them too, from the source's name to yours. Assets and actions follow.
    splits: symbol, ex_date, ratio: Zipline's, 0.5 is a two-for-one; a number, or a text such as "5/6".
    dividends: symbol, ex_date, amount (per share), and where known record_date, declared_date, pay_date, currency.
    mode: "error" refuses a bundle that exists; "append" adds rows, assets, actions or a frequency to it; "replace" puts
        these data in its place (earlier versions stay until `clean`). The same data again is a no-op in each.
    on_bad_row: "error" writes nothing; "drop" leaves the rows out (of duplicates all but the first good one);
        "quarantine" leaves them out and keeps them as text in quarantine.parquet of the version.
    price_decimals: round prices to that many decimals, half-even. The one rounding there is, for prices from floats.
    provenance: where the data come from: text, or a mapping that JSON can hold.
    root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.

    Raises BadBars with all findings, BundleExists, InputError, NotYetAvailable, CatalogBusy, CatalogCorrupt.
    """
    return ingest_with_fault(
        Request(
            bundle=check_bundle_name(bundle),
            frequency=frequency,
            calendar=calendar,
            stamp=stamp,
            tz=tz,
            symbols=symbols,
            stock_dividends=stock_dividends,
            mode=mode,
            on_bad_row=on_bad_row,
            price_decimals=price_decimals,
            provenance=_provenance(provenance),
        ),
        bars,
        assets,
        splits,
        dividends,
        catalog_root(root),
    )


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, beside the data."""

    bundle: str
    frequency: str
    calendar: str
    stamp: str | None
    tz: str | None
    symbols: Symbols
    stock_dividends: Any
    mode: str
    on_bad_row: str
    price_decimals: int | None
    provenance: dict[str, Any]


def ingest_with_fault(
    request: Request, bars: Any, assets: Any, splits: Any, dividends: Any, root: Path, fault: Fault = no_fault
) -> IngestReport:
    """`ingest`, with a hook that is called after each step of the write: tests kill the process there."""
    _check(request)
    descriptions = read_descriptions(assets, request.symbols)
    read = read_bars(
        bars,
        frequency=request.frequency,
        calendar=request.calendar,
        start_stamped=request.stamp == "start",
        tz=check_zone(request.tz),
        symbols=request.symbols,
        price_decimals=request.price_decimals,
    )
    zone = read.calendar.tz
    split_rows = read_actions(splits, "splits", "ratio", zone, request.symbols)
    dividend_rows = read_actions(dividends, "dividends", "amount", zone, request.symbols)
    with open_writer(root, fault=fault) as writer:
        newest = writer.newest(request.bundle)
        try:
            return _Write(request, read, descriptions, split_rows, dividend_rows, newest).publish(writer)
        finally:
            if newest is not None:
                newest[0].close()


def _check(request: Request) -> None:
    if request.stock_dividends is not None:
        raise NotYetAvailable("stock_dividends come with a later version. Leave them out; give splits and dividends.")
    if request.frequency not in FREQUENCIES:
        raise NotYetAvailable(
            f"frequency {request.frequency!r}: bars of a day ('1d') or a minute ('1m') can be stored yet."
        )
    for name, value, allowed in (
        ("mode", request.mode, _MODES),
        ("on_bad_row", request.on_bad_row, _ON_BAD_ROW),
        ("stamp", request.stamp, (None, "start", "end")),
    ):
        if value not in allowed:
            raise InputError(f"{name} is {value!r}. Give one of {', '.join(str(a) for a in allowed if a)}.")
    if request.frequency != DAILY and request.stamp is None:
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


class _Write:
    """One ingestion under the catalog's lock, where what is stored is known."""

    def __init__(
        self,
        request: Request,
        bars: Bars,
        descriptions: list[Description],
        splits: list[ActionRow],
        dividends: list[ActionRow],
        newest: Base | None,
    ) -> None:
        self._request = request
        self._bars = bars
        self._descriptions = descriptions
        self._split_rows = splits
        self._dividend_rows = dividends
        self._newest = newest
        self._base = newest if request.mode == "append" else None
        self._known = {record.key: record for record in self._base[1].assets} if self._base else {}
        if self._base and self._base[1].calendar.name != bars.calendar.name:
            raise InputError(
                f"Bundle {request.bundle!r} is on calendar {self._base[1].calendar.name}, these bars on "
                f"{bars.calendar.name}. Give calendar={self._base[1].calendar.name!r}, or another bundle."
            )

    def publish(self, writer: Writer) -> IngestReport:
        good, found = self._judged()
        sids = self._sids(good)
        seen = self._seen(good)
        records = make_records(self._known, seen, sids, self._descriptions)
        splits, dividends, bad_actions = self._actions(records)
        findings = (*self._findings(found), *(finding for _, finding in bad_actions))
        if findings and self._request.on_bad_row == "error":
            raise BadBars(
                f"Nothing was written to {self._request.bundle!r}: {summary(findings)}\n"
                "Mend the rows, or give on_bad_row='drop' or 'quarantine' to go on without them.",
                findings,
            )
        if not records:
            raise BadBars(f"Not one row is left of these bars: {summary(findings)}", findings)
        rows = self._rows(good, sids, seen)
        content = Content(
            calendar=self._calendar(records),
            assets=records,
            splits=tuple(splits),
            dividends=tuple(dividends),
            rows=(rows,),
            provenance=self._request.provenance or (self._base[1].provenance if self._base else {}),
            quarantine=self._quarantine(found, bad_actions) if self._request.on_bad_row == "quarantine" else None,
        )
        may_exist = self._request.mode != "error"
        manifest, is_new = writer.publish(self._request.bundle, content, base=self._base, may_exist=may_exist)
        folder = writer.folder(manifest)
        return IngestReport(
            bundle=manifest.bundle,
            version=manifest.version,
            hash=manifest.hash,
            rows=rows.frame.height if is_new else 0,
            assets=len(manifest.assets),
            findings=findings,
            quarantine=folder / manifest.quarantine if manifest.quarantine else None,
            is_new=is_new,
        )

    def _judged(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The good rows that are new, and what was found in the others."""
        frame = with_keys(self._bars.frame, self._known.values(), self._descriptions, self._bars.calendar.name)
        # a row that is bad by itself says nothing of those around it: a mistyped year makes no other row unsorted
        sound = _without(frame, self._bars.found)
        in_sequence = pl.concat([duplicate_stamp(sound), unsorted_stamp(sound)])
        found = pl.concat([self._bars.found, in_sequence])
        good = _without(sound, in_sequence)
        if self._base:
            scales = (self._bars.price_scale, self._bars.volume_scale)
            good, conflicts = against_stored(self._base[0], self._known, self._request.frequency, good, scales)
            found = pl.concat([found, conflicts])
        return good, found

    def _sids(self, good: pl.DataFrame) -> dict[str, int]:
        """Sids stay with their keys, also where the bundle's data are replaced."""
        known = {record.key: record.sid for record in self._newest[1].assets} if self._newest else {}
        return assign_sids(good["key"].unique().to_list(), known)

    def _seen(self, good: pl.DataFrame) -> dict[str, Seen]:
        if not good.height:
            return {}
        prices = needed_scales(good, "key", PRICES, self._bars.price_scale)
        volumes = needed_scales(good, "key", ("volume",), self._bars.volume_scale)
        ranges = seen_symbols(good, self._request.frequency, self._bars.calendar)
        return {key: Seen(ranges[key], prices[key], volumes[key]) for key in ranges}

    def _actions(
        self, records: Sequence[AssetRecord]
    ) -> tuple[list[Split], list[CashDividend], list[tuple[ActionRow, Finding]]]:
        known = self._base[1] if self._base else None
        splits, bad_splits = make_splits(self._split_rows, records, known.splits if known else ())
        dividends, bad_dividends = make_dividends(self._dividend_rows, records, known.dividends if known else ())
        return splits, dividends, [*bad_splits, *bad_dividends]

    def _rows(self, good: pl.DataFrame, sids: dict[str, int], seen: dict[str, Seen]) -> Rows:
        """The good rows as a part stores them, at the smallest scales that show all of them."""
        price_scale = max((record.price_scale for record in seen.values()), default=0)
        volume_scale = max((record.volume_scale for record in seen.values()), default=0)
        price_unit = pl.lit(10 ** (self._bars.price_scale - price_scale), dtype=pl.Int128)
        volume_unit = pl.lit(10 ** (self._bars.volume_scale - volume_scale), dtype=pl.Int128)
        frame = good.select(
            pl.col("key").replace_strict(sids, default=None, return_dtype=pl.Int32).alias("sid"),
            pl.col("stamp"),
            *(pl.col(name) // price_unit for name in PRICES),
            pl.col("volume") // volume_unit,
        ).sort("sid", "stamp")
        return Rows(self._request.frequency, frame, price_scale, volume_scale)

    def _calendar(self, records: Sequence[AssetRecord]) -> SessionTable:
        first = min(record.first_day for record in records)
        last = max(record.last_day for record in records)
        if not self._base:
            return cut_table(self._bars.calendar, first, last)
        stored, old = self._base[1].calendar, self._base[1].ranges.values()
        newer = spanning_table(self._request.calendar, (first, last))
        return stored.joined_with(newer, min(o[0] for o in old), max(o[1] for o in old))

    # -- what was found

    def _findings(self, found: pl.DataFrame) -> list[Finding]:
        if not found.height:
            return []
        where = self._bars.frame.select("row", "symbol", "stamp")
        rows = found.join(where, on="row", how="left", maintain_order="left").sort("row", maintain_order=True)
        daily = self._request.frequency == DAILY
        findings = []
        for _, rule, value, message, symbol, stamp in rows.iter_rows():
            moment = None if stamp is None else datetime_of(stamp)
            findings.append(Finding(symbol, moment.date() if moment and daily else moment, rule, value, message))
        return findings

    def _quarantine(self, found: pl.DataFrame, actions: list[tuple[ActionRow, Finding]]) -> pl.DataFrame:
        """The rows left out, as text, one a row and rule."""
        texts = {name.removesuffix("_text"): name for name in self._bars.frame.columns if name.endswith("_text")}
        record = pl.struct("symbol", "asset_key", *(pl.col(column).alias(name) for name, column in texts.items()))
        rows = self._bars.frame.select(
            "row", "symbol", pl.col("stamp_text").alias("stamp"), record.struct.json_encode().alias("record")
        )
        bars = found.join(rows, on="row", how="left", maintain_order="left").sort("row", maintain_order=True)
        order = ("kind", "row", "symbol", "stamp", "rule", "value", "message", "record")
        extra = pl.DataFrame(
            [
                (
                    a.kind,
                    a.row,
                    a.symbol,
                    a.texts.get("ex_date_text"),
                    f.rule,
                    f.value,
                    f.message,
                    json.dumps(action_record(a)),
                )
                for a, f in actions
            ],
            schema={name: pl.Int64 if name == "row" else pl.String for name in order},
            orient="row",
        )
        return pl.concat([bars.with_columns(pl.lit("bars").alias("kind")).select(order), extra])


def _without(frame: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(~pl.col("row").is_in(found["row"].implode())) if found.height else frame
