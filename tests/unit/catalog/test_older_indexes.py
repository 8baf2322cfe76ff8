"""An index that an earlier RustyBT wrote is read as it stands, and brought up to date by the next write."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import polars as pl

import rustybt
from rustybt.catalog import BarCache, coverage, open_version, reindex, stored_runs, verify
from rustybt.catalog._index import SCHEMA_VERSION
from rustybt.ingest import ingest


def schema_of(root) -> int:
    with contextlib.closing(sqlite3.connect(root / "catalog.sqlite")) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def made_older(root) -> None:
    """Takes away what schemas 2 to 7 added: columns of futures, dividends in shares, saved runs, mergers, the cache,
    funding, figures of quality."""
    with contextlib.closing(sqlite3.connect(root / "catalog.sqlite", isolation_level=None)) as connection:
        for column in ("root_symbol", "notice_day", "expiration_day"):
            connection.execute(f"ALTER TABLE assets DROP COLUMN {column}")
        connection.execute("ALTER TABLE versions DROP COLUMN counted_ns")
        connection.execute("ALTER TABLE splits DROP COLUMN prices_only")
        connection.execute("DROP TABLE stock_dividends")
        for table in (
            "runs",
            "cache_entries",
            "cache_runs",
            "cache_counts",
            "funding",
            "coverage",
            "quality",
            "left_out",
        ):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version=1")


def test_an_index_of_schema_1_is_read_without_being_changed(root, bars):
    ingest("b", bars("AAA"), calendar="24/7", root=root)
    made_older(root)
    with open_version("b", root=root) as version:
        assert [asset.symbol for asset in version.assets()] == ["AAA"]
        assert version.lookup_symbol("AAA", 20_000).kind == "equity"
        assert version.stock_dividends() == []
        assert version.funding([0]) == []
        assert version.splits([0]) == []
        assert coverage(version)["bars"].to_list() == [5]
        assert stored_runs("b", root=root) == []
        cache = BarCache(root)
        assert (cache.entries(), cache.runs("s", "1d", "AAA"), cache.stats().requests) == ([], [], 0)
        assert cache.find("s", "1d", ["AAA"], 0, 1) == ({}, [])
        assert len(version.load([0], "1d", 0, 2**62)[0]) == 5
    assert [one.bundle for one in rustybt.list_bundles(root)] == ["b"]
    assert schema_of(root) == 1


def test_the_quality_of_an_index_of_schema_6_is_counted_when_asked_for(root, bars):
    ingest("b", bars("AAA"), calendar="24/7", root=root)
    before = rustybt.quality("b", root=root)
    with contextlib.closing(sqlite3.connect(root / "catalog.sqlite", isolation_level=None)) as connection:
        for table in ("coverage", "quality", "left_out"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE versions DROP COLUMN counted_ns")
        connection.execute("PRAGMA user_version=6")
    assert rustybt.quality("b", root=root).equals(before)
    assert schema_of(root) == SCHEMA_VERSION  # the figures were kept


def test_the_next_write_brings_it_to_the_newest_schema(root, bars):
    first = ingest("b", bars("AAA"), calendar="24/7", root=root)
    made_older(root)
    ingest("b", bars("AAA", rows=7), calendar="24/7", mode="append", root=root)
    assert schema_of(root) == SCHEMA_VERSION
    assert open_version("b", version=first.version, root=root).assets()[0].key == "24/7:AAA"
    assert reindex(root) == (2, [])


def test_what_a_run_needs_of_futures_survives_a_reindex(root, bars):
    about = pl.DataFrame({"symbol": ["ESH24"], "type": ["future"], "notice_date": ["2024-03-01"], "multiplier": ["50"]})
    ingest("b", bars("ESH24", "AAA"), calendar="24/7", root=root, assets=about)
    before = open_version("b", root=root).contracts("ES")
    (root / "catalog.sqlite").unlink()
    assert reindex(root) == (1, [])
    after = open_version("b", root=root).contracts("ES")
    assert [(a.key, a.root_symbol, a.notice_date, a.multiplier) for a in after] == [
        (a.key, a.root_symbol, a.notice_date, a.multiplier) for a in before
    ]


def test_a_manifest_of_format_5_is_read_and_appended_to(root, bars):
    ingest("b", bars("AAA", "BBB"), calendar="24/7", root=root)
    path = next((root / "bundles" / "b").glob("*/manifest.json"))
    document = json.loads(path.read_text())
    assert document["format"] == 6
    for part in document["parts"]:  # an extent was a row
        part["extents"] = [list(extent) for extent in zip(*part["extents"], strict=True)]
    path.write_text(json.dumps({**document, "format": 5}))
    assert reindex(root) == (1, [])
    ingest("b", bars("AAA", "BBB", start=5), calendar="24/7", mode="append", root=root)
    with open_version("b", root=root) as version:
        assert [len(found) for found in version.load([0, 1], "1d", 0, 2**62).values()] == [10, 10]
        assert verify(version) == []
