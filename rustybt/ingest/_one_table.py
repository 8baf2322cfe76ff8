"""One table of bars under canonical names, its numbers as text or exact as they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.catalog import PRICES
from rustybt.errors import InputError
from rustybt.files import (
    ADJUSTED_CLOSES,
    STAMP_COLUMNS,
    Notes,
    Table,
    check_dates,
    need_columns,
    parsed_stamps,
    place_of,
    text_column,
)
from rustybt.ingest._adjusted import ADJUSTED
from rustybt.ingest._carried import CARRIED
from rustybt.ingest._numbers import exact_floats, is_exact, without_noise
from rustybt.validation import nothing_found, too_precise_for_float

NUMBERS: Final = (*PRICES, "volume")
SAID: Final = "_said"
"""Ends the names of columns of floats that stand beside the same numbers as decimals."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows are read, whatever they lie in.

    tz: the zone of stamps that name none. price_decimals: what prices are rounded to. price_scale: what they are
    multiplied by. symbol: whose bars all of them are. close_only: bars may be made of closes. adj_close: what is made
    of adjusted closes, "dividends" or "splits".
    """

    tz: str | None = None
    price_decimals: int | None = None
    price_scale: Decimal | None = None
    symbol: str | None = None
    close_only: bool = False
    adj_close: str | None = None


def named(table: Table, how: Reading) -> Table:
    """The table with the symbol that the caller gave. Raises InputError where it names others itself."""
    if how.symbol is None:
        return table
    frame = table.frame
    if "symbol" in frame.columns:
        others = set(text_column(frame, "symbol")[0].unique().to_list()) - {how.symbol, None}
        if others:
            raise InputError(
                f"symbol={how.symbol!r}, and {table.source} has a column symbol with {min(others)!r} in it. Leave out "
                "symbol= (--symbol); symbols= takes some of them, and renames them."
            )
    return replace(table, frame=frame.with_columns(symbol=pl.lit(how.symbol)))


def of_closes(table: Table, how: Reading, notes: Notes) -> Table:
    """The table with bars made of its closes, where it has nothing else and they are wanted.

    Raises InputError where they are not.
    """
    columns = table.frame.columns
    if "close" not in columns or {"open", "high", "low"} & set(columns):
        return table
    if not how.close_only:
        raise InputError(
            f"{place_of(table, 'bars')} has no column open, high, low, but a close; it has {', '.join(columns)}. "
            "close_only=True (--close-only) makes bars of closes: open, high and low are the close then."
        )
    notes.add("bars were made of closes: open, high and low are the close", Path(table.source).name)
    return replace(table, frame=table.frame.with_columns(pl.col("close").alias(name) for name in PRICES[:3]))


def one_table(
    table: Table, offset: int, how: Reading, *, daily: bool, notes: Notes
) -> tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]:
    """One table with canonical columns; its floats that have too many digits; its actions.

    Numbers are text, or exact as they came, which spares the way there and back.
    """
    need_columns(table, NUMBERS, "bars")
    _check_unit(table, how)
    frame, source = table.frame, Path(table.source).name
    stamp_column = _stamp_column(table)
    moments = parsed_stamps(stamp_column, daily=daily, tz=how.tz, source=table.source)
    check_dates(table, stamp_column, moments)
    columns = [
        pl.int_range(offset, offset + frame.height, eager=True).alias("row"),
        symbol_column(table),
        _optional_text(frame, "asset_key"),
        stamp_column.rename("stamp_text"),
        *moments,
    ]
    floats = []
    rounded = how.price_decimals is not None
    for name in NUMBERS:
        if not (rounded and name != "volume"):
            if is_exact(frame[name]):
                columns.append(frame[name])
                continue
            exact = exact_floats(frame[name])
            if exact is not None:
                columns += [exact, frame[name].rename(f"{name}{SAID}")]
                continue
            cleaned = without_noise(frame[name])
            if cleaned is not None:
                columns += [cleaned[0], frame[name].rename(f"{name}{SAID}")]
                notes.add(f"{name}: the noise of floats was rounded away, at {cleaned[1]} decimals", source)
                continue
        if frame.schema[name] == pl.String:
            columns.append(frame[name])  # blanks around it go where there are any
            continue
        text, is_float = text_column(frame, name)
        columns.append(text)
        if is_float and not (rounded and name != "volume"):
            floats.append(name)
    result = pl.DataFrame(columns)
    precision = too_precise_for_float(result, tuple(floats)) if floats else nothing_found()
    return result, precision, [*_carried_actions(table, result["row"]), *_adjusted(table, result["row"], how, daily)]


def _check_unit(table: Table, how: Reading) -> None:
    if table.unit is not None and how.price_scale is None:
        raise InputError(
            f"{table.source}: its prices are whole numbers, such as {table.frame['close'][0]}, and its form is one in "
            f"which they count units of {table.unit}. Give price_scale='{table.unit}' (--price-scale {table.unit}); or "
            "price_scale=1, if they are what they say."
        )


def _stamp_column(table: Table) -> pl.Series:
    frame = table.frame
    stamps = [name for name in STAMP_COLUMNS if name in frame.columns]
    if not stamps:
        raise InputError(
            f"{place_of(table, 'bars')} has neither a column timestamp nor date; it has {', '.join(frame.columns)}. "
            "Rename one of them, in a file csv={'columns': {'Day': 'date'}} (--columns Day=date)."
        )
    stamp_column = frame[stamps[0]]
    if stamp_column.dtype in (pl.String, pl.Object, pl.Categorical):
        stamp_column = text_column(frame, stamps[0])[0]
    return stamp_column


def symbol_column(table: Table) -> pl.Series:
    """The symbols, those of the file's name where there is no such column. Raises InputError where neither is."""
    if "symbol" in table.frame.columns:
        return text_column(table.frame, "symbol")[0]
    if table.stem is None:
        raise InputError(
            f"{place_of(table, 'bars')} has no column symbol; it has {', '.join(table.frame.columns)}. Where all rows "
            "are of one asset, symbol='ACME' (--symbol) names it; else add the column, or pass a mapping such as "
            "{'ACME': frame}, or files named after their symbols."
        )
    return pl.Series("symbol", [table.stem], dtype=pl.String).new_from_index(0, table.frame.height)


