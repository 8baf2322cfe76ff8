"""From which session to which a run goes; expected sessions are counted by hand in the exchange's own calendar."""

from __future__ import annotations

import datetime as dt
import importlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import NoData
from tests.unit._small import NAMES, ingest, ingest_minutes, run

YEAR = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
"""Sessions of XNYS: the first four of 2024. The 1st is a holiday, the 8th a Monday, the 15th a holiday."""
AFTER = [dt.date(2024, 1, day) for day in (8, 9, 10, 11, 12, 16)]
PRICES = {"A": ["10", "11", "12", "13"], "B": ["20", "20", "20", "20"]}


@pytest.fixture(autouse=True)
def bundle() -> None:
    ingest(PRICES, days=YEAR, calendar="XNYS")


def go(start: Any = None, end: Any = None, **more: Any) -> rustybt.Result:
    def buy(context: Any, data: Any) -> None:
        context.seen.append((data.current_session, data.can_trade(context.symbol("A"))))
        if len(context.seen) == 1:
            context.order(context.symbol("A"), 100)

    def first(context: Any) -> None:
        context.seen = []
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())

    return rustybt.run_algorithm(start, end, first, 10_000, buy, bundle="small", progress=False, **more)


def sessions(result: rustybt.Result) -> list[dt.date]:
    return result.daily["session"].to_list()


def codes(result: rustybt.Result) -> list[str]:
    return [note.code for note in result.notes]


@pytest.mark.parametrize("start", ["2024-01-01", "2023-12-30", dt.date(2023, 12, 31)])
def test_a_start_on_a_holiday_or_weekend_before_the_first_bar_misses_no_session(start: Any) -> None:
    result = go(start, YEAR[-1])
    assert sessions(result) == YEAR
    assert codes(result) == []


@pytest.mark.parametrize("start", ["2023-12-29", "2023-12-01", "2023-11-30", "1990-01-01"])
def test_a_start_that_misses_a_session_is_refused(start: str) -> None:
    with pytest.raises(NoData, match=r"from 2024-01-02 to 2024-01-05.*leave start out"):
        go(start, YEAR[-1])


def test_an_end_after_the_last_bar_of_every_asset_runs_on() -> None:
    result = go(YEAR[0], "2024-01-17")
    assert sessions(result) == [*YEAR, *AFTER, dt.date(2024, 1, 17)]
    # bought on the 3rd at 11, held at the last mark of 13
    assert result.daily["portfolio_value"].to_list()[3:] == [Decimal(10_200)] * 8
    assert result.daily["returns"].to_list()[4:] == [0] * 7
    told = {note.code: note.data for note in result.notes}
    assert told["runs_on"] == {"last_bar": "2024-01-05", "sessions": 7, "end": "2024-01-17"}
    assert "span_cut" not in told


def test_after_the_last_bar_nothing_trades_and_the_functions_are_called() -> None:
    called: list[Any] = []
    result = run(
        lambda context, data: called.append((data.current_session, data.can_trade(context.symbol("A")))),
        start=YEAR[-1],
        end=AFTER[1],
        days=0,
        before_trading_start=lambda context, data: called.append(data.current_session),
    )
    hooked = [called[place] for place in (0, 2, 4)]
    assert hooked == [YEAR[-1], *AFTER[:2]]
    assert [trades for _, trades in called[1::2]] == [True, False, False]
    assert sessions(result) == [YEAR[-1], *AFTER[:2]]


@pytest.mark.parametrize("end", ["2024-01-06", "2024-01-07"])
def test_a_weekend_after_the_last_bar_is_no_session_to_run_on_for(end: str) -> None:
    result = go(YEAR[0], end)
    assert (sessions(result), codes(result)) == (YEAR, [])


def test_dates_left_out_are_the_datas_own() -> None:
    assert sessions(go()) == YEAR
    assert sessions(go(YEAR[1])) == YEAR[1:]
    assert sessions(go(None, YEAR[1])) == YEAR[:2]
    assert sessions(rustybt.run_algorithm(handle_data=lambda c, d: None, bundle="small", progress=False)) == YEAR
    assert codes(go()) == []


