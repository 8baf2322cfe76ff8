"""Tables of a result in other programs' files: nothing is lost, nothing runs."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.api import commission
from rustybt.cli._main import cli
from rustybt.errors import InputError, ResultError, ResultExists
from rustybt.results import Result
from tests.unit._small import ingest, run

D = Decimal
FORMULA = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def _matplotlib_as_it_was() -> Iterator[None]:
    """Some libraries that take our tables change the looks of all pictures when they are imported."""
    import matplotlib as mpl

    with mpl.rc_context():
        yield


@pytest.fixture
def result() -> Result:
    ingest({"A": ["10.25", 11, 12, "14.125", 15], "@B": [20, 21, 19, 18, 17]})

    def initialize(context: Any) -> None:
        context.set_commission(commission.PerShare("0.1", 0))

    def first(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), 3, tag=FORMULA)
        context.order(context.symbol("@B"), -2, tag="-1+1")
        context.record(ratio=1 / 3, note="+cell")

    return run({0: first, 2: lambda c, d: c.order(c.symbol("A"), -3)}, initialize=initialize)


def read_back(frame: pl.DataFrame, texts: list[dict[str, Any]]) -> None:
    """That texts say the values of the frame, to the last digit."""
    assert len(texts) == frame.height
    for row, text in zip(frame.iter_rows(named=True), texts, strict=True):
        assert list(text) == frame.columns
        for name, value in row.items():
            own = text[name]
            if isinstance(value, Decimal):
                assert D(own) == value
            elif value is None:
                assert own in (None, "")
            elif hasattr(value, "total_seconds"):
                assert float(own) == value.total_seconds()
            elif isinstance(value, bool):
                assert str(own).lower() == str(value).lower()
            elif isinstance(value, int):
                assert int(own) == value


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def figures_of(path: Path) -> dict[str, str]:
    return {row["figure"]: row["value"] for row in rows_of(path)}


def test_every_digit_is_in_a_csv_file(result: Result, tmp_path: Path) -> None:
    folder = result.export(tmp_path / "run", "csv", escape=False)
    assert sorted(file.stem for file in folder.iterdir()) == sorted(
        ("metrics", "daily", "trades", "costs", "orders", "transactions", "positions", "recorded", "entries")
    )
    for name in ("daily", "trades", "orders", "transactions", "positions", "entries"):
        read_back(getattr(result, name), rows_of(folder / f"{name}.csv"))
    assert D(figures_of(folder / "metrics.csv")["sharpe"]) == result.metrics["sharpe"]


def test_every_digit_is_in_json(result: Result, tmp_path: Path) -> None:
    page = json.loads(result.export(tmp_path / "run.json").read_text())
    for name in ("daily", "trades", "entries"):
        read_back(getattr(result, name), page[name])
    assert page["orders"][0]["tag"] == FORMULA
    assert page["trades"][0]["entry"] == "2021-02-03T00:00:00Z"


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columns_come_back_as_they_are(result: Result, tmp_path: Path, form: Any) -> None:
    folder = result.export(tmp_path / "run", form, tables=["daily", "trades", "costs_fills"])
    read = pl.read_parquet if form == "parquet" else pl.read_ipc
    assert read(folder / f"daily.{form}").equals(result.daily)
    assert read(folder / f"trades.{form}").equals(result.trades)
    assert read(folder / f"trades.{form}").schema == result.trades.schema
    assert read(folder / f"costs_fills.{form}").equals(result.costs.fills)
    file = result.export(tmp_path / f"fills.{form}", tables=["transactions"])
    assert read(file).equals(result.transactions)


def test_a_workbook_has_a_sheet_for_each_table_and_no_formula(result: Result, tmp_path: Path) -> None:
    path = result.export(tmp_path / "run.xlsx", tables=["trades", "orders", "recorded"])
    book = fastexcel.read_excel(path)
    assert book.sheet_names == ["trades", "orders", "recorded"]
    read_back(result.trades, book.load_sheet("trades").to_polars().to_dicts())
    assert book.load_sheet("orders").to_polars()["tag"].to_list()[:2] == [FORMULA, "-1+1"]
    assert (
        book.load_sheet("recorded").to_polars()["session"].cast(pl.Date).to_list()
        == result.recorded["session"].to_list()
    )
    import zipfile

    with zipfile.ZipFile(path) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]
    assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets)


def test_text_that_would_be_a_formula_is_escaped(result: Result, tmp_path: Path) -> None:
    for escape, tag, symbol, note in ((True, f"'{FORMULA}", "'@B", "'+cell"), (False, FORMULA, "@B", "+cell")):
        folder = result.export(tmp_path / str(escape), "csv", escape=escape)
        orders = rows_of(folder / "orders.csv")
        assert (orders[0]["tag"], orders[1]["symbol"], orders[1]["amount"]) == (tag, symbol, "-2")
        assert rows_of(folder / "recorded.csv")[0]["note"] == note
    assert D(figures_of(tmp_path / "True" / "metrics.csv")["max_drawdown"]) <= 0


def test_floats_are_the_nearest(result: Result, tmp_path: Path) -> None:
    path = result.export(tmp_path / "daily.csv", tables=["daily"], floats=True)
    read = pl.read_csv(path)
    assert read["portfolio_value"].to_list() == result.daily_float["portfolio_value"].to_list()


def test_what_is_there_stays(result: Result, tmp_path: Path) -> None:
    place = tmp_path / "run"
    result.export(place, "csv", tables=["daily"])
    (place / "mine.txt").write_text("kept")
    with pytest.raises(ResultExists, match="overwrite=True"):
        result.export(place, "csv")
    result.export(place, "csv", tables=["orders"], overwrite=True)
    assert sorted(file.name for file in place.iterdir()) == ["daily.csv", "mine.txt", "orders.csv"]
    with pytest.raises(ResultExists, match="is a folder"):
        result.export(place, "json", overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


def test_what_can_t_be_exported_is_told(result: Result, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no format"):
        result.export(tmp_path / "run")
    with pytest.raises(InputError, match="choose among csv, xlsx"):
        result.export(tmp_path / "run", "xls")  # type: ignore[arg-type]
    for tables in (["fills"], [], "daily"):
        with pytest.raises(InputError, match="pass a list of names out of metrics, trades"):
            result.export(tmp_path / "run", "csv", tables=tables)
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError, match="can't be written to"):
        result.export(tmp_path / "file" / "run", "csv")


def test_the_command_exports_a_saved_run(result: Result, tmp_path: Path) -> None:
    result.save(tmp_path / "saved")
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "saved"), "-o", str(tmp_path / "out"), "-t", "trades"])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == f"export: {(tmp_path / 'out').resolve()}"
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["trades.csv"]
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "saved"), "-o", str(tmp_path / "run.xlsx")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "run.xlsx").is_file()


# --- other libraries --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def year() -> Result:
    def handle_data(context: Any, data: Any) -> None:
        for symbol, weight in (("IBM", "0.6"), ("AAPL", "-0.3")):
            if data.current_session.day % 7 == 0:
                context.order_target_percent(context.symbol(symbol), weight)
            elif data.current_session.day % 11 == 0:
                context.order_target(context.symbol(symbol), 0)

    return rustybt.run(handle_data, start="2010-01-04", end="2011-12-30")


def test_pyfolio_takes_what_it_is_given(year: Result) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyfolio = pytest.importorskip("pyfolio", exc_type=ImportError)
        returns, positions, transactions = year.to_pyfolio()
        stats = pyfolio.timeseries.perf_stats(returns, positions=positions, transactions=transactions)
        turnover = pyfolio.txn.get_turnover(positions, transactions)
        trips = pyfolio.round_trips.extract_round_trips(
            transactions[["amount", "price", "symbol"]], portfolio_value=positions.sum(axis="columns")
        )
    assert stats["Sharpe ratio"] == pytest.approx(float(year.metrics["sharpe"] or 0), rel=1e-9)
    assert stats["Max drawdown"] == pytest.approx(float(year.metrics["max_drawdown"] or 0), rel=1e-9)
    assert stats["Gross leverage"] == pytest.approx(float(year.metrics["average_gross_leverage"] or 0), rel=1e-9)
    assert positions.sum(axis="columns").tolist() == pytest.approx(year.daily_float["portfolio_value"].to_list())
    assert turnover.sum() > 0

    assert len(trips) > 5


def test_quantstats_takes_the_returns(year: Result) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stats = pytest.importorskip("quantstats.stats", exc_type=ImportError)
        returns = year.to_quantstats()
        found = {
            "sharpe": stats.sharpe(returns, periods=252),
            "sortino": stats.sortino(returns, periods=252),
            "volatility": stats.volatility(returns, periods=252),
            "max_drawdown": stats.max_drawdown(returns),
            "total_return": stats.comp(returns),
        }
    for figure, value in found.items():
        assert value == pytest.approx(float(year.metrics[figure] or 0), rel=1e-9), figure


def test_symbols_that_are_not_unique_have_their_number(year: Result) -> None:
    from rustybt.results._consumers import _names

    sids = year.positions["sid"].unique().to_list()
    assert sorted(_names(year, sids).values()) == ["AAPL", "IBM"]


def test_a_file_of_one_table_is_named_after_it(result: Result, tmp_path: Path) -> None:
    file = result.export(tmp_path / "trades.parquet")
    assert file.is_file()
    assert pl.read_parquet(file).equals(result.trades)
    with pytest.raises(InputError, match=r"holds one table.*tables=\['trades'\].*format='csv'"):
        result.export(tmp_path / "run.csv")
    assert not (tmp_path / "run.csv").exists()
    assert result.export(tmp_path / "all", "json").name == "all.json"


def test_a_number_of_days_is_whole(result: Result, tmp_path: Path) -> None:
    figures = dict(pl.read_csv(result.export(tmp_path / "metrics.csv"), infer_schema=False).rows())
    assert figures["trading_days"] == str(result.daily.height)


def test_a_recorded_name_is_no_formula_in_a_csv(tmp_path: Path) -> None:
    result = rustybt.run(
        lambda context, data: context.record(**{"=1+1": 1, "plain": 2}), start="2010-01-04", end="2010-01-06"
    )
    result.export(tmp_path / "tables", format="csv")
    assert (tmp_path / "tables" / "recorded.csv").read_text().splitlines()[0] == "session,'=1+1,plain"


def test_a_disk_that_is_full_is_told_of_a_workbook_too(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from xlsxwriter.workbook import Workbook

    def full(book: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Workbook, "_store_workbook", full)
    with pytest.raises(ResultError, match=r"run\.xlsx can't be written to: No space left on device"):
        result.export(tmp_path / "run.xlsx")
    assert list(tmp_path.iterdir()) == []
