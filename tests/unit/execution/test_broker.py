"""The simulated broker on one bar: which orders fill, at what price, and why the others did not."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from rustybt._kernels import PYTHON
from rustybt.api import commission, slippage
from rustybt.core import Cause, OrderStatus
from rustybt.execution import SimulatedBroker
from rustybt.orders import OrderBook
from tests._terms import terms_with
from tests._worked import worked

CENTS = 10**10  # a price in cents at twelve decimals


class Bars:
    """One bar of one asset, prices in cents."""

    def __init__(self, opened: int, high: int, low: int, close: int, volume: int = 1000) -> None:
        self.prices = {"open": [opened], "high": [high], "low": [low], "close": [close]}
        self.asset = SimpleNamespace(symbol="A")
        self.slot, self.fill_scale, self.mark_to_fill_scale, self.quantity_scale, self.step = 0, 12, CENTS, 0, 1
        self.tradable = [volume]
        self.is_future = False
        self.close = [close]

    def column(self, field: str) -> list[int]:
        return self.prices[field]


def broker_of(blotter: OrderBook, model: Any, **how: Any) -> SimulatedBroker:
    """A broker without fees that has the model for all assets."""
    free = commission.NoCommission()
    return SimulatedBroker(blotter, {"equity": model, "future": model}, {"equity": free, "future": free}, **how)


def work(bars: Bars, orders: list[Any], model: Any = None, **how: Any) -> tuple[OrderBook, list[Any]]:
    """Orders of amount, limit and stop in cents, worked on the bar. Returns the fills: quantity and price in cents."""
    blotter = OrderBook(kernel=PYTHON)
    for amount, limit, *stop in orders:
        prices = [None if price is None else price * CENTS for price in (limit, *(stop or [None]))]
        blotter.accept(bars, amount, terms_with(*prices), 0)
    broker = broker_of(blotter, model or slippage.NoSlippage(), **how)
    return blotter, [(fill.quantity, Fraction(fill.price or 0, CENTS)) for fill in worked(broker, blotter, 0, 60)]


UP = Bars(1000, 1100, 900, 1050)  # opens at 10.00, ranges from 9.00 to 11.00, closes at 10.50


@pytest.mark.parametrize(
    ("how", "amount", "limit", "price"),
    [
        # the close alone decides, and fills
        ({}, 1, None, 1050), ({}, -1, None, 1050),
        ({}, 1, 1050, 1050), ({}, 1, 1060, 1050), ({}, 1, 1049, None),
        ({}, -1, 1050, 1050), ({}, -1, 1040, 1050), ({}, -1, 1051, None),
        # the open alone decides, and fills: what the bar does later can not trigger what fills before it
        ({"fill_at": "open"}, 1, None, 1000), ({"fill_at": "open"}, -1, None, 1000),
        ({"fill_at": "open"}, 1, 1000, 1000), ({"fill_at": "open"}, 1, 999, None),
        ({"fill_at": "open"}, -1, 1000, 1000), ({"fill_at": "open"}, -1, 1001, None),
        # market orders at the open, limits within the range
        ({"fill_at": "open", "trigger": "range"}, 1, None, 1000),
        ({"fill_at": "open", "trigger": "range"}, 1, 999, 999),
        ({"fill_at": "open", "trigger": "range"}, -1, 1001, 1001),
        ({"fill_at": "open", "trigger": "range"}, -1, 1101, None),
        # within the range: at the limit itself, or at the open where the bar opened beyond it
        ({"trigger": "range"}, 1, None, 1050), ({"trigger": "range"}, -1, None, 1050),
        ({"trigger": "range"}, 1, 950, 950), ({"trigger": "range"}, 1, 900, 900), ({"trigger": "range"}, 1, 899, None),
        ({"trigger": "range"}, 1, 1000, 1000), ({"trigger": "range"}, 1, 1080, 1000),
        ({"trigger": "range"}, -1, 1070, 1070), ({"trigger": "range"}, -1, 1100, 1100),
        ({"trigger": "range"}, -1, 1101, None),
        ({"trigger": "range"}, -1, 1000, 1000), ({"trigger": "range"}, -1, 950, 1000),
    ],
)  # fmt: skip
def test_no_fill_comes_before_the_price_that_triggered_it(
    how: dict[str, str], amount: int, limit: int | None, price: int | None
) -> None:
    _, fills = work(UP, [(amount, limit)], **how)
    assert fills == ([] if price is None else [(amount, price)])


RANGE = {"trigger": "range"}
OPEN = {"fill_at": "open"}


@pytest.mark.parametrize(
    ("how", "amount", "limit", "stop", "price"),
    [
        # the close alone decides, and fills: a buy at or above its stop, a sell at or below it
        ({}, 1, None, 1050, 1050), ({}, 1, None, 1040, 1050), ({}, 1, None, 1051, None),
        ({}, -1, None, 1050, 1050), ({}, -1, None, 1060, 1050), ({}, -1, None, 1049, None),
        # the open alone, whatever the rest of the bar does
        (OPEN, 1, None, 1000, 1000), (OPEN, 1, None, 1001, None), (OPEN, -1, None, 1000, 1000),
        (OPEN, -1, None, 999, None), (OPEN | RANGE, 1, None, 1001, 1001), (OPEN | RANGE, -1, None, 999, 999),
        # within the range: at the stop, or at the open where the bar opened beyond it
        (RANGE, 1, None, 1080, 1080), (RANGE, 1, None, 1100, 1100), (RANGE, 1, None, 1101, None),
        (RANGE, 1, None, 1000, 1000), (RANGE, 1, None, 980, 1000),
        (RANGE, -1, None, 920, 920), (RANGE, -1, None, 900, 900), (RANGE, -1, None, 899, None),
        (RANGE, -1, None, 1000, 1000), (RANGE, -1, None, 1030, 1000),
        # stop and limit on the same price of the bar
        ({}, 1, 1050, 1040, 1050), ({}, 1, 1049, 1040, None), ({}, 1, 1060, 1051, None),
        ({}, -1, 1050, 1060, 1050), ({}, -1, 1051, 1060, None),
        (OPEN, 1, 1000, 990, 1000), (OPEN, 1, 999, 990, None), (OPEN, -1, 1000, 1010, 1000),
        # by range, the stop reached at the open: at the open if within the limit, else at the limit, if the bar
        # comes back to it
        (RANGE, 1, 1000, 990, 1000), (RANGE, 1, 950, 990, 950), (RANGE, 1, 900, 990, 900), (RANGE, 1, 899, 990, None),
        (RANGE, -1, 1000, 1010, 1000), (RANGE, -1, 1070, 1010, 1070), (RANGE, -1, 1101, 1010, None),
        # reached later: at the stop if within the limit; else only the close is known to come after it
        (RANGE, 1, 1090, 1080, 1080), (RANGE, 1, 1080, 1080, 1080), (RANGE, 1, 1060, 1080, 1060),
        (RANGE, 1, 1050, 1080, 1050), (RANGE, 1, 1049, 1080, None), (RANGE, 1, 950, 1080, None),
        (RANGE, -1, 910, 920, 920), (RANGE, -1, 1040, 920, 1040), (RANGE, -1, 1051, 920, None),
    ],
)  # fmt: skip
def test_no_stop_fills_before_or_better_than_what_triggered_it(
    how: dict[str, str], amount: int, limit: int | None, stop: int, price: int | None
) -> None:
    _, fills = work(UP, [(amount, limit, stop)], **how)
    assert fills == ([] if price is None else [(amount, price)])


def test_a_stop_that_is_reached_makes_a_market_order_of_the_rest() -> None:
    """At its stop on the bar that reaches it, at the close of the next one, wherever that is."""
    model = slippage.FixedBasisPointsSlippage(0, "0.1")
    bars = Bars(1000, 1100, 900, 1050)
    for field, value in (("open", 800), ("high", 850), ("low", 700), ("close", 750)):
        bars.prices[field].append(value)
    bars.tradable.append(1000)
    blotter = OrderBook(kernel=PYTHON)
    order = blotter.accept(bars, 150, terms_with(stop=1080 * CENTS), 0)
    broker = broker_of(blotter, model, trigger="range")
    fills = [
        (fill.quantity, (fill.price or 0) // CENTS)
        for bar in (0, 1)
        for fill in worked(broker, blotter, bar, 60 * (bar + 1))
    ]
    assert fills == [(100, 1080), (50, 750)]
    assert order.stop_reached
    prices = [(e.kind, e.stamp, e.price and e.price // CENTS, e.stop and e.stop // CENTS) for e in blotter.events]
    assert prices == [
        ("accepted", 0, None, 1080),
        ("triggered", 60, None, 1080),
        ("partially_filled", 60, 1080, None),
        ("filled", 120, 750, None),
    ]


def test_a_stop_limit_order_that_was_stopped_waits_for_its_limit() -> None:
    blotter, fills = work(UP, [(1, 1049, 1040)])
    assert fills == []
    assert blotter.cause_of(blotter.open[0][0]).sentence == "the limit was not reached"
    assert (blotter.orders[0].stop_reached, blotter.orders[0].limit_reached) == (True, False)


@pytest.mark.parametrize(("amount", "limit"), [(1, 1050), (-1, 1050)])
def test_a_limit_is_a_limit_unless_zipline_is_asked_for(amount: int, limit: int) -> None:
    points = slippage.FixedBasisPointsSlippage(100)
    assert work(UP, [(amount, limit)], points)[1] == [(amount, limit)]
    slipped = 1050 + amount * Fraction(1050, 100)
    assert work(UP, [(amount, limit)], points, limits_hold=False)[1] == [(amount, slipped)]


def test_a_price_that_slips_less_than_to_the_limit_is_not_made_worse() -> None:
    assert work(UP, [(1, 1100)], slippage.FixedBasisPointsSlippage(100))[1] == [(1, Fraction("1060.5"))]


def test_orders_share_the_volume_of_a_bar_oldest_first() -> None:
    model = slippage.FixedBasisPointsSlippage(0, "0.1")
    blotter, fills = work(UP, [(60, None), (-60, None), (60, None)], model)
    assert fills == [(60, 1050), (-40, 1050)]
    reasons = [blotter.cause_of(order).sentence for order in blotter.open[0]]
    assert reasons == ["the volume share of the bar allowed a part only", "the volume share of the bar was used up"]


@pytest.mark.parametrize("zipline", [False, True])
def test_every_order_that_finds_the_volume_used_up_says_so(zipline: bool) -> None:
    model = slippage.FixedBasisPointsSlippage(0, "0.1")
    orders = [(100, None), (1, None), (1, 1060), (1, 1)]
    blotter, _ = work(UP, orders, model, triggers_need_volume=zipline)
    causes = [blotter.cause_of(order) for order in blotter.open[0]]
    assert causes == [Cause.VOLUME_USED_UP, Cause.VOLUME_USED_UP, Cause.LIMIT_NOT_REACHED]
    assert [event.kind for event in blotter.events[4:]] == ["filled"] + ["triggered"] * (not zipline)


@pytest.mark.parametrize(
    ("bars", "order", "model", "reason"),
    [
        (Bars(1000, 1100, 900, 1050, volume=0), (1, None), None, "the asset did not trade on the last bar"),
        (UP, (1, 900), None, "the limit was not reached"),
        (UP, (1, None, 1051), None, "the stop was not reached"),
        (UP, (1000, 1050), slippage.VolumeShareSlippage(1, 1), "the price with market impact was beyond the limit"),
    ],
)
def test_an_order_that_does_not_fill_says_why(bars: Bars, order: Any, model: Any, reason: str) -> None:
    blotter, fills = work(bars, [order], model)
    assert fills == []
    assert blotter.cause_of(blotter.open[0][0]).sentence == reason


def test_a_new_order_says_that_it_waits() -> None:
    blotter = OrderBook(kernel=PYTHON)
    assert Cause(blotter.accept(UP, 1, None, 0).cause).sentence == "placed at this bar: eligible from the next one"


def test_events_are_kept_in_order() -> None:
    model = slippage.FixedBasisPointsSlippage(0, "0.1")
    blotter, _ = work(UP, [(150, 1060)], model)
    blotter.cancel(blotter.orders[0], 90, Cause.STRATEGY, "enough")
    events = [(e.kind, e.stamp, e.quantity, e.price and e.price // CENTS, e.reason) for e in blotter.events]
    assert events == [
        ("accepted", 0, 150, 1060, None),
        ("triggered", 60, 150, 1060, None),
        ("partially_filled", 60, 100, 1050, None),
        ("cancelled", 90, 50, None, "enough"),
    ]
    assert not blotter.open


def test_ids_follow_from_the_account_and_the_sequence() -> None:
    blotter = OrderBook("other", kernel=PYTHON)
    first, second = (blotter.accept(UP, 1, None, 0) for _ in range(2))
    assert [blotter.order_id(order.number) for order in (first, second)] == ["other-1", "other-2"]
    assert blotter.find("other-2") is second
    for unknown in ("other-3", "other-0", "main-1", "other-", "other--1", "other-\u0661", 2, None):
        assert blotter.find(unknown) is None


def test_what_is_not_open_can_not_be_cancelled() -> None:
    blotter, _ = work(UP, [(1, None)])
    assert not blotter.cancel(blotter.orders[0], 90, Cause.STRATEGY)
    refused = blotter.reject(UP, 1, None, 0, Cause.CONTROL, "no")
    assert not blotter.cancel(refused, 90, Cause.STRATEGY)
    assert (refused.status, refused.reason) == (OrderStatus.REJECTED, "no")


def test_a_split_restates_open_orders_and_cancels_what_comes_to_nothing() -> None:
    blotter = OrderBook(kernel=PYTHON)
    large, small = blotter.accept(UP, 25, terms_with(1001 * CENTS), 0), blotter.accept(UP, -4, None, 0)
    blotter.split(0, 30, 10, 1, (CENTS, 1))
    assert (large.amount, large.limit) == (2, 10010 * CENTS)
    assert (small.status, small.amount) == (OrderStatus.CANCELLED, -4)
    assert [(e.kind, e.quantity) for e in blotter.events[2:]] == [("adjusted", 2), ("cancelled", -4)]


def test_a_limit_goes_to_the_tick_half_even_with_a_split() -> None:
    blotter = OrderBook(kernel=PYTHON)
    limits = [blotter.accept(UP, 2, terms_with(cents * CENTS), 0) for cents in (1001, 1003, 1005)]
    blotter.split(0, 30, 1, 2, (CENTS, 1))
    # 5.005, 5.015 and 5.025
    assert [order.limit // CENTS for order in limits if order.limit] == [500, 502, 502]
    stop = blotter.accept(UP, 2, terms_with(stop=1003 * CENTS), 0)
    blotter.split(0, 30, 1, 2, (CENTS, 1))
    assert stop.stop == 502 * CENTS


def test_all_orders_of_an_asset_can_be_cancelled_at_once() -> None:
    blotter = OrderBook(kernel=PYTHON)
    for _ in range(3):
        blotter.accept(UP, 1, None, 0)
    blotter.cancel_all(0, 5, Cause.CLOSED_OUT, "gone")
    assert {order.reason for order in blotter.orders} == {"gone"}
    assert not blotter.open
