"""The funding of perpetuals, as the caller gave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rustybt.catalog import AssetRecord
from rustybt.core import DAY_NS, FundingRate, exact_number, scaled
from rustybt.errors import InputError
from rustybt.files import Table, need_columns, parsed_stamps, read_tables, text_column
from rustybt.ingest._actions import ActionRow, Owners
from rustybt.validation import Finding

_FLOAT_DIGITS: Final = 15
_MOST_DECIMALS: Final = 20
_LIMIT: Final = 10**18


def read_funding(source: Any, tz: str | None, symbols: Any) -> list[ActionRow]:
    """The rows of the argument: timestamp, rate, perhaps mark_price. symbols: as in `ingest`.

    tz: the zone of stamps that name none. Raises InputError.
    """
    rows: list[ActionRow] = []
    for table in read_tables(source, "funding") if source is not None else ():
        need_columns(table, ["timestamp", "rate"], "funding")
        if "asset_key" not in table.frame.columns:
            need_columns(table, ["symbol"], "funding")
        stamps = _stamps(table, tz)
        columns = {name: text_column(table.frame, name) for name in table.frame.columns}
        texts = {name: column.to_list() for name, (column, _) in columns.items()}
        is_float = any(columns[name][1] for name in ("rate", "mark_price") if name in columns)
        for at, stamp in enumerate(stamps):
            found = {name: column[at] for name, column in texts.items()}
            found["ex_date_text"] = found.pop("timestamp")
            symbol = found.get("symbol")
            if symbols is not None and symbol is not None:
                if symbol not in symbols:
                    continue
                symbol = symbols[symbol] if isinstance(symbols, Mapping) else symbol
            days = {"ex_date": None if stamp is None else stamp // DAY_NS}
            rows.append(ActionRow("funding", len(rows), symbol, found.get("asset_key"), days, found, is_float, stamp))
    return rows


def _stamps(table: Table, tz: str | None) -> list[int | None]:
    column = table.frame["timestamp"]
    if not column.dtype.is_temporal():
        column = text_column(table.frame, "timestamp")[0]
    stamps: list[int | None] = parsed_stamps(column, daily=False, tz=tz, source=table.source)["instant"].to_list()
    return stamps


def make_funding(
    rows: Iterable[ActionRow], records: Iterable[AssetRecord], known: Iterable[FundingRate]
) -> tuple[list[FundingRate], list[tuple[ActionRow, Finding]]]:
    """All that was paid, what is known included, sorted by (sid, stamp); and the rows that mean nothing."""
    records = list(records)
    kinds = {record.sid: str(record.given.get("type") or "equity") for record in records}
    owners = Owners(records)
    stored = {(f.sid, f.stamp): f for f in known}
    fresh: dict[tuple[int, int], FundingRate] = {}
    bad: list[tuple[ActionRow, Finding]] = []
    for row in rows:
        sid_and_day = owners.sid_and_day(row, bad)
        if sid_and_day is None or row.stamp is None:
            continue
        made = _made(row, sid_and_day[0], row.stamp, kinds[sid_and_day[0]])
        if isinstance(made, Finding):
            bad.append((row, made))
            continue
        place = made.sid, made.stamp
        text = row.texts["rate"]
        if place in fresh:
            bad.append((row, row.finding("duplicate", text, "an earlier row is of the same moment")))
        elif stored.get(place, made) != made:
            message = "the bundle has another rate of that moment; pass mode='replace' to correct it"
            bad.append((row, row.finding("conflict", text, message)))
        else:
            fresh[place] = made
    both = stored | fresh
    return [both[place] for place in sorted(both)], bad


def _made(row: ActionRow, sid: int, stamp: int, kind: str) -> FundingRate | Finding:
    if kind != "perpetual":
        message = f"it is of type {kind!r}, and only perpetuals pay funding: say so in the assets frame"
        return row.finding("action", row.symbol or row.key or "", message)
    rate = _number(row, "rate")
    if isinstance(rate, Finding):
        return rate
    if not row.texts.get("mark_price"):
        return FundingRate(sid, stamp, *rate)
    price = _number(row, "mark_price")
    if isinstance(price, Finding):
        return price
    if price[0] <= 0:
        return row.finding("action", row.texts["mark_price"], f"mark_price {row.texts['mark_price']} is not above zero")
    return FundingRate(sid, stamp, *rate, *price)


def _number(row: ActionRow, name: str) -> tuple[int, int] | Finding:
    """A number as value and scale, without zeros at its end."""
    text = row.texts.get(name) or ""
    try:
        number = exact_number(text)
    except InputError:
        return row.finding("action", text, f"{name} {text or 'missing'} is not a number")
    if not -_LIMIT < number < _LIMIT:
        return row.finding("action", text, f"{name} {text} is not below 1e18")
    if row.is_float and len(number.normalize().as_tuple().digits) > _FLOAT_DIGITS:
        return row.finding("precision", text, f"{name} is the float {text}: round it, or pass text or Decimal")
    value, scale = scaled(number)
    while scale and value % 10 == 0:
        value, scale = value // 10, scale - 1
    if scale > _MOST_DECIMALS:
        return row.finding("precision", text, f"{name} {text} has more than {_MOST_DECIMALS} decimals")
    return value, scale
