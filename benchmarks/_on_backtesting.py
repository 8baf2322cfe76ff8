"""The scenarios of one asset on backtesting.py: averages computed at once, orders of whole units."""

from __future__ import annotations

import os
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._peer_data import load, rises, whole, windows_of
from benchmarks._scenarios import Scenario

os.environ.setdefault("TQDM_DISABLE", "1")  # its progress bar
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import backtesting

VERSION = version("backtesting")
COLUMNS = ("Open", "High", "Low", "Close", "Volume")
M1 = (10, 30)


def _mean(closes: Any, count: int) -> Any:
    """The average of the last so many closes, in whole cents summed; NaN where there are too few."""
    sums = np.cumsum(np.rint(np.asarray(closes) * 100))
    sums[count:] -= sums[:-count].copy()
    sums[: count - 1] = np.nan
    return sums / (100 * count)


class _Idle(backtesting.Strategy):  # type: ignore[misc]
    calls = 0

    def init(self) -> None:
        type(self).calls = 0

    def next(self) -> None:
        type(self).calls += 1


class _Crossing(_Idle):
    def init(self) -> None:
        super().init()
        self.short, self.long = (self.I(_mean, self.data.Close, count) for count in M1)
        self.rising = False

    def next(self) -> None:
        type(self).calls += 1
        rising = rises(self.short[-1], self.long[-1], M1)
        if rising is not self.rising:
            self.rising = rising
            if not rising:
                self.position.close()
            else:
                self.buy(size=whole(self.equity / self.data.Close[-1]))


STRATEGIES = {"M1": _Crossing, "IDLE": _Idle}


class Runner:
    """Runs a scenario in this process."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self._folder = folder

    def run(self) -> Any:
        """A whole run, from opening the data. Its first call comes one bar after the averages are there."""
        scenario = self.scenario
        bars = load(scenario, self._folder, max(windows_of(scenario)[1], 1))
        strategy = STRATEGIES[scenario.name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a position that is open at the end
            test = backtesting.Backtest(bars.frame(0, COLUMNS), strategy, cash=scenario.capital, margin=0.5)
            return test, test.run(), strategy.calls

    @staticmethod
    def outcome(run: Any) -> dict[str, Any]:
        """A run as plain values, to compare; a position that is open at the end is no trade there yet."""
        _, stats, calls = run
        fills: list[list[Any]] = []
        for trade in stats["_trades"].itertuples(index=False):
            fills.append([trade.EntryTime.value, "S000", int(trade.Size), float(trade.EntryPrice)])
            fills.append([trade.ExitTime.value, "S000", -int(trade.Size), float(trade.ExitPrice)])
        still = [[t.entry_time.value, "S000", int(t.size), float(t.entry_price)] for t in stats["_strategy"].trades]
        return {"transactions": fills + still, "calls": calls, "version": VERSION}
