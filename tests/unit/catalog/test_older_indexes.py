"""An index that an earlier RustyBT wrote is read as it stands, and brought up to date by the next write."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import polars as pl
import pytest

import rustybt
from rustybt.catalog import BarCache, coverage, diff, open_version, reindex, stored_runs, verify
from rustybt.catalog._index import SCHEMA_VERSION
from rustybt.errors import BundleExists
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


DAYS = ["2023-11-30", "2023-12-29", "2024-01-02", "2024-01-03", "2024-02-05"]
FORMAT_6 = {  # the hash and the digests that a RustyBT of format 6 gave `quarters`
    "hash": "111bf86f18a1be010b7108bfd496a183aac5d3e15e55753eff00fc8d8e081b27",
    "digests": {
        "24/7:AAA": {
            "2023": "76ba76ed3bbca59bbeff01ffcb7ebc35e24c93ad1eb6b91396e622ff8c264ab1",
            "2024": "daab246321bd87d625e559d432b5fbeb4fc80e0c5f19f456ec087a3c7523b1c9",
        },
        "24/7:BBB": {
            "2023": "18010193f3c0abcf6f1fb3f3f006c33514457fa59b28cf88f85180eb3eeb8f0f",
            "2024": "73d2995e3a90df39b796e35feb8a51566ff9b5c3b56e9743d0e00494d21d674c",
        },
    },
}


def quarters(days=DAYS, start=0):
    """AAA opens at 10.50, BBB at 20.50, a unit more each day."""
    rows = [
        (symbol, day, *(f"{first + start + at}.{cents}" for cents in (50, 75, 25, 5)), str(100 * (start + at + 1)))
        for symbol, first in (("AAA", 10), ("BBB", 20))
        for at, day in enumerate(days)
    ]
    return pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")


@pytest.fixture(params=[5, 6])
def of_before(root, request):
    """A bundle as RustyBT wrote it before digests were chains of months."""
    ingest("b", quarters(), calendar="24/7", root=root)
    path = next((root / "bundles" / "b").glob("*/manifest.json"))
    document = json.loads(path.read_text())
    assert document["format"] == 7
    del document["chains"]
    if request.param == 5:  # an extent was a row
        for part in document["parts"]:
            part["extents"] = [list(extent) for extent in zip(*part["extents"], strict=True)]
    older = {"format": request.param, "hash": FORMAT_6["hash"], "digests": {"1d": FORMAT_6["digests"]}}
    path.write_text(json.dumps({**document, **older}))
    assert reindex(root) == (1, [])
    return root


def test_a_version_of_before_keeps_its_hash_and_is_what_it_says(of_before):
    with open_version("b", root=of_before) as version:
        assert (version.hash, verify(version)) == (FORMAT_6["hash"], [])


@pytest.mark.parametrize("mode", ["error", "replace", "append"])
def test_the_same_data_are_no_new_version_beside_one_of_before(of_before, mode):
    # a number more would be seen as other text; the digest of the input does not speak for these
    again = ingest("b", quarters().with_columns(pl.col("volume") + ".0"), calendar="24/7", mode=mode, root=of_before)
    assert (again.is_new, again.hash) == (False, FORMAT_6["hash"])


def test_other_data_are_a_new_version_beside_one_of_before(of_before):
    with pytest.raises(BundleExists):
        ingest("b", quarters(start=1), calendar="24/7", root=of_before)
    assert ingest("b", quarters(start=1), calendar="24/7", mode="replace", root=of_before).is_new


@pytest.mark.parametrize("mode", ["append", "correct"])
def test_what_goes_on_from_a_version_of_before_is_what_all_of_it_would_be(of_before, mode):
    later = ["2024-02-06", "2025-01-02"]
    if mode == "append":
        ingest("b", quarters(later, start=5), calendar="24/7", mode="append", root=of_before)
        whole = quarters(DAYS + later)
    else:
        ingest("b", quarters(DAYS[1:2], start=7), calendar="24/7", mode="correct", root=of_before)
        whole = pl.concat([quarters().filter(pl.col("date") != DAYS[1]), quarters(DAYS[1:2], start=7)])
    once = ingest("once", whole.sort("symbol", "date"), calendar="24/7", root=of_before)
    with open_version("b", root=of_before) as version:
        assert (version.hash, verify(version)) == (once.hash, [])


def test_a_version_of_before_differs_from_a_new_one_where_bars_do(of_before):
    before = open_version("b", root=of_before)
    ingest("b", quarters(["2024-02-06"], start=5), calendar="24/7", mode="append", root=of_before)
    with open_version("b", root=of_before) as after:
        assert diff(before, after).bars.select("symbol", "added", "removed", "changed").rows() == [
            ("AAA", 1, 0, 0), ("BBB", 1, 0, 0),
        ]  # fmt: skip
    before.close()
