"""Runs on data at hand: the validation, books and hash of an ingestion, and nothing goes into the catalog."""

from __future__ import annotations

import datetime as dt
import gc
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import rustybt
from rustybt.api import order, order_target_percent, symbol
from rustybt.core import data_root
from rustybt.errors import BadBars, HistoryWindowStartsBeforeData, InputError

DAYS = [dt.date(2024, 1, 2), dt.date(2024, 1, 3), dt.date(2024, 1, 4), dt.date(2024, 1, 5)]


def prices(closes: list[Any], days: list[dt.date] = DAYS) -> pl.DataFrame:
    texts = [str(close) for close in closes]
    frame = pl.DataFrame({"date": days, "close": texts})
    return frame.with_columns(open="close", high="close", low="close", volume=pl.lit(10_000_000))


FRAMES = {"A": prices([10, 11, 12, 13]), "B": prices(["20.5", 21, 20, "19.25"])}
LONG = pl.concat(frame.with_columns(symbol=pl.lit(name)) for name, frame in FRAMES.items())


def trade(context: Any, data: Any) -> None:
    order_target_percent(symbol("A"), Decimal("0.5"))
    order(symbol("B"), 3)


def fields(frame: pl.DataFrame) -> pd.DataFrame:
    """One asset's frame as vendors give it."""
    texts = frame.select(pl.exclude("date")).to_pandas().astype(float)
    texts.index = pd.DatetimeIndex(frame["date"].to_list(), name="Date")
    return texts.rename(columns=str.capitalize)


def by_levels(*, symbols_first: bool) -> pd.DataFrame:
    wide = pd.concat({name: fields(frame) for name, frame in FRAMES.items()}, axis=1, names=["Ticker", "Price"])
    return wide if symbols_first else wide.swaplevel(axis=1).sort_index(axis=1)


def csv_file(folder: Path) -> Path:
    LONG.write_csv(folder / "bars.csv")
    return folder / "bars.csv"


