"""The policies for missing prices and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from rustybt.files._interpolate import Lines
from rustybt.files._names import STAMP_COLUMNS
from rustybt.files._order import asset_column, moments_of

MISSING: Final = ("fail", "skip", "forward", "interpolate")
_NOTHING: Final = ("", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", ".")
_PRICES: Final = ("open", "high", "low", "close")


class Filler:
    """Fills or leaves out what is missing in the rows of one file, which come piece by piece.

    "interpolate" wants to `look` at all pieces before it fills the first.
    """

    def __init__(self, policy: str | None) -> None:
        self._policy = policy
        self._count = 0
        self._closes: dict[str | None, object] = {}
        self._latest: dict[str | None, int] = {}
        self._lines: Lines | None = None

    def look(self, frame: pl.DataFrame) -> None:
        """Takes note of the rows to come, for "interpolate". frame: as for `fill`."""
        columns = tuple(name for name in _PRICES if name in frame.columns)
        self._lines = self._lines or Lines(columns, asset_column(frame))
        self._lines.look(_without_words(frame, columns))

    def fill(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows after the policy. frame: columns of text, or of numbers; null where missing."""
        columns = [name for name in (*_PRICES, "volume") if name in frame.columns]
        if self._policy is None:
            return self._without_empty(frame, columns)
        if self._policy == "fail" or not columns:
            return frame
        frame = _without_words(frame, columns)
        gone = frame.select(pl.any_horizontal(pl.col(name).is_null() for name in columns)).to_series()
        self._count += int(gone.sum())
        if self._policy == "skip":
            return frame.filter(~gone)
        if self._policy == "forward":
            by = asset_column(frame)
            return self._forward(frame, pl.col(by) if by else pl.lit(None, dtype=pl.String))
        filled = self._lines.fill(frame) if self._lines else frame
        return filled.with_columns(_zero_for_none(filled)) if "volume" in columns else filled

    def _without_empty(self, frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """The rows without those that have no price, and no volume but 0: days on which nothing was traded."""
        close = frame["close"] if "close" in columns else None
        if close is None or not (close.null_count() or (~close.str.contains("[0-9]")).any()):
            return frame
        words = _without_words(frame.select(columns), columns)
        empty = pl.all_horizontal(
            pl.col(name).fill_null("0").str.contains(r"^0+(?:\.0*)?$") if name == "volume" else pl.col(name).is_null()
            for name in columns
        )
        gone = words.select(empty).to_series()
        self._count += int(gone.sum())
        return frame.filter(~gone)

    def _forward(self, frame: pl.DataFrame, by: pl.Expr) -> pl.DataFrame:
        """A close counts for the rows after it in the file that are later in time too: rows that come after a later one
        are not filled, and fill none."""
        if "close" not in frame.columns:
            return frame
        frame = frame.with_columns(by.alias("_by"))
        frame = frame.with_columns(self._newer(frame).alias("_newer"))
        newer, close = pl.col("_newer"), pl.col("close")
        before = pl.col("_by").replace_strict(self._closes, default=None, return_dtype=frame.schema["close"])
        known = pl.when(newer).then(close).forward_fill().over("_by")
        frame = frame.with_columns(pl.when(newer).then(pl.coalesce(known, before)).otherwise(close).alias("close"))
        last = frame.filter(newer).group_by("_by").agg(close.last()).drop_nulls("close")
        self._closes.update(last.iter_rows())
        prices = (
            pl.when(newer).then(pl.coalesce(name, "close")).otherwise(pl.col(name)).alias(name)
            for name in _PRICES[:3]
            if name in frame.columns
        )
        volume = [_zero_for_none(frame)] if "volume" in frame.columns else []
        return frame.with_columns(*prices, *volume).drop("_by", "_newer")

    def _newer(self, frame: pl.DataFrame) -> pl.Series:
        """Whether each row is later than all rows of its asset before it; True where stamps can't be read."""
        name = next((name for name in STAMP_COLUMNS if name in frame.columns), None)
        moments = None if name is None else moments_of(frame[name])
        if moments is None:
            return pl.Series([True]).new_from_index(0, frame.height)
        rows = pl.DataFrame([frame["_by"], moments.rename("at")])
        earlier = pl.col("_by").replace_strict(self._latest, default=None, return_dtype=pl.Int64)
        latest = pl.max_horizontal(pl.col("at").cum_max().shift().forward_fill().over("_by"), earlier)
        newer = rows.select(pl.col("at").is_not_null() & (pl.col("at") > latest).fill_null(value=True)).to_series()
        for asset, at in rows.group_by("_by").agg(pl.col("at").max()).drop_nulls("at").iter_rows():
            self._latest[asset] = max(at, self._latest.get(asset, at))
        return newer

    @property
    def notes(self) -> tuple[str, ...]:
        """In words how many rows it touched."""
        if not self._count:
            return ()
        rows = f"{self._count:,} row{'s' if self._count != 1 else ''}"
        if self._policy is None:
            return (f"{rows} without any price left out",)
        words = {
            "skip": "skipped",
            "forward": "filled with the close before",
            "interpolate": "interpolated, which looks ahead",
        }
        return (f"{rows} with a missing price or volume {words[self._policy]}",)


def _without_words(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows with null for what stands for nothing; a ticker may be called NA: only numbers are looked at."""
    texts = (pl.col(name).str.strip_chars() for name in columns if frame.schema[name] == pl.String)
    floats = (pl.col(name).fill_nan(None) for name in columns if frame.schema[name].is_float())
    return frame.with_columns(
        *(pl.when(~text.str.to_lowercase().is_in(_NOTHING)).then(text) for text in texts), *floats
    )


def _zero_for_none(frame: pl.DataFrame) -> pl.Expr:
    return pl.col("volume").fill_null("0" if frame.schema["volume"] == pl.String else 0)
