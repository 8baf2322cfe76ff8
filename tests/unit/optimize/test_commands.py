"""`rustybt optimize` and `rustybt trials`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rustybt.cli._optimize import spaces
from rustybt.core import data_root
from rustybt.errors import InputError, RegistryError
from rustybt.optimize import Registry
from rustybt.optimize._registry import COLUMNS
from tests.unit._command import command

TEXT = """
import rustybt
from rustybt.api import order_target_percent, symbol


class Cross(rustybt.Strategy):
    def initialize(self, context, days, share):
        context.days, context.share = days, share

    def handle_data(self, context, data):
        closes = data.history(symbol("IBM"), "close", context.days, "1d")
        order_target_percent(symbol("IBM"), context.share if closes[-1] > closes.mean() else 0)
"""
SPAN = ("-s", "2009-01-02", "-e", "2009-02-27")


@pytest.fixture
def strategy(tmp_path: Path) -> str:
    path = tmp_path / "cross.py"
    path.write_text(TEXT)
    return str(path)


def test_a_search_is_run_shown_compared_exported_and_gone_on_with(strategy: str, tmp_path: Path) -> None:
    grid = ("-p", "days=5:15:5", "-p", "share=0.5", "--algorithm", "grid", "--objective", "total_return")
    done = command("optimize", "-f", strategy, *grid, *SPAN, "--name", "first", "-o", str(tmp_path / "t.csv"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("first: 3 complete\n")
    table = pl.read_csv(tmp_path / "t.csv")
    assert sorted(table["days"]) == [5, 10, 15]
    assert table["total_return"].to_list() == sorted(table["total_return"], reverse=True)
    assert command("optimize", "-f", strategy, "-p", "days=4:20", "-p", "share=0.5,1", *SPAN, "--trials", "3",
                   "--name", "second").returncode == 0  # fmt: skip
    (second, first) = json.loads(command("trials", "list", "--json").stdout)
    assert (first["name"], first["complete"], first["objective"]) == ("first", 3, "total_return")
    assert (second["name"], second["of"]) == ("second", 3)
    shown = command("trials", "show", "latest").stdout
    assert "Sobol(), seed 0" in shown.splitlines()[0]
    assert len(shown.splitlines()) == 5
    assert "days=" in command("trials", "compare", "first", "second").stdout
    more = command("trials", "resume", "second", "--trials", "5")
    assert more.stdout.startswith("second: 5 complete"), more.stderr
    assert command("trials", "export", "sec", "-o", str(tmp_path / "all.csv")).returncode == 0
    exported = pl.read_csv(tmp_path / "all.csv")
    assert exported["number"].to_list() == [0, 1, 2, 3, 4]
    assert command("trials", "rm", "first", "--yes").stdout == "first is deleted\n"
    assert [one["name"] for one in json.loads(command("trials", "list", "--json").stdout)] == ["second"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("-p", "days=20"), "No --param has several values"),
        (("-p", "days=5:a"), "'a' is no number"),
        (("-p", "days=9:5"), "low <= high"),
        (("-p", "days=5:9", "-p", "days=1,2"), "given twice"),
        (("-p", "days=5:15:5", "--name", "nix", "--trials", "2"), "2 of 2 trials failed"),  # share is missing
    ],
)
def test_what_can_not_be_searched_is_said(given: tuple[str, ...], says: str, strategy: str) -> None:
    done = command("optimize", "-f", strategy, *given, *SPAN)
    assert (done.returncode, says in done.stderr) == (1, True), done.stderr


def test_values_are_read_as_they_are_written() -> None:
    space, fixed = spaces(("a=1:9:2", "b=0.1:0.3:0.1", "c=log:0.001:1", "d=x,y,1", "e=[1, 2]", "f=7"))
    assert {name: repr(one) for name, one in space.items()} == {
        "a": "Integer(low=1, high=9, step=2, log=False)",
        "b": "Choice(values=[Decimal('0.1'), Decimal('0.2'), Decimal('0.3')])",
        "c": "Real(low=0.001, high=1.0, log=True)",
        "d": "Choice(values=['x', 'y', 1])",
    }
    assert fixed == {"e": [1, 2], "f": 7}
    with pytest.raises(InputError, match="step above 0"):
        spaces(("b=0.3:0.1:0.1",))


def test_a_record_that_can_not_be_used_says_what_to_do() -> None:
    path = data_root() / "trials.sqlite"
    assert "No searches" in command("trials", "list").stdout
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(RegistryError, match="later version"):
        Registry()
    for file in path.parent.glob("trials.sqlite*"):
        file.unlink()
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(RegistryError, match="Move it away"):
        Registry()
    assert path.read_bytes().startswith(b"this is no database")
    path.unlink()
    assert "no such search" in command("trials", "show", "nothing").stderr


def test_a_record_that_is_locked_waits_and_then_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rustybt.optimize._registry.BUSY_SECONDS", 0.05)
    registry = Registry()
    other = sqlite3.connect(registry.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    facts: dict[str, Any] = dict.fromkeys(COLUMNS, "x")
    with pytest.raises(RegistryError, match="Another search writes there"):
        registry.begin(facts | {"seed": 0, "batch": None, "trials": 1})
    other.close()
    registry.close()