FORMS: dict[str, Any] = {
    "a Polars frame": lambda folder: LONG,
    "a LazyFrame": lambda folder: LONG.lazy(),
    "an Arrow table": lambda folder: LONG.to_arrow(),
    "a mapping": lambda folder: FRAMES,
    "a mapping of pandas frames": lambda folder: {name: fields(frame) for name, frame in FRAMES.items()},
    "fields above symbols": lambda folder: by_levels(symbols_first=False),
    "symbols above fields": lambda folder: by_levels(symbols_first=True),
    "a path": csv_file,
}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> rustybt.Result:
    root = tmp_path_factory.mktemp("catalog")
    rustybt.ingest("mine", LONG, root=root)
    return rustybt.run_algorithm(
        handle_data=trade, bundle="mine", capital_base=100_000, environ={"RUSTYBT_ROOT": str(root)}
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_run_on_data_is_the_run_after_their_ingestion(tmp_path: Path, ingested: rustybt.Result, form: str) -> None:
    result = rustybt.run(trade, FORMS[form](tmp_path))
    assert result.ledger_hash == ingested.ledger_hash
    assert result.manifest["data_hash"] == ingested.manifest["data_hash"]
    assert {name: frame.to_dict(as_series=False) for name, frame in result.frames().items()} == {
        name: frame.to_dict(as_series=False) for name, frame in ingested.frames().items()
    }
    # 50,000 / 11 on the second day's close, after an order at 10 for 5,000
    assert result.transactions["amount"][0] == 5000
    assert not (data_root() / "catalog.sqlite").exists()


def test_a_second_run_on_the_same_data_builds_nothing_and_reads_nothing() -> None:
    market = rustybt.load_data(LONG)
    again = rustybt.load_data(LONG.clone())
    assert again is market
    rustybt.run(trade, LONG)
    read = market.rows_read
    assert read == LONG.height
    rustybt.run(trade, LONG)
    rustybt.run_algorithm(market=market, handle_data=trade)
    assert market.rows_read == read
    assert rustybt.load_data(LONG.with_columns(volume=pl.lit(1))) is not market


def test_the_temporary_folder_goes_with_the_market(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("rustybt.engine._market_of_data.MOST_KEPT", 0)
    market = rustybt.load_data(prices([1, 2, 3, 4]).with_columns(symbol=pl.lit("C")))
    assert len(list(tmp_path.iterdir())) == 1
    del market
    gc.collect()
    assert not list(tmp_path.iterdir())
    with pytest.raises(BadBars):
        rustybt.load_data(prices([1, 2, 3, -4]).with_columns(symbol=pl.lit("C")))
    assert not list(tmp_path.iterdir())


def test_a_second_run_on_the_same_data_ingests_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from rustybt.ingest import _ingest

    calls: list[Any] = []
    plain = _ingest.ingest_with_fault
    monkeypatch.setattr(_ingest, "ingest_with_fault", lambda *a, **k: (calls.append(a), plain(*a, **k))[1])
    frame = prices([1, 2, 3, 5])
    for _ in range(3):
        rustybt.run(lambda context, data: None, {"Q": frame.clone()})
    assert len(calls) == 1


def test_a_window_that_the_data_do_not_reach_back_to_names_the_day_from_which_they_do() -> None:
    def look(context: Any, data: Any) -> None:
        data.history(symbol("A"), "close", 3, "1d")

    with pytest.raises(HistoryWindowStartsBeforeData) as refused:
        rustybt.run(look, FRAMES)
    assert "A window of 3 bars of '1d' reaches 2 bars before" in str(refused.value)
    assert "start='2024-01-04'" in str(refused.value)
    assert rustybt.run(look, FRAMES, start="2024-01-04").daily.height == 2


def test_a_result_on_data_can_be_saved_and_a_market_pickled(tmp_path: Path) -> None:
    result = rustybt.run(trade, LONG)
    assert rustybt.Result.load(result.save(tmp_path / "run")).ledger_hash == result.ledger_hash
    market = pickle.loads(pickle.dumps(rustybt.load_data(LONG)))
    assert rustybt.run_algorithm(market=market, handle_data=trade, capital_base=100_000).ledger_hash == (
        result.ledger_hash
    )


def test_weekends_make_the_calendar_one_of_every_day_and_it_is_told() -> None:
    week = [dt.date(2024, 1, 5) + dt.timedelta(days) for days in range(4)]
    result = rustybt.run(lambda context, data: order(symbol("C"), 1), {"C": prices([1, 2, 3, 4], week)})
    assert result.daily["session"].to_list() == week
    assert result.manifest["calendar"] == "24/7"
    assert [(note.code, note.text) for note in result.notes] == [
        ("data_read", "There are bars on weekends: the calendar was taken to be 24/7.")
    ]


@pytest.mark.parametrize("how", ["error", "drop", "quarantine"])
def test_the_calendar_is_found_whatever_becomes_of_bad_rows(how: str) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days) for days in range(300)]
    every_day = rustybt.run(lambda context, data: None, {"C": prices([5] * 300, days)}, on_bad_row=how)
    assert (every_day.manifest["calendar"], every_day.daily["session"].to_list()) == ("24/7", days)
    some = weekdays(dt.date(2022, 1, 3), dt.date(2023, 12, 29))
    result = rustybt.run(lambda context, data: None, {"C": prices([5] * len(some), some)}, on_bad_row=how)
    assert (result.manifest["calendar"], result.daily["session"].to_list()) == ("24/5", some)
    assert "rows_left_out" not in {note.code for note in result.notes}
    seen = rustybt.preview({"C": prices([5] * 300, days)}, on_bad_row=how)
    assert (seen.calendar, seen.findings) == ("24/7", ())


@pytest.mark.parametrize("calendar", ["24/7", None])
def test_rows_that_are_left_out_are_told(calendar: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days) for days in range(30)]
    closes: list[Any] = [5] * 30
    closes[7] = "nan"
    market = rustybt.load_data({"C": prices(closes, days)}, calendar=calendar, on_bad_row="drop")
    result = rustybt.run(lambda context, data: order(symbol("C"), 1), market=market)
    (note,) = [note for note in result.notes if note.code == "rows_left_out"]
    assert note.data["rules"] == {"number": 4}  # its four prices
    assert all(words in note.text for words in ("'drop'", "4 number", "C 2024-01-08"))
    again = rustybt.run(lambda context, data: order(symbol("C"), 1), market=pickle.loads(pickle.dumps(market)))
    assert note in again.notes
    print(result)
    assert "rows_left_out" in capsys.readouterr().out


