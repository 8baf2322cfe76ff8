"""Runs on calendars of all kinds, and on another one than the bundle's own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import exchange_calendars
import polars as pl
import pytest

import rustybt
from rustybt.api import calendars, date_rules, time_rules
from rustybt.errors import InputError
from tests.unit._small import NAMES, run

D = Decimal
NEW_YORK = "America/New_York"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def minutes(calendar: str, *bars: tuple[str, int], **more: Any) -> None:
    """A bundle "small" of minute bars of A: a moment in UTC and a close."""
    rows = [("A", utc(moment), *[str(price)] * 4, "1000") for moment, price in bars]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    rustybt.ingest("small", frame, frequency="1m", stamp="end", calendar=calendar, mode="replace", **more)


def days(calendar: str, *bars: tuple[str, int]) -> None:
    rows = [("A", dt.date.fromisoformat(day), *[str(price)] * 4, "1000") for day, price in bars]
    rustybt.ingest("small", pl.DataFrame(rows, schema=NAMES, orient="row"), calendar=calendar, mode="replace")


def watched(look: Any, first: str, last: str, *, frequency: str = "minute", **settings: Any) -> list[Any]:
    found: list[Any] = []
    run(
        lambda context, data: found.append(look(context, data)),
        start=first, end=last, data_frequency=frequency, **settings,
    )  # fmt: skip
    return found


class TestUsFutures:
    """Open from 18:00 to 18:00 in New York; a strategy runs from 06:31 to 17:00 and can look at all of it."""

    # winter: New York is five hours behind UTC
    BARS = (
        ("2020-01-06 23:01", 10),  # 18:01, the first minute of the session of the 7th
        ("2020-01-07 10:40", 11),  # 05:40
        ("2020-01-07 11:20", 12),  # 06:20
        ("2020-01-07 11:31", 13),  # 06:31, the first that a strategy runs on
        ("2020-01-07 22:00", 14),  # 17:00, the last one
        ("2020-01-07 22:30", 15),  # 17:30
        ("2020-01-08 11:40", 16),
    )

    def test_a_strategy_runs_on_the_execution_minutes_only(self) -> None:
        minutes("us_futures", *self.BARS)
        found = watched(lambda c, d: c.get_datetime(), "2020-01-07", "2020-01-08")
        assert (found[0], found[629]) == (utc("2020-01-07 11:31"), utc("2020-01-07 22:00"))
        assert (found[630], found[-1]) == (utc("2020-01-08 11:31"), utc("2020-01-08 22:00"))
        assert len(found) == 2 * 630

    def test_the_minutes_between_are_there_to_look_at(self) -> None:
        minutes("us_futures", *self.BARS)

        def look(context: Any, data: Any) -> Any:
            asset = context.symbol("A")
            window = data.history(asset, "close", 20, "1m")
            low = data.history(asset, "low", 1, "1d")[0]
            return data.current(asset, "price"), window.drop_nulls().to_list(), low, len(data.current_session_minutes)

        found = watched(look, "2020-01-07", "2020-01-08")
        assert found[0] == (13, [12.0, 13.0], 10.0, 1440)
        assert found[630][:3] == (15, [], None)

    def test_before_trading_start_is_45_minutes_before_them_and_sees_what_was_traded_until_then(self) -> None:
        minutes("us_futures", *self.BARS)
        seen: list[Any] = []

        def before(context: Any, data: Any) -> None:
            asset = context.symbol("A")
            seen.append((context.get_datetime(), data.current(asset, "price"), data.current(asset, "last_traded")))

        watched(lambda c, d: None, "2020-01-07", "2020-01-08", before_trading_start=before)
        assert seen == [
            (utc("2020-01-07 10:45"), 11, utc("2020-01-07 10:40")),
            (utc("2020-01-08 10:45"), 15, utc("2020-01-07 22:30")),
        ]

    def test_an_order_of_the_last_minute_waits_for_the_next_one_that_runs(self) -> None:
        minutes("us_futures", *self.BARS)

        def trade(context: Any, data: Any) -> None:
            if context.bar == 629:
                context.order(context.symbol("A"), 5)

        result = run(trade, start="2020-01-07", end="2020-01-08", data_frequency="minute")
        assert result.transactions["dt"].to_list() == [utc("2020-01-08 11:40")]

    def test_shares_paid_as_a_dividend_are_worth_what_the_last_row_said(self) -> None:
        # ten bought at 14, the last price of the hours; 15 is traded after them, and 16 at the next close
        in_shares = {"symbol": ["A"], "ex_date": ["2020-01-08"], "ratio": ["1/10"], "pay_date": ["2020-01-08"]}
        minutes("us_futures", *self.BARS, stock_dividends=pl.DataFrame(in_shares))

        def trade(context: Any, data: Any) -> None:
            if context.bar == 0:
                context.order(context.symbol("A"), 10)

        for zipline, value, pnl in ((False, 140, 36), (True, 154, 22)):
            compat = rustybt.Compat(pnl_without_dividends=zipline)
            result = run(trade, start="2020-01-07", end="2020-01-08", data_frequency="minute", compat=compat)
            assert result.daily.select("starting_value", "pnl").row(1) == (D(value), D(pnl))

    def test_a_daily_bar_is_over_with_the_last_of_them(self) -> None:
        days("us_futures", ("2020-01-07", 10), ("2020-01-08", 11))
        seen: list[Any] = []

        def before(context: Any, data: Any) -> None:
            seen.append(context.get_datetime())

        found = watched(
            lambda c, d: c.get_datetime(), "2020-01-07", "2020-01-08", frequency="daily", before_trading_start=before
        )
        assert found == [utc("2020-01-07 22:00"), utc("2020-01-08 22:00")]
        assert seen == [utc("2020-01-07 10:45"), utc("2020-01-08 10:45")]


class TestOtherExchanges:
    def test_a_lunch_break_has_no_bars(self) -> None:
        # Tokyo: 09:00 to 11:30 and 12:30 to 15:00, nine hours ahead of UTC
        minutes("XTKS", ("2020-01-07 00:01", 10), ("2020-01-07 02:30", 11), ("2020-01-07 03:31", 12))
        found = watched(lambda c, d: (c.get_datetime(), d.current(c.symbol("A"), "price")), "2020-01-07", "2020-01-07")
        assert len(found) == 300
        assert found[149:151] == [(utc("2020-01-07 02:30"), 11), (utc("2020-01-07 03:31"), 12)]

    def test_before_trading_start_is_before_each_calendars_own_open(self) -> None:
        for calendar, first, moment in [
            ("XTKS", "2020-01-07 00:01", "2020-01-06 23:15"),
            ("XLON", "2020-01-07 08:01", "2020-01-07 07:15"),
            ("XNYS", "2020-07-07 13:31", "2020-07-07 12:45"),
        ]:
            minutes(calendar, (first, 10))
            seen: list[dt.datetime] = []
            day = first[:10]
            watched(
                lambda c, d: None, day, day, before_trading_start=lambda c, d, s=seen: s.append(c.get_datetime())
            )  # fmt: skip
            assert seen == [utc(moment)]

    def test_what_never_closes_has_a_bar_at_24_00_and_its_hook_not_before_it(self) -> None:
        minutes("24/7", ("2020-01-07 00:01", 10), ("2020-01-08 00:00", 11), ("2020-01-08 00:01", 12))
        stamps: list[Any] = []

        def before(context: Any, data: Any) -> None:
            stamps.append((context.get_datetime(), data.current(context.symbol("A"), "price")))

        found = watched(
            lambda c, d: (c.get_datetime(), d.current(c.symbol("A"), "price")),
            "2020-01-07", "2020-01-08", before_trading_start=before,
        )  # fmt: skip
        assert found[1439:1441] == [(utc("2020-01-08 00:00"), 11), (utc("2020-01-08 00:01"), 12)]
        assert stamps[1] == (utc("2020-01-08 00:00"), 11)

    def test_half_days_can_be_left_out(self) -> None:
        # the day after Thanksgiving closes at 13:00
        days("XNYS", *[(f"2019-11-{day}", 10) for day in (26, 27, 29)], ("2019-12-02", 10))
        fired: list[str] = []

        def initialize(context: Any) -> None:
            context.schedule_function(lambda c, d: fired.append(f"{c.get_datetime():%m-%d}"), half_days=False)

        run(initialize=initialize, start="2019-11-26", end="2019-12-02")
        assert fired == ["11-26", "11-27", "12-02"]


class TestAnotherCalendarThanTheBundles:
    def test_daily_rows_follow_it(self) -> None:
        days("XNYS", ("2020-01-03", 10), ("2020-01-06", 11))
        found = watched(
            lambda c, d: (c.get_datetime(), d.current(c.symbol("A"), "close"), d.current(c.symbol("A"), "price")),
            "2020-01-03", "2020-01-06", frequency="daily", trading_calendar="24/7",
        )  # fmt: skip
        assert found == [
            (utc("2020-01-04"), 10, 10), (utc("2020-01-05"), None, 10),
            (utc("2020-01-06"), None, 10), (utc("2020-01-07"), 11, 11),
        ]  # fmt: skip

    def test_it_can_be_an_object_of_the_library(self) -> None:
        days("XNYS", ("2020-01-03", 10), ("2020-01-06", 11))
        for wanted in (exchange_calendars.get_calendar("us_futures"), "us_futures"):
            result = run(start="2020-01-03", end="2020-01-06", trading_calendar=wanted)
            assert result.manifest["calendar"] == "us_futures"
            assert result.daily["session"].to_list() == [dt.date(2020, 1, 3), dt.date(2020, 1, 6)]

    def test_an_order_waits_for_a_bar_of_its_asset(self) -> None:
        days("XNYS", ("2020-01-03", 10), ("2020-01-06", 11))

        def trade(context: Any, data: Any) -> None:
            if context.bar == 0:
                context.order(context.symbol("A"), 5)

        result = run(trade, start="2020-01-03", end="2020-01-06", trading_calendar="24/7")
        assert result.transactions.select("session", "price").rows() == [(dt.date(2020, 1, 6), D(11))]

    def test_daily_bars_that_end_after_its_sessions_are_refused(self) -> None:
        days("24/7", ("2020-01-03", 10), ("2020-01-06", 11))
        with pytest.raises(InputError, match="before it is over"):
            run(start="2020-01-03", end="2020-01-06", trading_calendar="XNYS")

    def test_minutes_outside_of_it_are_seen_as_the_last_price_and_in_the_sessions_before(self) -> None:
        minutes(
            "24/7",
            ("2020-01-03 14:31", 10), ("2020-01-03 21:00", 12), ("2020-01-04 12:00", 99), ("2020-01-06 14:33", 11),
        )  # fmt: skip

        def look(context: Any, data: Any) -> Any:
            asset = context.symbol("A")
            return data.current(asset, "price"), data.history(asset, "high", 2, "1d").to_list()

        found = watched(look, "2020-01-06", "2020-01-06", trading_calendar="XNYS")
        assert found[0] == (99, [12.0, None])
        assert found[2] == (11, [12.0, 11.0])

    def test_an_asset_can_be_traded_while_its_own_exchange_is_open(self) -> None:
        minutes("XNYS", ("2020-01-06 14:31", 10), ("2020-01-07 14:31", 10))
        found = watched(
            lambda c, d: d.can_trade(c.symbol("A")), "2020-01-07", "2020-01-07", trading_calendar="us_futures"
        )
        # 06:31 to 09:30, 09:31 to 16:00, 16:01 to 17:00
        assert found == [False] * 180 + [True] * 390 + [False] * 60

    def test_an_unknown_one_is_refused(self) -> None:
        days("XNYS", ("2020-01-03", 10))
        with pytest.raises(InputError, match="XNYX"):
            run(start="2020-01-03", end="2020-01-03", trading_calendar="XNYX")
        with pytest.raises(InputError, match="is no calendar"):
            run(start="2020-01-03", end="2020-01-03", trading_calendar=5)


class TestSchedulesOnAnotherCalendar:
    def fired(self, frequency: str, **schedule: Any) -> list[dt.datetime]:
        found: list[dt.datetime] = []

        def initialize(context: Any) -> None:
            context.schedule_function(lambda c, d: found.append(c.get_datetime()), **schedule)

        run(initialize=initialize, start="2019-11-27", end="2019-12-02", data_frequency=frequency)
        return found

    def test_times_are_those_of_that_calendar(self) -> None:
        minutes("us_futures", ("2019-11-27 11:31", 10), ("2019-12-02 11:31", 10))
        fired = self.fired("minute", time_rule=time_rules.market_open(), calendar=calendars.US_EQUITIES)
        # the 28th is Thanksgiving, a session of the futures and none of the shares
        assert fired == [utc("2019-11-27 14:31"), utc("2019-11-29 14:31"), utc("2019-12-02 14:31")]
        fired = self.fired("minute", time_rule=time_rules.market_close(minutes=30), calendar="XNYS", half_days=False)
        assert fired == [utc("2019-11-27 20:30"), utc("2019-12-02 20:30")]

    def test_without_a_time_the_first_minute_that_it_has(self) -> None:
        minutes("us_futures", ("2019-11-27 11:31", 10), ("2019-12-02 11:31", 10))
        fired = self.fired("minute", date_rule=date_rules.month_start(), calendar=calendars.US_EQUITIES)
        assert fired == [utc("2019-12-02 14:31")]
        each = self.fired("minute", time_rule=time_rules.every_minute(), calendar="XNYS")
        # 390 minutes, 210 on the half day, 390
        assert len(each) == 990

    def test_in_a_daily_run_its_sessions_count(self) -> None:
        days("us_futures", *[(f"2019-11-{day}", 10) for day in (27, 28, 29)], ("2019-12-02", 10))
        fired = self.fired("daily", calendar=calendars.US_EQUITIES)
        assert [f"{moment:%m-%d}" for moment in fired] == ["11-27", "11-29", "12-02"]
        assert len(self.fired("daily", calendar=calendars.US_FUTURES)) == 4
