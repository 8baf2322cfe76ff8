"""Orders of weights placed by the native kernel are the orders that Python places."""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt import _kernels
from rustybt.api import commission, slippage
from rustybt.errors import RustyBTError
from tests.properties import _bundles
from tests.properties.test_law_of_the_books import DAILY_MARKETS, market_of

pytestmark = pytest.mark.skipif(
    _kernels.Weigher is None and os.environ.get("RUSTYBT_NATIVE") != "require",
    reason="no native extension in this install",
)
WEIGHTS = st.one_of(
    st.sampled_from([0.0, -0.0, 1 / 3, 0.25, 1, 0, True, "0.1", 1e-9, 1e15, float("nan"), float("inf")]),
    st.floats(-2, 2, allow_nan=False),
)
ORDERS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 3), WEIGHTS, st.booleans(), st.sampled_from([None, None, "10.5"])),
    max_size=25,
)


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def placed(seed: int, orders: Any, most: int | None) -> tuple[Any, ...]:
    """What the calls returned or raised, the orders, and what became of the books."""
    market, bundle = market_of(seed, False)
    returned: list[Any] = []

    def initialize(context: Any) -> None:
        context.bar = 0
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        context.assets = context.symbols(*(asset.symbol for asset in market.assets))
        if most is not None:
            context.set_max_order_count(most, on_error="reject")

    def handle_data(context: Any, data: Any) -> None:
        for bar, place, weight, target, limit in orders:
            if bar != context.bar % 12:
                continue
            call = context.order_target_percent if target else context.order_percent
            try:
                returned.append(call(context.assets[place % len(context.assets)], weight, limit))
            except RustyBTError as refusal:
                returned.append((type(refusal), str(refusal)))
        context.bar += 1

    ends = market.sessions[0].date, market.sessions[-1].date
    try:
        run = rustybt.run_algorithm(*ends, initialize, "100000", handle_data, bundle=bundle, progress=False)
    except RustyBTError as refusal:
        return returned, str(refusal)
    return returned, run.orders.rows(), run.order_events.rows(), run.entries.rows()


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, DAILY_MARKETS - 1), ORDERS, st.sampled_from([None, None, None, 1]))
def test_orders_of_weights_are_those_that_python_places(seed: int, orders: Any, most: int | None) -> None:
    native = placed(seed, orders, most)
    with patch.object(_kernels, "Weigher", None):
        assert placed(seed, orders, most) == native


def test_the_kernel_is_asked() -> None:
    asked = []

    class Weigher:
        def __init__(self, *parts: Any) -> None:
            self.kernel = kernel(*parts)
            self.learn = self.kernel.learn

        def order(self, *question: Any) -> Any:
            asked.append(self.kernel.order(*question))
            return asked[-1]

    kernel = _kernels.Weigher
    with patch.object(_kernels, "Weigher", Weigher):
        returned, *_ = placed(0, [(bar, 0, 0.5 * (bar % 2), True, None) for bar in range(12)], None)
    assert len(asked) == len(returned)
    ids = [one for one in asked if isinstance(one, str)]
    assert ids
    assert set(ids) <= set(returned)


def test_a_strategy_that_holds_its_run_is_let_go_of() -> None:
    """The kernel holds the desk, whose schedules hold the strategy's functions: a ring that must be seen to be one."""
    seen: list[weakref.ref[Any]] = []

    def run() -> None:
        market, bundle = market_of(0, False)

        def initialize(context: Any) -> None:
            seen.append(weakref.ref(context))
            context.asset = context.symbol(market.assets[0].symbol)
            context.schedule_function(lambda _, data: context.order_target_percent(context.asset, 0.5))

        ends = market.sessions[0].date, market.sessions[-1].date
        rustybt.run_algorithm(*ends, initialize, "100000", bundle=bundle, progress=False)

    run()
    gc.collect()
    assert [one() for one in seen] == [None]
