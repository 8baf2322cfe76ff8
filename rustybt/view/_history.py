"""Windows of past bars, adjusted as of the moment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from rustybt.core import Asset, date_of, datetime_column, decimal_column, div_half_even, series_of
from rustybt.errors import HistoryWindowStartsBeforeData
from rustybt.view._asked import as_columns
from rustybt.view._grid import Grid, Place
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView

PRICE_FIELDS = ("price", "open", "high", "low", "close")
FIELDS = (*PRICE_FIELDS, "volume")
_COLUMNS_AT_ONCE = 16
"""A row of so many floats is two lines of a processor's cache, which are written whole."""


type Block = tuple[npt.NDArray[np.float64], list[tuple[int, Instrument]]]
"""All bars of several assets, a column each, and those whose windows may have to be restated or rounded."""


class History:
    """Columns of all bars from the first one loaded to the last of the run, from which windows are cut.

    The columns reach past the moment; `window` never does. A window is a slice of a cached column, and only where
    a split or a dividend lies within it are its earlier values restated.
    """

    __slots__ = (
        "_blocks",
        "_columns",
        "_elsewhere",
        "_frames",
        "_grid",
        "_keys",
        "_last_frame",
        "_rounding",
        "_stamps",
        "decimals",
        "market",
        "offset",
        "plain",
        "rounds_last",
    )

    def __init__(self, market: MarketView, decimals: int | None) -> None:
        self.market = market
        self.decimals = decimals
        # whether Zipline's rounding comes after what takes effect with the session's first bar, or before it
        self.rounds_last = False
        self._elsewhere = 0
        self._reset()

    def _reset(self) -> None:
        self._grid = Grid(self.market.axis, self.market.first_loaded)
        self.offset, self._keys = self._grid.offset, self._grid.keys
        self._stamps: pl.Series | None = None
        # of assets that nothing restates or rounds: any window is a slice
        self.plain: dict[str, dict[int, tuple[Asset, pl.Series]]] = {}
        self._last_frame: tuple[list[Instrument], str, pl.DataFrame, list[tuple[int, Instrument]]] | None = None
        # by field, of the assets that were asked for last
        self._blocks: tuple[
            list[Instrument], dict[str, tuple[npt.NDArray[np.float64], list[tuple[int, Instrument]]]]
        ] = (
            [],
            {},
        )
        self._columns: dict[tuple[int, str], pl.Series] = {}
        self._frames: dict[tuple[tuple[int, ...], str], tuple[pl.DataFrame, list[tuple[int, Instrument]]]] = {}
        self._rounding: dict[int, bool] = {}

    def bounds(self, count: int, elsewhere: int = 0) -> tuple[int, int]:
        """Start and length of the window of the last bars. Raises HistoryWindowStartsBeforeData.

        elsewhere: bars of the window that come from elsewhere, and were asked for too.
        """
        self._elsewhere = elsewhere
        start = self.offset + self.market.bar - count
        if start < 0:
            self._reach(count)
            start = self.offset + self.market.bar - count
        return start, count

    def _reach(self, count: int) -> None:
        market = self.market
        missing = count - self.offset - market.bar
        first = market.first_loaded
        while first > market.first_data and missing > 0:
            step = min(first - market.first_data, market.axis.first_session - first + 1)
            missing -= market.axis.bars_in(first - step, first - 1)
            first -= step
        if missing > 0:
            day = date_of(int(market.axis.calendar.days[market.first_data]))
            bars = f"{missing} bar{'s' if missing > 1 else ''}"
            later = market.axis.day_from(1 + missing)
            named = f": start='{later}'" if later else ""
            raise HistoryWindowStartsBeforeData(
                f"A window of {count + self._elsewhere} bars of '{market.frequency}' reaches {bars} before the "
                f"bundle's first session, {day}. Ask for fewer bars, or start the run {bars} later{named}."
            )
        market.extend(first)
        self._reset()

    def series(self, instrument: Instrument, field: str, start: int, count: int) -> pl.Series:
        """A window of one field as Float64, null where there is no bar."""
        column = self._columns.get((instrument.asset.sid, field))
        if column is None:
            column = self._column(instrument, field)
        window = column.slice(start, count)
        active = self._active(instrument, start, count) if instrument.adjustments else []
        if not active and (self.decimals is None or not self._rounds(instrument)):
            if not instrument.adjustments:
                self.plain.setdefault(field, {})[instrument.asset.sid] = instrument.asset, column
            return window
        end = len(self._keys) + 1 if self.rounds_last else start + count
        window = _restate(window, [a for a in active if a[0] < end], field, start)
        window = self._rounded(window, instrument, field, start)
        # what takes effect with the session's first bar, which is not visible yet
        return _restate(window, [a for a in active if a[0] >= end], field, start)

    def _rounded(self, window: pl.Series, instrument: Instrument, field: str, start: int) -> pl.Series:
        """Zipline's rounding, where it was asked for.

        A price carried into the window is, as there, that of the last bar with a trade, and keeps its digits.
        """
        if self.decimals is None:
            return window
        decimals = self._decimals_of(instrument)
        rounded = window.round(decimals)
        if field == "price":
            here = self._grid.alignment(instrument).present[start : start + len(window)]
            lived = max(self._grid.end(instrument) + 1 - start, 0)  # after the asset's end there is nothing to carry
            carried = min(int(np.argmax(here)) if here.any() else len(window), lived)
            if carried:
                seed = self._seed(instrument, start, len(window))
                lead = pl.Series(field, [seed] * carried, dtype=pl.Float64)
                rounded = pl.concat([lead, rounded.tail(len(window) - carried)])
            alive = self._grid.end(instrument) + 1 - start
            if alive < len(window):
                gone = len(window) - max(alive, 0)
                rounded = pl.concat([rounded.head(max(alive, 0)), pl.Series(field, [None] * gone, dtype=pl.Float64)])
        return rounded

    def _decimals_of(self, instrument: Instrument) -> int:
        """Zipline's decimals; of a future those of its tick."""
        return instrument.tick[1] if instrument.is_future else self.decimals or 0

    def _rounds(self, instrument: Instrument) -> bool:
        """Whether Zipline's rounding and carrying can change a window in which no adjustment lies.

        They can't where prices have no more decimals than are kept, and every bar of the asset's life has a trade.
        """
        known = self._rounding.get(instrument.asset.sid)
        if known is None:
            known = self.decimals is not None and (
                instrument.raw_scale > self._decimals_of(instrument)
                or instrument.has_idle_rows
                or self._has_gaps(instrument)
            )
            self._rounding[instrument.asset.sid] = known
        return known

    def _has_gaps(self, instrument: Instrument) -> bool:
        """Whether a bar after the first one is missing, up to the end of the asset's life."""
        alignment, lived = self._grid.alignment(instrument), slice(0, self._grid.end(instrument) + 1)
        return not alignment.complete and bool((alignment.found[lived] & ~alignment.present[lived]).any())

    def _seed(self, instrument: Instrument, start: int, count: int) -> float | None:
        """The close of the last bar with a trade up to the window's first one, restated as of its last."""
        row = int(self._grid.alignment(instrument).rows[start])
        row = instrument.traded_row(row) if row >= 0 else -1
        if row < 0:
            return None
        now = self.market.now_key() if self.rounds_last else int(self._keys[start + count - 1])
        factor = instrument.price_factor(int(instrument.raw.stamps[row]), now)
        return float(int(instrument.raw.close[row]) * factor / 10**instrument.raw_scale)

    def frame(
        self, instruments: list[Instrument], name: Callable[[Asset], str], field: str, start: int, count: int
    ) -> pl.DataFrame:
        """A window of one field of several assets, a column each. name: how to call an asset's column."""
        last = self._last_frame
        if last is None or last[0] is not instruments or last[1] != field:
            last = self._last_frame = instruments, field, *self._whole_frame(instruments, name, field)
        _, _, whole, special = last
        window = whole.slice(start, count)
        for position, instrument in special:
            if self._rounds(instrument) or self._active(instrument, start, count):
                restated = self.series(instrument, field, start, count)
                window.replace_column(position, restated.alias(name(instrument.asset)))
        return window

    def block(self, instruments: list[Instrument], field: str, start: int, count: int) -> npt.NDArray[np.float64]:
        """What `frame` gives, as an array: a row per bar, a column per asset, NaN where there is no bar.

        A copy: a view of an array shows all of it by its `base`, what is to come included.
        """
        if self._blocks[0] is not instruments:
            self._blocks = instruments, {}
        kept = self._blocks[1].get(field)
        if kept is None:
            special = [(i, x) for i, x in enumerate(instruments) if x.adjustments or self._rounds(x)]
            kept = self._blocks[1][field] = self._whole_block(instruments, field), special
        whole, special = kept
        window: npt.NDArray[np.float64] = whole[start : start + count].copy()
        for position, instrument in special:
            if self._rounds(instrument) or self._active(instrument, start, count):
                window[:, position] = self.series(instrument, field, start, count).to_numpy()
        return window

    def _whole_block(self, instruments: list[Instrument], field: str) -> npt.NDArray[np.float64]:
        """All bars of several assets, a column each: those that are slices of the catalog's columns a few at a time."""
        whole = np.empty((len(self._keys), len(instruments)))
        units = np.ones(len(instruments))
        for first in range(0, len(instruments), _COLUMNS_AT_ONCE):
            several = instruments[first : first + _COLUMNS_AT_ONCE]
            place = slice(first, first + len(several))
            slices = [self._slice_of(x, field) for x in several]
            if all(values is not None for values in slices):
                whole[:, place] = np.array(slices).T
                units[place] = [10.0 ** (x.asset.volume_scale if field == "volume" else x.price_scale) for x in several]
            else:
                whole[:, place] = np.column_stack([self._grid.numbers(x, field) for x in several])
        whole /= units
        return whole

    def _slice_of(self, instrument: Instrument, field: str) -> npt.NDArray[np.int64] | None:
        """The integers of a field at all bars, where each bar is one of the asset's life and has its own row."""
        alignment = self._grid.alignment(instrument)
        if alignment.row_slice is None or alignment.leading or self._grid.end(instrument) + 1 < len(self._keys):
            return None
        values = getattr(instrument.raw, "close" if field == "price" else field)
        return None if isinstance(values, list) else values[alignment.row_slice]

    def _whole_frame(
        self, instruments: list[Instrument], name: Callable[[Asset], str], field: str
    ) -> tuple[pl.DataFrame, list[tuple[int, Instrument]]]:
        """All bars of several assets, and those of them whose windows may have to be restated or rounded."""
        key = (tuple([x.asset.sid for x in instruments]), field)
        kept = self._frames.get(key)
        if kept is None:
            whole = as_columns([self._column(x, field).alias(name(x.asset)) for x in instruments])
            special = [(i, x) for i, x in enumerate(instruments) if x.adjustments or self._rounds(x)]
            kept = self._frames[key] = whole, special
        return kept

    def exact(self, instrument: Instrument, field: str, start: int, count: int) -> pl.Series:
        """A window of one field as Decimal, restated exactly, with one rounding where a factor leaves no choice."""
        return decimal_column(field, *self.integers(instrument, field, start, count))

    def integers(self, instrument: Instrument, field: str, start: int, count: int) -> tuple[list[int | None], int]:
        """What `exact` gives, as integers and their scale."""
        rows = self._grid.alignment(instrument).rows[start : start + count].tolist()
        keys = self._keys[start : start + count].tolist()
        stamps = instrument.raw.stamps
        values = getattr(instrument.raw, "close" if field == "price" else field)
        end = self._grid.end(instrument)
        places = self._active(instrument, start, count)
        now = self.market.now_key()
        known = any(adjustment.key <= now for adjustment in instrument.adjustments)
        scale = instrument.fill_scale if known else instrument.price_scale
        if field == "volume":
            scale = instrument.asset.volume_scale + (10 if places else 0)
        own = instrument.asset.volume_scale if field == "volume" else instrument.raw_scale
        # whole, but where bars were restated
        unit = Fraction(10**scale, 10**own)
        result: list[int | None] = []
        for index, (row, key) in enumerate(zip(rows, keys, strict=True)):
            here = row >= 0 and int(stamps[row]) == key
            if start + index > end or (not here and not (field == "price" and row >= 0)):
                result.append(0 if field == "volume" else None)
                continue
            if unit.denominator == 1 and here and not places:
                value = int(values[row]) * unit.numerator
            else:
                factor = unit if here else unit * instrument.price_factor(int(stamps[row]), key)
                for place, price, volume, _ in places:
                    if start + index < place:
                        factor = factor / volume if field == "volume" else factor * price
                value = div_half_even(int(values[row]) * factor.numerator, factor.denominator)
            if self.decimals is not None and here and scale > self.decimals:
                kept = 10 ** (scale - self.decimals)
                value = div_half_even(value, kept) * kept
            result.append(value)
        return result, scale

    def stamps(self, start: int, count: int) -> pl.Series:
        """The stamps of the bars in a window: when each was over."""
        if self._stamps is None:
            axis = self.market.axis
            if axis.daily:
                first = axis.first_session - self.offset
                before = axis.ends_of(first, axis.first_session)
                self._stamps = datetime_column("timestamp", np.concatenate([before, axis.stamps[1:]]))
            else:
                self._stamps = datetime_column("timestamp", self._keys)
        return self._stamps.slice(start, count)

    def _column(self, instrument: Instrument, field: str) -> pl.Series:
        key = (instrument.asset.sid, field)
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = series_of(self._grid.numbers(instrument, field), field, nan_to_null=True)
        return column

    def _active(self, instrument: Instrument, start: int, count: int) -> list[Place]:
        """The adjustments that lie within a window and are known at this moment: place, factors, key."""
        places = self._grid.places(instrument)
        if not self.market.before_open:
            last = start + count - 1
            return [place for place in places if start < place[0] <= last]
        # of the coming week or month only what takes effect with its first session
        last, now = start + count, self.market.now_key()
        return [place for place in places if start < place[0] <= last and place[3] <= now]


def _restate(window: pl.Series, active: list[Place], field: str, start: int) -> pl.Series:
    """The window with the values before each adjustment made comparable with those after it."""
    if not active:
        return window
    factors = np.ones(len(window))
    for place, price, volume, _ in active:
        factors[: place - start] *= float(1 / volume) if field == "volume" else float(price)
    return (window * series_of(factors)).alias(window.name)


def is_exact(dtype: Any) -> bool:
    """Whether a caller asked for exact numbers. Raises TypeError for what is neither float nor Decimal."""
    if dtype is Decimal:
        return True
    if dtype is float:
        return False
    raise TypeError(f"dtype={dtype!r}: ask for float or Decimal.")
