"""Bars of so many trades, so much volume, so much money: what a clock has no part in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import (
    Number,
    check_process,
    datetime_column,
    datetime_of,
    decimal_column,
    decimals,
    exact_number,
    is_number,
    scaled,
)
from rustybt.errors import InputError
from rustybt.files import (
    Dialect,
    Notes,
    Table,
    as_dialect,
    check_zone,
    given_items,
    need_columns,
    parsed_stamps,
    read_pieces,
    text_column,
)
from rustybt.ingest._numbers import plain_text, scaled_columns
from rustybt.ingest._one_table import Reading, named
from rustybt.validation import MOST_DECIMALS

_ALSO: Final = {
    "timestamp": ("date",),
    "price": ("px", "trade_price", "trade price", "last"),
    "size": ("qty", "quantity", "amount", "volume", "trade_size", "trade size"),
}
"""Other names of the columns of trades."""
_NEEDED: Final = ("symbol", "timestamp", "price", "size")
_FLOAT_DIGITS: Final = 15
_WIDEST: Final = 10**38
_NARROW: Final = 2**63

type Sums = npt.NDArray[np.int64] | npt.NDArray[np.object_]


def tick_bars(
    trades: Any,
    count: Any,
    *,
    tz: str | None = None,
    rest: bool = False,
    symbol: str | None = None,
    csv: Dialect | Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Bars of `count` trades each. The arguments, the columns and the rule are those of `volume_bars`.

    >>> import polars as pl, rustybt
    >>> trades = pl.DataFrame(
    ...     {
    ...         "symbol": "ACME",
    ...         "timestamp": [f"2024-01-02T14:3{minute}:00+00:00" for minute in range(4)],
    ...         "price": ["10.00", "10.10", "10.05", "10.20"],
    ...         "size": [100, 50, 200, 10],
    ...     }
    ... )
    >>> rustybt.tick_bars(trades, 2).select("close", "volume", "trades").rows()
    [(Decimal('10.10'), Decimal('150'), 2), (Decimal('10.20'), Decimal('210'), 2)]
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError(f"count={count!r}: pass a whole number of trades, 1 or more.")
    return _bars(_tables(trades, symbol, csv), Decimal(count), "count", tz, rest)


def volume_bars(
    trades: Any,
    size: Number,
    *,
    tz: str | None = None,
    rest: bool = False,
    symbol: str | None = None,
    csv: Dialect | Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Bars in which at least `size` units were traded.

    trades: symbol, timestamp, price, size (units), the timestamps of each symbol ascending; a Polars, pandas or Arrow
        frame, the path of files of any kind that `ingest` reads, or a list of these. Size may be called qty, quantity,
        amount or volume, the moment time or date; in files without a column symbol it is their name. Files that begin
        with the newest are read from the last row to the first.
    tz: the zone of stamps that name none. symbol: whose trades all of them are, where no column says it. csv: what CSV
        files look like, as for `ingest`.
    rest: keep what was traded after the last whole bar of a symbol, as a bar that is not whole.

    A bar ends with the first moment at which the threshold is reached, and has all trades of that moment: what the last
    ones go beyond it stays in the bar, and the next one begins at zero.
    Returns symbol, timestamp (that moment, UTC: the bar's end), open, high, low, close, volume, all exact, and opened
    (the moment of the first trade), trades (how many), money (the sum of price times size); by symbol and time.
    Raises InputError for what is no trade, or not in order.

    >>> import polars as pl, rustybt
    >>> trades = pl.DataFrame(
    ...     {
    ...         "symbol": "ACME",
    ...         "timestamp": [f"2024-01-02T14:3{minute}:00+00:00" for minute in range(4)],
    ...         "price": ["10.00", "10.10", "10.05", "10.20"],
    ...         "size": [100, 50, 200, 10],
    ...     }
    ... )
    >>> rustybt.volume_bars(trades, 150).select("open", "close", "volume", "trades").rows()
    [(Decimal('10.00'), Decimal('10.10'), Decimal('150'), 2), (Decimal('10.05'), Decimal('10.05'), Decimal('200'), 1)]
    """
    return _bars(_tables(trades, symbol, csv), _above_zero(size, "size"), "size", tz, rest)


def dollar_bars(
    trades: Any,
    money: Number,
    *,
    tz: str | None = None,
    rest: bool = False,
    symbol: str | None = None,
    csv: Dialect | Mapping[str, Any] | None = None,
) -> pl.DataFrame:
    """Bars in which at least so much money changed hands: the sum of price times size, in the currency of the price.

    The arguments, the columns and the rule are those of `volume_bars`.

    >>> import polars as pl, rustybt
    >>> trades = pl.DataFrame(
    ...     {
    ...         "symbol": "ACME",
    ...         "timestamp": [f"2024-01-02T14:3{minute}:00+00:00" for minute in range(4)],
    ...         "price": ["10.00", "10.10", "10.05", "10.20"],
    ...         "size": [100, 50, 200, 10],
    ...     }
    ... )
    >>> rustybt.dollar_bars(trades, 2000).select("open", "close", "money", "trades").rows()
    [(Decimal('10.00'), Decimal('10.05'), Decimal('3515.00'), 3)]
    """
    return _bars(_tables(trades, symbol, csv), _above_zero(money, "money"), "money", tz, rest)


