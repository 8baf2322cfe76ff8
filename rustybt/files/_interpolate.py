"""Missing prices on a line between their neighbours, in a file that comes piece by piece.

What a gap ends with may stand any number of pieces later, and its decimals are those of the whole column. So the file
is read twice: the first time tells where gaps that reach beyond a piece end, the second fills them. Kept meanwhile are
a few numbers an asset, and the end of each such gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

import polars as pl

from rustybt.core import decimals, div_half_even, is_number

_NO_NAME: Final = "\0"
"""Stands for the rows without a symbol, which are filled among themselves."""

type _Point = tuple[int, str]
"""A number's row among those of its asset, and the number as text."""
type _Line = tuple[str, str]
"""Asset and column."""


class Lines:
    """The gaps of one file. `look` sees all pieces first, then `fill` sees them again, cut in the same way.

    columns: those to fill. by: the column that tells the assets apart, None where all rows are one asset's.
    """

    def __init__(self, columns: tuple[str, ...], by: str | None) -> None:
        self._columns = columns
        self._by = by
        self._places: dict[_Line, int] = {}
        self._open: set[_Line] = set()
        self._ends: dict[_Line, deque[_Point]] = {}
        self._looked: dict[str, int] = {}
        self._filled: dict[str, int] = {}
        self._last: dict[str, dict[str, _Point]] = {name: {} for name in columns}

    def look(self, frame: pl.DataFrame) -> None:
        """Takes note of a piece. frame: columns of text, null where missing."""
        frame = self._placed(frame, self._looked)
        told = [pl.len().alias("rows")]
        for name in self._columns:
            known, at = is_number(name), pl.col("_at")
            told += [
                decimals(name).max().alias(f"{name} places"),
                at.filter(known).first().alias(f"{name} at"),
                pl.col(name).filter(known).first().alias(f"{name} text"),
                (at.filter(pl.col(name).is_null()).max() > at.filter(known).max().fill_null(-1)).alias(f"{name} open"),
            ]
        for row in frame.group_by("_by").agg(told).iter_rows(named=True):
            asset = row["_by"]
            self._looked[asset] = self._looked.get(asset, 0) + row["rows"]
            for name in self._columns:
                self._note((asset, name), row[f"{name} places"], row[f"{name} at"], row[f"{name} text"])
                if row[f"{name} open"]:
                    self._open.add((asset, name))

    def _note(self, line: _Line, places: int | None, at: int | None, text: str | None) -> None:
        self._places[line] = max(self._places.get(line, 0), places or 0)
        if at is not None and text is not None and line in self._open:
            self._ends.setdefault(line, deque()).append((at, text))
            self._open.discard(line)

    def fill(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A piece with its gaps filled, those aside that nothing comes before or after."""
        placed = self._placed(frame, self._filled).with_row_index("_index")
        counts = dict(placed.group_by("_by").agg(pl.len()).iter_rows())
        for name in self._columns:
            before = self._last[name]
            known = placed.filter(is_number(name)).group_by("_by").agg(pl.col("_at", name).last())
            if placed[name].null_count():
                frame = self._filled_in(frame, placed, name, before, self._later(name, counts))
            self._last[name] = before | {asset: (at, text) for asset, at, text in known.iter_rows()}
        for asset, rows in counts.items():
            self._filled[asset] = self._filled.get(asset, 0) + rows
        return frame

    def _later(self, name: str, counts: Mapping[str, int]) -> dict[str, _Point]:
        """The points that end the gaps that are open at this piece's end, of the assets in it."""
        later = {}
        for asset, rows in counts.items():
            ends = self._ends.get((asset, name))
            beyond = self._filled.get(asset, 0) + rows
            while ends and ends[0][0] < beyond:
                ends.popleft()
            if ends:
                later[asset] = ends[0]
        return later

    def _filled_in(
        self,
        frame: pl.DataFrame,
        placed: pl.DataFrame,
        name: str,
        before: Mapping[str, _Point],
        later: Mapping[str, _Point],
    ) -> pl.DataFrame:
        point = pl.when(is_number(name)).then(pl.struct(pl.col("_at").alias("at"), pl.col(name).alias("text")))
        gaps = (
            placed.select("_index", "_by", "_at", name, point.alias("point"))
            .with_columns(
                left=pl.col("point").forward_fill().over("_by"),
                right=pl.col("point").backward_fill().over("_by"),
            )
            .filter(pl.col(name).is_null())
            .select("_index", "_by", "_at", "left", "right")
        )
        values = list(self._values(name, gaps, before, later))
        if not values:
            return frame
        found = pl.DataFrame(values, schema={"_index": pl.UInt32, "_value": pl.String}, orient="row")
        found = placed.select("_index").join(found, on="_index", how="left", maintain_order="left")
        return frame.with_columns(pl.coalesce(frame[name], found["_value"]).alias(name))

    def _values(
        self, name: str, gaps: pl.DataFrame, before: Mapping[str, _Point], later: Mapping[str, _Point]
    ) -> Iterator[tuple[int, str]]:
        for index, asset, at, left, right in gaps.iter_rows():
            start = (left["at"], left["text"]) if left else before.get(asset)
            end = (right["at"], right["text"]) if right else later.get(asset)
            if start and end:
                yield index, _between(start, end, at, self._places[asset, name])

    def _placed(self, frame: pl.DataFrame, counts: Mapping[str, int]) -> pl.DataFrame:
        """The rows with their asset `_by`, and `_at`, their number among all rows of that asset."""
        by = pl.col(self._by).fill_null(_NO_NAME) if self._by else pl.lit(_NO_NAME)
        earlier = pl.col("_by").replace_strict(dict(counts), default=0, return_dtype=pl.Int64)
        return (
            frame.select(by.alias("_by"), *self._columns)
            .with_columns(pl.int_range(pl.len(), dtype=pl.Int64).over("_by").alias("_at"))
            .with_columns(pl.col("_at") + earlier)
        )


def _between(start: _Point, end: _Point, at: int, places: int) -> str:
    """The value in row `at` of the line from start to end, half-even at that many decimals."""
    low, high = Fraction(start[1]), Fraction(end[1])
    exact = (low + (high - low) * (at - start[0]) / (end[0] - start[0])) * 10**places
    units = div_half_even(exact.numerator, exact.denominator)
    whole, rest = divmod(abs(units), 10**places)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{rest:0{places}}" if places else f"{sign}{whole}"
