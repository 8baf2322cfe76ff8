"""Splits and dividends as the caller gave them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import polars as pl

from rustybt.calendars import SessionTable, session_days
from rustybt.catalog import AssetRecord
from rustybt.core import CashDividend, Split, as_plain_decimal, date_of, exact_number, scaled
from rustybt.errors import InputError
from rustybt.files import Table, need_columns, parsed_stamps, read_tables, text_column
from rustybt.validation import Finding

_FLOAT_DIGITS: Final = 15
_DATES: Final = ("ex_date", "pay_date", "record_date", "declared_date")
_WHOSE: Final = ("symbol", "asset_key")
_READ: Final = {
    "splits": (*_WHOSE, "ratio", "prices_only"),
    "dividends": (*_WHOSE, "amount", "currency"),
    "stock_dividends": (*_WHOSE, "ratio", "payment_symbol", "payment_asset_key"),
    "funding": (*_WHOSE, "rate", "mark_price"),
}
_LIMIT: Final = 10**18
_TRUE: Final = ("true", "1")


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One row of a frame of splits, dividends or funding, as text; dates as days, None where there are none.

    stamp: when funding was paid, ns UTC; its day is the ex_date.
    """

    kind: str
    row: int
    symbol: str | None
    key: str | None
    days: dict[str, int | None]
    texts: dict[str, str | None]
    is_float: bool
    stamp: int | None = None

    def undated(self) -> Finding | None:
        """A finding where a day beside the ex-date is given and is none."""
        for name in _DATES[1:]:
            text = (self.texts.get(f"{name}_text") or "").strip()
            if text and self.days[name] is None:
                return self.finding("action", text, f"{name} {text} is no date: write it like 2024-07-04")
        return None

    def finding(self, rule: str, value: object, message: str) -> Finding:
        """A finding on this row."""
        day = self.days["ex_date"]
        return Finding(self.symbol, None if day is None else date_of(day), rule, str(value), f"{self.kind}: {message}")


def read_actions(source: Any, kind: str, value: str, calendar: SessionTable | None, symbols: Any) -> list[ActionRow]:
    """The rows of one argument. kind: what it is called; value: the column with the ratio or the amount.

    calendar: whose sessions stamps with a time of day belong to, as those of the bars do.
    symbols: as in `ingest`; rows of other symbols are left out. Raises InputError.
    """
    rows: list[ActionRow] = []
    for table in read_tables(source, kind) if source is not None else ():
        need_columns(table, ["ex_date", value], kind)
        if not {"symbol", "asset_key"} & set(table.frame.columns):
            need_columns(table, ["symbol"], kind)
        days = {name: _days(table, name, calendar) for name in _DATES if name in table.frame.columns}
        texts = {name: text_column(table.frame, name) for name in table.frame.columns if name not in _DATES}
        texts |= {f"{name}_text": text_column(table.frame, name) for name in days}
        columns = {name: column.to_list() for name, (column, _) in texts.items()}
        for at in range(table.frame.height):
            found = {name: column[at] for name, column in columns.items()}
            symbol = found.get("symbol")
            if symbols is not None and symbol is not None:
                if symbol not in symbols:
                    continue
                symbol = symbols[symbol] if isinstance(symbols, Mapping) else symbol
            paid = found.get("payment_symbol")
            if paid is not None and isinstance(symbols, Mapping):
                found["payment_symbol"] = symbols.get(paid, paid)
            found_days = {name: days[name][at] if name in days else None for name in _DATES}
            key = found.get("asset_key")
            rows.append(ActionRow(kind, len(rows), symbol, key, found_days, found, texts[value][1]))
    return rows


def _days(table: Table, name: str, calendar: SessionTable | None) -> list[int | None]:
    column = table.frame[name]
    if column.dtype in (pl.String, pl.Object, pl.Categorical):
        column = text_column(table.frame, name)[0]
    stamps = parsed_stamps(column, daily=True, tz=None, source=table.source)
    return (stamps["day"] if calendar is None else session_days(stamps, calendar)).to_list()


