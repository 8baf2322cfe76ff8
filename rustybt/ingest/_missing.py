"""What is done where a price or a volume is missing."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Final

import polars as pl

from rustybt.core import div_half_even
from rustybt.validation import decimals, is_number

MISSING: Final = ("fail", "skip", "forward", "interpolate")
_NOTHING: Final = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".")
_PRICES: Final = ("open", "high", "low", "close")


def fill_missing(frame: pl.DataFrame, policy: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows after the policy, and in words how many it touched. frame: columns of text, null where missing."""
    columns = [name for name in (*_PRICES, "volume") if name in frame.columns]
    if policy == "fail" or not columns:
        return frame, ()
    plain = (pl.col(name).str.strip_chars() for name in columns)
    # a ticker may be called NA: only numbers are looked at
    frame = frame.with_columns(pl.when(~text.str.to_lowercase().is_in(_NOTHING)).then(text) for text in plain)
    gone = frame.select(pl.any_horizontal(pl.col(name).is_null() for name in columns)).to_series()
    if not gone.any():
        return frame, ()
    count = int(gone.sum())
    rows = f"{count:,} row{'s' if count != 1 else ''}"
    if policy == "skip":
        return frame.filter(~gone), (f"{rows} with a missing price or volume skipped",)
    by = [str(name) for name in ("asset_key", "symbol") if name in frame.columns][:1]
    filled = _forward(frame, by) if policy == "forward" else _interpolated(frame, by)
    words = "filled with the close before" if policy == "forward" else "interpolated, which looks ahead"
    return filled, (f"{rows} with a missing price or volume {words}",)


def _forward(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    known = pl.col("close").forward_fill()
    close = known.over(by) if by else known
    prices = frame.with_columns(close.alias("close"))
    return prices.with_columns(*(pl.coalesce(name, "close") for name in _PRICES[:3]), pl.col("volume").fill_null("0"))


def _interpolated(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    groups = frame.with_row_index("_at").partition_by(by, maintain_order=True) if by else [frame.with_row_index("_at")]
    done = [group.with_columns(*(_line(group, name) for name in _PRICES)) for group in groups]
    joined = pl.concat(done).sort("_at").drop("_at")
    return joined.with_columns(pl.col("volume").fill_null("0"))


def _line(group: pl.DataFrame, name: str) -> pl.Series:
    """Missing values between two known ones on a line from row to row, half-even at the column's decimals."""
    column = group[name]
    if not column.null_count() or not group.select(is_number(name).any()).item():
        return column
    places = int(group.select(decimals(name).max()).item() or 0)
    values = column.to_list()
    readable = group.select(is_number(name)).to_series().to_list()
    known = [at for at, good in enumerate(readable) if good]
    for left, right in itertools.pairwise(known):
        low, high = Fraction(values[left]), Fraction(values[right])
        for at in range(left + 1, right):
            if values[at] is None:
                exact = (low + (high - low) * (at - left) / (right - left)) * 10**places
                units = div_half_even(exact.numerator, exact.denominator)
                values[at] = f"{units // 10**places}.{units % 10**places:0{places}}" if places else str(units)
    return pl.Series(name, values, dtype=pl.String)
