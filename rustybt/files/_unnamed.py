"""The columns of files without a header, found out of their rows."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import polars as pl

from rustybt.files._names import PRICES, is_time_of_day

_LOOKED_AT: Final = 5_000
_MOST_MORE: Final = 2
"""Columns after the volume, such as open interest or a count of trades."""
_MOMENT: Final = re.compile(
    r"[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}([ T].*)?|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{2,4}([ T].*)?"
    r"|[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{2,4}|[A-Za-z]{3,9} [0-9]{1,2}, [0-9]{4}"
    r"|(19|20|21)[0-9]{6}( [0-9:]+|[0-9]{4}|[0-9]{6})?|1[0-9]{9}([0-9]{3}){0,3}"
)
_MARKS: Final = r"[$€£'\s\u2019]|[KMBT]$"
_TICKER: Final = re.compile(r"[A-Za-z^$][A-Za-z0-9.^=/_:-]{0,24}")
_KLINES: Final = ("close_time", "quote_volume", "trades", "taker_volume", "taker_quote_volume", "ignore")
"""Binance's columns after the volume."""


def names_of(frame: pl.DataFrame) -> list[str] | None:
    """Names for the columns of rows of text, None where they can't be told.

    A symbol may come first; then the moment, perhaps a time of day apart; four prices of which, row for row, the second
    is the highest and the third the lowest; the volume, and at most two more columns, or those of Binance's klines.
    """
    rows = frame.head(_LOOKED_AT)
    first = [None if rows[name].drop_nulls().is_empty() else str(rows[name].drop_nulls()[0]) for name in rows.columns]
    names: list[str] = []
    at = 0
    if first and first[0] is not None and _TICKER.fullmatch(first[0].strip()):
        names, at = ["symbol"], 1
    if at >= len(first) or first[at] is None or not _MOMENT.fullmatch(str(first[at]).strip()):
        return None
    names.append("date")
    at += 1
    numbers = rows.select(
        pl.col(name)
        .str.replace_all(_MARKS, "")
        .str.replace(r",([0-9]+)$", ".$1")
        .str.replace_all(",", "", literal=True)
        .cast(pl.Float64, strict=False)
        for name in rows.columns
    )
    if at < len(first) and is_time_of_day(first[at]) and _is_day(str(first[at - 1])) and not _are_prices(numbers, at):
        names.append("time")
        at += 1
    if not _are_prices(numbers, at):
        return None
    names += PRICES
    at += len(PRICES)
    more = len(first) - at
    if more == 1 + len(_KLINES) and _is_kline(numbers, at):
        return [*names, "volume", *_KLINES]
    if more > 1 + _MOST_MORE or (more and not _are_volumes(numbers, at)):
        return None
    return [*names, *("volume",)[:more], *(f"column_{number + 1}" for number in range(at + 1, len(first)))]


def _is_day(text: str) -> bool:
    """Whether a moment is a day, beside which a time can stand."""
    return (
        re.fullmatch(
            r"[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9A-Za-z]{1,3}[-./][0-9]{2,4}|[0-9]{8}", text
        )
        is not None
    )


def _are_prices(numbers: pl.DataFrame, at: int) -> bool:
    """Whether four columns can be open, high, low and close, in that order."""
    columns = numbers.columns[at : at + len(PRICES)]
    if len(columns) < len(PRICES):
        return False
    known = numbers.select(pl.col(name).alias(ours) for name, ours in zip(columns, PRICES, strict=True)).drop_nulls()
    if known.height * 2 < numbers.height or not known.height:
        return False
    high, low = pl.max_horizontal(PRICES), pl.min_horizontal(PRICES)
    fits, moves = known.select(
        ((pl.col("high") == high) & (pl.col("low") == low) & (pl.col("low") > 0) & (high < low * 5)).mean().alias("a"),
        (pl.col("high") > pl.col("low")).any(),
    ).row(0)
    return bool(fits > 0.98 and moves)


def _are_volumes(numbers: pl.DataFrame, at: int) -> bool:
    """Whether a column can be volumes: none of them below zero, and not all of them such as a price beside it."""
    close, volume = numbers[numbers.columns[at - 1]], numbers[numbers.columns[at]]
    if volume.null_count() or (volume < 0).any():
        return False
    return not bool(((volume > close / 2) & (volume < close * 2)).all())


def _is_kline(numbers: pl.DataFrame, at: int) -> bool:
    opens, closes = numbers[numbers.columns[0]], numbers[numbers.columns[at + 1]]
    steps = {later - earlier for earlier, later in pairwise(opens.to_list()[:100]) if later and earlier}
    return bool((closes > opens).all()) and (not steps or min(steps) > 0)
