"""Assets whose bars end before those of others: told by the report, and closed out where that is asked for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.cli._main import cli
from rustybt.errors import InputError
from tests.unit._small import DAYS, NAMES, run

TOLD = (
    "bars that end before 2021-02-06, of assets without an auto_close_date: A (2021-02-03). What is held of them then "
    "stays at its last price; auto_close='last_bar' (--auto-close last_bar) closes it out"
)


def bars(**days: range) -> pl.DataFrame:
    rows = [(symbol, DAYS[day], *["8"] * 4, "1000") for symbol, of in days.items() for day in of]
    return pl.DataFrame(rows, schema=NAMES, orient="row")


def ingest(frame: pl.DataFrame, **more: Any) -> Any:
    return rustybt.ingest("small", frame, calendar="24/7", **{"mode": "replace", **more})


def closes() -> dict[str, dt.date | None]:
    assets = rustybt.open_version("small").assets()
    return {asset.symbol: asset.auto_close_date for asset in assets}


def test_the_report_names_what_ends_and_the_option() -> None:
    assert ingest(bars(A=range(3), B=range(6))).notes == (TOLD,)
    assert ingest(bars(A=range(6), B=range(6))).notes == ()
    assets = pl.DataFrame({"symbol": ["A"], "auto_close_date": [DAYS[4]]})
    assert ingest(bars(A=range(3), B=range(6)), assets=assets).notes == ()


def test_the_option_closes_out_after_the_last_bar_and_leaves_the_rest() -> None:
    own = pl.DataFrame({"symbol": ["C"], "auto_close_date": [DAYS[5]]})
    report = ingest(bars(A=range(3), B=range(6), C=range(2)), auto_close="last_bar", assets=own)
    assert report.notes == ()
    assert closes() == {"A": DAYS[3], "B": None, "C": DAYS[5]}
    result = run({0: lambda c, d: c.order(c.symbol("A"), 10)}, days=6)
    assert result.positions["session"].to_list() == DAYS[1:3]
    # 10 at 8 come back at the close of the fourth day
    assert result.transactions.select("session", "amount", "price").rows() == [(DAYS[1], 10, 8), (DAYS[3], -10, 8)]
    assert result.notes == ()


def test_bars_that_come_later_take_it_back() -> None:
    ingest(bars(A=range(3), B=range(6)), auto_close="last_bar")
    ingest(bars(B=range(6, 8)), mode="append")
    assert closes() == {"A": DAYS[3], "B": None}
    ingest(bars(A=range(3, 9)), mode="append", auto_close="last_bar")
    assert closes() == {"A": None, "B": DAYS[8]}


def test_an_index_is_nothing_that_is_held() -> None:
    kind = pl.DataFrame({"symbol": ["A"], "type": ["index"]})
    assert ingest(bars(A=range(3), B=range(6)), assets=kind).notes == ()


def test_another_word_is_refused() -> None:
    with pytest.raises(InputError, match="auto_close='soon'"):
        ingest(bars(A=range(3)), auto_close="soon")


def test_the_command_has_the_option(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    bars(A=range(3), B=range(6)).write_csv(file)
    command = ["ingest", "csv", str(file), "-b", "small", "--calendar", "24/7", "--mode", "replace"]
    assert "--auto-close last_bar" in CliRunner().invoke(cli, command, catch_exceptions=False).output
    CliRunner().invoke(cli, [*command, "--auto-close", "last_bar"], catch_exceptions=False)
    assert closes() == {"A": DAYS[3], "B": None}
