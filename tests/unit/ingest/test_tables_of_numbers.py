"""Parquet, Arrow and workbooks: what their columns hold is looked at as that of CSV is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

import rustybt
from rustybt.catalog import open_version
from rustybt.errors import InputError

DAYS = [dt.date(2024, 1, 2) + dt.timedelta(days=day) for day in range(5)]


def table(**columns: list[object]) -> pl.DataFrame:
    prices = {name: [10.5, 10.6, 10.7, 10.8, 10.9] for name in ("open", "high", "low", "close")}
    return pl.DataFrame({"symbol": ["X"] * 5, "date": DAYS, **prices, **columns})


WRITERS = {"parquet": "write_parquet", "arrow": "write_ipc", "stream": "write_ipc_stream"}


def stored(path, **options):
    report = rustybt.ingest("b", path, calendar="24/7", **options)
    with open_version("b") as version:
        bars = version.load([0], "1d", 0, 2**62)[0]
        asset = version.asset(0)
    scale = Decimal(1).scaleb(-asset.price_scale)
    closes = [value * scale for value in map(int, bars.close)]
    return report, closes, [int(volume) for volume in bars.volume]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_volume_that_begins_with_0_is_the_volume(tmp_path, kind) -> None:
    frame = table(TICKVOL=[7, 8, 9, 10, 11], VOL=[0, 0, 500, 600, 700])
    getattr(frame, WRITERS[kind])(tmp_path / f"X.{kind}" if kind != "stream" else tmp_path / "X.arrow")
    _, _, volumes = stored(next(tmp_path.glob("X.*")))
    assert volumes == [0, 0, 500, 600, 700]


@pytest.mark.parametrize("kind", WRITERS)
def test_where_it_is_0_in_all_rows_the_changes_of_the_price_stand_for_it(tmp_path, kind) -> None:
    frame = table(TICKVOL=[7, 8, 9, 10, 11], VOL=[0] * 5)
    getattr(frame, WRITERS[kind])(tmp_path / f"X.{kind}" if kind != "stream" else tmp_path / "X.arrow")
    report, _, volumes = stored(next(tmp_path.glob("X.*")))
    assert volumes == [7, 8, 9, 10, 11]
    assert any("0 in all rows" in note for note in report.notes)


def holey(path):
    frame = table(volume=[1, 2, None, 4, 5]).with_columns(
        pl.when(pl.col("date") != DAYS[2]).then("close").alias("close"),
        pl.when(pl.col("date") == DAYS[3]).then(float("nan")).otherwise("open").alias("open"),
    )
    getattr(frame, "write_parquet" if path.suffix == ".parquet" else "write_ipc")(path)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_rows_of_numbers_with_a_hole_are_skipped(tmp_path, suffix) -> None:
    report, closes, volumes = stored(holey(tmp_path / f"X.{suffix}"), csv={"missing": "skip"})
    assert (closes, volumes) == ([Decimal("10.5"), Decimal("10.6"), Decimal("10.9")], [1, 2, 5])
    assert any("2 rows with a missing price or volume skipped" in note for note in report.notes)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_or_filled_with_the_close_before(tmp_path, suffix) -> None:
    frame = pl.read_parquet(holey(tmp_path / "X.parquet")).with_columns(
        *(pl.when(pl.col("date") != DAYS[2]).then(name).alias(name) for name in ("open", "high", "low"))
    )
    (tmp_path / "X.parquet").unlink()
    path = tmp_path / f"X.{suffix}"
    getattr(frame, "write_parquet" if suffix == "parquet" else "write_ipc")(path)
    _, closes, volumes = stored(path, csv={"missing": "forward"})
    assert closes == [Decimal("10.5"), Decimal("10.6"), Decimal("10.6"), Decimal("10.8"), Decimal("10.9")]
    assert volumes == [1, 2, 0, 4, 5]


def test_interpolation_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"X.parquet: missing='interpolate'.*'skip' or 'forward'.*CSV"):
        stored(holey(tmp_path / "X.parquet"), csv={"missing": "interpolate"})
