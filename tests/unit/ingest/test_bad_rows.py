from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.errors import BadBars
from rustybt.ingest import ingest
from rustybt.validation import RULES, Finding

GOOD = {"symbol": "AAA", "date": "2024-01-03", "open": "10", "high": "12", "low": "9", "close": "11", "volume": "100"}
BAD = [
    ("number", {"close": "eleven"}, "eleven"),
    ("number", {"open": None}, "null"),
    ("number", {"high": "NaN"}, "NaN"),
    ("number", {"volume": "inf"}, "inf"),
    ("number", {"low": "1,000.50"}, "1,000.50"),
    ("precision", {"close": "11.000000000000000000001"}, "11.000000000000000000001"),
    ("precision", {"high": "1000000000000000000"}, "1000000000000000000"),
    ("price", {"low": "0"}, "0"),
    ("price", {"low": "-0.01"}, "-0.01"),
    ("range", {"high": "8"}, "8"),
    ("range", {"open": "12.01"}, "12.01"),
    ("range", {"close": "8.99"}, "8.99"),
    ("volume", {"volume": "-1"}, "-1"),
    ("stamp", {"date": "soon"}, "soon"),
    ("stamp", {"date": None}, "null"),
    ("stamp", {"date": "0024-01-03"}, "0024-01-03"),
    ("calendar", {"date": "2024-01-06"}, "2024-01-06"),
    ("calendar", {"date": "2024-01-01"}, "2024-01-01"),
    ("symbol", {"symbol": None}, "null"),
    ("duplicate", {"date": "2024-01-02"}, "2024-01-02"),
]


def frame(*rows):
    return pl.DataFrame([{**GOOD, **row} for row in rows], schema=dict.fromkeys(GOOD, pl.String), orient="row")


@pytest.mark.parametrize(("rule", "change", "value"), BAD, ids=[f"{r}-{v}" for r, _, v in BAD])
def test_a_bad_row_is_found_and_nothing_is_written(root, rule, change, value):
    with pytest.raises(BadBars) as caught:
        ingest("b", frame({"date": "2024-01-02"}, change, {"date": "2024-01-04"}), root=root)
    findings = caught.value.findings
    assert [(f.rule, f.value) for f in findings] == [(rule, value)]
    assert isinstance(findings[0], Finding)
    assert rule in RULES
    assert value.replace("null", "") in str(caught.value)
    assert not (root / "bundles").exists()


def test_a_finding_names_symbol_and_stamp(root):
    with pytest.raises(BadBars) as caught:
        ingest("b", frame({"date": "2024-01-02"}, {"volume": "-1"}), root=root)
    (finding,) = caught.value.findings
    assert (finding.symbol, finding.stamp) == ("AAA", dt.date(2024, 1, 3))
    assert str(finding) == "AAA 2024-01-03: volume is -1, below zero [volume]"


def test_unsorted_rows_are_found_each(root):
    rows = frame({"date": "2024-01-04"}, {"date": "2024-01-03"}, {"date": "2024-01-05"}, {"date": "2024-01-02"})
    with pytest.raises(BadBars, match="oldest first") as caught:
        ingest("b", rows, root=root)
    assert [(f.rule, f.stamp.day) for f in caught.value.findings] == [("unsorted", 3), ("unsorted", 2)]
    two = frame({"date": "2024-01-03"}, {"symbol": "BBB", "date": "2024-01-02"}, {"date": "2024-01-04"})
    ingest("b", two, root=root)


def test_the_message_shows_ten_and_counts_all(root):
    with pytest.raises(BadBars, match="25 findings") as caught:
        ingest("b", frame(*[{"symbol": f"S{n}", "volume": "-1"} for n in range(25)]), root=root)
    assert str(caught.value).count("[volume]") == 10
    assert "15 more" in str(caught.value)
    assert len(caught.value.findings) == 25


def test_drop_leaves_bad_rows_out_and_the_first_of_duplicates_in(root):
    rows = frame(
        {"date": "2024-01-02"}, {"date": "2024-01-02", "close": "10.5"}, {"volume": "-1"}, {"date": "2024-01-04"}
    )
    report = ingest("b", rows, on_bad_row="drop", root=root)
    assert (report.rows, [f.rule for f in report.findings], report.quarantine) == (2, ["duplicate", "volume"], None)
    bars = open_version("b", root=root).load([0], "1d", 0, 2**62)[0]
    assert bars.close.tolist() == [11, 11]
    assert ingest("b", rows, on_bad_row="drop", root=root).is_new is False


def test_quarantine_keeps_bad_rows_as_they_came(root):
    rows = frame({"date": "2024-01-02"}, {"close": "eleven"}, {"date": "2024-01-04"})
    splits = pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-03"], "ratio": ["-1"]})
    report = ingest("b", rows, splits=splits, on_bad_row="quarantine", root=root)
    assert report.rows == 2
    assert str(report.quarantine) in repr(report)
    kept = pl.read_parquet(report.quarantine)
    assert kept.select("kind", "row", "symbol", "stamp", "rule", "value").rows() == [
        ("bars", 1, "AAA", "2024-01-03", "number", "eleven"),
        ("splits", 0, "AAA", "2024-01-03", "action", "-1"),
    ]
    assert json.loads(kept["record"][0])["close"] == "eleven"
    assert json.loads(kept["record"][1])["ratio"] == "-1"
    assert open_version("b", root=root).quarantine == report.quarantine


def test_one_bad_row_does_not_spoil_the_digits_of_the_others(root):
    rows = frame({"date": "2024-01-02"}, {"close": "1e30"}, {"date": "2024-01-04", "close": "11.123456789"})
    report = ingest("b", rows, on_bad_row="drop", root=root)
    assert report.rows == 2
    version = open_version("b", root=root)
    assert version.asset(0).price_scale == 9
    assert version.load([0], "1d", 0, 2**62)[0].close.tolist() == [11_000_000_000, 11_123_456_789]


def test_an_ingestion_without_a_good_row_writes_nothing(root):
    with pytest.raises(BadBars, match="Not one row"):
        ingest("b", frame({"volume": "-1"}), on_bad_row="drop", root=root)
    assert not (root / "bundles").exists()


def test_a_row_that_contradicts_a_stored_one_is_found(root):
    ingest("b", frame({"date": "2024-01-02"}, {}), root=root)
    changed = frame({"close": "11.5"}, {"date": "2024-01-04"})
    with pytest.raises(BadBars, match="replace") as caught:
        ingest("b", changed, mode="append", root=root)
    assert [(f.rule, f.stamp) for f in caught.value.findings] == [("conflict", dt.date(2024, 1, 3))]
    report = ingest("b", changed, mode="append", on_bad_row="drop", root=root)
    assert report.rows == 1
    bars = open_version("b", root=root).load([0], "1d", 0, 2**62)[0]
    assert bars.close.tolist() == [11, 11, 11]


def test_a_minute_outside_of_the_trading_hours_is_found(root):
    row = {"symbol": "A", "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}
    stamps = ["2024-01-02T14:30Z", "2024-01-02T14:31Z", "2024-01-02T14:31:30Z", "2024-01-02T21:01Z"]
    rows = pl.DataFrame([{**row, "timestamp": stamp} for stamp in stamps])
    with pytest.raises(BadBars) as caught:
        ingest("b", rows, frequency="1m", stamp="end", root=root)
    assert [(f.rule, f.value) for f in caught.value.findings] == [("calendar", s) for s in stamps if s != stamps[1]]
    assert caught.value.findings[0].stamp == dt.datetime(2024, 1, 2, 14, 30, tzinfo=dt.UTC)