def _optional_text(frame: pl.DataFrame, name: str) -> pl.Series:
    if name in frame.columns:
        return text_column(frame, name)[0]
    return pl.Series(name, [None], dtype=pl.String).new_from_index(0, frame.height)


def _carried_actions(table: Table, row: pl.Series) -> list[pl.DataFrame]:
    """The actions in the columns dividend and split of Zipline's csvdir: `row`, `kind`, `value`, `is_float`."""
    carried = []
    for name, nothing in CARRIED.items():
        if name not in table.frame.columns:
            continue
        text, is_float = text_column(table.frame, name)
        number = text.cast(pl.Float64, strict=False)
        none = number.is_in(list(nothing)) | (number.is_nan() if is_float else False)
        says = (text.is_not_null() & ~none.fill_null(False)).to_frame("says")
        frame = pl.DataFrame([row, text.rename("value")]).filter(says["says"])
        carried.append(frame.with_columns(pl.lit(name).alias("kind"), pl.lit(is_float).alias("is_float")))
    return carried


def _adjusted(table: Table, row: pl.Series, how: Reading, daily: bool) -> Iterable[pl.DataFrame]:
    """The adjusted closes of all rows: `row`, `kind`, `value`, `is_float`. Raises InputError where there is none."""
    if how.adj_close is None:
        return
    name = next((name for name in ADJUSTED_CLOSES if name in table.frame.columns), None)
    if name is None or not daily:
        raise InputError(
            f"adj_close={how.adj_close!r}: {table.source} "
            + (
                "has bars within days. Pass it with those of days."
                if name
                else "has no column adj close. Leave it out."
            )
        )
    column = table.frame[name]
    exact = exact_floats(column)
    if exact is None:
        cleaned = without_noise(column)
        exact = cleaned[0] if cleaned else None
    text = text_column(table.frame, name)[0] if exact is None else exact.cast(pl.String)
    kinds = (pl.lit(ADJUSTED).alias("kind"), pl.lit(column.dtype.is_float()).alias("is_float"))
    yield pl.DataFrame([row, text.rename("value")]).with_columns(*kinds)
