"""Triggers, ticks and fees beside Zipline's own classes, on drawn numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt._kernels import PYTHON
from rustybt.api import commission, slippage
from rustybt.core import Moment, scaled
from rustybt.execution import Fill, Offer, SimulatedBroker, WorkingOrder
from rustybt.orders import OrderBook, price_on_tick
from tests._terms import terms_with
from tests._worked import worked

zipline_order = pytest.importorskip("zipline.finance.order")
zipline_commission = pytest.importorskip("zipline.finance.commission")
zipline_execution = pytest.importorskip("zipline.finance.execution")

CENTS = 10**10
MOMENT = Moment(0, 0, 0)
PRICES = st.integers(990, 1010)
MAYBE = st.none() | PRICES


class Bars:
    """Bars of one asset that have a close alone."""

    def __init__(self, closes: list[int]) -> None:
        self.close, self.tradable = closes, [1000] * len(closes)
        self.asset = SimpleNamespace(symbol="A")
        self.slot, self.fill_scale, self.mark_to_fill_scale, self.quantity_scale, self.step = 0, 12, CENTS, 0, 1
        self.is_future = False

    def column(self, field: str) -> list[int]:
        return self.close


class Never(slippage.SlippageModel):
    """Sees the orders that were triggered, and fills none."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def quote(self, order: WorkingOrder, offer: Offer) -> Any:
        self.seen.append(order.number)
        return slippage.DECLINED


@given(st.lists(PRICES, min_size=1, max_size=12), st.sampled_from([5, -5]), MAYBE, MAYBE)
def test_an_order_is_triggered_on_the_same_bars(
    closes: list[int], amount: int, limit: int | None, stop: int | None
) -> None:
    """On which bars it would fill, and how it reads after each."""
    zipline = pytest.importorskip("zipline.assets")
    exchange = zipline.ExchangeInfo("X", "X", "US")
    asset = zipline.Equity(1, exchange)
    theirs = zipline_order.Order(0, asset, amount, stop, limit)
    blotter, model, free = OrderBook(kernel=PYTHON), Never(), commission.NoCommission()
    prices = [None if price is None else price * CENTS for price in (limit, stop)]
    ours = blotter.accept(Bars(closes), amount, terms_with(*prices), 0)
    both = {"equity": model, "future": model}
    broker = SimulatedBroker(
        blotter, both, {"equity": free, "future": free}, limits_hold=False, stops_date_orders=False
    )
    for bar, close in enumerate(closes):
        model.seen.clear()
        worked(broker, blotter, bar, bar + 1)
        theirs.check_triggers(close, bar + 1)
        assert bool(model.seen) == theirs.triggered
        became_limit = limit is not None and ours.stop_reached
        assert (not became_limit and ours.stop_reached, ours.limit_reached) == (
            theirs.stop_reached,
            theirs.limit_reached,
        )
        assert (None if became_limit else stop) == theirs.stop
        assert ours.changed == theirs.dt


@given(st.integers(0, 10**7), st.booleans(), st.sampled_from(["0.01", "0.25", "0.001", "0.5"]))
def test_prices_go_to_the_same_tick(thousandths: int, down: bool, tick: str) -> None:
    price = Decimal(thousandths) / 1000
    size = Decimal(tick)
    ours = price_on_tick(scaled(price), down, (int(size * 10**3), 3), 12)
    theirs = zipline_execution.asymmetric_round_price(float(price), down, float(size))
    exact = Fraction(price) / Fraction(size) % 1
    if exact in (Fraction(95, 100), Fraction(5, 100)):
        return  # binary noise decides there
    assert abs(ours / 10**12 - theirs) < 1e-6


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=5),
    st.sampled_from([(0.85, {"CL": 1.5}, 0), (2.0, 1.25, 0), ({"CL": 3.0}, 0.0, 12.5), ({"ES": 3.0}, {"ES": 1.0}, 0)]),
)
def test_futures_pay_the_same(fills: list[int], how: tuple[Any, Any, float]) -> None:
    theirs, ours = zipline_commission.PerContract(*how), commission.PerContract(*how)
    asset = SimpleNamespace(root_symbol="CL")
    order = SimpleNamespace(asset=asset, commission=0, filled=0)
    asked = WorkingOrder(
        1, SimpleNamespace(slot=0, asset=asset, quantity_scale=0, fill_scale=12, step=1), 10**6, None, 0
    )
    for quantity in fills:
        cost = theirs.calculate(order, SimpleNamespace(amount=quantity))
        order.commission, order.filled = order.commission + cost, order.filled + quantity
        fee = ours.fee(asked, Fill(quantity, 1, MOMENT))
        asked.commission, asked.units_charged = asked.commission + fee, asked.units_charged + quantity
        assert abs(fee / 10**20 - cost) < 1e-9
