"""Who the bars belong to: keys, sids, symbols over time, and what the caller said of each asset."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from rustybt.catalog import AssetRecord
from rustybt.core import ASSET_TYPES, PRESETS, DecimalConfig, day_of, exact_number, parse_date
from rustybt.errors import InputError
from rustybt.files import need_columns, read_tables, text_column
from rustybt.ingest._seen import Seen, joined_ranges

_TEXTS: Final = ("name", "type", "exchange", "country", "currency", "root_symbol")
_NUMBERS: Final = ("tick_size", "quantity_step", "multiplier")
_DATES: Final = ("start_date", "end_date", "auto_close_date", "notice_date", "expiration_date")
_OF_ALL: Final = (*_TEXTS, *_NUMBERS, *_DATES)
_OF_FUTURES: Final = ("root_symbol", "notice_date", "expiration_date")

_LAST_SID: Final = 2**31 - 1

type Given = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Description:
    """A row of the assets frame; symbol None: what is said of every asset that has bars in this call."""

    symbol: str | None
    key: str | None
    given: Given
    sid: int | None = None


def read_descriptions(source: Any, symbols: Any = None) -> list[Description]:
    """The rows of the assets frame, symbols renamed as those of the bars are; what holds for every asset first.

    source: a frame, a path, a mapping of what is said of every asset, or a list of these.
    Raises InputError where a column or a value means nothing.
    """
    several = list(source) if isinstance(source, list | tuple) else [source] if source is not None else []
    descriptions = [_of_all(one) for one in several if isinstance(one, Mapping)]
    frames = [one for one in several if not isinstance(one, Mapping)]
    of_all = next((one.given["type"] for one in reversed(descriptions) if "type" in one.given), None)
    tables = read_tables(frames or source, "assets") if frames or (source is not None and not descriptions) else []
    for table in tables:
        need_columns(table, ["symbol"], "assets")
        _check_names(table.frame.columns, {"symbol", "asset_key", "sid", *_OF_ALL}, table.source)
        texts = {name: text_column(table.frame, name)[0].to_list() for name in table.frame.columns}
        for row in range(table.frame.height):
            values = {name: column[row] for name, column in texts.items() if column[row] is not None}
            symbol = values.pop("symbol", None)
            if symbol is None:
                raise InputError(f"assets: row {row + 1} of {table.source} has no symbol. Add it.")
            if isinstance(symbols, Mapping):
                symbol = symbols.get(symbol, symbol)
            key = values.pop("asset_key", None)
            sid = _sid(values.pop("sid", None), symbol)
            given: Given = {name: _value(name, text, symbol) for name, text in values.items()}
            _check_future({"type": of_all, **given}, symbol)
            descriptions.append(Description(symbol, key, given, sid))
    return descriptions


def _of_all(said: Mapping[Any, Any]) -> Description:
    """A description of every asset: column names of the assets frame, and a value for each."""
    _check_names(list(map(str, said)), {*_OF_ALL}, "the mapping")
    given: Given = {
        str(name): _value(str(name), str(value).strip(), "every asset")
        for name, value in said.items()
        if value is not None
    }
    _check_future(given, "every asset")
    return Description(None, None, given)


def _check_names(names: list[str], allowed: set[str], source: str) -> None:
    unknown = sorted(set(names) - allowed)
    if unknown:
        raise InputError(
            f"assets: {source} has columns that mean nothing: {', '.join(unknown)}. "
            f"Leave them out; there are {', '.join(sorted(allowed))}."
        )


def _sid(text: str | None, symbol: str) -> int | None:
    if text is None:
        return None
    # a column with gaps comes as floats
    whole = text.removesuffix(".0")
    if not whole.isdecimal() or int(whole) > _LAST_SID:
        raise InputError(f"assets: sid of {symbol} is {text}. Pass a whole number from 0 to {_LAST_SID}.")
    return int(whole)


def _value(name: str, text: str, symbol: str) -> str | int:
    what = f"assets: {name} of {symbol}"
    if name in _DATES:
        return day_of(parse_date(text, what))
    if name in _NUMBERS:
        number = exact_number(text, what)
        if number <= 0:
            raise InputError(f"{what} is {text}. Pass a number above zero.")
        return format(number.normalize(), "f")
    if name == "type" and text not in ASSET_TYPES:
        raise InputError(f"{what} is {text!r}. Pass one of {', '.join(ASSET_TYPES)}.")
    return text


def _check_future(given: Given, symbol: str) -> None:
    """Refuses fields of contracts for what is no future. Raises InputError."""
    only = [name for name in _OF_FUTURES if name in given]
    if only and given.get("type") != "future":
        raise InputError(
            f"assets: {symbol} has {', '.join(only)}, and its type is {given.get('type') or 'equity'!r}. "
            "Pass type='future', or leave these columns empty."
        )


def with_keys(
    frame: pl.DataFrame, known: Iterable[AssetRecord], descriptions: Iterable[Description], calendar: str
) -> pl.DataFrame:
    """The frame with a column `key`: the row's own, that of the asset which carries the symbol, or exchange:symbol.

    known: the assets stored already.
    """
    symbols = frame.filter(pl.col("asset_key").is_null())["symbol"].drop_nulls().unique().to_list()
    described: dict[str | None, Description] = {}
    for d in descriptions:
        described[d.symbol] = d
    of_all = described.get(None)
    place = str((of_all.given.get("exchange") if of_all else None) or calendar)
    keys = {symbol: _key(symbol, described.get(symbol), place) for symbol in symbols}
    for record in sorted(known, key=lambda record: record.last_day):
        for carried in record.symbols:
            if carried.symbol in keys:
                keys[carried.symbol] = record.key
    by_symbol = pl.col("symbol").replace_strict(keys, default=None, return_dtype=pl.String)
    return frame.with_columns(pl.coalesce("asset_key", by_symbol).alias("key"))


def _key(symbol: str, description: Description | None, place: str) -> str:
    """place: where it is traded, unless its own description says; the calendar, where nothing does."""
    if description is None:
        return f"{place}:{symbol}"
    return description.key or f"{description.given.get('exchange') or place}:{symbol}"


def kinds_by_symbol(
    known: Iterable[AssetRecord], descriptions: Iterable[Description]
) -> tuple[dict[str, str], str | None]:
    """The types of assets: of symbols that are named one by one, and of all others, None where nothing is said.

    known: the assets stored already; what is said of a symbol now comes before what was said of it then.
    """
    told = [(d.symbol, str(d.given["type"])) for d in descriptions if "type" in d.given]
    of_all = next((kind for symbol, kind in reversed(told) if symbol is None), None)
    kinds = {
        carried.symbol: str(record.given["type"])
        for record in known
        if of_all is None and "type" in record.given
        for carried in record.symbols
    }
    return kinds | {symbol: kind for symbol, kind in told if symbol is not None}, of_all


def wanted_sids(descriptions: Iterable[Description], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The sids that the assets frame asks for, by key. pairs: key and symbol of the bars.

    Raises InputError where two assets are to have the same one, or one asset two.
    """
    keys: dict[str, set[str]] = {}
    for key, symbol in pairs:
        keys.setdefault(symbol, set()).add(key)
    present = {key for of_symbol in keys.values() for key in of_symbol}
    wanted: dict[str, int] = {}
    owners: dict[int, str] = {}
    for description in descriptions:
        if description.sid is None or description.symbol is None:
            continue
        named = keys.get(description.symbol, set()) if description.key is None else {description.key} & present
        for key in sorted(named):
            if wanted.setdefault(key, description.sid) != description.sid:
                raise InputError(f"assets: {key} is to have the sids {wanted[key]} and {description.sid}. Pass one.")
            if owners.setdefault(description.sid, key) != key:
                raise InputError(
                    f"assets: {owners[description.sid]} and {key} are to have the sid {description.sid}. "
                    "Give each its own."
                )
    return wanted