def make_splits(
    rows: Iterable[ActionRow], records: Iterable[AssetRecord], known: Iterable[Split]
) -> tuple[list[Split], list[tuple[ActionRow, Finding]]]:
    """All splits, those known included, sorted by (sid, ex_day); and the rows that mean nothing."""
    owners = Owners(records)
    splits = {(split.sid, split.ex_day): split for split in known}
    stored = set(splits)
    bad: list[tuple[ActionRow, Finding]] = []
    for row in rows:
        sid_and_day = owners.sid_and_day(row, bad)
        if sid_and_day is None:
            continue
        text = row.texts.get("ratio") or ""
        ratio = split_ratio(text, is_float=row.is_float)
        if ratio is None or ratio <= 0 or max(ratio.numerator, ratio.denominator) > _LIMIT:
            bad.append(
                (row, row.finding("action", text, f"ratio {text or 'missing'} is no number above zero, nor n/m"))
            )
            continue
        prices_only = (row.texts.get("prices_only") or "").lower() in _TRUE
        split = Split(*sid_and_day, ratio.numerator, ratio.denominator, prices_only)
        other = splits.setdefault(sid_and_day, split)
        if other == split and sid_and_day in stored:
            stored.discard(sid_and_day)
        elif other is not split:
            rule = "conflict" if sid_and_day in stored and other != split else "duplicate"
            said = f"{other.numerator}/{other.denominator}"
            bad.append((row, row.finding(rule, text, f"ratio {text}, and there is {said} on that day already")))
    return sorted(splits.values(), key=lambda s: (s.sid, s.ex_day)), bad


def split_ratio(text: str, *, is_float: bool = False) -> Fraction | None:
    """A ratio as a fraction: "5/6" and "0.5" exactly, a float as the simplest fraction that it is the nearest float to.

    Text with more digits than a float holds is a float that was printed, and treated like one. None for what is none.

    >>> split_ratio("5/6"), split_ratio("0.8333"), split_ratio("0.8333333333333334")
    (Fraction(5, 6), Fraction(8333, 10000), Fraction(5, 6))
    """
    pair = re.fullmatch(r"\s*(\d{1,18})\s*[/:]\s*(\d{1,18})\s*", text)
    if pair:
        return Fraction(int(pair[1]), int(pair[2])) if int(pair[2]) else None
    try:
        number = exact_number(text)
    except InputError:
        return None
    value = Fraction(number)
    if value > 0 and (is_float or len(number.normalize().as_tuple().digits) > _FLOAT_DIGITS):
        return _simplest(float(number))
    return value


def _simplest(number: float) -> Fraction | None:
    """The fraction with the smallest denominator among all that round to this float."""
    if not math.isfinite(number) or number <= 0:
        return None
    exact = Fraction(number)
    half = Fraction(math.ulp(number)) / 2
    # below a power of two the floats lie twice as close
    below = half / 2 if math.frexp(number)[0] == 0.5 else half
    return _between(exact - below, exact + half)


def _between(low: Fraction, high: Fraction) -> Fraction:
    """The simplest fraction in the open interval, down the Stern-Brocot tree by continued fractions."""
    whole = math.floor(low)
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:
        # above an integer: 1/n for the smallest n that gets below the upper end
        return whole + Fraction(1, math.floor(1 / (high - whole)) + 1)
    return whole + 1 / _between(1 / (high - whole), 1 / (low - whole))


def make_dividends(
    rows: Iterable[ActionRow], records: Iterable[AssetRecord], known: Iterable[CashDividend]
) -> tuple[list[CashDividend], list[tuple[ActionRow, Finding]]]:
    """All cash dividends, those known included, sorted by (sid, ex_day); and the rows that mean nothing.

    Two dividends of one day are fine, the same one twice is not. Of a day that has stored ones, the same must be given.
    """
    records = list(records)
    owners = Owners(records)
    currencies = {record.sid: str(record.given.get("currency") or "USD") for record in records}
    known = list(known)
    stored = set(known)
    stored_days = {(d.sid, d.ex_day) for d in known}
    fresh: dict[CashDividend, ActionRow] = {}
    bad: list[tuple[ActionRow, Finding]] = []
    for row in rows:
        sid_and_day = owners.sid_and_day(row, bad)
        if sid_and_day is None:
            continue
        amount = row.undated() or _amount(row)
        if isinstance(amount, Finding):
            bad.append((row, amount))
            continue
        days = row.days
        currency = row.texts.get("currency") or currencies[sid_and_day[0]]
        if currency != currencies[sid_and_day[0]]:
            bad.append((row, row.finding("action", currency, _other_currency(currency, currencies[sid_and_day[0]]))))
            continue
        dividend = CashDividend(
            *sid_and_day, days["pay_date"], days["record_date"], days["declared_date"], *amount, currency
        )
        if dividend in fresh:
            bad.append((row, row.finding("duplicate", row.texts["amount"], "an earlier row says the same")))
        elif dividend not in stored and sid_and_day in stored_days:
            message = "the bundle has another dividend of that day; pass mode='replace' to correct it"
            bad.append((row, row.finding("conflict", row.texts["amount"], message)))
        else:
            fresh[dividend] = row
    return sorted(stored | fresh.keys(), key=_dividend_order), bad


