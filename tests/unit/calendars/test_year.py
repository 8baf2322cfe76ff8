"""Expected numbers are counted here, from the sessions that the exchange calendars give for whole years."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.calendars import SessionTable, sessions_per_year
from rustybt.core import DAY_NS, day_of


def table(name: str, days: list[dt.date]) -> SessionTable:
    numbers = np.array([day_of(day) for day in days], dtype=np.int32)
    opens = numbers.astype(np.int64) * DAY_NS
    return SessionTable(name, "UTC", numbers, opens, opens + DAY_NS)


def dates(first: dt.date, last: dt.date, weekdays: int = 7) -> list[dt.date]:
    every = [first + dt.timedelta(days=k) for k in range((last - first).days + 1)]
    return [day for day in every if day.weekday() < weekdays]


def counted(name: str) -> int:
    """The mean number of sessions of the years 2000 to 2024, or of those among them that the library knows."""
    import exchange_calendars
    from exchange_calendars.calendar_utils import _default_calendar_factories

    low = _default_calendar_factories[name].bound_min()
    high = _default_calendar_factories[name].bound_max()
    first = 2000 if low is None else max(2000, low.year)
    last = 2024 if high is None else min(2024, high.year)
    sessions = exchange_calendars.get_calendar(name, start=f"{first}-01-01", end=f"{last}-12-31").sessions
    return round(Fraction(len(sessions), last - first + 1))


ONE_DAY = [dt.date(2024, 7, 4)]


@pytest.mark.parametrize(("name", "sessions"), [("XNYS", 252), ("24/5", 261), ("24/7", 365), ("us_futures", 258)])
def test_a_year_is_the_mean_of_twenty_five(name: str, sessions: int) -> None:
    assert sessions_per_year(table(name, ONE_DAY)) == sessions == counted(name)


@pytest.mark.slow
def test_every_calendar_of_the_library_has_its_year() -> None:
    import exchange_calendars

    names = exchange_calendars.get_calendar_names(include_aliases=False)
    assert {name: sessions_per_year(table(name, ONE_DAY)) for name in names} == {name: counted(name) for name in names}


@pytest.mark.parametrize("years", [1, 2, 7])
@pytest.mark.parametrize(("weekdays", "sessions", "with_holidays"), [(7, 365, 356), (6, 313, 304), (5, 261, 252)])
def test_a_calendar_of_ones_own_counts_its_days_of_the_week(
    years: int, weekdays: int, sessions: int, with_holidays: int
) -> None:
    days = dates(dt.date(2019, 12, 1), dt.date(2020 + years, 1, 31), weekdays)
    assert sessions_per_year(table("mine", days)) == sessions
    closed = [day for day in days if (day.month, day.day) not in ((1, 1), (12, 25))]
    assert sessions_per_year(table("mine", closed)) == with_holidays


def test_a_saturday_that_was_traded_once_makes_no_week_of_six_days() -> None:
    days = sorted([*dates(dt.date(2020, 1, 1), dt.date(2021, 1, 31), 5), dt.date(2020, 2, 1)])
    assert sessions_per_year(table("mine", days)) == 261


def rows(first: dt.date, last: dt.date, weekdays: int) -> pl.DataFrame:
    days = dates(first, last, weekdays)
    texts = [f"1.{1000 + (day.toordinal() * 7919) % 97}" for day in days]
    prices = dict.fromkeys(("open", "high", "low", "close"), texts)
    return pl.DataFrame({"symbol": ["A"] * len(days), "date": days, **prices, "volume": ["1000"] * len(days)})


def figures(**more: Any) -> dict[str, Any]:
    def hold(context: Any, data: Any) -> None:
        rustybt.api.order_target(context.symbol("A"), 100)

    result = rustybt.run_algorithm(
        "2021-01-05", "2021-12-30", handle_data=hold, capital_base=10_000, bundle="grows", progress=False, **more
    )
    return {"periods": result.periods, **result.metrics}


@pytest.mark.parametrize(
    ("settings", "periods"),
    [
        ({}, 261),
        ({"trading_calendar": "24/7"}, 365),
        ({"data_frequency": "1w"}, 52),
        ({"data_frequency": "1mo"}, 12),
        ({"compat": rustybt.Compat(year_of_252=True)}, 252),
        ({"compat": rustybt.Compat(year_of_252=True), "data_frequency": "1w"}, 52),
    ],
)
def test_years_that_are_appended_change_no_figure_of_a_run(settings: dict[str, Any], periods: int) -> None:
    rustybt.ingest("grows", rows(dt.date(2021, 1, 1), dt.date(2021, 12, 31), 5), calendar="24/5")
    before = figures(**settings)
    rustybt.ingest("grows", rows(dt.date(2022, 1, 3), dt.date(2024, 12, 31), 5), calendar="24/5", mode="append")
    assert figures(**settings) == before
    assert before["periods"] == periods
