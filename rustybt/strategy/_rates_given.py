"""Rates as people have them: a number, tiers, values by date, by symbol or currency, a frame or a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from rustybt.core import Asset, day_of, exact_number, parse_date
from rustybt.core.carrying import SINCE_EVER, BorrowRow, Dated, Swap, Tiers
from rustybt.errors import InputError
from rustybt.files import need_columns, read_tables, text_column

type Row = dict[str, str | None]


def is_table(given: Any) -> bool:
    """Whether something is a frame, a file or rows of one, and no number."""
    if isinstance(given, str):
        return not _is_number(given)
    return isinstance(given, Path) or hasattr(given, "columns") or hasattr(given, "__arrow_c_stream__")


def number(given: Any, what: str) -> Fraction:
    """A rate, exact. Raises InputError."""
    return Fraction(exact_number(given, what))


def borrow_rows(given: Any) -> dict[str, Dated[BorrowRow]]:
    """The rates of `set_borrow` by symbol. Raises InputError."""
    if is_table(given):
        return _by_name(given, "rates", "symbol", ("rate", "available"), _borrow_row)
    return {
        _symbol(name): _dated(value, "rates", lambda one: _checked(BorrowRow(number(one, "rates"))))
        for name, value in _items(given, "rates", "a symbol")
    }


def _borrow_row(row: Row) -> BorrowRow:
    rate, available = row.get("rate"), row.get("available")
    if rate is None and available is None:
        raise InputError(f"rates: a row of {row['symbol']} has no rate. Fill it in, or drop the row.")
    return _checked(
        BorrowRow(
            None if rate is None else number(rate, "rate"),
            None if available is None else number(available, "available"),
        )
    )


def _checked(row: BorrowRow) -> BorrowRow:
    if row.rate is not None and row.rate < 0:
        raise InputError(
            f"rate={float(row.rate)!r} is negative: a short would be paid for borrowing. Pass 0 or more; 0.03 is 3 % a "
            "year. A rebate is interest on cash: set_financing(credit=..., short_proceeds='free')."
        )
    if row.available is not None and row.available < 0:
        raise InputError(f"available={float(row.available)!r} is negative. Pass how many shares there are to borrow.")
    return row


def tiers_by_currency(given: Any, what: str) -> dict[str, Dated[Tiers]]:
    """The rates of `set_financing` by currency; "" stands for each. Raises InputError."""
    if is_table(given):
        return _tiers_of_table(given, what)
    if _by_currency(given):
        return {
            _code(currency, what): _dated(value, what, lambda one: tiers_of(one, what))
            for currency, value in given.items()
        }
    return {"": _dated(given, what, lambda one: tiers_of(one, what))}


def _tiers_of_table(given: Any, what: str) -> dict[str, Dated[Tiers]]:
    """A row a tier: up_to is empty for the last one, or where there is one only."""
    found: dict[str, dict[int, list[tuple[Any, Any]]]] = {}
    for row in _rows(given, what, ("rate",)):
        days = found.setdefault(_code(row.get("currency") or "", what), {})
        days.setdefault(_day(row, what), []).append((row.get("up_to"), row["rate"]))
    return {
        currency: _series({day: tiers_of(tiers, what) for day, tiers in days.items()})
        for currency, days in found.items()
    }


def rates_by_currency(given: Any, what: str) -> dict[str, Dated[Fraction]]:
    """Plain rates by currency; "" stands for each. Raises InputError."""
    if is_table(given):
        found: dict[str, dict[int, Fraction]] = {}
        for row in _rows(given, what, ("rate",)):
            currency, day = row.get("currency") or "", _day(row, what)
            days = found.setdefault(_code(currency, what), {})
            if day in days:
                of = f" of {currency}" if currency else ""
                raise InputError(f"{what}: two rows{of} hold from the same day on. Drop one of them.")
            days[day] = number(row["rate"], what)
        return {currency: _series(days) for currency, days in found.items()}
    if _by_currency(given):
        return {
            _code(currency, what): _dated(value, what, lambda one: number(one, what))
            for currency, value in given.items()
        }
    return {"": _dated(given, what, lambda one: number(one, what))}


def tiers_of(given: Any, what: str) -> Tiers:
    """Tiers from a number, or from pairs of the balance up to which each goes and its rate. Raises InputError."""
    if not isinstance(given, list | tuple):
        return ((None, number(given, what)),)
    tiers = tuple(
        (None if top is None else number(top, what), None if rate is None else number(rate, what))
        for top, rate in (_pair(one, what) for one in given)
    )
    tops = [top for top, _ in tiers]
    bounded = [top for top in tops[:-1] if top is not None]
    rising = bounded == sorted(set(bounded)) and all(top > 0 for top in bounded)
    if not tiers or tops[-1] is not None or len(bounded) + 1 < len(tops) or not rising:
        raise InputError(
            f"{what}={given!r}: give tiers as pairs of the balance up to which one goes and its rate, above zero and "
            "rising, the balance of the last one None: [(100_000, '0.0683'), (None, '0.0633')]."
        )
    return tiers


def swaps(given: Any) -> dict[str, Dated[Swap]]:
    """The rows of `set_rollover` by symbol. Raises InputError."""
    if is_table(given):
        return _by_name(given, "rates", "symbol", ("long", "short"), _swap)
    return {_symbol(name): _dated(value, "rates", _swap_of) for name, value in _items(given, "rates", "a symbol")}


def _swap(row: Row) -> Swap:
    if row.get("long") is None or row.get("short") is None:
        raise InputError("rates: a row lacks long or short. Give what a long and what a short gets a night.")
    return Swap(*(number(row.get(name) or 0, name) for name in ("long", "short", "admin")))


def _swap_of(given: Any) -> Swap:
    if isinstance(given, Mapping):
        return _swap({name: None if value is None else str(value) for name, value in given.items()})
    if isinstance(given, list | tuple) and len(given) in (2, 3):
        return Swap(*(number(one, "rates") for one in given))
    raise InputError(f"rates: {given!r} is no pair. Give what a long and what a short gets: ('-0.03', '0.01').")


def _code(currency: str, what: str) -> str:
    """A currency as the books write it. Raises InputError."""
    if currency != currency.strip().upper():
        raise InputError(f"{what}: {currency!r} is no currency. Write it in capitals: {currency.strip().upper()!r}.")
    return currency


def _pair(given: Any, what: str) -> tuple[Any, Any]:
    try:
        top, rate = given
    except (TypeError, ValueError):
        raise InputError(f"{what}: {given!r} is no pair of a balance and a rate.") from None
    return top, rate


def _dated[Value](given: Any, what: str, make: Callable[[Any], Value]) -> Dated[Value]:
    """A value that always holds, or values by date: a mapping or a Series."""
    if not _has_items(given) or (isinstance(given, Mapping) and not _keys_are_dates(given)):
        return Dated((SINCE_EVER,), (make(given),))
    days = {day_of(parse_date(date, what)): make(value) for date, value in given.items()}
    if not days:
        raise InputError(f"{what} is an empty mapping. Give values by date, or leave it out.")
    return _series(days)


def _series[Value](days: Mapping[int, Value]) -> Dated[Value]:
    return Dated(tuple(sorted(days)), tuple(days[day] for day in sorted(days)))


def _by_name[Value](
    given: Any, what: str, name: str, values: tuple[str, ...], make: Callable[[Row], Value]
) -> dict[str, Dated[Value]]:
    found: dict[str, dict[int, Value]] = {}
    for row in _rows(given, what, (name,)):
        if not any(value in row for value in values):
            raise InputError(f"{what} has no column {' or '.join(values)}; it has {', '.join(row)}.")
        symbol, day = row[name], _day(row, what)
        if symbol is None:
            raise InputError(f"{what}: a row has no {name}. Fill it in, or drop the row.")
        days = found.setdefault(symbol, {})
        if day in days:
            raise InputError(f"{what}: two rows of {symbol} hold from the same day on. Drop one of them.")
        days[day] = make(row)
    return {symbol: _series(days) for symbol, days in found.items()}


def _rows(given: Any, what: str, needed: tuple[str, ...]) -> Iterable[Row]:
    count = 0
    for table in read_tables(given, what):
        need_columns(table, needed, what)
        columns = {name: text_column(table.frame, name)[0].to_list() for name in table.frame.columns}
        count += table.frame.height
        for place in range(table.frame.height):
            yield {name: column[place] for name, column in columns.items()}
    if not count:
        raise InputError(f"{what} has no rows. Give one at least, or leave it out.")


def _day(row: Row, what: str) -> int:
    """The day from which on a row holds; one without a date always did."""
    text = next((row[name] for name in ("date", "timestamp", "from") if row.get(name) is not None), None)
    return SINCE_EVER if text is None else day_of(parse_date(text, what))


def _items(given: Any, what: str, name: str) -> Iterable[tuple[Any, Any]]:
    if not _has_items(given):
        raise InputError(f"{what}={given!r}: pass a frame, the path of a file, or a mapping of {name} to its rate.")
    items: Iterable[tuple[Any, Any]] = given.items()
    return items


def _symbol(name: Any) -> str:
    if isinstance(name, Asset):
        return name.symbol
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"rates: {name!r} is no symbol. Pass symbols as text, or assets.")
    return name.strip()


def _has_items(given: Any) -> bool:
    return hasattr(given, "items") and not hasattr(given, "columns")


def _keys_are_dates(given: Mapping[Any, Any]) -> bool:
    return not any(name in given for name in ("long", "short", "admin"))


def _by_currency(given: Any) -> bool:
    """Whether something is a mapping of currencies, and not of dates."""
    return isinstance(given, Mapping) and all(isinstance(key, str) and key.isalpha() for key in given) and bool(given)


def _is_number(text: str) -> bool:
    try:
        exact_number(text)
    except InputError:
        return False
    return True