def assign_sids(
    keys: Iterable[str], known: Mapping[str, int], wanted: Mapping[str, int], *, fixed: Collection[str]
) -> dict[str, int]:
    """A number for each key: the one wanted, its own where it has one, else the next free ones by key.

    known: of the bundle so far. fixed: those keys whose bars stay in the bundle, and so their number.
    Raises InputError where another number is wanted than a key, or its owner, can give up.
    """
    taken = {known[key]: key for key in fixed}
    for key, sid in wanted.items():
        if taken.get(sid, key) != key or (key in fixed and known[key] != sid):
            raise InputError(
                f"assets: {key} is to have sid {sid}, and the bundle has "
                + (f"{taken[sid]} under it" if taken.get(sid, key) != key else f"it as {known[key]}")
                + ". Leave the column sid out, or pass mode='replace'."
            )
    given = set(wanted.values())
    sids = {key: sid for key, sid in known.items() if sid not in given} | dict(wanted)
    free = max(sids.values(), default=-1) + 1
    for key in sorted(set(keys) - sids.keys()):
        sids[key] = free
        free += 1
    return sids


def make_records(
    known: Mapping[str, AssetRecord],
    seen: Mapping[str, Seen],
    sids: Mapping[str, int],
    descriptions: Iterable[Description],
    decimals: DecimalConfig | None = None,
) -> tuple[AssetRecord, ...]:
    """The records of all assets, by sid: those known, with what new bars and descriptions add, and last `decimals`."""
    records = []
    described = list(descriptions)
    for key in sorted(known.keys() | seen.keys(), key=lambda key: sids[key]):
        old, new = known.get(key), seen.get(key)
        ranges = joined_ranges([*(old.symbols if old else ()), *(new.symbols if new else ())])
        names = {carried.symbol for carried in ranges}
        given: dict[str, str | int | None] = dict(old.given) if old else {}
        for description in described:
            of_all = description.symbol is None and new is not None
            if of_all or description.key == key or (description.key is None and description.symbol in names):
                given.update(description.given)
        if decimals is not None and new is not None:
            _complete(given, decimals, key, ranges[-1].symbol)
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


def _complete(given: Given, decimals: DecimalConfig, key: str, symbol: str) -> None:
    """Adds the tick and the step that a configuration has for an asset which has none of its own."""
    kind = str(given.get("type") or "equity")
    precision, preset = decimals.get(kind, key, symbol), PRESETS[kind]
    for name in ("tick_size", "quantity_step"):
        value = getattr(precision, name)
        # a preset is what holds anyway, and is not said: what is said of an asset stays with it
        if value != getattr(preset, name) and given.get(name) is None:
            given[name] = format(value.normalize(), "f")
