"""Tables that begin with the newest row, and what is filled in them; leaving out more than half of the rows."""

from __future__ import annotations

import datetime as dt
import importlib
from decimal import Decimal

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.catalog import open_version, scan
from rustybt.cli._main import cli
from rustybt.errors import BadBars
from rustybt.ingest import ingest
from rustybt.sources import CSV
from tests._examples import examples

HEADER = "symbol,date,open,high,low,close,volume\n"
FIRST = dt.date(2024, 1, 1)
TURNED = "its rows begin with the newest"
PIECES = {
    ("rustybt.files._csv", "BLOCK_BYTES"): 150,
    ("rustybt.files._csv", "_ROWS"): 3,
    ("rustybt.ingest._bars", "FRAME_ROWS"): 4,
    ("rustybt.files._tables", "FRAME_ROWS"): 4,
}


def line(symbol, day, price):
    numbers = ",".join([str(price)] * 4) if price else ",,,"
    return f"{symbol},{FIRST + dt.timedelta(days=day)},{numbers},{7 if price else ''}\n"


def rows_of(bundle, root):
    with open_version(bundle, root=root) as version:
        return scan(version).select("symbol", "timestamp", "close").collect().sort("symbol", "timestamp").rows()


def by_symbol():
    return [(symbol, day, 10 + day) for symbol in "BA" for day in range(9, -1, -1)]


def by_day():
    return [(symbol, day, 10 + day) for day in range(9, -1, -1) for symbol in "BA"]


@pytest.mark.parametrize("rows", [by_symbol(), by_day(), by_day()[::2]], ids=["by symbol", "by day", "one asset"])
@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "frame", "pandas"])
def test_rows_that_begin_with_the_newest_are_put_in_order_and_that_is_told(
    tmp_path, monkeypatch, rows, in_pieces, form
):
    for (module, name), value in PIECES.items() if in_pieces else ():
        monkeypatch.setattr(importlib.import_module(module), name, value)
    frame = pl.read_csv((HEADER + "".join(line(*row) for row in rows)).encode(), infer_schema=False)
    source = tmp_path / f"all.{form}"
    if form == "parquet":
        frame.write_parquet(source)
    elif form == "csv":
        frame.write_csv(source)
    elif form == "csv.gz":
        frame.write_csv(source, compression="gzip")
    else:
        source = frame if form == "frame" else frame.to_pandas()
    report = ingest("b", source, calendar="24/7", root=tmp_path / "root")
    assert [note for note in report.notes if TURNED in note] == list(report.notes) != []
    expected = sorted((symbol, FIRST + dt.timedelta(days=day), Decimal(price)) for symbol, day, price in rows)
    assert rows_of("b", tmp_path / "root") == expected


def test_of_duplicates_the_lower_row_stays_as_it_is_read_first(tmp_path):
    source = tmp_path / "AAA.csv"
    rows = [("AAA", 2, 12), ("AAA", 1, 99), ("AAA", 1, 11), ("AAA", 0, 10)]
    source.write_text(HEADER + "".join(line(*row) for row in rows))
    report = ingest("b", source, calendar="24/7", on_bad_row="drop", root=tmp_path / "root")
    assert [finding.rule for finding in report.findings] == ["duplicate"]
    assert [int(close) for _, _, close in rows_of("b", tmp_path / "root")] == [10, 11, 12]


def test_many_files_say_it_once(tmp_path):
    for number in range(6):
        (tmp_path / f"S{number}.csv").write_text(
            "".join([HEADER, line("X", 3, 5), line("X", 2, 6)]).replace("X", f"S{number}")
        )
    report = ingest("b", tmp_path, calendar="24/7", root=tmp_path / "root")
    assert [note.partition(":")[0] for note in report.notes] == ["S0.csv, S1.csv, S2.csv and 3 more, each"]