def weekdays(first: dt.date, last: dt.date) -> list[dt.date]:
    days = [first + dt.timedelta(days) for days in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


def test_bars_on_every_holiday_make_the_calendar_one_of_weekdays_and_it_is_told() -> None:
    year = weekdays(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    result = rustybt.run(lambda context, data: order(symbol("C"), 1), {"C": prices([*range(1, len(year) + 1)], year)})
    assert result.daily["session"].to_list() == year
    assert result.manifest["calendar"] == "24/5"
    assert "There are bars on every holiday of XNYS: the calendar was taken to be 24/5." in [
        note.text for note in result.notes
    ]


@pytest.mark.parametrize(
    "without",
    [
        [dt.date(2024, 12, 25), dt.date(2024, 3, 29)],  # London has some of New York's holidays, and others
        weekdays(dt.date(2024, 1, 2), dt.date(2024, 11, 1)),  # two bars on holidays, which are a vendor's mistake
    ],
)
def test_bars_on_some_holidays_are_refused(without: list[dt.date]) -> None:
    days = [day for day in weekdays(dt.date(2024, 1, 2), dt.date(2024, 12, 31)) if day not in without]
    with pytest.raises(BadBars, match="is no session of XNYS"):
        rustybt.run(trade, {"A": prices([*range(1, len(days) + 1)], days)})


def test_a_calendar_that_is_named_is_taken_and_a_wrong_one_is_told() -> None:
    boxing = [dt.date(2024, 7, 3), dt.date(2024, 7, 4)]  # no session in New York, one in London
    with pytest.raises(BadBars) as refused:
        rustybt.run(trade, {"A": prices([1, 2], boxing)})
    assert "trading_calendar='XLON'" in str(refused.value.__notes__)
    result = rustybt.run(lambda context, data: None, {"A": prices([1, 2], boxing)}, trading_calendar="XLON")
    assert result.daily["session"].to_list() == boxing


@pytest.mark.parametrize(
    ("name", "value"), [("bundle", "sample"), ("version", "x"), ("bundle_timestamp", "2024-01-01")]
)
def test_data_and_a_bundle_are_not_given_together(name: str, value: str) -> None:
    with pytest.raises(InputError, match=f"data= and {name}= were both given"):
        rustybt.run(trade, LONG, **{name: value})


def test_a_mapping_whose_keys_are_no_symbols_is_refused() -> None:
    with pytest.raises(InputError, match="the key 3"):
        rustybt.run(trade, {3: FRAMES["A"]})
    with pytest.raises(InputError, match="A mapping holds frames"):
        rustybt.run(trade, {"A": __file__})


def test_a_run_without_data_is_on_the_sample_with_a_hundred_thousand() -> None:
    result = rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
    assert (result.manifest["bundle"], result.manifest["capital_base"]) == ("sample", "100000")


class Half(rustybt.Strategy):
    def handle_data(self, context: Any, data: Any) -> None:
        order_target_percent(symbol("A"), Decimal("0.5"))


@pytest.mark.parametrize("strategy", [Half, Half()])
def test_a_strategy_is_a_class_or_an_object_too(strategy: Any) -> None:
    assert rustybt.run(strategy, FRAMES).transactions.height > 0


# Noise of floats


def with_floats(closes: list[float]) -> dict[str, pl.DataFrame]:
    frame = prices(["1"] * len(closes)).with_columns(
        pl.Series(name, closes) for name in ("open", "high", "low", "close")
    )
    return {"A": frame}


@pytest.mark.parametrize(
    ("closes", "texts", "places"),
    [
        ([0.1 + 0.2, 1.1 * 3, 12.0, 7.25], ["0.3", "3.3", "12", "7.25"], 2),
        ([float(np.float32(x)) for x in (41.9, 17.03, 3, 250.125)], ["41.9", "17.03", "3", "250.125"], 3),
    ],
)
def test_the_noise_of_floats_is_rounded_away_and_told(closes: list[float], texts: list[str], places: int) -> None:
    result = rustybt.run(lambda context, data: None, with_floats(closes))
    exact = rustybt.run(lambda context, data: None, {"A": prices(texts)})
    assert result.manifest["data_hash"] == exact.manifest["data_hash"]
    assert f"close: the noise of floats was rounded away, at {places} decimals" in [
        note.text.split(": ", 1)[1] for note in result.notes if note.code == "data_read"
    ]


def test_floats_of_a_computation_are_refused_with_the_way_to_round_them() -> None:
    closes = [100 * float(np.exp(x)) for x in (0.1, 0.2, 0.3, 0.4)]
    with pytest.raises(BadBars, match="price_decimals") as refused:
        rustybt.run(trade, with_floats(closes))
    assert "load_data(data, price_decimals=4)" in str(refused.value.__notes__)
    market = rustybt.load_data(with_floats(closes), price_decimals=2)
    result = rustybt.run_algorithm(market=market, handle_data=lambda context, data: order(symbol("A"), 1))
    assert result.positions["last_sale_price"][-1] == Decimal("149.18")  # 100 e^0.4 = 149.1824...


def test_a_first_run_without_a_strategy_is_refused() -> None:
    with pytest.raises(InputError, match="strategy=None: pass a Strategy, or a function"):
        rustybt.run(None)


# What a call gets wrong


@pytest.mark.parametrize(
    ("arguments", "options", "told"),
    [
        ((trade, None), {}, "inplace=True returns None"),
        ((trade, FRAMES), {"capital": 1}, r"no option capital=. Did you mean capital_base=\?"),
        ((trade, FRAMES), {"zebra": 1}, "no option zebra="),
        ((trade, FRAMES), {"cash": 10_000}, "Cash at the start is capital_base="),
        ((trade, FRAMES), {"commission": 0.002}, "Costs are set in initialize"),
        ((trade, FRAMES), {"interval": "1m"}, "The length of the bars is data_frequency="),
        ((trade,), {"price_decimals": 2}, "price_decimals= says how data are read, and there are none"),
        ((trade, FRAMES | {"C": FRAMES["A"].clear()}), {}, r"data\['C'\] holds no rows"),
        ((trade, {"A": LONG}), {}, "has a column symbol with 'B' in it"),
    ],
)
def test_what_can_not_be_meant_is_told(arguments: tuple[Any, ...], options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        rustybt.run(*arguments, **options)


def test_how_data_are_read_can_be_said_in_the_same_call() -> None:
    closes = [100 * float(np.exp(x)) for x in (0.1, 0.2, 0.3, 0.4)]
    result = rustybt.run(lambda context, data: order(symbol("A"), 1), with_floats(closes), price_decimals=2, seed=4)
    assert result.positions["last_sale_price"][-1] == Decimal("149.18")
    assert result.manifest["seed"] == 4
    with pytest.raises(InputError, match="load_data has no option root="):
        rustybt.load_data(LONG, root="here")
    with pytest.raises(InputError, match=r"no option trading_calendar=\. That is calendar= here"):
        rustybt.load_data(LONG, trading_calendar="24/7")


def test_the_types_of_the_options_of_run_name_each_of_them() -> None:
    from rustybt.engine._first_run import OF_RUNS
    from rustybt.engine._market_of_data import OPTIONS
    from rustybt.engine._run_options import RunOptions

    assert RunOptions.__annotations__.keys() == (OPTIONS | OF_RUNS) - {"start", "end", "capital_base"}


def test_rows_of_minutes_name_the_parameter_of_the_function_called() -> None:
    stamps = [f"2024-01-02 14:{minute}:00" for minute in range(31, 40)]
    frame = pl.DataFrame({"symbol": "A", "date": stamps, "open": 10, "high": 11, "low": 9, "close": 10, "volume": 100})
    with pytest.raises(InputError) as found:
        rustybt.run(lambda context, data: None, frame)
    told = str(found.value)
    assert "data_frequency='1m'" in told
    assert "--" not in told
    assert " frequency=" not in told
