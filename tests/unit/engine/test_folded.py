"""A traceback has the caller's lines and the strategy's, and the engine's only where the engine is at fault."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import symbol

FRAME = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], "close": [1, 2]}).with_columns(
    open="close", high="close", low="close", volume=1000
)


@pytest.fixture(autouse=True)
def _folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUSTYBT_TRACEBACK")


def lines(call: Callable[[], Any]) -> list[tuple[str, str]]:
    """File and function of each line of the traceback of what a call raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001
        return [(Path(frame.filename).name, frame.name) for frame in traceback.extract_tb(error.__traceback__)][1:]
    pytest.fail("nothing was raised")


def divides(context: object, data: object) -> None:
    1 / 0  # noqa: B018


def asks(context: object, data: Any) -> None:
    data.history(symbol("A"), "close", 10, "1d")


def selects(context: object, data: Any) -> None:
    data.history(symbol("A"), "close", 1, "1d").to_frame().select("nope")


OWN = Path(__file__).name


def by_algorithm(strategy: Any, data: Any) -> rustybt.Result:
    return rustybt.run_algorithm(handle_data=strategy, data=data)


@pytest.mark.parametrize("run", [rustybt.run, by_algorithm])
def test_the_lines_of_the_engine_are_left_out(run: Callable[..., Any]) -> None:
    def call(strategy: Any, data: Any = FRAME) -> list[str]:
        found = lines(lambda: run(strategy, {"A": data}))
        return [name for file, name in found if file == OWN and name not in ("<lambda>", "by_algorithm")] + [
            file for file, _ in found if file.startswith("_") and "polars" not in file
        ]

    assert call(divides) == ["divides"]
    assert call(asks) == ["asks"]
    assert call(divides, FRAME.with_columns(close=-1)) == []
    assert lines(lambda: run(selects, {"A": FRAME}))[-1][0] != OWN  # the lines of a library stay


def test_bars_that_are_refused_show_the_call_alone() -> None:
    found = lines(lambda: rustybt.load_data({"A": FRAME.with_columns(close=-1)}))
    assert [file for file, _ in found] == [OWN]


def test_an_ingestion_that_refuses_bars_shows_the_call_alone() -> None:
    found = lines(lambda: rustybt.ingest("folded", {"A": FRAME.with_columns(close=-1)}, calendar="24/7"))
    assert [file for file, _ in found] == [OWN]


def test_a_fault_of_the_engine_keeps_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rustybt.engine._run.going", None)  # called in the middle of the engine
    assert ("_run.py", "run_algorithm") in lines(lambda: rustybt.run(divides, {"A": FRAME}))


def test_every_line_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_TRACEBACK", "full")
    assert ("_run.py", "run_algorithm") in lines(lambda: rustybt.run(divides, {"A": FRAME}))
