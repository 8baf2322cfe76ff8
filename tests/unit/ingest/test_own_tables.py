"""Tables that people have: one asset's frame, columns, records, rows of lists, closes only, scaled prices."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import rustybt
from rustybt.catalog import scan
from rustybt.errors import BadBars, InputError
from tests.unit._command import command

DAYS = [dt.date(2024, 1, 2), dt.date(2024, 1, 3), dt.date(2024, 1, 4)]
CLOSES = ["10.5", "11", "10.75"]
FRAME = pl.DataFrame(
    {
        "date": DAYS,
        "open": ["10", "10.5", "11"],
        "high": ["11", "11.25", "11"],
        "low": ["9.5", "10.5", "10.5"],
        "close": CLOSES,
        "volume": [1000, 2000, 1500],
    }
)
FLOATS = FRAME.with_columns(pl.col("open", "high", "low", "close").cast(pl.Float64))
MIDNIGHTS = [int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) for day in DAYS]


def pandas_frame() -> pd.DataFrame:
    frame = FLOATS.select("open", "high", "low", "close", "volume").to_pandas()
    frame.index = pd.DatetimeIndex(DAYS, name="Date")
    return frame.rename(columns=str.upper)


def rows(unit: int) -> list[list[Any]]:
    """As CCXT's fetch_ohlcv gives them, whole numbers among floats."""
    values = FLOATS.drop("date").rows()
    return [
        [at * unit, *(int(v) if float(v).is_integer() else v for v in row)]
        for at, row in zip(MIDNIGHTS, values, strict=True)
    ]


OF_ONE: dict[str, Callable[[], Any]] = {
    "a Polars frame": lambda: FRAME,
    "a pandas frame with the date as index": pandas_frame,
    "an index with a zone": lambda: pandas_frame().tz_localize("America/New_York"),
    "a LazyFrame": FRAME.lazy,
    "an Arrow table": FRAME.to_arrow,
    "columns as lists": lambda: FLOATS.to_dict(as_series=False),
    "columns as arrays": lambda: {name: FLOATS[name].to_numpy() for name in FLOATS.columns},
    "columns as Series of Polars": FLOATS.to_dict,
    "columns as Series of pandas": lambda: dict(pandas_frame().reset_index().items()),
    "records": FLOATS.to_dicts,
    "records of NumPy scalars": lambda: [
        {**row, "close": np.float64(row["close"]), "date": np.datetime64(row["date"])} for row in FLOATS.to_dicts()
    ],
    "rows in milliseconds": lambda: rows(1000),
    "rows in seconds": lambda: [tuple(row) for row in rows(1)],
}


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> str:
    frame = FRAME.with_columns(symbol=pl.lit("ACME"))
    return rustybt.ingest("exact", frame, root=tmp_path_factory.mktemp("a")).hash


@pytest.mark.parametrize("form", OF_ONE)
def test_one_assets_table_goes_in_with_its_symbol(exact: str, form: str) -> None:
    assert rustybt.ingest("mine", OF_ONE[form](), symbol="ACME").hash == exact
    assert rustybt.load_data(OF_ONE[form](), symbol="ACME").data.hash == exact
    result = rustybt.run(lambda context, data: None, OF_ONE[form](), symbol="ACME")
    assert result.manifest["data_hash"] == exact
    assert rustybt.ingest("mapped", {"ACME": OF_ONE[form]()}).hash == exact
    with pytest.raises(InputError, match="symbol='ACME'"):
        rustybt.run(lambda context, data: None, OF_ONE[form]())


def test_a_symbol_beside_a_column_of_other_symbols_is_refused() -> None:
    with pytest.raises(InputError, match="has a column symbol with 'B' in it"):
        rustybt.ingest("mine", FRAME.with_columns(symbol=pl.lit("B")), symbol="ACME")
    assert rustybt.ingest("mine", FRAME.with_columns(symbol=pl.lit("ACME")), symbol="ACME").assets == 1
    with pytest.raises(InputError, match="symbol is 3"):
        rustybt.ingest("mine", FRAME, symbol=3)  # type: ignore[arg-type]


