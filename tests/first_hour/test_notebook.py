"""The first hour in a notebook: the card of a result, progress without widgets, `%%rustybt` with the same defaults."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_notebook import EXECUTE

CELLS = {
    "load": "%load_ext rustybt",
    "slow": """
import asyncio
import time
import rustybt
from rustybt.api import order_target_percent, symbol

def buy(context, data):
    time.sleep(0.03)
    order_target_percent(symbol("AAPL"), 1)

result = rustybt.run(buy, start="2010-01-04", end="2010-03-31")
result
""",
    "fast": 'rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-03-31").notes[0].code',
    "magic": """%%rustybt -s 2010-01-04 -e 2010-03-31 --name mine
def handle_data(context, data):
    order_target_percent(symbol("AAPL"), 1)
""",
    "same": """
same = rustybt.run(handle_data, start="2010-01-04", end="2010-03-31")
(mine.ledger_hash == same.ledger_hash == result.ledger_hash, mine.manifest["capital_base"], result.manifest["strategy"])
""",
    "picture": "result.plot()",
    "awaited": """
both = await asyncio.gather(*(
    rustybt.run_async("2010-01-04", "2010-03-31", None, 100_000, buy, progress=True) for _ in range(2)
))
{one.ledger_hash for one in both} == {result.ledger_hash}
""",
    "cancelled": """
task = asyncio.create_task(rustybt.run_async("2010-01-04", "2010-12-31", None, 100_000, buy, progress=False))
await asyncio.sleep(0.2)
task.cancel()
try:
    await task
except asyncio.CancelledError:
    print("cancelled")
""",
    "tqdm": """
from tqdm.std import tqdm
rustybt.run(lambda context, data: None, start="2010-01-04", end="2010-03-31", progress=tqdm).daily.height
""",
    "strategy": "rustybt.Strategy()",
    "figures": "result.metrics",
    "diagnostics": "result.diagnostics",
    "portfolio": """
under_way = rustybt.Run(handle_data=buy, start="2010-01-04", end="2010-01-29")
for _ in range(12):
    under_way.step()
under_way.context.portfolio
""",
    "position": "[asset] = under_way.context.portfolio.positions\nunder_way.context.portfolio.positions[asset]",
    "asset": "asset",
    "order": 'under_way.context.get_order("main-1")',
    "trades": "under_way.finish().trades",
}
SHOWN = ("strategy", "figures", "diagnostics", "portfolio", "position", "asset", "order", "trades")
"""Cells that show a table."""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What each cell shows."""
    pytest.importorskip("nbclient", reason="nbclient comes with the development dependencies")
    folder = tmp_path_factory.mktemp("notebook")
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**code, "id": name, "source": source} for name, source in CELLS.items()]
    page = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "hour.ipynb").write_text(json.dumps(page), encoding="utf-8")
    path = os.pathsep.join(path for path in (str(Path(__file__).parents[2]), *sys.path) if path)
    own = {"RUSTYBT_ROOT": str(folder / "root"), "PYTHONPATH": path, "JUPYTER_PLATFORM_DIRS": "1"}
    own |= {"IPYTHONDIR": str(folder / "ipython"), "MPLCONFIGDIR": str(folder / "matplotlib")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EXECUTE, "hour.ipynb", "done.ipynb"], cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"} | own,
        capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return {cell["id"]: cell["outputs"] for cell in json.loads((folder / "done.ipynb").read_text("utf-8"))["cells"]}


def texts(outputs: list[dict[str, Any]]) -> list[str]:
    return ["".join(output.get("data", {}).get("text/plain", "")) for output in outputs]


def test_a_run_that_takes_long_shows_one_line_and_then_its_card(outputs: dict[str, list[dict[str, Any]]]) -> None:
    progress, card = outputs["slow"]
    # the line was written over from session to session, and ends with how long it took
    assert progress["output_type"] == "display_data"
    assert texts([progress])[0].startswith("buy: 61 sessions in ")
    page = "".join(card["data"]["text/html"])
    assert "<svg" in page
    assert "portfolio value" in page
    assert "Total return" in page
    assert texts([card])[0].startswith("<Result buy: 2010-01-04 to 2010-03-31")


def test_a_short_run_shows_no_progress(outputs: dict[str, list[dict[str, Any]]]) -> None:
    assert texts(outputs["fast"]) == ["'no_orders'"]
    assert len(outputs["magic"]) == 1
    assert "<svg" in "".join(outputs["magic"][0]["data"]["text/html"])


def test_the_magic_has_the_defaults_of_run(outputs: dict[str, list[dict[str, Any]]]) -> None:
    assert texts(outputs["same"]) == ["(True, '100000', 'buy')"]


def test_a_picture_is_shown_once(outputs: dict[str, list[dict[str, Any]]]) -> None:
    (picture,) = outputs["picture"]
    assert "image/png" in picture["data"]


def test_a_kernel_awaits_runs_and_shows_each_of_them(outputs: dict[str, list[dict[str, Any]]]) -> None:
    *shown, same = outputs["awaited"]
    assert [text.startswith("buy: 61 sessions in ") for text in texts(shown)] == [True, True]
    assert texts([same]) == ["True"]
    assert ["".join(output["text"]) for output in outputs["cancelled"]] == ["cancelled\n"]


def test_a_bar_of_tqdm_is_shown_in_a_cell(outputs: dict[str, list[dict[str, Any]]]) -> None:
    errors = "".join("".join(output["text"]) for output in outputs["tqdm"] if output.get("name") == "stderr")
    assert "100%" in errors
    assert "61/61" in errors


@pytest.mark.parametrize("name", SHOWN)
def test_a_cell_shows_a_table(outputs: dict[str, list[dict[str, Any]]], name: str) -> None:
    (shown,) = outputs[name]
    assert "<table" in "".join(shown["data"]["text/html"])
    assert texts([shown])[0]