def test_rows_in_no_order_are_found_and_the_advice_is_to_sort(tmp_path):
    days = (5, 2, 7, 1, 9, 3, 8)
    frame = pl.read_csv((HEADER + "".join(line("A", day, 5) for day in days)).encode(), infer_schema=False)
    with pytest.raises(BadBars, match="Sort the rows of each asset") as caught:
        ingest("b", frame, calendar="24/7", root=tmp_path)
    assert {finding.rule for finding in caught.value.findings} == {"unsorted"}
    assert "drop'" not in str(caught.value)


GAPS = st.lists(st.sampled_from([None, *range(10, 20)]), min_size=2, max_size=25).map(lambda prices: [10, *prices, 11])


@settings(max_examples=examples(40), deadline=None)
@given(GAPS, GAPS, st.booleans(), st.booleans())
def test_what_is_missing_takes_the_close_before_in_time_however_the_file_is_ordered(
    tmp_path_factory, one, other, backwards, in_pieces
):
    folder = tmp_path_factory.mktemp("gaps")
    rows = [(symbol, day, price) for symbol, prices in (("A", one), ("B", other)) for day, price in enumerate(prices)]
    (folder / "all.csv").write_text(HEADER + "".join(line(*row) for row in (rows[::-1] if backwards else rows)))
    expected, last = [], None
    for symbol, day, price in rows:
        last = price or last
        expected.append((symbol, FIRST + dt.timedelta(days=day), Decimal(last)))
    with pytest.MonkeyPatch.context() as patch:
        for (module, name), value in PIECES.items() if in_pieces else ():
            patch.setattr(importlib.import_module(module), name, value)
        report = ingest("b", folder / "all.csv", calendar="24/7", csv={"missing": "forward"}, root=folder / "root")
    assert rows_of("b", folder / "root") == expected
    assert any(TURNED in note for note in report.notes) is backwards
    source = CSV(folder / "all.csv", calendar="24/7", csv={"missing": "forward"})
    bars = source.fetch(["A", "B"], "2024-01-01", "2024-12-31").bars
    assert bars.select("symbol", "date", "close").rows() == expected


def test_a_row_after_a_later_one_is_not_filled_with_what_came_later(tmp_path):
    (tmp_path / "A.csv").write_text(HEADER + "".join(line("A", *row) for row in ((1, 10), (9, 99), (2, None), (3, 12))))
    fetched = CSV(tmp_path / "A.csv", calendar="24/7", csv={"missing": "forward"}).fetch(
        ["A"], "2024-01-01", "2024-12-31"
    )
    assert dict(fetched.bars.select("date", "close").rows())[dt.date(2024, 1, 3)] is None


# leaving out


def half(bad):
    return HEADER + "".join(line("A", day, 10 if day >= bad else -1) for day in range(10))


def test_leaving_out_more_than_half_of_the_rows_asks_first(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text(half(6))
    with pytest.raises(BadBars, match=r"6 of 10 rows, more than half[^$]*'drop-most'") as caught:
        ingest("b", path, calendar="24/7", on_bad_row="drop", root=tmp_path)
    assert len(caught.value.findings) >= 6
    assert not list(tmp_path.glob("bundles/*"))
    report = ingest("b", path, calendar="24/7", on_bad_row="drop-most", root=tmp_path)
    assert report.rows == 4
    path.write_text(half(5))
    assert ingest("c", path, calendar="24/7", on_bad_row="drop", root=tmp_path).rows == 5
    path.write_text(half(9))
    assert ingest("d", path, calendar="24/7", on_bad_row="quarantine", root=tmp_path).rows == 1


def test_leaving_out_more_than_half_asks_on_the_command_line_too(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text(half(6))
    words = ["ingest", "csv", str(path), "-b", "b", "--calendar", "24/7", "--on-bad-row", "drop"]
    done = CliRunner().invoke(cli, words)
    assert "--on-bad-row drop-most" in str(done.exception or done.output)
    assert CliRunner().invoke(cli, [*words, "--on-bad-row", "drop-most"], catch_exceptions=False).exit_code == 0
