"""The scenarios on backtrader: preloaded feeds, its own moving averages computed at once, sizes in whole units."""

from __future__ import annotations

import calendar
import datetime as dt
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks._peer_data import load, rises, whole, windows_of
from benchmarks._scenarios import Scenario

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings have escapes that Python warns of
    import backtrader as bt

VERSION = version("backtrader")
COLUMNS = ("open", "high", "low", "close", "volume")


class _Counting(bt.Strategy):  # type: ignore[misc]
    """Counts its bars and keeps its fills."""

    params = (("windows", (0, 0)), ("reserve", 0))

    def __init__(self) -> None:
        self.calls = 0
        self.fills: list[list[Any]] = []

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            done = order.executed
            self.fills.append([_ns(bt.num2date(done.dt)), order.data._name, int(done.size), done.price])
        elif order.status in (order.Margin, order.Rejected):
            raise RuntimeError(f"backtrader refused {order}")

    def next(self) -> None:
        self.calls += 1

    def target(self, data: Any, weight: float, value: float) -> None:
        """What order_target_percent does, of the value without the reserve."""
        size = whole(value * weight / data.close[0] - self.broker.getposition(data).size)
        if size > 0:
            self.buy(data, size=size)
        elif size < 0:
            self.sell(data, size=-size)


class _Averages(_Counting):
    def __init__(self) -> None:
        super().__init__()
        few, many = self.p.windows
        self.averages = [(bt.ind.SMA(data, period=few), bt.ind.SMA(data, period=many)) for data in self.datas]
        self.rising = False

    def rises(self, number: int) -> bool:
        short, long = self.averages[number]
        return rises(short[0], long[0], self.p.windows)


class _D50(_Averages):
    def next(self) -> None:
        self.calls += 1
        rising = [self.rises(number) for number in range(len(self.datas))]
        held = sum(rising)
        weight = 1.0 / held if held else 0.0
        value = self.broker.getvalue() - self.p.reserve
        for data, up in zip(self.datas, rising, strict=True):
            self.target(data, weight if up else 0.0, value)


class _M1(_Averages):
    def next(self) -> None:
        self.calls += 1
        rising = self.rises(0)
        if rising is not self.rising:
            self.rising = rising
            self.target(self.data, 1.0 if rising else 0.0, self.broker.getvalue() - self.p.reserve)


STRATEGIES = {"D50": _D50, "M1": _M1, "IDLE": _Counting}


def _ns(moment: dt.datetime) -> int:
    """It keeps time as days in a float, good to microseconds: to the second, then."""
    second = (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return calendar.timegm(second.timetuple()) * 10**9


class Runner:
    """Runs a scenario in this process."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self._folder = folder

    def run(self) -> Any:
        """A whole run, from opening the data."""
        scenario, windows = self.scenario, windows_of(self.scenario)
        bars = load(scenario, self._folder, max(windows[1] - 1, 0))
        cerebro = bt.Cerebro(stdstats=False)
        frame = bt.TimeFrame.Days if scenario.frequency == "daily" else bt.TimeFrame.Minutes
        for column, symbol in enumerate(bars.symbols):
            feed = bt.feeds.PandasData(dataname=bars.frame(column, COLUMNS), timeframe=frame, openinterest=None)
            cerebro.adddata(feed, name=symbol)
        cerebro.broker.setcash(2.0 * scenario.capital)
        cerebro.broker.set_checksubmit(False)
        cerebro.addstrategy(STRATEGIES[scenario.name], windows=windows, reserve=scenario.capital)
        return cerebro.run()[0]

    @staticmethod
    def outcome(run: Any) -> dict[str, Any]:
        """A run as plain values, to compare."""
        return {"transactions": run.fills, "calls": run.calls, "version": VERSION}
