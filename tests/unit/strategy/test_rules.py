"""When scheduled functions run."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import date_rules, time_rules
from rustybt.errors import BadSchedule
from tests.unit._small import DAYS, NAMES, ingest, run

NEW_YORK = [
    dt.date(2021, 11, 15) + dt.timedelta(days=k)
    for k in range(40)
    if (dt.date(2021, 11, 15) + dt.timedelta(days=k)).weekday() < 5
    and dt.date(2021, 11, 15) + dt.timedelta(days=k) not in (dt.date(2021, 11, 25), dt.date(2021, 12, 24))
]
"""15 November to 23 December 2021, without Thanksgiving; the day after it, 26 November, closed at 13:00."""


LAST = dt.date(2021, 12, 23)


def d(month: int, day: int) -> dt.date:
    return dt.date(2021, month, day)


def sessions(*schedule: Any, start: dt.date = NEW_YORK[0], end: dt.date = LAST, **how: Any) -> list[dt.date]:
    """The sessions on which a function ran in a daily run."""
    ran: list[dt.date] = []
    run(
        initialize=lambda c: c.schedule_function(lambda c, data: ran.append(data.current_session), *schedule, **how),
        start=start,
        end=end,
    )
    return ran


@pytest.fixture
def daily() -> None:
    ingest({"A": ["5"] * len(NEW_YORK)}, days=NEW_YORK, calendar="XNYS")


@pytest.mark.usefixtures("daily")
class TestDates:
    @pytest.mark.parametrize(
        ("rule", "days"),
        [
            (date_rules.every_day(), NEW_YORK),
            (None, NEW_YORK),
            (date_rules.week_start(), [d(11, 15), d(11, 22), d(11, 29), d(12, 6), d(12, 13), d(12, 20)]),
            (date_rules.week_start(2), [d(11, 17), d(11, 24), d(12, 1), d(12, 8), d(12, 15), d(12, 22)]),
            # the week of Thanksgiving has four sessions, and that of 20 December too: no fifth one
            (date_rules.week_start(4), [d(11, 19), d(12, 3), d(12, 10), d(12, 17)]),
            (date_rules.week_end(), [d(11, 19), d(11, 26), d(12, 3), d(12, 10), d(12, 17), d(12, 23)]),
            (date_rules.week_end(3), [d(11, 16), d(11, 22), d(11, 30), d(12, 7), d(12, 14), d(12, 20)]),
            (date_rules.month_start(), [d(12, 1)]),
            (date_rules.month_start(2), [d(12, 3)]),
            (date_rules.month_end(), [d(11, 30)]),
            (date_rules.month_end(1), [d(11, 29)]),
            # 2021-12-31 was the last session of December: the 21st is seven before it
            (date_rules.month_end(7), [d(11, 18), d(12, 21)]),
        ],
    )
    def test_each_rule_of_dates(self, rule: Any, days: list[dt.date]) -> None:
        assert sessions(rule) == days

    def test_a_rule_knows_the_weeks_and_months_that_the_run_cuts(self) -> None:
        assert sessions(date_rules.week_start(), start=d(11, 17), end=d(11, 23)) == [d(11, 22)]
        assert sessions(date_rules.week_end(), start=d(11, 17), end=d(11, 23)) == [d(11, 19)]

    def test_a_rule_of_time_alone_means_every_day(self) -> None:
        assert sessions(time_rules.market_open()) == NEW_YORK

    def test_every_rule_of_time_means_the_one_bar_of_a_daily_run(self) -> None:
        for rule in (time_rules.market_close(hours=3), time_rules.every_minute(), time_rules.market_open(minutes=77)):
            assert sessions(date_rules.week_start(), rule, end=d(11, 23)) == [d(11, 15), d(11, 22)]

    def test_half_days_can_be_left_out(self) -> None:
        assert sessions(date_rules.week_end(), None, False) == [d(11, 19), d(12, 3), d(12, 10), d(12, 17), d(12, 23)]


def test_zipline_skips_a_half_day_after_a_full_one() -> None:
    # 24 December 2020 closed at 13:00, less than 24 hours after the close of the 23rd
    days = [dt.date(2020, 12, day) for day in (21, 22, 23, 24, 28, 29)]
    ingest({"A": ["5"] * 6}, days=days, calendar="XNYS")
    for skips in (True, False):
        ran: list[dt.date] = []
        run(
            initialize=lambda c, r=ran: c.schedule_function(lambda c, data: r.append(data.current_session)),
            start=days[0],
            end=days[-1],
            compat=rustybt.Compat(skip_half_days=skips),
        )
        assert ran == [day for day in days if not (skips and day.day == 24)]


MINUTE_DAYS = {d(11, 24): 390, d(11, 26): 210, d(11, 29): 390}


@pytest.fixture
def minutes() -> None:
    rows = [
        (
            "A",
            dt.datetime(day.year, day.month, day.day, 14, 30, tzinfo=dt.UTC) + dt.timedelta(minutes=k + 1),
            *"5555",
            "9",
        )
        for day, count in MINUTE_DAYS.items()
        for k in range(count)
    ]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    rustybt.ingest("small", frame, frequency="1m", stamp="end", calendar="XNYS")


def moments(*schedule: Any, **how: Any) -> list[str]:
    """When a function ran in a minute run, UTC."""
    ran: list[str] = []
    run(
        initialize=lambda c: c.schedule_function(
            lambda c, data: ran.append(f"{data.current_dt:%d %H:%M}"), *schedule, **how
        ),
        start=d(11, 24),
        end=d(11, 29),
        data_frequency="minute",
        compat=None,
    )
    return ran


@pytest.mark.usefixtures("minutes")
class TestTimes:
    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            (None, ["24 14:31", "26 14:31", "29 14:31"]),
            (time_rules.market_open(), ["24 14:31", "26 14:31", "29 14:31"]),
            (time_rules.market_open(minutes=30), ["24 15:00", "26 15:00", "29 15:00"]),
            (time_rules.market_open(hours=1, minutes=1), ["24 15:31", "26 15:31", "29 15:31"]),
            (time_rules.market_open(dt.timedelta(minutes=2)), ["24 14:32", "26 14:32", "29 14:32"]),
            (time_rules.market_close(), ["24 20:59", "26 17:59", "29 20:59"]),
            (time_rules.market_close(hours=1), ["24 20:00", "26 17:00", "29 20:00"]),
            # five hours before the close of a half day there is no bar; nor five after its open
            (time_rules.market_close(hours=5), ["24 16:00", "29 16:00"]),
            (time_rules.market_open(hours=5), ["24 19:30", "29 19:30"]),
        ],
    )
    def test_each_rule_of_times(self, rule: Any, expected: list[str]) -> None:
        assert moments(date_rules.every_day(), rule) == expected

    def test_every_minute_is_every_bar(self) -> None:
        ran = moments(None, time_rules.every_minute())
        assert len(ran) == 390 + 210 + 390
        assert (ran[0], ran[-1]) == ("24 14:31", "29 21:00")

    def test_half_days_can_be_left_out(self) -> None:
        assert moments(None, None, half_days=False) == ["24 14:31", "29 14:31"]

    def test_zipline_runs_every_minute_once_a_session(self) -> None:
        for once, count in ((True, 3), (False, 990)):
            ran: list[int] = []
            run(
                initialize=lambda c, r=ran: c.schedule_function(
                    lambda c, data: r.append(1), None, time_rules.every_minute()
                ),
                start=d(11, 24),
                end=d(11, 29),
                data_frequency="minute",
                compat=rustybt.Compat(every_minute_once=once),
            )
            assert len(ran) == count

    def test_functions_of_one_bar_run_in_the_order_of_their_registration_after_handle_data(self) -> None:
        ran: list[str] = []

        def initialize(context: Any) -> None:
            for name, rule in (("a", None), ("b", time_rules.every_minute()), ("c", time_rules.market_open())):
                context.schedule_function(lambda c, data, n=name: ran.append(n), None, rule)

        run({0: lambda c, data: ran.append("handle_data")}, initialize=initialize, start=d(11, 24), end=d(11, 24),
            data_frequency="minute")  # fmt: skip
        assert ran[:5] == ["handle_data", "a", "b", "c", "b"]


def test_a_function_can_be_scheduled_while_the_run_goes() -> None:
    ingest({"A": ["5"] * 6})
    ran: list[dt.date] = []
    run({1: lambda c, data: c.schedule_function(lambda c, data: ran.append(data.current_session))})
    assert ran == DAYS[1:5]


@pytest.mark.parametrize(
    "make",
    [
        lambda: date_rules.month_start(-1), lambda: date_rules.month_start(23), lambda: date_rules.month_end(1.5),
        lambda: date_rules.week_start(5), lambda: date_rules.week_end(True),
        lambda: time_rules.market_open(minutes=0), lambda: time_rules.market_open(hours=13),
        lambda: time_rules.market_close(dt.timedelta(seconds=90)), lambda: time_rules.market_close(5),
        lambda: time_rules.market_open(dt.timedelta(minutes=5), hours=1),
    ],
)  # fmt: skip
def test_an_offset_outside_of_what_the_rules_allow_is_refused(make: Any) -> None:
    with pytest.raises(BadSchedule):
        make()


@pytest.mark.parametrize(
    "arguments",
    [(5,), (print, date_rules.every_day), (print, date_rules.every_day(), date_rules.every_day()), (print, "x")],
)
def test_what_is_no_rule_is_refused(arguments: Any) -> None:
    ingest({"A": ["5"] * 6})
    with pytest.raises(BadSchedule, match="_rules"):
        run(initialize=lambda c: c.schedule_function(*arguments))
