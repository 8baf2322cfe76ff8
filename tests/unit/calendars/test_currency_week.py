"""The week of currencies: hours and days by hand, and the same as exchange_calendars makes of the same rule."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.calendars import calendar_names, library_calendar, session_table
from rustybt.core import day_of
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest
from rustybt.sources import Polygon

FX = "24/5-fx"
PRICES = ("open", "high", "low", "close")


def table(first, last):
    return session_table(FX, day_of(dt.date.fromisoformat(first)), day_of(dt.date.fromisoformat(last)))


def times(stamps):
    return [str(np.datetime64(int(stamp), "ns").astype("datetime64[m]")) for stamp in stamps]


def test_a_week_goes_from_sunday_to_friday_five_o_clock_in_new_york():
    week = table("2024-03-07", "2024-03-12")
    assert [str(np.datetime64(int(day), "D")) for day in week.days] == [
        "2024-03-07",
        "2024-03-08",
        "2024-03-11",
        "2024-03-12",
    ]
    # New York put its clocks forward on Sunday the 10th
    assert times(week.opens) == ["2024-03-06T22:00", "2024-03-07T22:00", "2024-03-10T21:00", "2024-03-11T21:00"]
    assert times(week.closes) == ["2024-03-07T22:00", "2024-03-08T22:00", "2024-03-11T21:00", "2024-03-12T21:00"]
    assert (week.name, week.tz, week.break_starts) == (FX, "America/New_York", None)


def test_there_are_no_holidays_and_no_half_days():
    year = table("2024-01-01", "2024-12-31")
    assert len(year.days) == 262
    assert set(np.diff(year.closes)) <= {hours * 3_600 * 10**9 for hours in (23, 24, 25, 71, 72, 73)}
    assert day_of(dt.date(2024, 12, 25)) in year.days


def test_it_is_the_calendar_that_exchange_calendars_makes_of_the_rule():
    made = library_calendar(FX, start="2010-01-01")
    ours = session_table(FX, day_of(made.first_session.date()), day_of(made.last_session.date()))
    assert made.name == FX in calendar_names()
    assert len(ours.days) == len(made.sessions)
    assert (ours.opens == made.opens.dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)).all()
    assert (ours.closes == made.closes.dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)).all()


def test_a_span_without_a_session_is_refused():
    with pytest.raises(InputError, match="no session"):
        table("2024-03-09", "2024-03-10")


HOURS = ["2017-04-21T20:00Z", "2017-04-23T21:00Z", "2017-04-23T22:00Z", "2017-04-23T23:00Z", "2017-04-24T00:00Z"]


def bars(stamps, column="timestamp"):
    prices = [f"1.0{n + 1}" for n in range(len(stamps))]
    return pl.DataFrame({"symbol": "EURUSD", column: stamps, **dict.fromkeys(PRICES, prices)})


def test_hours_of_sunday_evening_belong_to_monday(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    report = ingest("fx", bars(HOURS), frequency="1h", stamp="start", calendar=FX, assets={"type": "forex"})
    assert (report.rows, report.findings) == (5, ())
    seen = []

    def look(context, data):
        pair = context.symbol("EURUSD")
        seen.append((str(data.current_session), str(context.get_datetime()), data.current(pair, "close")))

    rustybt.run_algorithm(
        "2017-04-21", "2017-04-24", handle_data=look, bundle="fx", data_frequency="1h", progress=False
    )
    assert seen == [
        ("2017-04-21", "2017-04-21 21:00:00+00:00", Decimal("1.01")),
        ("2017-04-24", "2017-04-23 22:00:00+00:00", Decimal("1.02")),
        ("2017-04-24", "2017-04-23 23:00:00+00:00", Decimal("1.03")),
        ("2017-04-24", "2017-04-24 00:00:00+00:00", Decimal("1.04")),
        ("2017-04-24", "2017-04-24 01:00:00+00:00", Decimal("1.05")),
    ]
    with pytest.raises(BadBars, match="calendar='24/5-fx'"):
        ingest("other", bars(HOURS), frequency="1h", stamp="start", calendar="24/5", assets={"type": "forex"})
    saturday = bars(["2017-04-22T12:00Z"])
    with pytest.raises(BadBars, match="trading hours"):
        ingest("other", saturday, frequency="1h", stamp="start", calendar=FX, assets={"type": "forex"})


def test_days_of_the_week_are_the_evenings_before(tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    evenings = ["2022-05-11T21:00:00.000000000Z", "2022-05-12T21:00:00.000000000Z", "2022-05-15T21:00:00.000000000Z"]
    ingest("fx", bars(evenings, "time"), calendar=FX, assets={"type": "forex"})
    seen = []

    def look(context, data):
        pair = context.symbol("EURUSD")
        seen.append((str(data.current_session), str(context.get_datetime()), data.current(pair, "close")))

    rustybt.run_algorithm("2022-05-13", "2022-05-16", handle_data=look, bundle="fx", progress=False)
    assert seen == [
        ("2022-05-13", "2022-05-13 21:00:00+00:00", Decimal("1.02")),
        ("2022-05-16", "2022-05-16 21:00:00+00:00", Decimal("1.03")),
    ]


def test_vendors_of_minutes_of_currencies_say_so():
    supports = Polygon("any key", market="fx").supports
    assert [supports.calendar_of(rustybt.core.frequency_named(name)) for name in ("1m", "1d")] == [FX, "24/5"]
