"""`rustybt run` and other commands from a cold start: what the process imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rustybt
from rustybt._kernels import kernel_named

STRATEGY = """
from rustybt.api import order_target_percent, symbols

def initialize(context):
    context.assets = symbols("AAPL", "IBM")

def handle_data(context, data):
    closes = data.history(context.assets, "price", 20, "1d")
    rising = [closes[asset.symbol][-1] > closes[asset.symbol][0] for asset in context.assets]
    for asset, up in zip(context.assets, rising):
        order_target_percent(asset, "0.5" if up else 0)
"""

RUN = """
import json, sys
from rustybt.cli import main
try:
    main()
except SystemExit as end:
    code = end.code or 0
print("modules: " + json.dumps([code, sorted(sys.modules)]))
"""

FRAME = """
import json, sys
import polars, rustybt
from rustybt.api import order, symbol

days = ["2024-01-02", "2024-01-03", "2024-01-04"]
frame = polars.DataFrame({"date": days, "open": 1, "high": 1, "low": 1, "close": 1, "volume": 10_000})
print(rustybt.run(lambda context, data: order(symbol("A"), 1), {"A": frame}).transactions.height)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture
def year(tmp_path: Path) -> list[str]:
    """The command line of a one-year daily run on the sample, which is ingested already."""
    rustybt.ingest_sample()
    strategy = tmp_path / "rising.py"
    strategy.write_text(STRATEGY)
    period = ["-s", "2009-01-02", "-e", "2009-12-31"]
    return ["run", "-f", str(strategy), "-b", "sample", *period, "-o", str(tmp_path / "result")]


@pytest.fixture
def loaded(year: list[str], tmp_path: Path) -> set[str]:
    """The modules that the process has imported when its result is saved and its figures are printed."""
    output, modules = _command(year)
    assert (tmp_path / "result").is_dir()
    assert "Total return" in output
    assert "polars" in modules
    return modules


def _command(arguments: list[str]) -> tuple[str, set[str]]:
    """What a command prints, and the modules that its process has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
        timeout=120,
    )
    output, _, told = done.stdout.rpartition("modules: ")
    code, modules = json.loads(told)
    assert code == 0, done.stderr
    return output, set(modules)


def test_the_version_is_told_without_a_library() -> None:
    output, modules = _command(["--version"])
    assert output.startswith("rustybt ")
    assert {"polars", "numpy", "rustybt.core", "rustybt.catalog"} & modules == set()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("--help", "Backtesting on exact books"),
        ("bundles", "sample"),
        ("brokers", "rows verified"),
        ("catalog show sample", "spike"),
        ("runs list", "max drawdown"),
    ],
)
def test_what_the_index_and_texts_know_is_told_without_a_frame(command: str, told: str) -> None:
    """To import Polars and NumPy takes longer than all that these commands do."""
    rustybt.ingest_sample()
    if command == "runs list":
        rustybt.run(lambda context, data: None, start="2009-01-02", end="2009-01-09").save()
    output, modules = _command(command.split())
    assert told in output
    assert "quarantine" not in output
    assert "used by" not in output
    assert " None" not in output
    idle = {"rustybt.sources", "rustybt.engine", "rustybt.ingest._ingest", "rustybt.ingest._validate"}
    libraries = {"polars", "numpy", "pandas", "exchange_calendars", *(() if command == "bundles" else ("rich",))}
    assert (idle | libraries) & modules == set()


def test_a_daily_run_imports_no_library_that_it_does_not_use(loaded: set[str]) -> None:
    heavy = {
        "pandas",
        "exchange_calendars",
        "pyarrow",
        "matplotlib",
        "scipy",
        "zipline",
        "rich",
        "ssl",
        "asyncio",
        "numpy.ma",
    }
    assert heavy.intersection(loaded) == set()


def test_a_daily_run_imports_nothing_of_ours_that_writes_data_or_serves_other_runs(loaded: set[str]) -> None:
    """Where bytecode may not be written, each of them is compiled anew in every process."""
    ours = {name for name in loaded if name.startswith("rustybt.")}
    assert "rustybt.catalog._version" in ours
    idle = {
        *(f"rustybt.catalog.{name}" for name in ("_aggregate", "_cache", "_diff", "_recovery", "_spill", "_writer")),
        *(f"rustybt.engine.{name}" for name in ("_exchange", "_fetch", "_first_run", "_hints", "_interval")),
        *(f"rustybt.engine.{name}" for name in ("_ledger_view", "_market_of_data", "_rates", "_snapshot")),
        *(f"rustybt.execution.commission.{name}" for name in ("_charge", "_profile", "_schedule")),
        *(f"rustybt.execution.slippage.{name}" for name in ("_almgren_chriss", "_estimated_spread", "_quoted_spread")),
        *("rustybt.execution.impact._almgren", "rustybt.execution.spreads._edge", "rustybt.indicators"),
        *("rustybt.core.latency._latency", "rustybt.core.math_utils._functions", "rustybt.core._run_bars"),
        *(f"rustybt.orders.{name}" for name in ("_account_controls", "_auction_styles", "_brackets", "_touch_styles")),
        *(f"rustybt.view.{name}" for name in ("_chain", "_columns", "_indicator_term", "_session_bars", "_sessions")),
        *("rustybt.calendars._build", "rustybt.cli._magic", "rustybt.results._compat_report", "rustybt.results._svg"),
        *("rustybt.ingest", "rustybt.sources", "rustybt.validation", "rustybt.files", "rustybt.zipline"),
    }
    assert ours & idle == set()


def test_a_run_imports_of_the_measures_what_its_first_figures_are_made_of(loaded: set[str]) -> None:
    used = (
        "checks",
        "columns",
        "counted",
        "exposure",
        "leverage",
        "numbers",
        "path",
        "returns",
        "ruin",
        "sample",
        "sets",
    )
    own = {name for name in loaded if name.startswith("rustybt.metrics.")}
    if kernel_named("auto").name == "rust":
        assert own == {f"rustybt.metrics._{name}" for name in (*used, "summary")}
    assert not own & {"rustybt.metrics._table", "rustybt.metrics._factors", "rustybt.metrics._rolling"}
    assert not loaded & {"statistics", "rustybt.diagnostics"}


def test_a_run_whose_figures_nobody_asks_for_imports_no_measure() -> None:
    code = (
        "import json, sys, rustybt; "
        'rustybt.run(lambda context, data: None, start="2009-01-02", end="2009-01-30").transactions; '
        "print(json.dumps(sorted(sys.modules)))"
    )
    rustybt.ingest_sample()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    own = {name for name in json.loads(done.stdout) if name.startswith("rustybt.metrics.")}
    assert own == {f"rustybt.metrics._{name}" for name in ("checks", "columns", "numbers", "path", "ruin", "sets")}


def test_a_run_on_a_frame_imports_nothing_that_speaks_to_a_vendor_or_draws() -> None:
    done = subprocess.run([sys.executable, "-c", FRAME], capture_output=True, text=True, check=True, timeout=120)
    filled, modules = done.stdout.splitlines()
    assert filled == "2"
    assert "rustybt.ingest._ingest" in modules
    loaded = set(json.loads(modules))
    vendors = {f"rustybt.sources._{name}" for name in ("alpaca", "alphavantage", "ccxt", "http", "polygon", "yfinance")}
    assert loaded & {*vendors, "ssl", "http.client", "matplotlib", "rich", "IPython"} == set()
