"""What a bar and an order cost in RustyBT's own Python, counted in bytecodes: no clock, so no noise.

A run of so many days is taken off one of twice as many, and what is left shared out. Features that nobody asked for
cost nothing, so these numbers do not grow. Where one does grow on purpose, it is written down here, with the reason in
the commit; where one shrinks, too.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import CodeType
from typing import Any

import polars as pl
import pytest

import rustybt

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 12), reason="each Python has bytecodes of its own")
ASSETS, DAYS = 10, 40
TOOL = 4
OWN = str(Path(rustybt.__file__).parent)
LIMITS = {
    ("idle", "python"): 1131,
    ("idle", "rust"): 745,
    ("fills", "python"): 1545,
    ("fills", "rust"): 258,
    ("asleep", "python"): 176,
    ("asleep", "rust"): 80,
}
"""Bytecodes a day with nothing to do; an asset's order of a weight that fills each day; a limit order that sleeps on
each bar."""
SHARED = {"idle": 1, "fills": ASSETS, "asleep": ASSETS}
SLACK = 1.03


def handle(kind: str) -> Callable[[Any, Any], None]:
    def fills(context: Any, data: Any) -> None:
        context.day = getattr(context, "day", 0) + 1
        for asset in context.symbols(*(f"S{number}" for number in range(ASSETS))):
            context.order_target_percent(asset, 0.05 if context.day % 2 else 0.06)

    def asleep(context: Any, data: Any) -> None:
        if not hasattr(context, "placed"):
            context.placed = True
            for asset in context.symbols(*(f"S{number}" for number in range(ASSETS))):
                context.order(asset, 1, limit_price=1)

    return {"idle": lambda context, data: None, "fills": fills, "asleep": asleep}[kind]


@pytest.fixture(autouse=True)
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    days = [dt.date(2021, 1, 1) + dt.timedelta(days=day) for day in range(2 * DAYS)]
    closes = [Decimal(1_000 + day * 37 % 101) / 10 for day in range(len(days))]
    prices = dict.fromkeys(("open", "high", "low", "close"), closes * ASSETS)
    symbols = [f"S{number}" for number in range(ASSETS) for _ in days]
    bars = {"symbol": symbols, "date": days * ASSETS, **prices, "volume": [10**6] * len(symbols)}
    rustybt.ingest("bytecodes", pl.DataFrame(bars), calendar="24/7")


def counted(kind: str, kernel: str, days: int) -> int:
    """Bytecodes of RustyBT's own functions in a run."""
    count = 0

    def note(code: CodeType, _: int) -> Any:
        nonlocal count
        if not code.co_filename.startswith(OWN):
            return sys.monitoring.DISABLE
        count += 1
        return None

    first = dt.date(2021, 1, 1)
    monitoring = sys.monitoring
    monitoring.use_tool_id(TOOL, "bytecodes")
    try:
        monitoring.register_callback(TOOL, monitoring.events.INSTRUCTION, note)
        monitoring.set_events(TOOL, monitoring.events.INSTRUCTION)
        rustybt.run_algorithm(
            first,
            first + dt.timedelta(days=days - 1),
            None,
            10**7,
            handle(kind),
            bundle="bytecodes",
            progress=False,
            kernel=kernel,
        )
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.free_tool_id(TOOL)
    return count


@pytest.mark.parametrize("kind", SHARED)
def test_a_bar_and_an_order_cost_no_more_than_they_did(kind: str, kernels: str) -> None:
    counted(kind, kernels, DAYS)  # what is imported and made once
    each = (counted(kind, kernels, 2 * DAYS) - counted(kind, kernels, DAYS)) / DAYS / SHARED[kind]
    assert each <= LIMITS[kind, kernels] * SLACK, f"{each:.1f} bytecodes, {LIMITS[kind, kernels]} before"
