"""No model of slippage gives an order a better price than the bar offers it."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, execution, slippage
from tests._examples import examples
from tests._kernels import kernel_of

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(40)]
NAMES = ["symbol", "date", "open", "high", "low", "close", "volume"]
MODELS: dict[str, Any] = {
    "none": slippage.NoSlippage,
    "fixed": lambda: slippage.FixedSlippage("0.3"),
    "basis points": lambda: slippage.FixedBasisPointsSlippage(20, "0.4"),
    "volume share": lambda: slippage.VolumeShareSlippage("0.3", "0.2"),
    "volatility": lambda: slippage.VolatilityVolumeShare("0.3"),
    "root": lambda: slippage.SquareRootImpact(2, "aggressive"),
    "linear": lambda: slippage.AlmgrenChriss("0.01", "0.0001", "0.0002", volume_limit="0.3"),
    "edge": lambda: slippage.EstimatedSpread("edge", 10),
    "corwin_schultz": lambda: slippage.EstimatedSpread("corwin_schultz", 5),
    "abdi_ranaldo": lambda: slippage.EstimatedSpread("abdi_ranaldo"),
    "sum": lambda: slippage.Sum(slippage.EstimatedSpread(), slippage.SquareRootImpact("0.5", "0.05")),
    "at the tick": lambda: slippage.AtTick(slippage.SquareRootImpact(), "against", "0.05"),
}
OF_THE_MIDDLE = {"volatility"}
"""Models whose price comes from the bar's middle, as Zipline's does: no better than the bar's best price."""


class Placed(NamedTuple):
    """An order: its limit and its stop, where it has any, and whether it is for the market at once."""

    limit: int | None
    stop: int | None
    market: bool


def frame(random: Random) -> pl.DataFrame:
    rows, level = [], 100
    for day in DAYS:
        level = max(level + random.randint(-4, 4), 20)
        low, high = level - random.randint(0, 5), level + random.randint(0, 5)
        opened, close = random.randint(low, high), random.randint(low, high)
        rows.append(("X", day, opened, high, low, close, random.choice((0, 100, 5_000))))
    return pl.DataFrame(rows, schema=NAMES, orient="row")


def place(random: Random, context: Any, price: int) -> tuple[str | None, Placed]:
    near, size = price + random.randint(-6, 6), random.choice((-200, -7, 7, 200))
    further = price + random.randint(-6, 6)
    kind = random.choice(("market", "limit", "stop", "stop limit", "touched", "trailing"))
    how: dict[str, Any] = {
        "market": {},
        "limit": {"limit_price": near},
        "stop": {"stop_price": near},
        "stop limit": {"limit_price": further, "stop_price": near},
        "touched": {"style": execution.MarketIfTouchedOrder(near)},
        "trailing": {"style": execution.TrailingStopOrder(amount=3)},
    }[kind]
    placed = context.order(context.symbol("X"), size, **how)
    limit = how.get("limit_price")
    return placed, Placed(limit, how.get("stop_price"), kind == "market")


def worst_allowed(fill: dict[str, Any], bar: dict[str, Any], order: Placed, how: dict[str, str], model: str) -> Any:
    """The price that a fill is no better than."""
    worse, better = (max, min) if fill["amount"] > 0 else (min, max)
    offered, best = bar[how["fill_at"]], bar["low"] if fill["amount"] > 0 else bar["high"]
    if model in OF_THE_MIDDLE and (order.market or how["trigger"] == "close"):
        return best
    if order.market or how["trigger"] == "close":
        return offered
    if order.limit is not None and order.stop is None:
        return better(order.limit, bar["open"])  # the limit, or the open beyond it
    if order.stop is not None and order.limit is None:
        # the stop, or the open beyond it; one that was reached before fills like a market order
        return better(offered, worse(order.stop, bar["open"]))
    return best


@pytest.mark.parametrize("trigger", ["close", "range"])
@pytest.mark.parametrize("fill_at", ["close", "open"])
@pytest.mark.parametrize("model", [*MODELS])
@settings(max_examples=examples(2))
@given(seed=st.integers(0, 2**32))
def test_no_model_improves_a_price(model: str, fill_at: str, trigger: str, seed: int) -> None:
    random, bars = Random(seed), frame(Random(seed + 1))
    orders: dict[str, Placed] = {}
    how = {"fill_at": fill_at, "trigger": trigger}

    def initialize(context: Any) -> None:
        context.set_slippage(MODELS[model]())
        context.set_commission(commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        placed, terms = place(random, context, int(data.current(context.symbol("X"), "price")))
        if placed is not None:
            orders[placed] = terms

    rustybt.ingest("x", bars, calendar="24/7", mode="replace")
    result = rustybt.run_algorithm(
        DAYS[0],
        DAYS[-1],
        initialize=initialize,
        handle_data=handle_data,
        bundle="x",
        capital_base=10**9,
        kernel=kernel_of(seed),
        progress=False,
        **how,
    )
    by_day = {row["date"]: row for row in bars.iter_rows(named=True)}
    for fill in result.transactions.iter_rows(named=True):
        bar = by_day[(fill["dt"] - dt.timedelta(microseconds=1)).date()]
        order, sign = orders[fill["order_id"]], 1 if fill["amount"] > 0 else -1
        assert sign * fill["price"] >= sign * worst_allowed(fill, bar, order, how, model), (fill, bar, order)
        if order.limit is not None:
            assert sign * fill["price"] <= sign * order.limit, (fill, bar, order)
    assert len(result.orders)
