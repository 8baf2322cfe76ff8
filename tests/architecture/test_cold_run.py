"""`rustybt run` from a cold start: what the process imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rustybt

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
print("modules: " + json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""


@pytest.fixture
def year(tmp_path: Path) -> list[str]:
    """The command line of a one-year daily run on the sample, which is ingested already."""
    rustybt.ingest_sample()
    strategy = tmp_path / "rising.py"
    strategy.write_text(STRATEGY)
    period = ["-s", "2009-01-02", "-e", "2009-12-31"]
    return ["run", "-f", str(strategy), "-b", "sample", *period, "-o", str(tmp_path / "result")]


def test_a_daily_run_imports_neither_pandas_nor_a_calendar_library(year: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *year],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
        timeout=120,
    )
    code, modules = json.loads(done.stdout.split("modules: ")[-1])
    assert code == 0, done.stderr
    assert (tmp_path / "result").is_dir()
    heavy = {"pandas", "exchange_calendars", "pyarrow", "matplotlib", "scipy", "zipline"}
    assert heavy.intersection(modules) == set()
    assert "polars" in modules
