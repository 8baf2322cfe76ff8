"""Who the bars belong to: keys, sids, symbols over time, and what the caller said of each asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.calendars import SessionTable
from rustybt.catalog import DAILY, AssetRecord, SymbolRange
from rustybt.core import ASSET_TYPES, DAY_NS, day_of, exact_number, parse_date
from rustybt.errors import InputError
from rustybt.ingest._tables import need_columns, read_tables, text_column

_TEXTS: Final = ("name", "type", "exchange", "country", "currency")
_NUMBERS: Final = ("tick_size", "quantity_step", "multiplier")
_DATES: Final = ("start_date", "end_date", "auto_close_date")

type Given = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Description:
    """What one row of the assets frame says."""

    symbol: str
    key: str | None
    given: Given


def read_descriptions(source: Any, symbols: Any = None) -> list[Description]:
    """The rows of the assets frame, symbols renamed as those of the bars are.

    Raises InputError where a column or a value means nothing.
    """
    descriptions = []
    for table in read_tables(source, "assets") if source is not None else ():
        need_columns(table, ["symbol"], "assets")
        allowed = {"symbol", "asset_key", *_TEXTS, *_NUMBERS, *_DATES}
        unknown = sorted(set(table.frame.columns) - allowed)
        if unknown:
            raise InputError(
                f"assets: {table.source} has columns that mean nothing: {', '.join(unknown)}. "
                f"Leave them out; there are {', '.join(sorted(allowed))}."
            )
        texts = {name: text_column(table.frame, name)[0].to_list() for name in table.frame.columns}
        for row in range(table.frame.height):
            values = {name: column[row] for name, column in texts.items() if column[row] is not None}
            symbol = values.pop("symbol", None)
            if symbol is None:
                raise InputError(f"assets: row {row + 1} of {table.source} has no symbol. Add it.")
            if isinstance(symbols, Mapping):
                symbol = symbols.get(symbol, symbol)
            key = values.pop("asset_key", None)
            given: Given = {name: _value(name, text, symbol) for name, text in values.items()}
            descriptions.append(Description(symbol, key, given))
    return descriptions


def _value(name: str, text: str, symbol: str) -> str | int:
    what = f"assets: {name} of {symbol}"
    if name in _DATES:
        return day_of(parse_date(text, what))
    if name in _NUMBERS:
        number = exact_number(text, what)
        if number <= 0:
            raise InputError(f"{what} is {text}. Give a number above zero.")
        return format(number.normalize(), "f")
    if name == "type" and text not in ASSET_TYPES:
        raise InputError(f"{what} is {text!r}. Give one of {', '.join(ASSET_TYPES)}.")
    return text


def with_keys(
    frame: pl.DataFrame, known: Iterable[AssetRecord], descriptions: Iterable[Description], calendar: str
) -> pl.DataFrame:
    """The frame with a column `key`: the row's own, that of the asset which carries the symbol, or exchange:symbol.

    known: the assets stored already.
    """
    symbols = frame.filter(pl.col("asset_key").is_null())["symbol"].drop_nulls().unique().to_list()
    described = {d.symbol: d for d in descriptions}
    keys = {symbol: _key(symbol, described.get(symbol), calendar) for symbol in symbols}
    for record in sorted(known, key=lambda record: record.last_day):
        for carried in record.symbols:
            if carried.symbol in keys:
                keys[carried.symbol] = record.key
    by_symbol = pl.col("symbol").replace_strict(keys, default=None, return_dtype=pl.String)
    return frame.with_columns(pl.coalesce("asset_key", by_symbol).alias("key"))


def _key(symbol: str, description: Description | None, calendar: str) -> str:
    if description is None:
        return f"{calendar}:{symbol}"
    return description.key or f"{description.given.get('exchange') or calendar}:{symbol}"


def assign_sids(keys: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """A number for each key: its own where it has one, else the next free ones in the order of the keys."""
    sids = dict(known)
    free = max(known.values(), default=-1) + 1
    for key in sorted(set(keys) - sids.keys()):
        sids[key] = free
        free += 1
    return sids


@dataclass(frozen=True, slots=True)
class Seen:
    """What new bars say of one asset."""

    symbols: tuple[SymbolRange, ...]
    price_scale: int
    volume_scale: int


def seen_symbols(frame: pl.DataFrame, frequency: str, calendar: SessionTable) -> dict[str, tuple[SymbolRange, ...]]:
    """The runs of symbols of each key. frame: `key`, `symbol`, `stamp`, only good rows."""
    stamps = frame["stamp"].to_numpy()
    days = stamps // DAY_NS if frequency == DAILY else calendar.session_days_of(stamps)
    runs = (
        frame.select("key", "symbol", pl.Series("day", days.astype(np.int64)), "stamp")
        .sort("key", "stamp")
        .with_columns(pl.struct("key", "symbol").rle_id().alias("run"))
        .group_by("run", maintain_order=True)
        .agg(pl.col("key", "symbol").first(), pl.col("day").first().alias("first"), pl.col("day").last().alias("last"))
    )
    result: dict[str, list[SymbolRange]] = {}
    for _, key, symbol, first, last in runs.iter_rows():
        result.setdefault(key, []).append(SymbolRange(symbol, first, last))
    return {key: tuple(ranges) for key, ranges in result.items()}


def make_records(
    known: Mapping[str, AssetRecord],
    seen: Mapping[str, Seen],
    sids: Mapping[str, int],
    descriptions: Iterable[Description],
) -> tuple[AssetRecord, ...]:
    """The records of all assets, by sid: those known, with what new bars and descriptions add."""
    records = []
    described = list(descriptions)
    for key in sorted(known.keys() | seen.keys(), key=lambda key: sids[key]):
        old, new = known.get(key), seen.get(key)
        ranges = _joined([*(old.symbols if old else ()), *(new.symbols if new else ())])
        names = {carried.symbol for carried in ranges}
        given: dict[str, str | int | None] = dict(old.given) if old else {}
        for description in described:
            if description.key == key or (description.key is None and description.symbol in names):
                given.update(description.given)
        records.append(
            AssetRecord(
                sid=sids[key],
                key=key,
                symbols=ranges,
                given=given,
                first_day=min(carried.first_day for carried in ranges),
                last_day=max(carried.last_day for carried in ranges),
                price_scale=max(r.price_scale for r in (old, new) if r),
                volume_scale=max(r.volume_scale for r in (old, new) if r),
            )
        )
    return tuple(records)


def _joined(ranges: list[SymbolRange]) -> tuple[SymbolRange, ...]:
    joined: list[SymbolRange] = []
    for carried in sorted(ranges, key=lambda r: (r.first_day, r.last_day, r.symbol)):
        if joined and joined[-1].symbol == carried.symbol:
            last = joined[-1]
            joined[-1] = SymbolRange(last.symbol, last.first_day, max(last.last_day, carried.last_day))
        else:
            joined.append(carried)
    return tuple(joined)
