"""How good a version is, in figures: counted once, kept in the index, told by `quality` and `rustybt catalog show`."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import json
import os
import sqlite3

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.catalog import coverage, open_version, open_writer, reindex
from rustybt.cli._main import cli

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(60)]
COLUMNS = ["symbol", "frequency", "rule", "severity", "stored", "left_out"]


def rows(symbol="AAA", days=DAYS, **closes):
    """A price of 100 that moves by turns, and others where `d<number of the day>` says so."""
    values = [str(closes.get(f"d{n}", 100 + n % 3)) for n in range(len(days))]
    frame = pl.DataFrame({"symbol": [symbol] * len(days), "date": days, "close": values, "volume": ["7"] * len(days)})
    return frame.with_columns(open="close", high="close", low="close")


def spoiled():
    """A tenfold price on one day of BBB, which is two spikes; a day of AAA missing; three rows that can't be stored."""
    good = pl.concat([rows(days=[*DAYS[:20], *DAYS[21:]]), rows("BBB", d30="1234")])
    bad = pl.concat([rows("BBB", [dt.date(2024, 3, 1 + n)], d0=price) for n, price in enumerate(("x", "", "-1"))])
    return pl.concat([good, bad])


EXPECTED = [
    ("AAA", "1d", "gap", "warning", 1, 0),
    ("BBB", "1d", "number", "error", 0, 8),
    ("BBB", "1d", "price", "error", 0, 4),
    ("BBB", "1d", "spike", "warning", 2, 0),
]
"""Four prices each are no number in two rows, and below zero in one."""


def figures(root, bundle="b"):
    return rustybt.quality(bundle, root=root).select(COLUMNS).rows()


def stored(root, table):
    with contextlib.closing(sqlite3.connect(root / "catalog.sqlite")) as index:
        return index.execute(f"SELECT * FROM {table}").fetchall()


def ingest(root, bars, **more):
    return rustybt.ingest("b", bars, calendar="24/7", root=root, **more)


@pytest.fixture
def uncounted(monkeypatch):
    """No version is small enough to be looked at when it is written."""
    monkeypatch.setattr(importlib.import_module("rustybt.ingest._quality"), "COUNTED_AT_ONCE", 0)


def test_outliers_gaps_and_what_was_left_out_are_counted_when_a_bundle_is_ingested(root):
    ingest(root, spoiled(), on_bad_row="drop")
    assert stored(root, "quality") == [(1, 0, "1d", "gap", "warning", 1), (1, 1, "1d", "spike", "warning", 2)]
    assert stored(root, "left_out") == [(1, "BBB", "1d", "number", 8), (1, "BBB", "1d", "price", 4)]
    days = [(day - dt.date(1970, 1, 1)).days for day in (DAYS[0], DAYS[-1])]
    assert stored(root, "coverage") == [
        (1, 0, "1d", *days, 59, 60, 1, 0, 1, 1),
        (1, 1, "1d", *days, 60, 60, 0, 0, 0, 0),
    ]
    assert figures(root) == EXPECTED
    assert rustybt.quality("b", root=root)["layer"].to_list() == ["time", "schema", "relations", "anomalies"]


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("ask", [rustybt.quality, rustybt.validate])
def test_of_many_bars_they_are_counted_when_somebody_asks(root, ask):
    ingest(root, spoiled(), on_bad_row="drop")
    with open_version("b", root=root) as version:
        before = coverage(version)
    assert stored(root, "quality") == []
    ask("b", root=root)
    assert len(stored(root, "quality")) == 2
    assert figures(root) == EXPECTED
    with open_version("b", root=root) as version:
        assert coverage(version).equals(before)


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("only", [{"policy": {"sigmas": 3}}, {"symbols": ["AAA"]}, {"frequency": "1d"}])
def test_what_looks_at_a_part_or_otherwise_counts_nothing(root, only):
    ingest(root, spoiled(), on_bad_row="drop")
    rustybt.validate("b", root=root, **only)
    assert stored(root, "quality") == stored(root, "coverage") == []


def test_an_append_counts_the_whole_and_adds_up_what_was_left_out(root):
    first = ingest(root, rows(days=DAYS[:40]).with_columns(volume=pl.lit("x")).head(1).vstack(rows(days=DAYS[1:40])),
                   on_bad_row="drop")  # fmt: skip
    ingest(root, pl.concat([rows(days=DAYS[40:50], d5="900"), rows(days=DAYS[50:51], d0="x")]), mode="append",
           on_bad_row="drop")  # fmt: skip
    assert figures(root) == [("AAA", "1d", "number", "error", 0, 5), ("AAA", "1d", "spike", "warning", 2, 0)]
    assert rustybt.quality("b", version=first.version, root=root).select(COLUMNS).rows() == [
        ("AAA", "1d", "number", "error", 0, 1)
    ]


def test_lines_and_actions_that_were_left_out_are_counted(root, tmp_path):
    path = tmp_path / "all.csv"
    rows().write_csv(path)
    path.write_text(path.read_text() + "AAA,2024\n")
    splits = pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-05"], "ratio": ["-1"]})
    ingest(root, path, splits=splits, on_bad_row="drop")
    assert figures(root) == [(None, "1d", "fields", "error", 0, 1), ("AAA", None, "action", "error", 0, 1)]


def test_an_index_built_anew_knows_what_was_left_out_and_counts_the_rest_again(root):
    ingest(root, spoiled(), on_bad_row="drop")
    (root / "catalog.sqlite").unlink()
    assert reindex(root) == (1, [])
    assert stored(root, "quality") == []
    assert figures(root) == EXPECTED
    assert len(stored(root, "quality")) == 2


@pytest.mark.usefixtures("uncounted")
def test_while_another_process_writes_the_figures_are_told_and_not_kept(root):
    ingest(root, spoiled(), on_bad_row="drop")
    with open_writer(root):
        assert figures(root) == EXPECTED
    assert stored(root, "quality") == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.usefixtures("uncounted")
def test_a_catalog_that_nobody_may_write_to_tells_its_figures(root):
    ingest(root, spoiled(), on_bad_row="drop")
    paths = [root, *root.rglob("*")]
    try:
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert figures(root) == EXPECTED
    finally:
        for path in paths:
            path.chmod(0o755)


@pytest.mark.usefixtures("uncounted")
def test_a_part_that_cannot_be_read_is_counted_and_nothing_is_kept(root):
    report = ingest(root, rows())
    part = root / "bundles" / "b" / report.version / "1d-0001.parquet"
    part.write_bytes(part.read_bytes()[:100])
    assert figures(root) == [("AAA", "1d", "number", "error", 1, 0)]
    assert stored(root, "quality") == stored(root, "coverage") == []


def test_from_the_command_line(root, tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    spoiled().write_csv(tmp_path / "all.csv")
    line = ["ingest", "csv", str(tmp_path / "all.csv"), "-b", "us", "--calendar", "24/7", "--on-bad-row", "drop"]
    CliRunner().invoke(cli, line, catch_exceptions=False)
    shown = CliRunner().invoke(cli, ["catalog", "show", "us"], catch_exceptions=False).output
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "symbol frequency layer rule severity stored left_out" in lines
    assert "BBB 1d anomalies spike warning 2 0" in lines
    assert "BBB 1d schema number error 0 8" in lines
    document = json.loads(CliRunner().invoke(cli, ["catalog", "show", "us", "--json"], catch_exceptions=False).output)
    assert [tuple(row[name] for name in COLUMNS) for row in document["quality"]] == EXPECTED
    CliRunner().invoke(cli, ["ingest", "sample"], catch_exceptions=False)
