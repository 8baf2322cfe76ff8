"""What an ingestion costs, counted in calls and reads, not timed: it grows with the bars that are given, not with
the square of the assets, nor with the appends before it.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.catalog import open_version
from rustybt.catalog import verify as look
from rustybt.cli._main import cli
from tests.architecture.test_growth import counted

FIRST = dt.date(2024, 1, 1)
PIECES = (("files._tables", "FRAME_ROWS"), ("ingest._bars", "FRAME_ROWS"), ("catalog._spill", "HELD_ROWS"))


def bars(assets: int, days: int, start: int = 0) -> pl.DataFrame:
    dates = [str(FIRST + dt.timedelta(days=start + day)) for day in range(days)]
    closes = [f"{100 + day % 3}.25" for day in range(start, start + days)]
    prices = dict.fromkeys(("open", "high", "low", "close"), closes * assets)
    symbols = [f"S{number:04d}" for number in range(assets) for _ in dates]
    return pl.DataFrame({"symbol": symbols, "date": dates * assets, **prices, "volume": ["100"] * len(symbols)})


@contextmanager
def collects(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many queries Polars was asked."""
    asked: list[int] = []
    collect = pl.LazyFrame.collect

    def counting(self: pl.LazyFrame, *arguments: object, **how: object) -> object:
        asked.append(1)
        return collect(self, *arguments, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(pl.LazyFrame, "collect", counting)
    yield asked
    monkeypatch.setattr(pl.LazyFrame, "collect", collect)


def test_no_query_is_asked_for_each_asset(monkeypatch: pytest.MonkeyPatch) -> None:
    rustybt.ingest("warm", bars(3, 3), calendar="24/7")
    asked = []
    for assets in (20, 400):
        bundle = f"of-{assets}"
        with collects(monkeypatch) as queries:
            rustybt.ingest(bundle, bars(assets, 5), calendar="24/7")
            rustybt.ingest(bundle, bars(assets, 1, 5), mode="append", calendar="24/7")
            rustybt.ingest(bundle, bars(assets, 5, 1), mode="append", calendar="24/7")
            rustybt.ingest(bundle, bars(assets, 1, 2), mode="correct", calendar="24/7")
            rustybt.validate(bundle)
            rustybt.quality(bundle)
            with open_version(bundle) as version:
                assert look(version) == []
        asked.append(len(queries))
    assert asked[1] <= asked[0]  # of few bars findings are counted at once, too


def test_calls_grow_with_the_assets_and_no_faster() -> None:
    rustybt.ingest("warm", bars(3, 3), calendar="24/7")
    calls = []
    for assets in (100, 200, 400):
        with counted() as count:
            rustybt.ingest(f"of-{assets}", bars(assets, 5), calendar="24/7")
            rustybt.ingest(f"of-{assets}", bars(assets, 1, 5), mode="append", calendar="24/7")
        calls.append(count.count)
    assert calls[2] - calls[1] <= 2.05 * (calls[1] - calls[0])
    assert (calls[2] - calls[1]) / 200 < 600  # of each asset, in both


def test_to_show_a_bundle_is_a_few_calls_an_asset() -> None:
    calls = []
    for assets in (100, 400):
        rustybt.ingest(f"of-{assets}", bars(assets, 5), calendar="24/7")
        with counted() as count:
            shown = CliRunner().invoke(cli, ["catalog", "show", f"of-{assets}"], catch_exceptions=False)
        assert len(shown.output.splitlines()) == assets + 11
        calls.append(count.count)
    assert (calls[1] - calls[0]) / 300 < 20


def test_to_count_what_is_found_in_each_asset_asks_for_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each asset stands still for two weeks, then doubles and halves: 21 findings each."""
    monkeypatch.setattr(importlib.import_module("rustybt.ingest._quality"), "COUNTED_AT_ONCE", 0)
    prices = ["10"] * 14 + ["20", "10"] * 5
    calls = []
    for assets in (100, 400):
        frame = bars(assets, len(prices)).with_columns(
            pl.Series(name, prices * assets) for name in ("open", "high", "low", "close")
        )
        rustybt.ingest(f"of-{assets}", frame, calendar="24/7")
        with counted() as count:
            found = rustybt.quality(f"of-{assets}")
        by_rule = dict(found.group_by("rule").agg(pl.col("stored").sum()).rows())
        assert by_rule == {"stale": assets, "jump": 10 * assets, "spike": 10 * assets}
        calls.append(count.count)
    assert (calls[1] - calls[0]) / 300 < 1_200
    assert len(rustybt.validate("of-100").findings) == 2_100


def test_a_late_append_costs_what_an_early_one_did() -> None:
    """Of a cycle of small parts that are folded into one; what is hashed anew are the bars of the year."""
    rustybt.ingest("b", bars(60, 1), calendar="24/7")
    calls = []
    for day in range(1, 60):
        with counted() as count:
            rustybt.ingest("b", bars(60, 1, day), mode="append", calendar="24/7")
        calls.append(count.count)
    assert sum(calls[50:58]) <= 1.1 * sum(calls[18:26])


def test_a_late_append_reads_the_bars_of_its_month_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """61 bars of January and February are stored; the 1st of March is behind the 60th day of 2024."""
    module = importlib.import_module("rustybt.catalog._stored_rows")
    stored, read = module.read_rows, []

    def reading(*about: object) -> pl.DataFrame:
        read.append(stored(*about))
        return read[-1]

    monkeypatch.setattr(module, "read_rows", reading)
    monkeypatch.setattr(importlib.import_module("rustybt.ingest._quality"), "COUNTED_AT_ONCE", 0)
    rustybt.ingest("b", bars(20, 40), calendar="24/7")
    rows = []
    for day in (40, 41, 61):
        read.clear()
        rustybt.ingest("b", bars(20, 20 if day == 41 else 1, day), mode="append", calendar="24/7")
        rows.append(sum(frame.height for frame in read))
    assert rows == [20 * 9, 20 * 10, 20 * 1]


def test_a_version_has_few_parts_after_many_appends() -> None:
    for day in range(40):
        rustybt.ingest("b", bars(3, 1, day), mode="append", calendar="24/7")
    with open_version("b") as version:
        files = [path for path in Path(version.path).iterdir() if path.name.startswith("1d-")]
        assert version.row_count_of("1d") == 120
        assert look(version) == []
    assert len(files) <= 9


def test_the_same_once_more_reads_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    given = bars(50, 20)
    first = rustybt.ingest("b", given, calendar="24/7")
    for mode in ("error", "replace", "append"):
        with collects(monkeypatch) as queries, counted() as count:
            again = rustybt.ingest("b", given, mode=mode, calendar="24/7")  # type: ignore[arg-type]
        assert (again.is_new, again.version) == (False, first.version)
        assert len(queries) < 20
        assert count.count < 20_000


def test_calls_grow_with_the_files_of_a_folder_and_no_faster(tmp_path: Path) -> None:
    calls = []
    for files in (30, 100, 200, 400):  # the first one imports what they need
        folder = tmp_path / str(files)
        folder.mkdir()
        for (symbol,), frame in bars(files, 2).partition_by("symbol", as_dict=True).items():
            frame.drop("symbol").write_csv(folder / f"{symbol}.csv")
        with counted() as count:
            rustybt.ingest(f"of-{files}", folder, calendar="24/7")
        calls.append(count.count)
    assert calls[3] - calls[2] <= 2.05 * (calls[2] - calls[1])


def test_of_the_files_of_a_folder_that_are_alike_a_few_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = []
    for files in (100, 400):
        folder = tmp_path / str(files)
        folder.mkdir()
        for (symbol,), frame in bars(files, 2).partition_by("symbol", as_dict=True).items():
            frame.drop("symbol").write_csv(folder / f"{symbol}.csv")
        with collects(monkeypatch) as asked:
            report = rustybt.ingest(f"of-{files}", folder, calendar="24/7")
        assert (report.rows, report.assets) == (2 * files, files)
        queries.append(len(asked))
    assert queries[1] <= queries[0]


def test_of_rows_by_day_each_piece_costs_a_few_calls_an_asset(monkeypatch: pytest.MonkeyPatch) -> None:
    rustybt.ingest("warm", bars(3, 3), calendar="24/7")
    of_pieces = []
    for assets in (50, 200):
        given = bars(assets, 40).sort("date", "symbol")
        calls = []
        for days in (20, 2):  # in a piece
            for module, name in PIECES:
                monkeypatch.setattr(importlib.import_module(f"rustybt.{module}"), name, days * assets)
            with counted() as count:
                rustybt.ingest(f"of-{assets}-{days}", given, calendar="24/7")
            calls.append(count.count)
        of_pieces.append((calls[1] - calls[0]) / 18)
    assert (of_pieces[1] - of_pieces[0]) / 150 < 12
