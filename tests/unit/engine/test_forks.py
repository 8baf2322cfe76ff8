"""A process that was forked while Polars' threads ran is told so at each door; one forked before them works."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import sources
from rustybt.api import order, symbol
from rustybt.catalog import export, scan, verify
from rustybt.errors import ForkedProcess
from tests.unit._small import ingest, run

D = Decimal
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here"),
    # what is tested is what comes of it
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
FRAME = pl.DataFrame(
    {"symbol": "A", "date": [dt.date(2024, 1, 2)], **dict.fromkeys(["open", "high", "low", "close"], 1), "volume": 1}
)
SECONDS = 5
"""More than a second, as machines are busy; what hangs does so for ever."""


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [10, 11, 12, 13, 14], "B": [10, 11, 12, 13, 14]})


def forked(function: Callable[[], Any]) -> str:
    """What a forked process came to: "done", the name and text of what it raised, or "hangs"."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            function()
            told = "done"
        except BaseException as error:  # noqa: BLE001  of another process
            told = f"{type(error).__name__}: {error}"
        os.write(sending, told.encode()[:3000])
        os._exit(0)
    os.close(sending)
    until = time.monotonic() + SECONDS
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "hangs"
        time.sleep(0.005)
    with os.fdopen(receiving, "rb") as pipe:
        return pipe.read().decode()


def a_run() -> rustybt.Result:
    return run({0: lambda c, d: order(symbol("A"), 5)})


def refused(told: str) -> bool:
    return told.startswith("ForkedProcess: ") and all(word in told for word in ("spawn", "forkserver", "threads"))


def test_every_door_that_needs_the_threads_is_refused_in_a_forked_process(tmp_path: Path) -> None:
    result = a_run()
    saved = result.save(tmp_path / "saved")
    prices = tmp_path / "prices.csv"
    prices.write_text("date,open,high,low,close,volume\n2024-01-02,1,1,1,1,1\n")
    trades = pl.DataFrame({"symbol": "A", "timestamp": [dt.datetime(2024, 1, 2)], "price": "1", "size": "1"})
    with rustybt.open_version("small") as version:
        opened = version
        doors: dict[str, Callable[[], Any]] = {
            "run": a_run,
            "ingest": lambda: rustybt.ingest("other", FRAME),
            "ingest a file": lambda: rustybt.ingest("other", prices),
            "validate": lambda: rustybt.validate("small"),
            "trades": lambda: rustybt.tick_bars(trades, 1, tz="UTC"),
            "load": lambda: opened.load([0], "1d", 0, 2**62),
            "scan": lambda: scan(opened).collect(engine="in-memory"),
            "export": lambda: export(opened, tmp_path / "out.csv"),
            "verify": lambda: verify(opened),
            "source": lambda: sources.CSV(prices.parent).fetch(["prices"], "2024-01-01", "2024-01-03"),
            "load a result": lambda: rustybt.Result.load(saved),
            "save a result": lambda: result.save(tmp_path / "again"),
        }
        came = {name: forked(door) for name, door in doors.items()}
    assert {name: told for name, told in came.items() if not refused(told)} == {}


def test_a_strategy_that_forks_can_look_at_what_was_loaded_and_at_nothing_else() -> None:
    came: dict[str, str] = {}

    def on_bar(context: Any, data: Any) -> None:
        a, b = context.symbols("A", "B")

        def look() -> None:
            for assets in (a, [a, b]):
                for fields in ("close", ["open", "close"]):
                    data.current(assets, fields)
                    if assets is a or fields == "close":
                        data.history(assets, fields, 2, "1d")
                        data.history(assets, fields, 2, "1d", dtype=D)
                data.history(assets, "close", 2, "1d", output="numpy")
                data.can_trade(assets)
            order(a, 1)
            repr(context.portfolio.positions)

        came["unknown"] = forked(look)
        look()
        came["known"] = forked(look)
        came["long"] = forked(lambda: data.history([a, b], ["open", "close"], 2, "1d"))

    run({2: on_bar})
    assert came["known"] == "done"
    assert refused(came["unknown"])
    assert refused(came["long"])


def test_a_result_that_a_forked_process_comes_by_tells_what_was_reckoned_before() -> None:
    result = a_run()
    asked: dict[str, Callable[[], Any]] = {
        "metrics": lambda: result.metrics,
        "hash": lambda: result.ledger_hash,
        "report": lambda: result.risk_report,
        "cash": lambda: result.cash_by_currency,
        "pandas": result.to_pandas,
    }
    came = {name: forked(function) for name, function in asked.items()}
    assert {name: told for name, told in came.items() if not refused(told)} == {}
    for function in asked.values():
        function()
    assert forked(lambda: (result.metrics, result.ledger_hash, repr(result))) == "done"


def test_a_pool_of_forked_processes_raises_it_in_the_parent() -> None:
    a_run()
    context = multiprocessing.get_context("fork")
    with (
        concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool,
        pytest.raises(ForkedProcess, match="get_context"),
    ):
        pool.submit(a_run).result(SECONDS)


def test_a_process_that_was_forked_before_anything_was_done_runs() -> None:
    script = """
import os, sys
import polars, rustybt
from rustybt.api import order, symbol

def run():
    return rustybt.run_algorithm(
        "2021-02-01", "2021-02-05", None, 1000, lambda c, d: order(symbol("A"), 1), bundle="small", progress=False
    ).ledger_hash

rustybt.list_bundles()
child = os.fork()
mine = run()
if child == 0:
    print(mine, flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(mine)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    first, second = done.stdout.split()
    assert first == second