def _tables(trades: Any, symbol: str | None, csv: Dialect | Mapping[str, Any] | None) -> list[Table]:
    """The trades as they were given, under our names. Raises InputError."""
    check_process()
    dialect = as_dialect(csv)
    tables = [table for item in given_items(trades, "trades") for table in _pieces(item, dialect)]
    for table in tables:
        if table.uneven:
            raise InputError(f"trades: {table.uneven[0].message}. Fix the line.")
    return [_with_our_names(named(table, Reading(symbol=symbol))) for table in tables]


def _pieces(item: Path | pl.DataFrame, dialect: Dialect) -> list[Table]:
    """The tables of a file or frame; a file that begins with the newest trade from the last to the first."""
    if isinstance(item, pl.DataFrame):
        return [Table(item, "trades")]
    try:
        return list(read_pieces(item, "trades", dialect, Notes()))
    except InputError:
        # so few columns don't always tell what stands between them
        if dialect.delimiter is not None:
            raise
        with contextlib.suppress(InputError):
            return list(read_pieces(item, "trades", replace(dialect, delimiter=","), Notes()))
        raise


def _with_our_names(table: Table) -> Table:
    """The table with columns timestamp, price and size, and with the symbol of its file where it has none."""
    frame = table.frame
    for ours, others in _ALSO.items():
        found = next((name for name in (ours, *others) if name in frame.columns), None)
        if found is not None and found != ours:
            frame = frame.rename({found: ours})
    if "symbol" not in frame.columns and table.stem is not None:
        frame = frame.with_columns(symbol=pl.lit(table.stem))
    return replace(table, frame=frame)


def _above_zero(given: Number, what: str) -> Decimal:
    number = exact_number(given, what)
    if number <= 0:
        raise InputError(f"{what}={given!r}: pass an amount above zero.")
    return number


