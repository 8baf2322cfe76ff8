"""Market data of one asset on one axis of bars, as integers: what any number of runs may share."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rustybt.core import EXTRA_PRICE_DECIMALS, WITHOUT_VOLUME, Asset, CashDividend, Split, div_half_even, scaled
from rustybt.view._rows import Alignment

ENDLESS: Final = 10**24
"""Units; an order is for fewer than 1e18, and a slippage model lets it have a share of it."""

_MOST: Final = int(np.iinfo(np.int64).max)

type Column = npt.NDArray[np.int64] | list[int]


class Adjustment(NamedTuple):
    """What a split or a dividend does to earlier bars.

    key: bars with a smaller key are before it. day: its ex-day. session: the run's session, in a run of weeks or months
    its step, with which it takes effect (negative before the run). price: factor of earlier prices. volume: divisor of
    earlier volumes. in_cash: whether it is a cash dividend.
    """

    key: int
    day: int
    session: int
    price: Fraction
    volume: Fraction
    in_cash: bool = False


class Track:
    """Bars and corporate actions of an asset on an axis. `Tracks` makes it; nothing changes it afterwards.

    The columns hold one value per bar of the axis, bar 0 included, and are read-only. price: the last close, carried
    over bars without one and adjusted across them. volume: 0 where there was no trade. present: whether the bar has a
    row. has_idle_rows: whether some row has no volume. first: the first bar with a price; start, last: the first and
    the last bar of the asset's life; closing: the last one on which it can be ordered; priced: the first of its life
    with a price. daily_settled: whether gains and losses go to cash, as those of futures and perpetuals do; is_future:
    whether it is one with an expiry. tradable: the volume that orders may share of a bar: what was traded, and without
    bound where a currency's bar tells of none. Price columns are at mark_scale; fills and adjusted prices at
    fill_scale. raw_scale: of the prices in `raw`.
    """

    __slots__ = (
        "_alignment",
        "_derived",
        "_rows",
        "_traded_rows",
        "adjustments",
        "asset",
        "closing",
        "daily_settled",
        "dividends",
        "fill_scale",
        "first",
        "has_idle_rows",
        "is_future",
        "last",
        "mark_scale",
        "mark_to_fill_scale",
        "multiplier",
        "multiplier_scale",
        "present",
        "price",
        "price_scale",
        "priced",
        "quantity_scale",
        "raw",
        "raw_scale",
        "splits",
        "start",
        "step",
        "tick",
        "tradable",
        "volume",
    )

    def __init__(self, asset: Asset, raw: Any, splits: list[Split], dividends: list[CashDividend]) -> None:
        self.asset = asset
        self.raw = raw
        self.splits = splits
        self.dividends = dividends
        self.adjustments: list[Adjustment] = []
        self.is_future = asset.kind == "future"
        self.daily_settled = self.is_future or asset.kind == "perpetual"
        self.price_scale = asset.price_scale
        self.raw_scale = asset.price_scale + getattr(raw, "extra", 0)
        self.fill_scale = asset.price_scale + EXTRA_PRICE_DECIMALS
        step, step_scale = _scaled(str(asset.quantity_step))
        # quantities and volumes share one scale, so that a share of the volume needs no conversion
        self.quantity_scale = max(step_scale, asset.volume_scale)
        self.step = step * 10 ** (self.quantity_scale - step_scale)
        self.multiplier, self.multiplier_scale = _scaled(str(asset.multiplier))
        self.tick = _scaled(str(asset.tick_size))
        self.start = 0
        self.closing = 0
        self.priced = 0

    def align(
        self,
        keys: npt.NDArray[np.int64],
        alignment: Alignment,
        last_bar: int,
        *,
        traded_only: bool,
        prices: list[int] | None = None,
        finer: bool = False,
    ) -> None:
        """Lays the rows out on the axis. last_bar: the last bar of the asset's life within the run.

        alignment: where the rows lie on the axis, which has these keys.
        traded_only: the price of a bar without a row is that of the last row with a trade, as Zipline has it for
        minutes; for daily bars a row without volume counts too.
        prices: of the bars, at fill_scale, where shorter bars say what they are. finer: whether the price columns must
        be at fill_scale.
        """
        self._alignment = alignment
        self._rows = alignment.rows
        self._traded_rows, self.has_idle_rows = self._last_traded_rows()
        rows, found, present = alignment.rows, alignment.found, alignment.present
        # columns made when they are first asked for: whoever asks finds the same ones
        self._derived: dict[str, Sequence[int]] = {}
        self.present: Sequence[int] = memoryview(present.view(np.uint8)).toreadonly()
        self.last = last_bar
        self.volume = self._lay(self._scaled_volume(), 0)
        self.tradable = self.volume if self.asset.kind != "forex" else self._without_bound()
        carried, self.first = rows, alignment.leading
        if traded_only and alignment.row_slice is None and found.any():
            carried = np.where(present, rows, np.where(found, self._traded_rows[rows], -1))
            last = max(last_bar, 0)
            carried[last + 1 :] = carried[last]  # after its life no price is asked for: it keeps the last one
            priced = carried >= 0
            self.first = int(np.argmax(priced)) if priced.any() else len(keys)
        self.mark_scale = self.price_scale if prices is None and not finer else self.fill_scale
        self.price: Sequence[int] = self._carry(keys, carried) if prices is None else prices
        self.mark_to_fill_scale = 10 ** (self.fill_scale - self.mark_scale)

    def row_of(self, bar: int) -> int:
        """The last row up to a bar; -1 where there is none."""
        return int(self._rows[bar])

    def column(self, field: str) -> Sequence[int]:
        """Open, high, low or close at mark_scale; 0 where the bar has no row (ask `present` first)."""
        column = self._derived.get(field)
        if column is None:
            values = getattr(self.raw, field)
            up = 10 ** (self.mark_scale - self.raw_scale)
            if up != 1:
                values = [int(v) * up for v in values]
            column = self._derived[field] = self._lay(values, 0)
        return column

    @property
    def close(self) -> Sequence[int]:
        """The closes, at mark_scale."""
        return self.column("close")

    def trades(self) -> Sequence[int]:
        """For each bar the key of the last one up to it that had a trade; -1 where there was none."""
        trades = self._derived.get("last_traded")
        if trades is None:
            rows = self._rows
            keys = np.full(len(rows), -1, dtype=np.int64)
            traded = np.where(rows >= 0, self._traded_rows[rows], -1) if len(self._traded_rows) else keys
            keys[traded >= 0] = self.raw.stamps[traded[traded >= 0]]
            trades = self._derived["last_traded"] = memoryview(keys).toreadonly()
        return trades

    def traded_row(self, row: int) -> int:
        """The last row up to this one that had a trade; -1 where there is none."""
        return int(self._traded_rows[row])

    def price_of_last_trade(self, bar: int, now_key: int) -> int | None:
        """The close of the last row with a trade up to a bar, restated as of a later key, at fill_scale."""
        row = int(self._rows[bar])
        row = self.traded_row(row) if row >= 0 else -1
        if row < 0:
            return None
        factor = self.price_factor(int(self.raw.stamps[row]), now_key)
        return adjusted(int(self.raw.close[row]), factor, 10 ** (self.fill_scale - self.raw_scale))

    def _last_traded_rows(self) -> tuple[npt.NDArray[np.int64], bool]:
        """For each row the last one up to it with a volume, -1 where there is none; and whether some row has none."""
        volume = self.raw.volume
        every = _places(len(self.raw.stamps))
        if self.asset.kind in WITHOUT_VOLUME or not len(every):
            return every, False
        if (min(volume) if isinstance(volume, list) else volume.min()) > 0:
            return every, False
        traded = np.array([v > 0 for v in volume], dtype=bool) if isinstance(volume, list) else volume > 0
        return np.maximum.accumulate(np.where(traded, every, -1)), True

    def _scaled_volume(self) -> Column:
        up = 10 ** (self.quantity_scale - self.asset.volume_scale)
        volume: Column = self.raw.volume
        if up == 1:
            return volume
        if not isinstance(volume, list) and (not len(volume) or int(volume.max()) <= _MOST // up):
            scaled_up: Column = volume * up
            return scaled_up
        return [int(v) * up for v in volume]

    def _without_bound(self) -> Sequence[int]:
        """The volume of each bar; more than any order asks for where the bar is there and has none."""
        endless = ENDLESS * 10**self.quantity_scale
        return [volume or (endless if here else 0) for volume, here in zip(self.volume, self.present, strict=True)]

    def _lay(self, values: Column, missing: int) -> Sequence[int]:
        """Values of the rows at their bars, `missing` elsewhere."""
        rows, _, present, complete, leading, row_slice = self._alignment
        if row_slice is not None:
            if isinstance(values, list):
                return [missing] * leading + values[row_slice]
            # without leading bars no copy: the catalog's column serves as it is
            whole = values[row_slice]
            if leading:
                whole = np.concatenate([np.full(leading, missing, dtype=np.int64), whole])
            return memoryview(whole).toreadonly()
        if isinstance(values, list):
            return [values[row] if here else missing for row, here in zip(rows.tolist(), present.tolist(), strict=True)]
        if complete:
            return memoryview(values[rows]).toreadonly()
        laid = np.full(len(rows), missing, dtype=np.int64)
        laid[present] = values[rows[present]]
        return memoryview(laid).toreadonly()

    def _carry(self, keys: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Sequence[int]:
        """The close of each bar's row, adjusted where a split or dividend lies between the row and the bar."""
        closes, stamps = self.raw.close, self.raw.stamps
        fixes: dict[int, int] = {}
        for bar in self._stale_bars(keys, rows):
            factor = self.price_factor(int(stamps[rows[bar]]), int(keys[bar]))
            if factor != 1:
                fixes[bar] = adjusted(int(closes[rows[bar]]), factor, 10 ** (self.fill_scale - self.raw_scale))
        if fixes:
            self.mark_scale = self.fill_scale
        if self.mark_scale == self.raw_scale and not isinstance(closes, list):
            if self._alignment.row_slice is not None or self._alignment.complete:
                return self._lay(closes, 0)
            laid = np.zeros(len(rows), dtype=np.int64)
            laid[rows >= 0] = closes[rows[rows >= 0]]
            return memoryview(laid).toreadonly()
        up = 10 ** (self.mark_scale - self.raw_scale)
        carried = [int(closes[row]) * up if row >= 0 else 0 for row in rows.tolist()]
        for bar, price in fixes.items():
            carried[bar] = price
        return carried

    def _stale_bars(self, keys: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> list[int]:
        """The bars whose price is that of an earlier row, and which some adjustment may touch."""
        if not self.adjustments or not len(self.raw.stamps):
            return []
        stale: list[int] = np.flatnonzero((rows >= 0) & (self.raw.stamps[rows] != keys)).tolist()
        return stale

    def price_factor(self, row_key: int, now_key: int) -> Fraction:
        """What makes a price of one bar comparable with those of a later one."""
        factor = Fraction(1)
        for adjustment in self.adjustments:
            if row_key < adjustment.key <= now_key:
                factor *= adjustment.price
        return factor

    def overnight(self, session: int, *, volume: bool = False) -> Fraction:
        """The factor by which actions change a price, or a volume, that take effect with a session's first bar.

        session: as `Axis.opening` has it.
        """
        factor = Fraction(1)
        for adjustment in self.adjustments:
            if adjustment.session == session:
                factor *= 1 / adjustment.volume if volume else adjustment.price
        return factor

    def bind(self, days: npt.NDArray[np.int32], first_key: Any, first: int, *, needs_a_bar: bool) -> None:
        """Places the corporate actions in time.

        days: on which they can take effect; first_key: of the bars from a place among these days on; first: the place
        of the run's first session.
        needs_a_bar: a dividend adjusts nothing where the session before its ex-day has no bar.
        """
        if not self.splits and not self.dividends:
            self.adjustments = []
            return
        found: list[Adjustment] = []
        for split in self.splits:
            ratio = Fraction(split.numerator, split.denominator)
            volume = Fraction(1) if split.prices_only else ratio
            found.append(self._place(split.ex_day, ratio, volume, days, first_key, first))
        for dividend in self.dividends:
            placed = self._place(dividend.ex_day, Fraction(1), Fraction(1), days, first_key, first, in_cash=True)
            before = int(np.searchsorted(self.raw.stamps, placed.key, side="left")) - 1
            if before < 0:
                continue  # no earlier price: nothing to adjust
            previous = placed.session + first - 1
            if needs_a_bar and previous >= 0 and int(self.raw.stamps[before]) < first_key(previous):
                continue
            close = Fraction(int(self.raw.close[before]), 10**self.raw_scale)
            # in the shares that the dividend is of: those of after the splits since that close
            for one in found:
                if not one.in_cash and int(self.raw.stamps[before]) < one.key < placed.key:
                    close *= one.price
            factor = 1 - Fraction(dividend.amount, 10**dividend.scale) / close
            if factor > 0:
                found.append(placed._replace(price=factor))
        self.adjustments = sorted(found, key=lambda a: a.key)

    @staticmethod
    def _place(
        ex_day: int,
        price: Fraction,
        volume: Fraction,
        days: npt.NDArray[np.int32],
        first_key: Any,
        first: int,
        *,
        in_cash: bool = False,
    ) -> Adjustment:
        session = int(np.searchsorted(days, ex_day, side="left"))
        key = first_key(session) if session < len(days) else np.iinfo(np.int64).max
        return Adjustment(int(key), ex_day, session - first, price, volume, in_cash)


@functools.lru_cache(maxsize=256)
def _scaled(text: str) -> tuple[int, int]:
    """Value and scale of a Decimal as text: most assets have the same tick, step and multiplier."""
    return scaled(Decimal(text))


@functools.lru_cache(maxsize=4)
def _places(count: int) -> npt.NDArray[np.int64]:
    """0 up to a number. Many assets have as many rows, and share them: they are read-only."""
    places = np.arange(count)
    places.flags.writeable = False
    return places


def restated(track: Track, price: int, scale: int, session: int) -> tuple[int, int]:
    """A price as it stands before a session's first bar, when the session's actions count already, and its scale.

    However many actions there are it is rounded once, at the asset's fill scale. session: as `Axis.opening` has it.
    """
    factor = track.overnight(session) if track.adjustments else 1
    if factor == 1:
        return price, scale
    return adjusted(price, Fraction(factor), 10 ** (track.fill_scale - scale)), track.fill_scale


def finer_volume(volume: int, factor: Fraction, scale: int) -> tuple[int, int]:
    """A volume times a factor, rounded with 10 decimals more than it has; and its scale."""
    return adjusted(volume, factor, 10**EXTRA_PRICE_DECIMALS), scale + EXTRA_PRICE_DECIMALS


def adjusted(value: int, factor: Fraction, up: int) -> int:
    """A price times a factor, on a grid finer by `up`, rounded half-even."""
    return div_half_even(value * factor.numerator * up, factor.denominator)
