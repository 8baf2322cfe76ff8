"""What a run expects of a trigger of one's own, as tests."""

from __future__ import annotations

import abc
import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from rustybt.core import Asset
from rustybt.engine import Market, Run, load_data
from rustybt.strategy import Trigger


class TriggerContract(abc.ABC):
    """Tests that hold a trigger for `on_event` to its protocol: a subclass of yours in a test file runs them all.

    make: a fresh trigger for an asset. bars: those of one asset on which it fires now and then; by default 60 days of
    prices that rise and fall. data_frequency: the length of these bars, as `run_algorithm` takes it.

    >>> from rustybt.testing import TriggerContract
    >>> class Above:
    ...     def __init__(self, asset):
    ...         self.asset = asset
    ...
    ...     def fires(self, moment, data):
    ...         return data.current(self.asset, "price") > 110
    >>> class TestAbove(TriggerContract):
    ...     def make(self, asset):
    ...         return Above(asset)
    >>> TestAbove().test_it_fires_now_and_then()
    """

    data_frequency: str = "daily"

    @abc.abstractmethod
    def make(self, asset: Asset) -> Trigger:
        """A trigger that nobody has asked yet; each call gives one that shares nothing with the others."""

    def bars(self) -> pl.DataFrame:
        """Bars of one asset: date, or timestamp of their end, open, high, low, close, volume, oldest first."""
        days = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(60)]
        closes = [100 + (13 * day) % 17 - (7 * day) % 11 for day in range(60)]
        opens = [100, *closes[:-1]]
        pairs = list(zip(opens, closes, strict=True))
        return pl.DataFrame(
            {
                "date": days,
                "open": opens,
                "high": [max(pair) + 1 for pair in pairs],
                "low": [min(pair) - 1 for pair in pairs],
                "close": closes,
                "volume": [1_000 + 100 * (day % 7) for day in range(60)],
            }
        )

    def _run(self, bars: pl.DataFrame, made: Trigger | None = None) -> tuple[Run, list[dt.datetime]]:
        """A run before its first bar, and the moments at which the trigger fires in it, which it fills."""
        moments: list[dt.datetime] = []

        def initialize(context: Any) -> None:
            trigger = self.make(context.symbol("X")) if made is None else made
            context.on_event(_Checked(trigger), fired)

        def fired(context: Any, data: Any) -> None:
            moments.append(data.current_dt)

        market = self._market(bars)
        return Run(initialize=initialize, handle_data=_nothing, market=market, progress=False), moments

    def _market(self, bars: pl.DataFrame) -> Market:
        stamp = None if self.data_frequency == "daily" else "end"
        return load_data({"X": bars}, data_frequency=self.data_frequency, stamp=stamp)

    def _moments(self, bars: pl.DataFrame, made: Trigger | None = None) -> list[dt.datetime]:
        run, moments = self._run(bars, made)
        run.finish()
        return moments

    def test_it_fires_now_and_then(self) -> None:
        bars = self.bars()
        fired = self._moments(bars)
        assert 0 < len(fired) < bars.height, f"it fired {len(fired)} times on {bars.height} bars: give others in bars()"

    def test_it_fires_at_the_same_moments_each_time(self) -> None:
        first, second = self._moments(self.bars()), self._moments(self.bars())
        assert first == second, "two fresh ones fire at other moments on the same bars"

    def test_what_comes_later_changes_nothing(self) -> None:
        bars = self.bars()
        whole = self._moments(bars)
        for kept in (bars.height // 3, 2 * bars.height // 3):
            later = pl.int_range(pl.len()) >= kept
            prices = [pl.when(later).then(pl.lit(7)).otherwise(pl.col(name)).alias(name) for name in PRICES]
            stamps = bars[bars.columns[0]]
            garbled = self._moments(bars.with_columns(prices))
            known = _until(whole, stamps, kept)
            assert _until(garbled, stamps, kept) == known, f"bars after the first {kept} changed when it fired before"
            alone = _until(self._moments(bars.head(kept)), stamps, kept)
            assert alone == known, f"without the bars after the first {kept} it fires otherwise"

    def test_a_run_leaves_it_as_it_was(self) -> None:
        found: list[Asset] = []

        def look_up(context: Any) -> None:
            found.append(context.symbol("X"))

        Run(initialize=look_up, market=self._market(self.bars()), progress=False)
        one = self.make(found[0])
        assert self._moments(self.bars(), one) == self._moments(self.bars(), one), "it keeps things outside of itself"

    def test_a_run_that_is_stopped_goes_on(self) -> None:
        run, moments = self._run(self.bars())
        for _ in range(3 * (self.bars().height // 2)):
            run.step()
        fork = run.fork()
        before = len(moments)
        run.finish()
        straight = moments[before:]
        del moments[before:]
        fork.finish()
        assert moments[before:] == straight, "what it remembers is not on itself, or can't be copied"


PRICES = ("open", "high", "low", "close")


class _Checked(Trigger):
    """A trigger whose answers are looked at."""

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger

    def fires(self, moment: dt.datetime, data: Any) -> bool:
        found = self.trigger.fires(moment, data)
        assert isinstance(found, bool | np.bool_), f"fires() returned {found!r} at {moment}: return True or False"
        return bool(found)


def _nothing(context: Any, data: Any) -> None:
    pass


def _until(moments: list[dt.datetime], stamps: pl.Series, kept: int) -> list[dt.datetime]:
    """Those of the first bars."""
    last = stamps[kept - 1]
    if isinstance(last, dt.datetime):
        end = last if last.tzinfo is not None else last.replace(tzinfo=dt.UTC)
        return [moment for moment in moments if moment <= end]
    # the day of a session of 24/7 ends with midnight
    return [moment for moment in moments if (moment - dt.timedelta(seconds=1)).date() <= last]
