"""Between prices that are known to do nothing to an order the broker does not look at it, and that changes nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt._kernels import PYTHON
from rustybt.core import Cause
from rustybt.execution import SimulatedBroker
from rustybt.execution.commission import PerShare
from rustybt.execution.slippage import FixedBasisPointsSlippage, VolumeShareSlippage
from rustybt.orders import OrderBook
from tests._examples import examples
from tests._terms import terms_with
from tests._worked import worked

BARS = 12
PRICES = st.integers(90, 110)


class Bars:
    """Bars of an asset in whole units: what the broker and the models read of an instrument."""

    is_future = daily_settled = False
    slot = quantity_scale = fill_scale = price_scale = 0
    step = mark_to_fill_scale = 1

    def __init__(self, rows: list[tuple[int, int, int, int, int]]) -> None:
        names = ("open", "high", "low", "close")
        self._columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        self.tradable = self.volume = [row[4] for row in rows]

    def column(self, field: str) -> list[int]:
        return self._columns[field]


@st.composite
def _bar(draw: Any) -> tuple[int, int, int, int, int]:
    opened, closed = draw(PRICES), draw(PRICES)
    high, low = max(opened, closed) + draw(st.integers(0, 3)), min(opened, closed) - draw(st.integers(0, 3))
    return opened, high, low, closed, draw(st.sampled_from([0, 40, 1000, 1000]))


ORDER = st.tuples(st.sampled_from([-30, -5, 5, 30]), st.none() | PRICES, st.none() | PRICES)
ACTION = st.lists(
    st.one_of(
        st.tuples(st.just("order"), ORDER),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("split"), st.sampled_from([(1, 2), (2, 1)])),
    ),
    max_size=3,
)


def _told(actions: list[Any], rows: list[Any], forgets: bool, settings_of_broker: dict[str, Any], model: Any) -> Any:
    """What became of the orders: all events, and the state of each order after each bar."""
    bars, blotter = Bars(rows), OrderBook(kernel=PYTHON)
    models = {"equity": model, "future": model}
    fees = {"equity": PerShare("1"), "future": PerShare("1")}
    broker = SimulatedBroker(blotter, models, fees, **settings_of_broker)
    seen = []
    for bar in range(BARS):
        if forgets:
            blotter.wake.stir(0)
        seen.append(worked(broker, blotter, bar, bar))
        for kind, what in actions[bar]:
            if kind == "order":
                amount, limit, stop = what
                blotter.accept(bars, amount, terms_with(limit, stop), bar)
            elif kind == "split":
                blotter.split(0, bar, *what, (1, 1))
            elif what < len(blotter.orders):
                blotter.cancel(blotter.orders[what], bar, Cause.STRATEGY)
        seen.append(
            [
                (o.filled, blotter.cause_of(o), o.status, o.changed, o.limit_reached, o.stop_reached)
                for o in blotter.orders
            ]
        )
    return seen, list(blotter.rows)


@settings(max_examples=examples(200))
@given(
    st.lists(ACTION, min_size=BARS, max_size=BARS),
    st.lists(_bar(), min_size=BARS, max_size=BARS),
    st.sampled_from([{}, {"fill_at": "open"}, {"trigger": "range"}, {"limits_hold": False}]),
    st.sampled_from([FixedBasisPointsSlippage(0), VolumeShareSlippage("0.2", "5")]),
)
def test_orders_fare_the_same_whether_or_not_the_broker_remembers_what_can_do_nothing(
    actions: list[Any], rows: list[Any], broker: dict[str, Any], model: Any
) -> None:
    assert _told(actions, rows, False, broker, model) == _told(actions, rows, True, broker, model)


def test_an_order_far_from_the_price_is_looked_at_once() -> None:
    bars, blotter = Bars([(100, 100, 100, 100, 1000)] * BARS), OrderBook(kernel=PYTHON)
    model, fee = FixedBasisPointsSlippage(), PerShare()
    broker = SimulatedBroker(blotter, {"equity": model, "future": model}, {"equity": fee, "future": fee})
    order = blotter.accept(bars, 5, terms_with(90), 0)
    worked(broker, blotter, 1, 1)
    order.cause = -1
    for bar in range(2, BARS):
        worked(broker, blotter, bar, bar)
    assert order.cause == -1
