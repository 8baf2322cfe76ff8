"""What a strategy is told of its orders, through `run_algorithm(on_order=)`, and at which price they filled."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import execution
from rustybt.errors import InputError
from tests.unit._small import NAMES
from tests.unit.orders._bars import Bar, frame_of, run_bars

KERNELS = ("python", "auto")
FLAT: Bar = ("100", "100", "100", "100")
THIN: Bar = ("100", "100", "100", "100", "400")
"""With a share of 10 %, 40 units fill."""


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("trigger", ["close", "range"])
def test_all_that_happens_is_told_in_its_order_and_before_handle_data(kernel: str, trigger: str) -> None:
    told: list[Any] = []

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        context.order(asset, 60)
        told.append("ordered")

    def look(context: Any, ids: dict[str, Any]) -> None:
        told.append(f"bar {context.bar}, {sum(p.amount for p in context.portfolio.positions.values())} held")

    def on_order(context: Any, event: rustybt.OrderEvent[Any]) -> None:
        held = sum(p.amount for p in context.portfolio.positions.values())
        told.append((event.kind, event.quantity, event.price, event.order.state, held))

    run_bars(
        [FLAT, THIN, THIN],
        {0: place},
        volume_share="0.1",
        look=look,
        on_order=on_order,
        kernel=kernel,
        trigger=trigger,
    )
    assert told == [
        "ordered",
        "bar 0, 0 held",
        ("accepted", 60, None, "accepted", 0),
        ("partially_filled", 40, 100, "partially_filled", 40),
        "bar 1, 40 held",
        ("filled", 20, 100, "filled", 60),
        "bar 2, 60 held",
    ]


def test_each_kind_of_event_is_told() -> None:
    """A bracket whose target fills; an order that expires, and one that is refused."""
    kinds: dict[str, list[str]] = {}

    def initialize(context: Any) -> None:
        context.set_max_order_size(max_shares=500, on_error="reject")

    class Told(rustybt.Strategy):
        def initialize(self, context: Any) -> None:  # type: ignore[override]
            initialize(context)
            context.bars = 0

        def handle_data(self, context: Any, data: Any) -> None:
            asset = context.symbol("X")
            if not context.bars:
                self.bracket = context.bracket_order(asset, 10, take_profit=108, stop_loss=95)
                self.late = context.order(asset, 10, limit_price=50, time_in_force="day")
                self.large = context.order(asset, 501)
                self.stop = context.order(asset, 10, style=execution.StopLimitOrder(102, 105))
            context.bars += 1

        def on_order(self, context: Any, event: Any) -> None:
            kinds.setdefault(event.order_id, []).append(event.kind)
            assert event.asset == context.symbol("X")
            if event.kind == "triggered":
                context.cancel_order(event.order_id)

    bars = [FLAT, FLAT, ("101", "109", "100", "107"), FLAT]
    rustybt.run_algorithm(strategy=Told, data=frame_of(bars), trigger="range", progress=False)
    assert list(kinds.values()) == [
        ["accepted", "filled"],
        ["held", "released", "accepted", "triggered", "filled"],
        ["held", "released", "accepted", "cancelled"],
        ["accepted", "expired"],
        ["rejected"],
        ["accepted", "triggered", "cancelled"],
    ]


def test_what_is_ordered_there_is_told_later_and_fills_on_the_next_bar() -> None:
    told: list[Any] = []

    def on_order(context: Any, event: Any) -> None:
        told.append((context.bar, event.kind, event.quantity, event.when.date().day))
        if event.kind == "filled" and event.quantity > 0:
            context.order(event.asset, -event.quantity)
            told.append("sold")

    script = {0: lambda context, asset, ids: context.order(asset, 10)}
    run_bars([FLAT, FLAT, FLAT], script, on_order=on_order, look=lambda context, ids: told.append(context.bar))
    assert told == [
        0,
        (0, "accepted", 10, 2),
        # told before handle_data, which counts the bars
        (0, "filled", 10, 3),
        "sold",
        (0, "accepted", -10, 3),
        1,
        (1, "filled", -10, 4),
        2,
    ]


def test_an_answer_to_each_event_is_no_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rustybt.engine._teller.MOST", 50)

    def on_order(context: Any, event: Any) -> None:
        context.order(event.asset, 1)

    script = {0: lambda context, asset, ids: context.order(asset, 10)}
    with pytest.raises(InputError, match=r"on_order was called 50 times at one moment.*event\.kind"):
        run_bars([FLAT, FLAT], script, on_order=on_order)


def test_a_scheduled_function_and_a_split_are_told() -> None:
    told: list[Any] = []
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    rows = [("X", day, *[price] * 4, "1000000") for day, price in zip(days, ("100", "100", "39"), strict=True)]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)

    def initialize(context: Any) -> None:
        context.schedule_function(lambda context, data: context.order(context.symbol("X"), 10, limit_price=80))

    def on_order(context: Any, event: Any) -> None:
        told.append((event.kind, event.quantity, event.price, event.when.hour))

    rustybt.run_algorithm(
        days[0], days[2], initialize, market=market, on_order=on_order, progress=False, before_trading_start=None
    )
    assert told[2] == ("adjusted", 20, 40, 14)
    kinds = [one[0] for one in told]
    assert kinds == [*["accepted"] * 2, *["adjusted"] * 2, *["triggered", "filled"] * 2, "accepted"]


def test_a_run_that_goes_on_tells_each_event_once() -> None:
    bars = [FLAT, FLAT, ("101", "109", "100", "107")]
    told: list[Any] = []

    def handle_data(context: Any, data: Any) -> None:
        if not context.portfolio.positions and not context.get_open_orders():
            context.bracket_order(context.symbol("X"), 10, take_profit=108, stop_loss=execution.Distance(5))

    def on_order(context: Any, event: Any) -> None:
        told.append((event.order_id, event.kind))

    market = rustybt.load_data(frame_of(bars))
    given = {"handle_data": handle_data, "on_order": on_order, "market": market}
    rustybt.Run(**given, trigger="range").finish()
    whole = told[:]
    for steps in range(1, 9):
        told.clear()
        run = rustybt.Run(**given, trigger="range")
        for _ in range(steps):
            run.step()
        rustybt.Run.restore(run.snapshot(), **given).finish()
        assert told == whole


# ------------------------------------------------------------------------------------------------- average prices


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_average_price_is_value_over_quantity(kernel: str) -> None:
    """40 at 100, 40 at 101 and 20 at 103: 10,100 / 100. Two parts: 80 for 8,040. And a third that is no finite decimal:
    40 at 100 and 20 at 103 is 6,060 / 60."""
    prices = ("100", "100", "101", "103")
    bars: list[Bar] = [(price, price, price, price, "400") for price in prices]
    script = {0: lambda context, asset, ids: ids.update(O=context.order(asset, 100))}
    kept: list[Any] = []

    def look(context: Any, ids: dict[str, Any]) -> Any:
        kept.append(context.get_order(ids["O"]))
        return context.get_order(ids["O"]).average_price

    done = run_bars(bars, script, volume_share="0.1", look=look, kernel=kernel)
    assert list(done.seen.values()) == [None, 100, Decimal("100.5"), 101]
    # a snapshot stays what it was, whenever it is read
    later: list[Any] = []
    run_bars(bars, script, volume_share="0.1", look=lambda c, ids: later.append(c.get_order(ids["O"])), kernel=kernel)
    assert [one.average_price for one in later] == [None, 100, Decimal("100.5"), 101]


def test_an_average_price_has_18_decimals() -> None:
    """1 at 100 and 2 at 101: 302 / 3."""
    bars: list[Bar] = [FLAT, ("100", "100", "100", "100", "10"), ("101", "101", "101", "101", "20")]
    script = {0: lambda context, asset, ids: ids.update(O=context.order(asset, 3))}
    done = run_bars(
        bars, script, volume_share="0.1", look=lambda context, ids: context.get_order(ids["O"]).average_price
    )
    assert str(done.seen[2]) == "100.666666666666666667"
    floats = run_bars(
        bars,
        script,
        volume_share="0.1",
        look=lambda context, ids: context.get_order(ids["O"]).average_price,
        numbers="float",
    )
    assert floats.seen[2] == pytest.approx(302 / 3)
    assert isinstance(floats.seen[2], float)


def test_an_average_price_is_in_the_units_of_now() -> None:
    """4 at 100, then two for one: 8 at 50; then 12 at 60: 1,120 / 20."""
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5)]
    rows = [
        ("X", day, *[price] * 4, volume)
        for day, price, volume in zip(days, ("100", "100", "55", "60"), ("0", "40", "0", "120"), strict=True)
    ]
    split = pl.DataFrame({"symbol": ["X"], "ex_date": [days[2]], "ratio": ["1/2"]})
    market = rustybt.load_data(pl.DataFrame(rows, schema=NAMES, orient="row"), splits=split)
    script = {0: lambda context, asset, ids: ids.update(O=context.order(asset, 10))}
    done = run_bars(
        [],
        script,
        data=None,
        market=market,
        volume_share="0.1",
        look=lambda context, ids: (context.get_order(ids["O"]).filled, context.get_order(ids["O"]).average_price),
    )
    assert list(done.seen.values()) == [(0, None), (4, 100), (8, 50), (20, 56)]


def test_prices_have_the_decimals_that_they_need() -> None:
    prices: list[str] = []

    def on_order(context: Any, event: Any) -> None:
        order = event.order
        prices.extend(
            str(one) for one in (event.price, event.stop, order.limit, order.average_price) if one is not None
        )

    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        context.order(asset, 3, limit_price="100.125")
        context.order(asset, -3, style=execution.StopLimitOrder(90, 95))

    run_bars([FLAT, ("100", "100", "90", "95.10"), FLAT], {0: place}, on_order=on_order)
    assert prices
    assert all("0000" not in one and "E" not in one for one in prices), prices
