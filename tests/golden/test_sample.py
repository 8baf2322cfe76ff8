"""The sample that ships. What is expected was published: company announcements, and the source's adjusted closes."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

import rustybt
from rustybt.catalog import open_version
from rustybt.core import DAY_NS, day_of
from rustybt.ingest import ingest_sample

FOLDER = Path(rustybt.__file__).parent / "sample"
ROWS = {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}


def read(name):
    text = (
        gzip.decompress((FOLDER / name).read_bytes()).decode() if name.endswith(".gz") else (FOLDER / name).read_text()
    )
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    report = ingest_sample(root)
    assert (report.rows, report.assets, report.findings) == (12_154, 5, ())
    assert ingest_sample(root).is_new is False
    with open_version("sample", root=root) as version:
        yield version


def test_the_bars_are_the_source_with_other_names():
    """The SHA-256 of the uncompressed file as licenses/datasets.json of bokeh_sampledata 2026.1 states it."""
    header = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close"
    _, _, rows = gzip.decompress((FOLDER / "bars.csv.gz").read_bytes()).decode().partition("\n")
    digest = hashlib.sha256(f"{header}\n{rows}".encode()).hexdigest()
    assert digest == "e73fe05d106b7da1abe8f947264c514afd02cef5c9db4864b9437c84d6bd6069"


def test_every_digit_of_the_file_is_in_the_catalog(sample):
    expected = {}
    for row in read("bars.csv.gz"):
        expected.setdefault(row["symbol"], []).append(row)
    for symbol, rows in expected.items():
        asset = sample.lookup_symbol(symbol, sample.last_day)
        bars = sample.load([asset.sid], "1d", 0, 2**62)[asset.sid]
        assert len(bars) == len(rows) == ROWS[symbol]
        assert bars.stamps.tolist() == [day_of(dt.date.fromisoformat(row["date"])) * DAY_NS for row in rows]
        for name in ("open", "high", "low", "close"):
            scaled = [Fraction(row[name]) * 10**asset.price_scale for row in rows]
            assert getattr(bars, name).tolist() == scaled
        assert bars.volume.tolist() == [Fraction(row["volume"]) * 10**asset.volume_scale for row in rows]


def test_there_are_three_splits_all_two_for_one(sample):
    found = [(sample.asset(s.sid).symbol, s.ex_day, s.numerator, s.denominator) for s in sample.splits(range(5))]
    announced = [("AAPL", "2000-06-21"), ("AAPL", "2005-02-28"), ("MSFT", "2003-02-18")]
    assert found == [(symbol, day_of(dt.date.fromisoformat(date)), 1, 2) for symbol, date in announced]


def test_dividends_are_those_that_were_announced(sample):
    found = {
        (sample.asset(d.sid).symbol, d.ex_day): Fraction(d.amount, 10**d.scale) for d in sample.dividends(range(5))
    }
    assert len(found) == 92
    for symbol, date, amount in (
        ("MSFT", "2003-02-19", "0.08"),
        ("MSFT", "2003-10-15", "0.16"),
        ("MSFT", "2004-11-15", "3.08"),
        ("MSFT", "2013-02-19", "0.23"),
        ("AAPL", "2012-08-09", "2.65"),
        ("AAPL", "2012-11-07", "2.65"),
        ("AAPL", "2013-02-07", "2.65"),
        ("IBM", "2000-05-08", "0.13"),
        ("IBM", "2008-05-07", "0.50"),
        ("IBM", "2013-02-06", "0.85"),
    ):
        assert found[symbol, day_of(dt.date.fromisoformat(date))] == Fraction(amount)
    assert all((amount * 100).denominator == 1 for amount in found.values())


def test_splits_and_dividends_explain_the_adjusted_closes():
    """From the last session backwards: each split and dividend scales what lies before it, and that is all there is."""
    actions = {(row["symbol"], row["ex_date"]): row for row in (*read("splits.csv"), *read("dividends.csv"))}
    by_symbol = {}
    for row in read("bars.csv.gz"):
        by_symbol.setdefault(row["symbol"], []).append(row)
    for rows in by_symbol.values():
        factor = Fraction(rows[-1]["adjusted_close"]) / Fraction(rows[-1]["close"])
        for row in reversed(rows):
            close = Fraction(row["close"])
            assert abs(close * factor / Fraction(row["adjusted_close"]) - 1) < Fraction(1, 10**11)
            action = actions.get((row["symbol"], row["date"]), {})
            if "ratio" in action:
                factor *= Fraction(action["ratio"])
            if "amount" in action:
                factor *= close / (close + Fraction(action["amount"]))


def test_the_licence_is_told_where_the_data_lie():
    text = (FOLDER / "README.md").read_text()
    assert "Public domain" in text
    assert "web.archive.org/web/20150411011214" in text
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 600_000