def test_dates_left_out_on_the_command_line_are_the_datas_own(tmp_path: Path) -> None:
    strategy = tmp_path / "strategy.py"
    strategy.write_text("def handle_data(context, data):\n    context.order(context.symbol('A'), 1)\n")
    command = [sys.executable, "-m", "rustybt", "run", "-f", str(strategy), "-b", "small", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert sessions(rustybt.Result.load(tmp_path / "out")) == YEAR


def test_an_end_beyond_the_stored_calendar_is_cut_and_told() -> None:
    result = go(YEAR[0], "2030-06-01")
    assert sessions(result)[-1] == dt.date(2026, 1, 30)  # the last session before January 31 of the year after the next
    assert codes(result)[:2] == ["runs_on", "span_cut"]
    assert result.notes[1].data == {"asked": "2030-06-01", "end": "2026-01-30"}
    # 2024: 252 sessions, 2025: 250, January 2026: 20
    assert len(sessions(result)) == 252 + 250 + 20


@pytest.mark.parametrize(
    ("frequency", "end", "last"),
    [("1w", "2024-01-31", dt.date(2024, 1, 5)), ("1w", "2024-01-07", dt.date(2024, 1, 5))],
)
def test_weeks_end_with_the_last_whole_one(frequency: str, end: str, last: dt.date) -> None:
    result = go("2024-01-01", end, data_frequency=frequency)
    assert sessions(result)[-1] == last
    assert ("span_cut" in codes(result)) is (end > "2024-01-07")


def test_a_run_of_weeks_without_a_whole_one_says_so() -> None:
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
    ingest({"A": ["10"] * 9, "B": ["10"] * 9}, days=days, calendar="XNYS")
    with pytest.raises(NoData, match="XNYS has no whole week that ends from 2024-01-08 to 2024-01-10"):
        go("2024-01-08", "2024-01-10", data_frequency="1w")


def test_an_asset_is_closed_out_after_the_last_bar_of_all() -> None:
    about = pl.DataFrame({"symbol": ["A", "B"], "auto_close_date": [dt.date(2024, 1, 9), None]})
    ingest(PRICES, days=YEAR, calendar="XNYS", assets=about)
    result = go(YEAR[0], AFTER[-1])
    held = dict(zip(sessions(result), result.daily["longs_count"].to_list(), strict=True))
    assert [held[day] for day in (YEAR[0], YEAR[1], AFTER[0], AFTER[1], AFTER[2])] == [0, 1, 1, 0, 0]
    assert result.daily["ending_cash"].to_list()[-1] == 10_200


def test_a_dividend_that_is_paid_after_the_last_bar_is_paid() -> None:
    ingest(PRICES, days=YEAR, calendar="XNYS", dividends=[("A", YEAR[3], "0.5", AFTER[2])])
    cash = dict(zip(sessions(result := go(YEAR[0], AFTER[-1])), result.daily["ending_cash"].to_list(), strict=True))
    assert [cash[day] for day in (AFTER[1], AFTER[2])] == [Decimal(8_900), Decimal(8_950)]


def test_minutes_run_on_too() -> None:
    opens = dt.datetime(2021, 2, 5, tzinfo=dt.UTC)
    ingest_minutes({"A": ["10", "11", "12"]}, opens)
    bars: list[dt.date] = []
    result = run(
        lambda context, data: bars.append(data.current_session),
        start="2021-02-05",
        end="2021-02-07",
        days=0,
        data_frequency="minute",
    )
    assert sessions(result) == [dt.date(2021, 2, day) for day in (5, 6, 7)]
    assert len(bars) == 3 * 1_440
    assert codes(result)[0] == "runs_on"


@pytest.mark.parametrize("compat", [None, "zipline"])
def test_a_position_keeps_the_price_of_its_last_bar_even_where_nothing_was_traded_in_it(compat: Any) -> None:
    """As in Zipline, which asks for no price after an asset's end."""
    ends = dt.datetime(2021, 2, 6, tzinfo=dt.UTC)
    rows = [
        ("A", ends - dt.timedelta(minutes=left), *[price] * 4, volume)
        for left, price, volume in ((3, "10", "100000"), (2, "11", "100000"), (1, "12", "100000"), (0, "13", "0"))
    ]
    rustybt.ingest(
        "small",
        pl.DataFrame(rows, schema=NAMES, orient="row"),
        frequency="1m",
        stamp="end",
        mode="replace",
        calendar="24/7",
    )
    marks: dict[dt.datetime, Decimal] = {}

    def look(context: Any, data: Any) -> None:
        if data.current_dt == ends - dt.timedelta(minutes=3):
            context.order(context.symbol("A"), 10)
        for position in context.portfolio.positions.values():
            marks[data.current_dt] = position.last_sale_price

    run(look, start="2021-02-05", end="2021-02-06", days=0, data_frequency="minute", compat=compat)
    assert marks[ends] == 13
    assert set(list(marks.values())[3:]) == {13}


def test_bars_of_five_minutes_that_are_stored_run_on_over_sessions_without_any() -> None:
    opens = dt.datetime(2021, 2, 5, tzinfo=dt.UTC)
    rows = [("A", opens + dt.timedelta(minutes=5 * k), *["10"] * 4, "1000000") for k in (1, 2, 3)]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    rustybt.ingest("small", frame, frequency="5m", stamp="end", mode="replace", calendar="24/7")
    bars: list[dt.date] = []

    def look(context: Any, data: Any) -> None:
        bars.append(data.current_session)
        if len(bars) == 1:
            context.order(context.symbol("A"), 10)

    result = run(look, start="2021-02-05", end="2021-02-07", days=0, data_frequency="5m")
    assert sessions(result) == [dt.date(2021, 2, day) for day in (5, 6, 7)]
    assert bars == [dt.date(2021, 2, 5)] * 3
    assert result.daily["longs_count"].to_list() == [1, 1, 1]


def test_a_run_on_another_calendar_runs_on_over_its_sessions() -> None:
    result = go(YEAR[0], "2024-01-09", trading_calendar="24/7")
    assert sessions(result) == [dt.date(2024, 1, day) for day in range(2, 10)]


def test_a_version_carries_a_year_after_its_last_bar_that_its_hash_does_not_cover(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rustybt.calendars import _build

    version = rustybt.open_version("small")
    assert len(version.calendar.days) > 252 + 250
    table = _build.session_table

    def foreseen_otherwise(name: str, first_day: int, last_day: int) -> Any:
        """As a later calendar library has it: a holiday more in 2025, after what the hash covers."""
        whole = table(name, first_day, last_day)
        kept = whole.days != (dt.date(2025, 6, 3) - dt.date(1970, 1, 1)).days
        columns = (whole.days[kept], whole.opens[kept], whole.closes[kept])
        return type(whole)(whole.name, whole.tz, *columns)

    monkeypatch.setattr(importlib.import_module("rustybt.ingest._bars"), "session_table", foreseen_otherwise)
    rows = [
        (name, day, *[price] * 4, "1000000")
        for name, prices in PRICES.items()
        for day, price in zip(YEAR, prices, strict=True)
    ]
    report = rustybt.ingest("other", pl.DataFrame(rows, schema=NAMES, orient="row"))
    other = rustybt.open_version("other")
    assert len(other.calendar.days) == len(version.calendar.days) - 1
    assert report.hash == version.hash


def test_dates_that_were_left_out_are_not_held_against_the_user() -> None:
    ingest({"A": ["8", "9", "10"]})
    for asked, told in (
        ({"end": "2001-01-01"}, "; end=2001-01-01 lies"),
        ({"start": "2031-01-01"}, "; start=2031-01-01 lies"),
    ):
        with pytest.raises(NoData, match=told):
            rustybt.run_algorithm(bundle="small", progress=False, **asked)
