"""`data.history(..., "1d")` in a run of minutes: the sessions before, and today as far as it has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from rustybt.core import Asset, datetime_column, decimal_column
from rustybt.view._history import History
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView


class SessionHistory:
    """Windows of sessions for a market of minutes; the same questions as `History` has, and its answers for the past.

    The sessions before today are a daily market of their own, cut before today's first bar, when today's corporate
    actions count already. Today is one more row, folded from the minutes up to the moment; in `before_trading_start`
    there is no such row. What lies before today is cut out once a session, today's row grows by a minute at a time.
    """

    __slots__ = ("_frames", "_history", "_market", "_partials", "_past", "_session", "daily")

    def __init__(self, market: MarketView, decimals: int | None) -> None:
        self._market = market
        self.daily = MarketView(market.tracks.by_session())
        self._history = History(self.daily, decimals)
        self._session = (-1, False)
        self._past: dict[tuple[int, str, int], pl.Series] = {}
        self._frames: dict[tuple[tuple[int, ...], str, int], pl.DataFrame] = {}
        self._partials: dict[int, PartialBar] = {}

    def bounds(self, count: int) -> tuple[int, int]:
        """Start and length of the window of the last sessions. Raises HistoryWindowStartsBeforeData."""
        market = self._market
        if self._session != (market.session, market.before_open):
            self._session = market.session, market.before_open
            self.daily.session = self.daily.bar = market.session
            self._history.rounds_last = not market.before_open
            self._past.clear()
            self._frames.clear()
        start, _ = self._history.bounds(count - self._today(), self._today())
        return start, count

    def _today(self) -> int:
        """How many rows today has: none before its first bar."""
        return 0 if self._market.before_open else 1

    def series(self, instrument: Instrument, field: str, start: int, count: int) -> pl.Series:
        """A window of one field as Float64, null where there is no bar."""
        past = self._past_of(instrument, field, start, count - self._today())
        if self._market.before_open:
            return past
        return pl.concat([past, pl.Series(field, [self._now(instrument, field, past, start)], dtype=pl.Float64)])

    def _past_of(self, instrument: Instrument, field: str, start: int, count: int) -> pl.Series:
        key = (instrument.asset.sid, field, count)
        past = self._past.get(key)
        if past is None:
            past = self._past[key] = self._history.series(self.daily.instrument(instrument.asset), field, start, count)
        return past

    def frame(
        self, instruments: list[Instrument], name: Callable[[Asset], str], field: str, start: int, count: int
    ) -> pl.DataFrame:
        """A window of one field of several assets, a column each. name: how to call an asset's column."""
        key = (tuple([x.asset.sid for x in instruments]), field, count)
        past = self._frames.get(key)
        if past is None:
            for instrument in instruments:
                self.daily.want(instrument.asset)
            daily = [self.daily.instrument(instrument.asset) for instrument in instruments]
            past = self._history.frame(daily, name, field, start, count - self._today())
            self._frames[key] = past
        if self._market.before_open:
            return past.clone()
        today = [
            pl.Series(column.name, [self._now(instrument, field, column, start)], dtype=pl.Float64)
            for instrument, column in zip(instruments, past.iter_columns(), strict=True)
        ]
        return past.vstack(pl.DataFrame(today))

    def _now(self, instrument: Instrument, field: str, past: pl.Series, start: int) -> float | None:
        """Today's value of a field so far."""
        value = self._partial(instrument).value("close" if field == "price" else field)
        if value is not None:
            scale = instrument.asset.volume_scale if field == "volume" else instrument.price_scale
            return float(value / 10**scale)
        if field != "price" or not self._alive(instrument):
            return None
        if len(past):
            carried: float | None = past[-1]
            return carried
        found = self._carried(instrument, start)
        return None if found is None else found[0] / 10 ** found[1]

    def exact(self, instrument: Instrument, field: str, start: int, count: int) -> pl.Series:
        """A window of one field as Decimal."""
        daily = self.daily.instrument(instrument.asset)
        numbers, scale = self._history.integers(daily, field, start, count - self._today())
        if self._market.before_open:
            return decimal_column(field, numbers, scale)
        value = self._partial(instrument).value("close" if field == "price" else field)
        own = instrument.asset.volume_scale if field == "volume" else instrument.price_scale
        if value is None and field == "price" and self._alive(instrument):
            carried = (numbers[-1], scale) if numbers else self._carried(instrument, start)
            value, own = carried if carried is not None else (None, 0)
        widest = max(own, scale)
        numbers = [None if n is None else n * 10 ** (widest - scale) for n in numbers]
        numbers.append(None if value is None else value * 10 ** (widest - own))
        return decimal_column(field, numbers, widest)

    def _alive(self, instrument: Instrument) -> bool:
        return instrument.start <= self._market.bar <= instrument.last

    def _carried(self, instrument: Instrument, start: int) -> tuple[int, int] | None:
        """The price before a day that has none yet, as value and scale."""
        daily = self.daily.instrument(instrument.asset)
        if self._history.decimals is not None:
            price = daily.price_of_last_trade(self.daily.bar, self.daily.now_key())
            return None if price is None else (price, daily.fill_scale)
        if not start:
            return None
        numbers, scale = self._history.integers(daily, "price", start - 1, 1)
        return None if numbers[0] is None else (numbers[0], scale)

    def _partial(self, instrument: Instrument) -> PartialBar:
        market = self._market
        partial = self._partials.get(instrument.asset.sid)
        if partial is None or partial.session != market.session:
            first = market.axis.first_key(market.axis.first_session + market.session)
            partial = self._partials[instrument.asset.sid] = PartialBar(instrument, market.session, first)
        partial.advance(market.bar, self._alive(instrument))
        return partial

    def stamps(self, start: int, count: int) -> pl.Series:
        """When each session was over; of today, the moment."""
        past = self._history.stamps(start, count - self._today())
        if self._market.before_open:
            return past
        now = int(self._market.axis.stamps[self._market.bar])
        return pl.concat([past, datetime_column("timestamp", np.array([now], dtype=np.int64))])