def _bars(tables: list[Table], threshold: Decimal, counted: str, tz: str | None, rest: bool) -> pl.DataFrame:
    frame, price_scale, size_scale = _read(tables, check_zone(tz))
    scale = {"count": 0, "size": size_scale, "money": price_scale + size_scale}[counted]
    value, own_scale = scaled(threshold)
    wanted = -(-value * 10**scale // 10**own_scale)  # up: what is counted comes in whole units of its scale
    bars = [
        bar
        for of_symbol in frame.partition_by("symbol", maintain_order=True)
        for bar in _of_symbol(of_symbol, wanted, counted, rest)
    ]
    found = pl.concat(bars).sort("symbol", "stamp") if bars else frame.clear().pipe(_aggregated)
    prices = [decimal_column(name, found[name], price_scale) for name in ("open", "high", "low", "close")]
    return pl.DataFrame(
        [
            found["symbol"],
            datetime_column("timestamp", found["stamp"]),
            *prices,
            decimal_column("volume", found["size"], size_scale),
            datetime_column("opened", found["opened"]),
            found["trades"],
            decimal_column("money", found["money"], price_scale + size_scale),
        ]
    )


def _of_symbol(frame: pl.DataFrame, wanted: int, counted: str, rest: bool) -> Iterator[pl.DataFrame]:
    """The bars of one symbol. wanted: the threshold, at the scale of what is counted."""
    # a moment is never split: until it is over nobody knows which of its trades were the last
    lasts = np.flatnonzero(frame.select((pl.col("stamp") != pl.col("stamp").shift(-1)).fill_null(True)).to_series())
    sums = _sums(frame[counted])[lasts]
    ends, base, at = [], 0, 0
    while True:
        at = int(np.searchsorted(sums, base + wanted, side="left"))
        if at == len(sums):
            break
        ends.append(int(lasts[at]))
        base = int(sums[at])
    of_bar = np.searchsorted(np.array(ends, dtype=np.int64), np.arange(frame.height), side="left")
    grouped = frame.with_columns(pl.Series("bar", of_bar))
    yield _aggregated(grouped if rest else grouped.filter(pl.col("bar") < len(ends)))


def _sums(column: pl.Series) -> Sums:
    """The cumulative sums up to each trade; as Python integers where 64 bits are too few."""
    sums = column.cum_sum()
    if int(sums[-1]) < _NARROW // 2:
        return sums.cast(pl.Int64).to_numpy()
    return np.array(sums.to_list(), dtype=object)


def _aggregated(frame: pl.DataFrame) -> pl.DataFrame:
    if "bar" not in frame.columns:
        frame = frame.with_columns(bar=pl.lit(0))
    return frame.group_by("symbol", "bar", maintain_order=True).agg(
        pl.col("stamp").last(),
        pl.col("price").first().alias("open"),
        pl.col("price").max().alias("high"),
        pl.col("price").min().alias("low"),
        pl.col("price").last().alias("close"),
        pl.col("size").sum(),
        pl.col("stamp").first().alias("opened"),
        pl.len().cast(pl.Int64).alias("trades"),
        pl.col("money").sum(),
    )


def _read(tables: list[Table], tz: str | None) -> tuple[pl.DataFrame, int, int]:
    """symbol, stamp (ns UTC), price, size, money (Int128) and count, as they came; and the scales of price and size."""
    pieces = []
    for table in tables:
        need_columns(table, _NEEDED, "trades")
        column = table.frame["timestamp"]
        if not (column.dtype.is_temporal() or column.dtype.is_integer()):
            column = text_column(table.frame, "timestamp")[0]
        texts = {name: text_column(table.frame, name) for name in ("symbol", "price", "size")}
        piece = pl.DataFrame(
            [
                texts["symbol"][0],
                parsed_stamps(column, daily=False, tz=tz, source=table.source)["instant"].alias("stamp"),
                *(plain_text(texts[name][0]) for name in ("price", "size")),
            ]
        )
        _check(piece, table.source, {name for name in ("price", "size") if texts[name][1]})
        pieces.append(piece)
    frame = pl.concat(pieces)
    good = pl.Series([True]).new_from_index(0, frame.height)
    (prices, price_scale), (sizes, size_scale) = (scaled_columns(frame, [name], good) for name in ("price", "size"))
    _check_order(frame)
    _check_width(prices["price"], sizes["size"])
    # their products and sums are wider than the numbers themselves
    numbers = frame.select("symbol", "stamp").with_columns(
        prices["price"].cast(pl.Int128), sizes["size"].cast(pl.Int128), pl.lit(1, dtype=pl.Int128).alias("count")
    )
    return numbers.with_columns((pl.col("price") * pl.col("size")).alias("money")), price_scale, size_scale


def _check(frame: pl.DataFrame, source: str, floats: set[str]) -> None:
    """Raises InputError for the first row that is no trade."""
    found = [
        (pl.col("symbol").is_null(), "symbol", "it has no symbol"),
        (pl.col("stamp").is_null(), "stamp", "its timestamp is missing or can't be read"),
    ]
    for name in ("price", "size"):
        number, digits = is_number(name), pl.col(name).str.replace_all(r"[^0-9]", "").str.strip_chars_start("0")
        found += [
            (~number.fill_null(False), name, f"its {name} is missing or no number"),
            (number & ((digits.str.len_chars() == 0) | pl.col(name).str.starts_with("-")), name,
             f"its {name} is not above zero"),
            (number & ((decimals(name) > MOST_DECIMALS) | (digits.str.len_chars() > 36)), name,
             f"its {name} has more digits than fit"),
        ]  # fmt: skip
        if name in floats:
            long = digits.str.strip_chars_end("0").str.len_chars() > _FLOAT_DIGITS
            found.append((number & long, name, f"its {name} is a float out of a computation: pass text or Decimal"))
    for wrong, name, message in found:
        rows = frame.select(wrong.fill_null(True).arg_true()).to_series()
        if len(rows):
            value = frame[name][int(rows[0])]
            raise InputError(
                f"trades: row {int(rows[0]) + 1} of {source} is no trade: {message} ({value!r}). There are {len(rows)} "
                "such rows. Fix them, or leave them out."
            )


def _check_order(frame: pl.DataFrame) -> None:
    before = pl.col("stamp").shift(1).over("symbol")
    late = frame.with_columns(before.alias("before")).filter(pl.col("stamp") < pl.col("before"))
    if late.height:
        symbol, stamp, *_, last = late.row(0)
        raise InputError(
            f"trades: a trade of {symbol} at {datetime_of(stamp)} comes after one at {datetime_of(last)}. "
            "Sort them by timestamp, keeping those of one moment in the order in which they happened."
        )


def _check_width(prices: pl.Series, sizes: pl.Series) -> None:
    """Sums of money have to fit 38 digits; beyond that 128 bits would wrap without a word."""
    if len(prices) and int(prices.max()) * int(sizes.max()) * len(prices) >= _WIDEST:  # type: ignore[arg-type]
        raise InputError(
            "trades: price times size, summed up, needs more than the 38 digits that a frame holds. Pass fewer trades "
            "at a time, or fewer decimals."
        )
