"""What is done where a price or a volume is missing."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Final

import polars as pl

from rustybt.core import decimals, div_half_even, is_number

MISSING: Final = ("fail", "skip", "forward", "interpolate")
_NOTHING: Final = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".")
_PRICES: Final = ("open", "high", "low", "close")


class Filler:
    """Fills or leaves out what is missing in the rows of one file, which come piece by piece.

    "interpolate" wants to see all of them at once.
    """

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self._count = 0
        self._closes: dict[str | None, str] = {}

    def fill(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows after the policy. frame: columns of text, null where missing."""
        columns = [name for name in (*_PRICES, "volume") if name in frame.columns]
        if self._policy == "fail" or not columns:
            return frame
        plain = (pl.col(name).str.strip_chars() for name in columns)
        # a ticker may be called NA: only numbers are looked at
        frame = frame.with_columns(pl.when(~text.str.to_lowercase().is_in(_NOTHING)).then(text) for text in plain)
        gone = frame.select(pl.any_horizontal(pl.col(name).is_null() for name in columns)).to_series()
        self._count += int(gone.sum())
        if self._policy == "skip":
            return frame.filter(~gone)
        by = next((name for name in ("asset_key", "symbol") if name in frame.columns), None)
        if self._policy == "interpolate":
            return _interpolated(frame, [by] if by else []) if gone.any() else frame
        return self._forward(frame, pl.col(by) if by else pl.lit(None, dtype=pl.String))

    def _forward(self, frame: pl.DataFrame, by: pl.Expr) -> pl.DataFrame:
        if "close" not in frame.columns:
            return frame
        frame = frame.with_columns(by.alias("_by"))
        before = pl.col("_by").replace_strict(self._closes, default=None, return_dtype=pl.String)
        frame = frame.with_columns(pl.coalesce(pl.col("close").forward_fill().over("_by"), before).alias("close"))
        last = frame.group_by("_by").agg(pl.col("close").last()).drop_nulls("close")
        self._closes.update(last.iter_rows())
        prices = (pl.coalesce(name, "close") for name in _PRICES[:3] if name in frame.columns)
        volume = [pl.col("volume").fill_null("0")] if "volume" in frame.columns else []
        return frame.with_columns(*prices, *volume).drop("_by")

    @property
    def notes(self) -> tuple[str, ...]:
        """In words how many rows it touched."""
        if not self._count:
            return ()
        words = {
            "skip": "skipped",
            "forward": "filled with the close before",
            "interpolate": "interpolated, which looks ahead",
        }
        rows = f"{self._count:,} row{'s' if self._count != 1 else ''}"
        return (f"{rows} with a missing price or volume {words[self._policy]}",)


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
