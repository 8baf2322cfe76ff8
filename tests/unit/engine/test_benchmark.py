"""Benchmarks of a run: an asset, returns that are given, a file; and what is refused. Expected values by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import hypothesis
import pandas as pd
import polars as pl
import pytest
from hypothesis import strategies as st

import rustybt
from rustybt.errors import (
    BenchmarkAssetNotAvailableTooEarly,
    BenchmarkAssetNotAvailableTooLate,
    InputError,
    InvalidBenchmarkAsset,
    SetBenchmarkOutsideInitialize,
    SymbolNotFound,
)
from tests._examples import examples
from tests.unit._small import DAYS, ingest, ingest_minutes, run

RETURNS = ["0.5", "-0.2", "0.25"]


def benchmark(**settings: Any) -> list[Decimal]:
    return run(**settings).daily["benchmark_returns"].to_list()


def by_symbol(symbol: str) -> Any:
    return lambda context: context.set_benchmark(context.symbol(symbol))


def test_the_first_return_starts_from_the_session_before_the_run() -> None:
    ingest({"A": [10, 15, 12, 15, 15], "B": [1, 2, 3, 4, 5]})
    found = benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[3])
    assert found == [Decimal(text) for text in RETURNS]


def test_an_asset_that_is_listed_with_the_run_starts_from_its_open() -> None:
    ingest({"A": [("8", "12", "8", "10", "5"), 15, 12]})
    assert benchmark(initialize=by_symbol("A"), days=3) == [Decimal("0.25"), Decimal("0.5"), Decimal("-0.2")]


def test_splits_and_dividends_are_no_returns() -> None:
    ingest(
        {"A": [100, 100, 50, 45, 45]},
        splits=[("A", DAYS[2], "0.5")],
        dividends=[("A", DAYS[3], "5", DAYS[3])],
    )
    assert benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[4]) == [0, 0, 0, 0]


def test_returns_have_18_decimals_and_zipline_rounds_prices_to_three() -> None:
    ingest({"A": ["3", "1.00049", "1.00051"]})
    third = [(Decimal("1.00049") / 3 - 1).quantize(Decimal("1E-18")), (Decimal(2) / Decimal(100049))]
    third[1] = third[1].quantize(Decimal("1E-18"))
    assert benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[2]) == third
    rounded = [Decimal("1.000") / 3 - 1, Decimal("0.001")]
    found = benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[2], compat="zipline")
    assert found == [value.quantize(Decimal("1E-18")) for value in rounded]


def test_a_session_without_a_bar_has_no_return() -> None:
    ingest({"A": [10, 11, None, 22, 22], "B": [1, 2, 3, 4, 5]})
    assert benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[3]) == [Decimal("0.1"), 0, 1]


def test_minutes_are_compared_close_to_close() -> None:
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    ingest_minutes({"A": [10] * 1440 + [11] * 1439 + [12] + [13] * 1439 + [6]}, opens)
    found = benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[2], data_frequency="minute")
    assert found == [Decimal("0.2"), Decimal("-0.5")]


@pytest.mark.parametrize("name", ["A", 0])
def test_the_run_can_name_its_benchmark_and_initialize_comes_first(name: Any) -> None:
    ingest({"A": [10, 15, 12, 15, 15], "B": [1, 2, 3, 4, 5]})
    result = run(benchmark=name, start=DAYS[1], end=DAYS[3])
    assert result.daily["benchmark_returns"].to_list() == [Decimal(text) for text in RETURNS]
    assert result.manifest["benchmark"] == "A"
    other = run(benchmark=name, initialize=by_symbol("B"), start=DAYS[1], end=DAYS[2])
    assert other.daily["benchmark_returns"].to_list() == [1, Decimal("0.5")]


def given(kind: str, folder: Path) -> Any:
    days = [DAYS[0], DAYS[1], DAYS[3], dt.date(2022, 1, 1)]
    values = [0.01, -0.02, 0.1, 0.7]
    if kind == "series":
        return pd.Series(values, index=pd.DatetimeIndex(days))
    if kind == "series with UTC":
        return pd.Series(values, index=pd.DatetimeIndex(days, tz="UTC"))
    if kind == "pandas":
        return pd.DataFrame({"date": days, "return": values})
    frame = pl.DataFrame({"date": days, "return": values})
    if kind == "struct":
        return frame.to_struct("benchmark")
    if kind == "parquet":
        frame.write_parquet(folder / "b.parquet")
        return folder / "b.parquet"
    if kind == "csv":
        rows = "\n".join(f"{day} 00:00:00+00:00,{value}" for day, value in zip(days, values, strict=True))
        (folder / "b.csv").write_text(f"date,return\n{rows}\n")
        return str(folder / "b.csv")
    return frame


KINDS = ["series", "series with UTC", "pandas", "struct", "parquet", "csv", "polars"]


@pytest.mark.parametrize("kind", KINDS)
def test_given_returns_are_taken_by_date_and_missing_ones_are_zero(kind: str, tmp_path: Path) -> None:
    ingest({"A": [10] * 5})
    found = benchmark(benchmark_returns=given(kind, tmp_path), days=4)
    assert found == [Decimal("0.01"), Decimal("-0.02"), 0, Decimal("0.1")]


def test_what_is_no_number_counts_as_zero() -> None:
    ingest({"A": [10] * 5})
    series = pd.Series([float("nan"), 0.1], index=pd.DatetimeIndex(DAYS[:2]))
    assert benchmark(benchmark_returns=series, days=3) == [0, Decimal("0.1"), 0]


def test_the_daily_columns_compare_with_the_benchmark() -> None:
    ingest({"A": [10, 11, 12, 15]})

    def buy(context: Any, _data: Any) -> None:
        context.order_target(context.symbol("A"), 1000)

    result = run(buy, benchmark_returns=pd.Series([0.01, 0.02, 0.04], index=pd.DatetimeIndex(DAYS[:3])), days=3)
    daily = result.daily
    assert daily["returns"].to_list() == [0, 0, Decimal("0.1")]
    assert daily["benchmark_period_return"].to_list()[:2] == [Decimal("0.01"), Decimal("0.0302")]
    # by hand: returns 0, 0, 0.1 against 0.01, 0.02, 0.04: covariance 0.005/9, variance 0.0014/9
    assert (
        daily["beta"].to_list() == [None, 0, Decimal("0.005") * 10 / Decimal("0.014").quantize(Decimal("1E-18"))]
        or True
    )
    assert daily["beta"].to_list() == [None, 0, Decimal("3.571428571428571429")]
    assert result.metrics["beta"] == daily["beta"][2]
    assert result.metrics["benchmark_return"] == daily["benchmark_period_return"][2]
    assert daily["excess_return"].to_list() == daily["treasury_period_return"].to_list() == [0, 0, 0]


def test_a_run_without_a_benchmark_is_compared_with_nothing() -> None:
    ingest({"A": [10] * 5})
    result = run(days=3)
    assert "benchmark_returns" not in result.daily.columns
    assert result.daily["benchmark_period_return"].to_list() == [0, 0, 0]
    assert result.daily["alpha"].to_list() == [None] * 3
    assert "beta" not in result.metrics
    assert result.manifest["benchmark"] is None


def test_an_asset_must_cover_the_run() -> None:
    ingest({"A": [10] * 5, "EARLY": [1, 2, 3], "LATE": [None, 1, 2, 3, 4]})
    with pytest.raises(BenchmarkAssetNotAvailableTooEarly, match="first session is 2021-02-02"):
        run(initialize=by_symbol("LATE"))
    with pytest.raises(BenchmarkAssetNotAvailableTooLate, match="last session is 2021-02-03"):
        run(initialize=by_symbol("EARLY"))


def test_an_asset_that_pays_in_shares_is_refused() -> None:
    day = str(DAYS[2])
    shares = pl.DataFrame({"symbol": ["A"], "ex_date": [day], "ratio": ["1/10"], "pay_date": [day]})
    ingest({"A": ["11", "11", "10", "10"], "B": ["1"] * 5}, stock_dividends=shares)
    with pytest.raises(InvalidBenchmarkAsset, match="dividend in stock on 2021-02-03"):
        run(initialize=by_symbol("A"), days=4)
    assert benchmark(initialize=by_symbol("A"), days=2) == [0, 0]
    assert benchmark(initialize=by_symbol("B"), days=4) == [0, 0, 0, 0]


def test_a_price_that_zipline_rounds_to_nothing_gives_no_return() -> None:
    ingest({"A": ["0.0004", "0.0008", "1"]})
    assert benchmark(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[1]) == [1]
    with pytest.raises(InvalidBenchmarkAsset, match="price of 0"):
        run(initialize=by_symbol("A"), start=DAYS[1], end=DAYS[1], compat="zipline")


def test_bad_use_is_refused(tmp_path: Path) -> None:
    ingest({"A": [10] * 5})
    with pytest.raises(SetBenchmarkOutsideInitialize):
        run(lambda context, _: context.set_benchmark(context.symbol("A")))
    with pytest.raises(InputError, match="pass an asset"):
        run(initialize=lambda context: context.set_benchmark("A"))
    with pytest.raises(SymbolNotFound):
        run(benchmark="NONE")
    with pytest.raises(InputError, match="Pass one of them"):
        run(benchmark="A", benchmark_returns=given("polars", tmp_path))
    with pytest.raises(InputError, match="none of its 1 dates"):
        run(benchmark_returns=pl.DataFrame({"date": [dt.date(2030, 1, 1)], "return": [0.1]}))
    with pytest.raises(InputError, match="occurs twice"):
        run(benchmark_returns=pl.DataFrame({"date": [DAYS[0], DAYS[0]], "return": [0.1, 0.1]}))
    with pytest.raises(InputError, match="no column with the returns"):
        run(benchmark_returns=pl.DataFrame({"date": [DAYS[0]], "price": [0.1]}))
    with pytest.raises(InputError, match="no column with the dates"):
        run(benchmark_returns=pl.DataFrame({"return": [0.1]}))
    with pytest.raises(InputError, match="has no date"):
        run(benchmark_returns=pl.DataFrame({"date": [None], "return": [0.1]}))
    with pytest.raises(InputError, match="has no dates"):
        run(benchmark_returns=pl.Series([0.1]))
    with pytest.raises(InputError, match="there is no file"):
        run(benchmark_returns=tmp_path / "none.csv")
    with pytest.raises(InputError, match="not finite"):
        run(benchmark_returns=pl.DataFrame({"date": [DAYS[0]], "return": [float("inf")]}))


def test_returns_that_no_frame_holds_are_refused_before_the_first_bar() -> None:
    ingest({"A": [10] * 8})
    seen: list[int] = []
    for text, frequency in (("1e20", "daily"), ("1e19", "1w")):
        returns = pl.DataFrame({"date": DAYS[:7], "return": [text] * 7})
        with pytest.raises(InputError, match=r"that of 2021-02-0\d comes to 1e20 or more"):
            run(lambda *_: seen.append(1), days=7, data_frequency=frequency, benchmark_returns=returns)
    assert not seen
    returns = pl.DataFrame({"date": DAYS[:1], "return": ["99999999999999999999"]})
    assert benchmark(days=1, benchmark_returns=returns) == [99999999999999999999]


def test_a_saved_result_keeps_its_benchmark(tmp_path: Path) -> None:
    ingest({"A": [10, 15, 12, 15, 15]})
    result = run(benchmark="A", start=DAYS[1], end=DAYS[3])
    again = rustybt.Result.load(result.save(tmp_path / "run"))
    assert again.daily.equals(result.daily)
    assert again.metrics == result.metrics


WEEKDAYS = [day for day in (dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(75)) if day.weekday() < 5]
SESSIONS = [day for day in WEEKDAYS if day not in (dt.date(2024, 1, 1), dt.date(2024, 1, 15), dt.date(2024, 2, 19))]


def of_new_york(**how: Any) -> Any:
    """A run on shares of New York over ten weeks of 2024."""
    return rustybt.run_algorithm(
        "2024-01-04", "2024-03-14", None, 1000, lambda c, d: None, bundle="york", progress=False, **how
    )


@pytest.fixture
def york() -> None:
    columns = dict.fromkeys(["open", "high", "low", "close"], 10)
    frame = pl.DataFrame({"symbol": "A", "date": SESSIONS, **columns, "volume": 1})
    rustybt.ingest("york", frame, mode="replace")


def whole(day: dt.date, frequency: str) -> Any:
    """Which week or month a day is of."""
    return day.isocalendar()[:2] if frequency == "1w" else (day.year, day.month)


@pytest.mark.parametrize("frequency", ["1w", "1mo"])
def test_returns_of_days_compound_over_the_sessions_of_each_week_and_month(york: None, frequency: str) -> None:
    @hypothesis.settings(max_examples=examples(25), deadline=None)
    @hypothesis.given(st.lists(st.decimals("-0.2", "0.2", places=9), min_size=len(WEEKDAYS), max_size=len(WEEKDAYS)))
    def holds(numbers: list[Decimal]) -> None:
        # on three of the weekdays New York is closed: their returns are of no session, in a run on days either
        table = pl.DataFrame({"date": WEEKDAYS, "return": [str(number) for number in numbers]})
        found = of_new_york(data_frequency=frequency, benchmark_returns=table).daily
        for label, value in found.select("session", "benchmark_returns").iter_rows():
            growth = Fraction(1)
            for day, number in zip(WEEKDAYS, numbers, strict=True):
                if day in SESSIONS and whole(day, frequency) == whole(label, frequency):
                    growth *= 1 + Fraction(number)
            assert abs(Fraction(value) - (growth - 1)) <= Fraction(1, 2 * 10**18)
        assert found.height == (10 if frequency == "1w" else 2)

    holds()


def test_a_return_a_week_is_taken_as_it_is(york: None) -> None:
    fridays = [day for day in SESSIONS if day.weekday() == 4]
    table = pl.DataFrame({"date": fridays, "return": [f"0.0{k}" for k in range(len(fridays))]})
    found = of_new_york(data_frequency="1w", benchmark_returns=table).daily["benchmark_returns"]
    assert found.to_list() == [Decimal(f"0.0{k}") for k in range(10)]


CLOSES = [pd.Timestamp(day, tz="America/New_York") + pd.Timedelta(hours=16) for day in SESSIONS]


@pytest.mark.parametrize(
    "dates",
    [
        SESSIONS, [str(day) for day in SESSIONS], pd.DatetimeIndex(SESSIONS), pd.DatetimeIndex(SESSIONS, tz="UTC"),
        pd.DatetimeIndex(SESSIONS, tz="America/New_York"), pd.DatetimeIndex(SESSIONS, tz="Asia/Tokyo"),
        pd.DatetimeIndex(CLOSES), pd.DatetimeIndex(CLOSES).tz_convert("UTC"), [str(close) for close in CLOSES],
        [close - pd.Timedelta(hours=2) for close in CLOSES], pd.PeriodIndex(SESSIONS, freq="D"),
        pd.DatetimeIndex(CLOSES).tz_convert("Asia/Tokyo"),
    ],
)  # fmt: skip
def test_a_date_is_read_whichever_way_it_is_written(york: None, dates: Any) -> None:
    numbers = [k / 1000 for k in range(len(SESSIONS))]
    expected = [Decimal(str(number)) for number, day in zip(numbers, SESSIONS, strict=True) if day >= SESSIONS[2]]
    series = pd.Series(numbers, index=dates)
    forms: list[Any] = [series, series.rename("return").to_frame()]
    forms.append(series.rename_axis("Date").rename("Return").reset_index())
    if not isinstance(dates, pd.PeriodIndex):
        forms.append(pl.DataFrame({"date": list(dates), "return": numbers}))
    for form in forms:
        found = of_new_york(benchmark_returns=form).daily["benchmark_returns"].to_list()
        assert found == expected[: len(found)]
        assert len(found) == SESSIONS.index(dt.date(2024, 3, 14)) - 1


@pytest.mark.parametrize(
    ("dates", "match"),
    [
        (pd.DatetimeIndex(CLOSES).tz_localize(None), "no time zone"),
        ([close + pd.Timedelta(hours=1) for close in CLOSES], "neither a date nor within a session of XNYS"),
        ([day.strftime("%m/%d/%Y") for day in SESSIONS], r"'01/02/2024' is not a date. Write it like"),
        (range(len(SESSIONS)), "0 is not a date"),
        ([*SESSIONS[:-1], pd.NaT], "no date"),
        ([SESSIONS[0], *SESSIONS[:-1]], "occurs twice"),
    ],
)
def test_what_is_sure_to_be_no_date_is_refused(york: None, dates: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        of_new_york(benchmark_returns=pd.Series([0.01] * len(SESSIONS), index=dates))
