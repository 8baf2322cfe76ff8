"""The rows of days and the daily frame: both kernels reckon the same, and what does not fit is left to Python."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt._kernels import twins
from rustybt.core import MONEY_SCALE, RATIO_SCALE, ExactColumn, date_column, datetime_column, frame_of
from rustybt.errors import MoneyOverflow
from rustybt.metrics import statistics_columns
from rustybt.results._frames._exact_columns import columns_of, listed
from rustybt.results._frames._layouts import COUNT_COLUMNS, DAILY, MONEY_COLUMNS, RATIO_COLUMNS

pytestmark = pytest.mark.skipif(
    "rust" not in twins() and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="there is no native extension to compare with",
)
UNIT = 10**MONEY_SCALE
MONEY = st.integers(-(10**6), 10**6).map(lambda n: n * UNIT) | st.integers(-(10**27), 10**27)
LONG = MONEY | st.integers(-(10**37), 10**37) | st.integers(-(2**140), 2**140)
CAPITAL = st.integers(1, 10**6).map(lambda n: n * UNIT)


class Closing:
    """Books at a close: cash, long and short value, what settles, long and short exposure."""

    def __init__(self, cash: int, long: int, short: int, futures: bool, more: int) -> None:
        self._cash = cash
        self._sides = abs(long), -abs(short)
        self._futures, self._more = futures, abs(more)

    def cash(self) -> int:
        return self._cash

    def unsettled(self) -> list[int]:
        return [0] if self._futures else []

    def long_and_short(self) -> tuple[int, int, int, int]:
        return *self._sides, 3, 2

    def long_and_short_exposure(self) -> tuple[int, int]:
        return self._sides[0] + self._more, self._sides[1] - self._more


def days_of(money: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    close = st.tuples(money, money, money, st.booleans(), money)
    within = st.lists(st.tuples(money, money), max_size=2)
    dividends = st.none() | st.tuples(money, money)
    return st.lists(st.tuples(st.just(0) | money, dividends, st.just([]) | within, close, money), max_size=6)


def days_after(module: Any, capital: int, sessions: Any) -> tuple[Any, list[int]]:
    """The days of such sessions, and what they say of returns meanwhile."""
    days, said = module.Days(capital), []
    for session, (overnight, dividends, within, close, value) in enumerate(sessions):
        if overnight:
            days.capital_overnight(overnight)
        days.open()
        if dividends is not None:
            days.after_dividends(*dividends)
        for change in within:
            days.capital_within(*change)
        said.append(days.return_so_far(value))
        days.take(session, Closing(*close))
        said.append(days.return_of(session))
    return days, said


@given(CAPITAL | LONG, days_of(LONG))
def test_days_are_reckoned_alike(capital: int, sessions: Any) -> None:
    seen = [days_after(module, capital, sessions) for module in twins().values()]
    assert all(said == seen[0][1] for _, said in seen)
    rows = [list(days.rows) for days, _ in seen]
    assert all(each == rows[0] for each in rows)
    assert all(len(days) == len(sessions) for days, _ in seen)


def in_python(days: Any, dates: Any, opens: Any, closes: Any, periods: int) -> pl.DataFrame:
    """The daily frame as the figures' own functions have it."""
    _, *columns = map(listed, columns_of(days.rows))
    money, ratios = columns[:13], columns[13:16]
    sessions = date_column("session", dates)
    exact = [ExactColumn(n, v, MONEY_SCALE) for n, v in zip(MONEY_COLUMNS, money, strict=True)]
    exact += [ExactColumn(n, v, RATIO_SCALE) for n, v in zip(RATIO_COLUMNS, ratios, strict=True)]
    counts = [pl.Series(n, v, dtype=pl.Int64) for n, v in zip(COUNT_COLUMNS, columns[16:], strict=True)]
    more: Any = (money[0], money[1], ratios[0], ratios[1], None)
    figures = statistics_columns(sessions, *more, periods=periods)
    stamps = [datetime_column("period_open", opens), datetime_column("period_close", closes)]
    return frame_of([sessions, *stamps, *exact, *counts, *figures])


def check_frame(capital: int, sessions: Any, periods: int, first: int) -> Any:
    """The native frame equals Python's, or is left to it. Returns the native one, None where there is none."""
    days, _ = days_after(twins()["rust"], capital, sessions)
    dates = np.arange(first, first + len(sessions)) * 11
    opens = dates * 86_400 * 10**9 if len(dates) and abs(dates).max() < 10**5 else dates
    closes = opens + 5
    laid = days.frame(DAILY, dates.tolist(), opens, closes, periods)
    try:
        frame = in_python(days, dates, opens, closes, periods)
    except MoneyOverflow:
        assert laid is None
        return None
    if laid is None:
        return None
    made = pl.DataFrame(laid)
    assert made.schema == frame.schema
    assert made.rows() == frame.rows()
    return made


@given(CAPITAL | LONG, days_of(LONG), st.integers(1, 400), st.integers(-300, 2000))
def test_the_daily_frame_is_the_same_or_left_to_python(capital: int, sessions: Any, periods: int, first: int) -> None:
    check_frame(capital, sessions, periods, first)


STEADY = st.lists(st.tuples(st.integers(-90, 100), st.integers(0, 10**18)), min_size=1, max_size=20)


@given(CAPITAL, STEADY, st.integers(1, 400))
def test_the_daily_frame_of_an_ordinary_run_is_native_and_the_same(
    capital: int, gains: list[int], periods: int
) -> None:
    worth, sessions = capital, []
    for per_cent, more in gains:
        worth = worth * (100 + per_cent) // 100 + more
        sessions.append((0, None, [], (worth // 3, worth - worth // 3, 0, False, 0), worth))
    assert check_frame(capital, sessions, periods, 1500) is not None


def test_books_of_the_kernel_are_asked_without_a_call_of_python() -> None:
    module = twins()["rust"]
    books = module.Books()
    books.open_pocket("main", "USD", 10**24)
    books.open_slot(0, [500, 700], 2, 12, 0, 1, 1, 0)
    books.fill(0, 10, 500 * 10**10)
    books.seek(1)
    days = module.Days(10**24)
    days.take(0, books)
    # 10 x 7.00 are 70.00, of 10,000 + 20.00
    row = next(iter(days.rows))
    assert row[:3] == (0, 10_020 * UNIT, 20 * UNIT)
    assert row[5:8] == (9_950 * UNIT, 0, 70 * UNIT)
    assert row[14:] == (2 * 10**15, 6_986_027_944_111_776, 6_986_027_944_111_776, 1, 0)


@pytest.mark.parametrize("names", [DAILY[:-1], (*DAILY, "more")])
def test_names_that_are_not_those_of_the_columns_are_refused(names: tuple[str, ...]) -> None:
    days, _ = days_after(twins()["rust"], UNIT, [(0, None, [], (UNIT, 0, 0, False, 0), UNIT)])
    with pytest.raises(ValueError, match="names than columns"):
        days.frame(names, [20_000], np.zeros(1, np.int64), np.zeros(1, np.int64), 252)
    with pytest.raises(ValueError, match="1 days, of which 0"):
        days.frame(DAILY, [], np.zeros(1, np.int64), np.zeros(1, np.int64), 252)


def test_there_is_no_return_of_a_session_without_a_row() -> None:
    for module in twins().values():
        days, _ = days_after(module, UNIT, [(0, None, [], (UNIT, 0, 0, False, 0), UNIT)])
        assert days.return_of(0) == 0
        with pytest.raises(IndexError, match="there is no session 1"):
            days.return_of(1)
