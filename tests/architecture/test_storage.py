"""The page on the storage layout names what is there: every table, field of a manifest, column and file."""

from __future__ import annotations

import json
import re
import sqlite3

import polars as pl

from rustybt.catalog import open_version
from rustybt.ingest import ingest, ingest_sample
from tests.architecture._source import ROOT

PAGE = (ROOT / "docs" / "storage.md").read_text(encoding="utf-8")
NAMES = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))


def test_every_table_and_the_version_of_the_index_are_told(tmp_path):
    ingest_sample(tmp_path)
    index = sqlite3.connect(tmp_path / "catalog.sqlite")
    tables = {name for (name,) in index.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    told = set(re.findall(r"`(\w+)`", PAGE.partition("## The index")[2].partition("## Reading")[0]))
    assert tables <= told
    (number,) = index.execute("PRAGMA user_version").fetchone()
    index.close()
    assert f"`PRAGMA user_version` is {number}." in PAGE


def test_every_field_of_a_manifest_is_told(tmp_path):
    ingest_sample(tmp_path)
    manifest = json.loads((open_version("sample", root=tmp_path).path / "manifest.json").read_text(encoding="utf-8"))
    fields = {*manifest, *manifest["assets"][0], *manifest["parts"][0], *manifest["calendar"]}
    assert fields <= NAMES
    assert f"(format {manifest['format']};" in PAGE


def test_the_files_and_their_columns_are_as_told(tmp_path):
    columns = {name: ["10"] * 2 for name in ("open", "high", "low", "close")}
    days = pl.DataFrame({"symbol": ["A"] * 2, "date": ["2024-01-02", "2024-01-06"], **columns, "volume": [1, 1]})
    minutes = pl.DataFrame({"symbol": ["A"], "timestamp": ["2024-01-02T14:31Z"], **{k: ["10"] for k in columns}})
    report = ingest(
        "b",
        {"1d": days, "1m": minutes.with_columns(volume=1)},
        stamp="end",
        on_bad_row="quarantine",
        root=tmp_path,
    )
    assert report.quarantine is not None
    files = sorted(path.name for path in report.quarantine.parent.iterdir())
    assert files == [
        "1d-0001.parquet",
        "1m-2024-0001.parquet",
        "calendar.parquet",
        "manifest.json",
        "quarantine.parquet",
    ]
    assert all(file in PAGE for file in files)
    bars = pl.read_parquet_schema(report.quarantine.parent / "1m-2024-0001.parquet")
    assert set(bars) <= NAMES
    assert bars["stamp"] == pl.Datetime("ns", "UTC")
    assert set(pl.read_parquet_schema(report.quarantine.parent / "calendar.parquet")) <= NAMES