def test_files_of_one_asset_are_named_by_the_symbol(tmp_path: Path, exact: str) -> None:
    for at in range(3):
        FRAME[at : at + 1].write_csv(tmp_path / f"part-{at}.csv")
    done = command("ingest", "csv", str(tmp_path), "-b", "mine", "--symbol", "ACME")
    assert "3 bars added; 1 asset" in done.stdout
    assert rustybt.open_version("mine").hash == exact


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "data is an empty mapping. Pass symbols, each with its frame"),
        ([], "data is an empty list"),
        ({"date": DAYS, "close": [1, 2]}, r"not equally long \(date 3, close 2\)"),
        ([[1, 1, 1, 1, 1, 1]], "which are no seconds, milliseconds"),
        ([[MIDNIGHTS[0], 1, 1, 1, 1, 1], [1]], "first row has 6 values"),
    ],
)
def test_what_holds_no_table_is_told(data: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        rustybt.run(lambda context, data: None, data, symbol="ACME")


def test_floats_among_whole_numbers_are_judged_as_floats() -> None:
    odd = rows(1000)
    odd[0][4] = 99.89155456921176
    with pytest.raises(BadBars, match="more than 15 digits"):
        rustybt.ingest("mine", odd, symbol="ACME")


# Closes only


def test_bars_are_made_of_closes_where_that_is_asked_for() -> None:
    closes = FRAME.select("date", "close", "volume")
    with pytest.raises(InputError, match=re.escape("close_only=True (--close-only) makes bars of closes")):
        rustybt.ingest("mine", closes, symbol="ACME")
    report = rustybt.ingest("mine", closes, symbol="ACME", close_only=True)
    assert report.notes == ("bars: bars were made of closes: open, high and low are the close",)
    bars = scan(rustybt.open_version("mine")).collect()
    for name in ("open", "high", "low", "close"):
        assert bars[name].to_list() == list(map(Decimal, CLOSES))
    result = rustybt.run(lambda context, data: None, closes, symbol="ACME", close_only=True)
    assert result.manifest["data_hash"] == report.hash


def test_bars_with_some_of_open_high_and_low_are_not_made_of_closes() -> None:
    with pytest.raises(InputError, match="has no column high, low"):
        rustybt.ingest("mine", FRAME.drop("high", "low"), symbol="ACME", close_only=True)


def test_the_command_makes_bars_of_closes_too(tmp_path: Path) -> None:
    FRAME.select("date", "close", "volume").write_csv(tmp_path / "ACME.csv")
    refused = command("ingest", "csv", str(tmp_path / "ACME.csv"), "-b", "mine")
    assert "--close-only" in refused.stderr
    done = command("ingest", "csv", str(tmp_path / "ACME.csv"), "--dry-run", "--close-only")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].endswith("--bundle acme --close-only")


# Scaled prices


def scaled(factor: int) -> pl.DataFrame:
    numbers = [
        (pl.col(name).cast(pl.Decimal(38, 4)) * factor).cast(pl.Int64) for name in ("open", "high", "low", "close")
    ]
    return FRAME.with_columns(numbers)


@pytest.mark.parametrize(
    ("factor", "scale"), [(10_000, "0.0001"), (10_000, 0.0001), (10**9, Decimal("1e-9")), (4, "0.25")]
)
def test_prices_in_whole_numbers_are_scaled_exactly(exact: str, factor: int, scale: Any) -> None:
    assert rustybt.ingest("mine", scaled(factor), symbol="ACME", price_scale=scale).hash == exact


def test_the_command_scales_prices_and_text_is_scaled_as_numbers_are(tmp_path: Path, exact: str) -> None:
    scaled(10_000).write_csv(tmp_path / "ACME.csv")
    done = command("ingest", "csv", str(tmp_path / "ACME.csv"), "-b", "mine", "--price-scale", "0.0001")
    assert "3 bars added" in done.stdout
    assert rustybt.open_version("mine").hash == exact


def test_a_scale_comes_before_the_rounding() -> None:
    thirds = FRAME.with_columns(pl.lit(100_005).alias(name) for name in ("open", "high", "low", "close"))
    rustybt.ingest("mine", thirds, symbol="ACME", price_scale="0.0001", price_decimals=3)
    bars = scan(rustybt.open_version("mine")).collect()
    assert bars["close"].to_list() == [Decimal("10.000")] * 3  # 10.0005, half to even


@pytest.mark.parametrize(
    ("scale", "told"), [(0, "above zero"), (-1, "above zero"), ("much", "not a number"), ("1e-21", "more digits")]
)
def test_a_scale_that_means_nothing_is_refused(scale: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        rustybt.ingest("mine", scaled(10_000), symbol="ACME", price_scale=scale)


@pytest.mark.parametrize(("scale", "told"), [("1e18", "more digits than the 18 before"), ("1e300", "is beyond")])
def test_a_scale_beyond_the_room_of_the_catalog_is_refused(scale: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        rustybt.ingest("mine", scaled(10_000), symbol="ACME", price_scale=scale)
