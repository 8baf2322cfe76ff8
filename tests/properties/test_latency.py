"""No order gets a price from before its arrival, and none is filled at one from after its cancel arrived."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, execution, latency, slippage
from tests._examples import examples
from tests._kernels import KERNELS

FIRST = dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC)
BARS = 24
STEPS = {"1ms": 10**6, "10ms": 10**7, "1s": 10**9, "1m": 60 * 10**9}
NAMES = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]


class Told:
    """Draws lengths of up to three bars, and keeps what it drew. Runs share it."""

    longest = None

    def __init__(self, step: int, seed: int) -> None:
        self.step, self.random, self.drawn = step, Random(seed), list[int]()

    def __deepcopy__(self, memo: Any) -> Told:
        return self

    def draw(self, random: Random) -> int:
        # now and then to the very end of a bar
        length = self.random.choice((0, 1, self.step - 1, self.step, self.random.randrange(3 * self.step)))
        self.drawn.append(length)
        return length


def frame(random: Random, step: int) -> pl.DataFrame:
    rows = []
    for k in range(BARS):
        low = random.randint(90, 105)
        high = low + random.randint(0, 10)
        opened, close = random.randint(low, high), random.randint(low, high)
        when = FIRST + dt.timedelta(microseconds=k * step // 1000)
        rows.append(("X", when, opened, high, low, close, random.choice((0, 50, 1000))))
    return pl.DataFrame(rows, schema=NAMES, orient="row")


def place(random: Random, context: Any) -> str | None:
    """An order of any kind. Returns its id."""
    price, size = random.randint(92, 112), random.choice((-30, -5, 5, 30))
    kinds: list[dict[str, Any]] = [
        {},
        {"limit_price": price},
        {"stop_price": price},
        {"limit_price": price, "stop_price": random.randint(92, 112)},
        {"style": execution.TrailingStopOrder(amount=random.randint(1, 5))},
        {"style": execution.TrailingStopOrder(percent=2, trail="bar")},
        {"style": execution.TrailingStopLimitOrder(amount=2, limit_offset=1)},
        {"style": execution.MarketIfTouchedOrder(price)},
        {"style": execution.LimitIfTouchedOrder(price, random.randint(92, 112))},
        {"style": execution.MarketOnOpen()},
        {"style": execution.MarketOnClose()},
        {"style": execution.LimitOnOpen(price)},
        {"style": execution.LimitOnClose(price)},
        {"limit_price": price, "time_in_force": "ioc"},
        {"time_in_force": "fok"},
        {"limit_price": price, "time_in_force": "day"},
    ]
    placed: str | None = context.order(context.symbol("X"), size, **random.choice(kinds))
    return placed


def check(seed: int, step_name: str, fill_at: str, trigger: str, kernel: str) -> str:
    """A run with orders and cancels at every bar; each fill is held against the moments that were drawn."""
    step, random = STEPS[step_name], Random(seed)
    bars, told = frame(random, step), Told(step, seed)
    arrivals: dict[str, int] = {}
    cancels: dict[str, int] = {}
    last = [0]

    def arrival(context: Any, before: int) -> int:
        """Of the message that was just sent, FIRST in, first out; none where nothing was drawn."""
        sent = int((context.now - FIRST).total_seconds() * 10**6) * 1000
        assert len(told.drawn) == before + 1
        last[0] = max(last[0], sent + told.drawn[-1])
        return last[0]

    def initialize(context: Any) -> None:
        context.set_slippage(slippage.VolumeShareSlippage(volume_limit="0.5", price_impact=0))
        context.set_commission(commission.NoCommission())
        context.set_latency(latency.Latency(exchange=told))

    def handle_data(context: Any, data: Any) -> None:
        context.now = data.current_dt
        if context.now < FIRST or context.now >= FIRST + dt.timedelta(microseconds=BARS * step // 1000):
            return
        before = len(told.drawn)
        placed = place(random, context)
        if placed is not None:
            arrivals[placed] = arrival(context, before)
        waiting = [one.id for one in context.get_open_orders(context.symbol("X")) if one.id not in cancels]
        if waiting and random.random() < 0.4:
            before, chosen = len(told.drawn), random.choice(waiting)
            context.cancel_order(chosen)
            cancels[chosen] = arrival(context, before)

    how = {"stamp": "end", "calendar": "24/7", "mode": "replace"}
    rustybt.ingest("x", bars, frequency=step_name, **how)
    result = rustybt.run_algorithm(
        "2024-01-02",
        "2024-01-02",
        initialize,
        10**9,
        handle_data,
        bundle="x",
        data_frequency={"1m": "minute"}.get(step_name, step_name),
        fill_at=fill_at,
        trigger=trigger,
        kernel=kernel,
        progress=False,
    )
    assert arrivals
    over: set[str] = set()
    for event in result.order_events.iter_rows(named=True):
        assert event["order_id"] not in over, event  # what ended never fills later, and nothing else happens to it
        if event["kind"] in {"filled", "cancelled", "expired", "rejected"}:
            over.add(event["order_id"])
    by_stamp = {row["timestamp"]: row for row in bars.iter_rows(named=True)}
    for fill in result.transactions.iter_rows(named=True):
        bar = by_stamp[fill["dt"]]
        end = int((fill["dt"] - FIRST).total_seconds() * 10**6) * 1000
        arrived, begin = arrivals[fill["order_id"]], end - step
        assert arrived < end, fill
        if arrived > begin:
            assert fill["price"] == bar["close"], fill
        assert Decimal(bar["low"]) <= fill["price"] <= Decimal(bar["high"])
        ended = cancels.get(fill["order_id"])
        if ended is not None:
            single = trigger == "close" and fill_at == "close"
            assert ended > begin if not single else ended >= end, (fill, ended)
    return result.ledger_hash


@pytest.mark.parametrize("trigger", ["close", "range"])
@pytest.mark.parametrize("fill_at", ["close", "open"])
@pytest.mark.parametrize("step", [*STEPS])
@settings(max_examples=examples(4))
@given(seed=st.integers(0, 2**32))
def test_no_order_gets_a_price_from_before_its_arrival(step: str, fill_at: str, trigger: str, seed: int) -> None:
    hashes = {check(seed, step, fill_at, trigger, kernel) for kernel in KERNELS}
    assert len(hashes) == 1
