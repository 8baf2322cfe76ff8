"""When a strategy and its scheduled functions run on other calendars, against Zipline's own clock and rules."""

from __future__ import annotations

import datetime as dt
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import date_rules, time_rules

if importlib.util.find_spec("zipline") is None:
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

# name, first and last day of the run: a half day, where the calendar has one, is in each
CALENDARS = [
    ("XNYS", "2019-11-25", "2019-12-03"),
    ("XLON", "2019-12-20", "2019-12-31"),
    ("XHKG", "2019-12-20", "2019-12-31"),
    ("us_futures", "2019-11-25", "2019-12-03"),
    ("us_futures", "2020-03-05", "2020-03-11"),
    ("XTKS", "2019-12-20", "2020-01-08"),
    ("24/7", "2019-12-28", "2020-01-03"),
]
DATES = [("every_day", ()), ("week_start", (0,)), ("week_end", (1,)), ("month_start", (1,)), ("month_end", (0,))]
TIMES = [("market_open", 1), ("market_open", 61), ("market_close", 1), ("market_close", 90), ("market_open", 720)]


@pytest.fixture(autouse=True)
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def zipline_calendar(name: str) -> Any:
    from zipline.utils.calendar_utils import get_calendar

    return get_calendar(name, start="2019-01-01", end="2020-12-31")


def zipline_bars(name: str, first: str, last: str) -> list[int]:
    """The stamps of the bars that Zipline's clock gives, without those within a break, when no exchange is open."""
    import pandas as pd
    from zipline.algorithm import TradingAlgorithm
    from zipline.finance.trading import SimulationParameters

    calendar = zipline_calendar(name)
    algorithm = TradingAlgorithm.__new__(TradingAlgorithm)
    algorithm.trading_calendar = calendar
    algorithm.sim_params = SimulationParameters(
        start_session=pd.Timestamp(first), end_session=pd.Timestamp(last), trading_calendar=calendar,
        data_frequency="minute",
    )  # fmt: skip
    bars = [moment for moment, event in algorithm._create_clock() if event == 0]
    return [moment.value for moment in bars if calendar.is_open_on_minute(moment, ignore_breaks=False)]


def ingest(name: str, first: str, last: str) -> None:
    """A bar in the first minute of each session."""
    calendar = zipline_calendar(name)
    stamps = [calendar.session_first_minute(day) for day in calendar.sessions_in_range(first, last)]
    rows = [("A", stamp.to_pydatetime(), "10", "10", "10", "10", "100") for stamp in stamps]
    names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    rustybt.ingest("other", frame, frequency="1m", stamp="end", calendar=name)


def ns(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 10**9


def runs(first: str, last: str, **schedule: Any) -> tuple[list[int], list[int]]:
    """The stamps of all bars, and of those at which a schedule ran."""
    bars: list[int] = []
    fired: list[int] = []

    def initialize(context: Any) -> None:
        if schedule:
            context.schedule_function(lambda c, d: fired.append(ns(c.get_datetime())), **schedule)

    rustybt.run_algorithm(
        first, last, initialize, handle_data=lambda c, d: bars.append(ns(c.get_datetime())), bundle="other",
        data_frequency="minute", progress=False,
    )  # fmt: skip
    return bars, fired


@pytest.mark.parametrize(("name", "first", "last"), CALENDARS)
def test_a_strategy_runs_on_the_minutes_of_ziplines_clock(name: str, first: str, last: str) -> None:
    ingest(name, first, last)
    assert runs(first, last)[0] == zipline_bars(name, first, last)


@pytest.mark.parametrize(("name", "first", "last"), CALENDARS)
def test_rules_fire_when_ziplines_do(name: str, first: str, last: str) -> None:
    import pandas as pd
    from zipline.utils import events

    ingest(name, first, last)
    calendar = zipline_calendar(name)
    stamps = zipline_bars(name, first, last)
    moments = [pd.Timestamp(stamp, tz="UTC") for stamp in stamps]
    for number, (date, offset) in enumerate(DATES):
        for time, minutes in TIMES[number % 2 :: 2]:
            half = (number + minutes) % 2 == 0
            rule = events.make_eventrule(
                getattr(events.date_rules, date)(*offset),
                getattr(events.time_rules, time)(minutes=minutes),
                calendar,
                half,
            )
            expected = [moment.value for moment in moments if rule.should_trigger(moment)]
            _, fired = runs(
                first, last,
                date_rule=getattr(date_rules, date)(*offset),
                time_rule=getattr(time_rules, time)(minutes=minutes),
                half_days=half,
            )  # fmt: skip
            assert fired == expected, (name, date, offset, time, minutes, half)