class PartialBar:
    """One asset's bar of a session so far, exact. It is folded on from the row after the last one that it knows."""

    __slots__ = ("_next", "_raw", "_stamp", "close", "high", "instrument", "low", "open", "session", "volume")

    def __init__(self, instrument: Instrument, session: int, first_key: int) -> None:
        self.instrument = instrument
        self.session = session
        self._raw: Any = None
        self._next = 0
        self._stamp = first_key - 1
        self.open: int | None = None
        self.high: int | None = None
        self.low: int | None = None
        self.close: int | None = None
        self.volume: int | None = 0

    def value(self, field: str) -> int | None:
        """A field of the bar, at the asset's own scale; None, for a volume 0, where there was no bar yet."""
        found: int | None = getattr(self, field)
        return found

    def advance(self, bar: int, alive: bool) -> None:
        """Folds in the rows up to a bar of the run."""
        instrument = self.instrument
        end = instrument.row_of(bar) + 1
        raw = instrument.raw
        if raw is not self._raw:
            # reaching further back renumbered the rows
            self._raw = raw
            self._next = int(np.searchsorted(raw.stamps, self._stamp, side="right"))
        begin = self._next
        if not alive or end <= begin:
            return
        self._next = end
        self._stamp = int(raw.stamps[end - 1])
        if self.open is None:
            self.open = int(raw.open[begin])
        self.close = int(raw.close[end - 1])
        if end == begin + 1:
            high, low, volume = int(raw.high[begin]), int(raw.low[begin]), int(raw.volume[begin])
        else:
            high, low = max(_plain(raw.high, begin, end)), min(_plain(raw.low, begin, end))
            volume = sum(_plain(raw.volume, begin, end))
        self.high = high if self.high is None or high > self.high else self.high
        self.low = low if self.low is None or low < self.low else self.low
        self.volume = (self.volume or 0) + volume


def _plain(column: Any, begin: int, end: int) -> list[int]:
    """A slice as Python ints."""
    cut = column[begin:end]
    return cut if isinstance(cut, list) else cut.tolist()
