"""What it costs to ingest five million minutes, validated, and to make days of them.

Limits are core-seconds, so that a busy machine says the same; rows a second are printed.

python -m pytest benchmarks/test_ingest_speed.py -m bench --benchmark-enable
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
import time

import numpy as np
import polars as pl
import pytest

from rustybt.calendars import session_table
from rustybt.catalog import open_version
from rustybt.catalog._aggregate import aggregated
from rustybt.core import day_of, frequency_named
from rustybt.ingest import ingest, validate

pytestmark = [pytest.mark.bench, pytest.mark.skipif(sys.platform == "win32", reason="no getrusage")]

ASSETS, BARS = 50, 100_000
MINUTES, DAYS = frequency_named("1m"), frequency_named("1d")
CORE_SECONDS = 1.0
"""For a million rows: even one core does a million a second."""
CSV_CORE_SECONDS = 1.3
"""For a million rows of a CSV file, text and all; two cores have two."""
FOLDING_SECONDS = 0.5
"""For days of all five million minutes."""


def minutes() -> pl.DataFrame:
    table = session_table("24/7", day_of(dt.date(2024, 1, 1)), day_of(dt.date(2024, 12, 31)))
    stamps = pl.Series("timestamp", table.minute_stamps(0, 99)[:BARS]).cast(pl.Datetime("ns", "UTC"))
    rng = np.random.default_rng(1)
    frames = []
    for asset in range(ASSETS):
        cents = (10_000 + np.cumsum(rng.integers(-3, 4, BARS))).clip(100)
        columns = {"open": cents, "high": cents + 5, "low": cents - 5, "close": cents + 1}
        prices = [
            pl.Series(name, values).cast(pl.Int128).reinterpret(dtype=pl.Decimal(38, 2))
            for name, values in columns.items()
        ]
        symbol = pl.Series("symbol", [f"S{asset:03}"]).new_from_index(0, BARS)
        frames.append(pl.DataFrame([symbol, stamps, *prices, pl.Series("volume", rng.integers(0, 10_000, BARS))]))
    return pl.concat(frames)


def core_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def test_five_million_rows_with_validation(tmp_path, capsys):
    bars = minutes()
    began, cpu = time.perf_counter(), core_seconds()
    report = ingest("b", bars, frequency="1m", stamp="end", calendar="24/7", root=tmp_path)
    wall, used = time.perf_counter() - began, core_seconds() - cpu
    assert report.rows == ASSETS * BARS
    millions = report.rows / 1e6
    looked = time.perf_counter()
    assert validate("b", root=tmp_path).rows == report.rows
    looked = time.perf_counter() - looked
    with capsys.disabled():
        print(f"\n  {millions / wall:.2f} million rows a second, {used / millions:.2f} core-seconds a million")
        print(f"  validate: {millions / looked:.2f} million rows a second")
    assert used / millions < CORE_SECONDS


def test_five_million_rows_of_a_csv_file_with_validation(tmp_path, capsys):
    path = tmp_path / "all.csv"
    minutes().with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(path)
    began, cpu = time.perf_counter(), core_seconds()
    report = ingest("b", path, frequency="1m", stamp="end", calendar="24/7", root=tmp_path)
    wall, used = time.perf_counter() - began, core_seconds() - cpu
    assert report.rows == ASSETS * BARS
    millions = report.rows / 1e6
    with capsys.disabled():
        print(f"\n  CSV: {millions / wall:.2f} million rows a second, {used / millions:.2f} core-seconds a million")
    assert used / millions < CSV_CORE_SECONDS


def test_five_million_minutes_as_days(tmp_path, capsys):
    ingest("b", minutes(), frequency="1m", stamp="end", calendar="24/7", root=tmp_path)
    with open_version("b", root=tmp_path) as version:
        sids = [asset.sid for asset in version.assets()]
        began = time.perf_counter()
        loaded = version.load(sids, "1m", -(2**63), 2**63 - 1)
        read = time.perf_counter() - began
        made, folding = [], []
        for _ in range(3):
            cpu = core_seconds()
            made = [aggregated(bars, MINUTES, DAYS, version.calendar) for bars in loaded.values()]
            folding.append(core_seconds() - cpu)
        began = time.perf_counter()
        through_the_door = version.load(sids, "1d", -(2**63), 2**63 - 1)
        whole = time.perf_counter() - began
    assert sum(len(bars) for bars in loaded.values()) == ASSETS * BARS
    assert [len(bars) for bars in made] == [len(through_the_door[sid]) for sid in sids]
    with capsys.disabled():
        print(f"\n  5 million minutes to days: {min(folding):.3f} core-seconds, {whole:.2f} s with reading", end="")
        print(f" ({read:.2f} s of it)")
    assert min(folding) < FOLDING_SECONDS