def _other_currency(paid: str, traded: str) -> str:
    return (
        f"it is paid in {paid}, and the asset trades in {traded}: pass the amount in {traded}, "
        "or say in the assets frame what the asset trades in"
    )


def _dividend_order(dividend: CashDividend) -> tuple[object, ...]:
    optional = tuple(
        -1 if day is None else day for day in (dividend.pay_day, dividend.record_day, dividend.declared_day)
    )
    return dividend.sid, dividend.ex_day, as_plain_decimal(dividend.amount, dividend.scale), optional


def _amount(row: ActionRow) -> tuple[int, int] | Finding:
    text = row.texts.get("amount") or ""
    try:
        number = exact_number(text)
    except InputError:
        return row.finding("action", text, f"amount {text or 'missing'} is not a number")
    if not 0 < number < _LIMIT:
        return row.finding("action", text, f"amount {text} is not above zero (and below 1e18)")
    if row.is_float and len(number.normalize().as_tuple().digits) > _FLOAT_DIGITS:
        return row.finding("precision", text, f"amount is the float {text}: round it, or pass text or Decimal")
    value, scale = scaled(number)
    while scale and value % 10 == 0:
        value, scale = value // 10, scale - 1
    if scale > 20:
        return row.finding("precision", text, f"amount {text} has more than 20 decimals")
    return value, scale


def unread_note(rows: Iterable[ActionRow]) -> str | None:
    """The note on columns of one kind's frame that nothing reads; None where there are none."""
    for row in rows:
        unread = [name for name in row.texts if name not in _READ[row.kind] and not name.endswith("_text")]
        if unread:
            return f"{row.kind}: columns that are not read: {', '.join(unread)}"
    return None


class Owners:
    """Who carried a symbol on a day."""

    def __init__(self, records: Iterable[AssetRecord]) -> None:
        self._by_key: dict[str, int] = {}
        self._by_symbol: dict[str, list[tuple[int, int, int]]] = {}
        for record in records:
            self._by_key[record.key] = record.sid
            for carried in record.symbols:
                owner = (carried.first_day, carried.last_day, record.sid)
                self._by_symbol.setdefault(carried.symbol, []).append(owner)

    def sid_and_day(self, row: ActionRow, bad: list[tuple[ActionRow, Finding]]) -> tuple[int, int] | None:
        """The asset and ex-day of a row; where there is none, the reason is added to `bad`."""
        day = row.days["ex_date"]
        if day is None:
            text = row.texts.get("ex_date_text") or "missing"
            name, what, example = "ex_date", "date", "2024-07-04"
            if row.kind == "funding":
                name, what, example = "timestamp", "moment", "2024-07-04T08:00:00Z"
            bad.append((row, row.finding("action", text, f"{name} {text} is no {what}: write it like {example}")))
            return None
        sid = self.sid(row.symbol, row.key, day)
        if sid is None:
            name = row.key or row.symbol or "null"
            bad.append((row, row.finding("symbol", name, f"there are no bars of {name}")))
            return None
        return sid, day

    def sid(self, symbol: str | None, key: str | None, day: int) -> int | None:
        """The asset of a key, else the one that carried a symbol on a day; None where there is none."""
        if key is not None:
            return self._by_key.get(key)
        owners = sorted(self._by_symbol.get(symbol or "", ()))
        started = [owner for owner in owners if owner[0] <= day]
        current = [owner for owner in started if owner[1] >= day]
        chosen = current or started or owners[:1]
        return chosen[-1][2] if chosen else None


def action_record(row: ActionRow) -> dict[str, str | None]:
    """The row as text, for quarantine."""
    return {
        **{name: text for name, text in row.texts.items() if not name.endswith("_text")},
        **{name: row.texts.get(f"{name}_text") for name in _DATES if f"{name}_text" in row.texts},
    }
