"""What a strategy orders, and what becomes of it: sizes, ids, reasons."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt.api
from rustybt.api import commission, slippage
from rustybt.core import OrderStatus, OrderTerms, TimeInForce
from rustybt.errors import (
    BadOrderParameters,
    CannotOrderDelistedAsset,
    InputError,
    NonFiniteInput,
    OrderDuringInitialize,
    OrderInBeforeTradingStart,
    UnsupportedOrderParameters,
)
from tests.unit._small import DAYS, ingest, run, seen

D = Decimal
ENDED = (
    "A ended on 2021-02-03 and has no auto_close_date, so what is held of it stays at its last price; give it one, or "
    "ingest with auto_close='last_bar'"
)


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8"] * 8, "B": ["3"] * 8})


def sizes(*orders: tuple[Any, ...], held: int = 0, capital: Any = 1000) -> list[Any]:
    """What each call (function, symbol, number) asked for, with `held` of A held at 8."""
    found: list[Any] = []

    def hold(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), held)

    def ask(context: Any, data: Any) -> None:
        for name, symbol, number in orders:
            order_id = getattr(context, name)(context.symbol(symbol), number)
            found.append(None if order_id is None else context.get_order(order_id).amount)

    run({0: hold, 2: ask}, capital=capital)
    return found


@pytest.mark.parametrize(
    ("function", "number", "size"),
    [
        # with 10 of A held at 8, the portfolio of 1000 is worth 1000
        ("order", 7, 7), ("order", -7, -7), ("order", 0, None),
        ("order", "1.9998", 1), ("order", "1.9999", 2), ("order", "1.99991", 2), ("order", "-1.9999", -2),
        ("order", "-1.9998", -1), ("order", "0.9", None), ("order", "0.00009", None),
        ("order_target", 7, -3), ("order_target", 12, 2), ("order_target", 10, None), ("order_target", "12.9", 2),
        ("order_target", -5, -15), ("order_target", "9.00001", -1),
        ("order_value", 100, 12), ("order_value", 7, None),
        ("order_value", "-100", -12), ("order_value", "103.9996", 13),
        ("order_target_value", 100, 2), ("order_target_value", 0, -10), ("order_target_value", 80, None),
        ("order_percent", "0.1", 12), ("order_percent", "-0.5", -62), ("order_percent", 1, 125),
        ("order_target_percent", "0.1", 2), ("order_target_percent", 0, -10), ("order_target_percent", "0.08", None),
        ("order_target_percent", "-0.08", -20),
    ],
)  # fmt: skip
def test_the_size_of_each_kind_of_order(function: str, number: Any, size: int | None) -> None:
    assert sizes((function, "A", number), held=10) == [None if size is None else D(size)]


@pytest.mark.parametrize("function", ["order_value", "order_percent", "order_target_value", "order_target_percent"])
@pytest.mark.parametrize("form", [str, float, Decimal, np.float64])
def test_a_number_may_be_written_in_any_way(function: str, form: Callable[[str], Any]) -> None:
    text = "0.35" if "percent" in function else "350.4"
    assert sizes((function, "A", form(text))) == sizes((function, "A", text))
    assert sizes(("order", "A", form("12"))) == sizes(("order", "A", 12)) == [D(12)]


def test_a_third_of_the_portfolio_is_exact() -> None:
    # 0.375 x 1000 / 8 = 46.875; with floats 0.1 x 3 of it would be another number than 0.3
    assert sizes(("order_percent", "A", 0.375), ("order_percent", "A", D(1) / 3)) == [D(46), D(41)]
    # 1000 x 0.024 / 8 = 3 exactly
    assert sizes(("order_percent", "A", 0.024)) == [D(3)]


def test_targets_do_not_count_open_orders() -> None:
    assert sizes(("order_target", "A", 7), ("order_target", "A", 7)) == [D(7), D(7)]


def test_a_finer_quantity_step_is_cut_to_it() -> None:
    ingest({"A": ["8"] * 5}, assets=pl.DataFrame({"symbol": ["A"], "quantity_step": ["0.001"]}))
    # 100 / 8 = 12.5; 0.1 x 1000 / 8 = 12.5; 1/3 of a unit
    assert sizes(
        ("order_value", "A", 100), ("order_percent", "A", "0.1"), ("order", "A", D(1) / 3), ("order", "A", "0.0009")
    ) == [D("12.5"), D("12.5"), D("0.333"), None]


def test_a_multiplier_counts() -> None:
    ingest({"A": ["8"] * 5}, assets=pl.DataFrame({"symbol": ["A"], "multiplier": ["5"]}))
    assert sizes(("order_value", "A", 100), ("order_percent", "A", "0.5")) == [D(2), D(12)]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), None, "many", True, D("NaN"), np.float64("nan")])
@pytest.mark.parametrize("function", ["order", "order_target", "order_value", "order_target_percent"])
def test_a_size_that_is_no_number_is_refused(function: str, number: Any) -> None:
    with pytest.raises(NonFiniteInput):
        sizes((function, "A", number))


def test_ids_are_the_account_and_a_sequence() -> None:
    def ask(context: Any, data: Any) -> list[Any]:
        a, b = context.symbols("A", "B")
        return [context.order(a, 1), context.order(a, 0), context.order(b, 2), context.order(a, -3)]

    assert seen(ask, bar=0) == ["main-1", None, "main-2", "main-3"]


def test_an_order_can_be_looked_at_from_placing_to_filling() -> None:
    looks: list[Any] = []

    def place(context: Any, data: Any) -> None:
        context.a = context.symbol("A")
        context.id = context.order(context.a, 10, limit_price="8.005")
        looks.append((context.get_order(context.id), context.get_open_orders(context.a), context.get_open_orders()))

    def look(context: Any, data: Any) -> None:
        looks.append((context.get_order(context.id), context.get_open_orders(context.a), context.get_open_orders()))

    run({0: place, 1: look})
    (order, listed, all_of_them), (later, none, nothing) = looks
    assert (order.status, order.amount, order.filled, order.limit) == (OrderStatus.OPEN, 10, 0, D("8.00"))
    assert order.reason == "placed at this bar: eligible from the next one"
    assert listed == [order]
    assert all_of_them == {order.asset: [order]}
    assert (later.status, later.filled, later.reason, later.limit_reached) == (OrderStatus.FILLED, 10, None, True)
    assert later.dt > later.created == order.created
    assert (none, nothing) == ([], {})
    assert (order.status, order.filled) == (OrderStatus.OPEN, 0), "a snapshot stays as it was"


def test_what_there_is_not_is_none_or_refused() -> None:
    def ask(context: Any, data: Any) -> Any:
        return context.get_order("main-9"), context.get_open_orders(context.symbol("B"))

    assert seen(ask, bar=0) == (None, [])
    with pytest.raises(InputError, match="main-9"):
        run(lambda c, d: c.cancel_order("main-9"))


@pytest.mark.parametrize("by", ["id", "order"])
def test_a_cancelled_order_never_fills(by: str) -> None:
    def place(context: Any, data: Any) -> None:
        context.id = context.order(context.symbol("A"), 10)
        context.cancel_order(context.id if by == "id" else context.get_order(context.id))

    result = run({0: place, 2: lambda c, d: c.cancel_order(c.id)})
    row = result.orders.row(0, named=True)
    assert (row["status"], row["reason"]) == ("cancelled", "cancelled by the strategy")
    assert result.transactions.height == 0
    assert result.order_events["kind"].to_list() == ["accepted", "cancelled"]


def test_a_filled_order_stays_filled_when_it_is_cancelled() -> None:
    result = run({0: lambda c, d: c.order(c.symbol("A"), 1), 2: lambda c, d: c.cancel_order("main-1")})
    assert result.orders["status"].to_list() == ["filled"]


@pytest.mark.parametrize(
    ("limit", "volume", "model", "reason"),
    [
        ("7", 1000, None, "the limit was not reached"),
        (None, 0, None, "the asset did not trade on the last bar"),
        (None, 5, slippage.FixedBasisPointsSlippage(0, "0.1"), "the volume share of the bar was used up"),
        (None, 20, slippage.FixedBasisPointsSlippage(0, "0.1"), "the volume share of the bar allowed a part only"),
        ("8", 1000, slippage.VolumeShareSlippage(1, 1), "the price with market impact was beyond the limit"),
    ],
)
def test_an_order_that_stays_open_says_why(limit: Any, volume: int, model: Any, reason: str) -> None:
    ingest({"A": ["8"] * 8}, volume=volume)

    def initialize(context: Any) -> None:
        if model is not None:
            context.set_slippage(model)

    result = run({0: lambda c, d: c.order(c.symbol("A"), 100, limit_price=limit)}, initialize=initialize, days=3)
    assert result.orders.select("status", "reason").rows() == [("open", reason)]


def test_an_order_after_the_last_session_of_an_asset_is_rejected_with_a_reason() -> None:
    ingest({"A": ["8"] * 3, "B": ["3"] * 8})
    found = seen(lambda c, d: c.get_order(c.order(c.symbol("A"), 1)), bar=4)
    assert (found.status, found.reason) == (OrderStatus.REJECTED, ENDED)
    result = run({4: lambda c, d: c.order(c.symbol("A"), 1)})
    assert result.order_events["kind"].to_list() == ["rejected"]
    assert result.orders["reason"].to_list() == [ENDED]


@pytest.mark.parametrize(
    ("function", "argument", "amount"),
    [
        # 10 are held at 8; capital 10,000: value 10,000
        ("order", 3, 3),
        ("order_target", 0, -10),
        ("order_target", 12, 2),
        ("order_value", 80, 10),
        ("order_target_value", 40, -5),
        ("order_percent", D("0.1"), 125),
        ("order_target_percent", 0, -10),
        ("order_target_percent", 0.0, -10),
        ("order_target_percent", 0.1, 115),
        ("order_target_percents", {"A": 0}, -10),
        ("batch_market_order", {"A": -10}, -10),
    ],
)
def test_every_order_for_an_asset_that_has_ended_is_refused_alike(function: str, argument: Any, amount: int) -> None:
    ingest({"A": ["8"] * 3, "B": ["3"] * 8})

    def late(context: Any, data: Any) -> None:
        asset = context.symbol("A")
        given = [{asset: argument["A"]}] if isinstance(argument, dict) else [asset, argument]
        getattr(context, function)(*given)

    result = run({0: lambda c, d: c.order(c.symbol("A"), 10), 4: late}, days=6)
    assert result.orders.select("amount", "status", "reason").row(-1) == (amount, "rejected", ENDED)
    assert result.order_events["kind"].to_list()[-1] == "rejected"
    (note,) = result.notes
    assert (note.code, note.data) == ("ended_and_held", {"asset": "A", "ended": "2021-02-03"})
    assert result.positions["amount"].to_list() == [10] * 5


@pytest.mark.parametrize("first", [2, 3, 4, 6])
def test_an_asset_that_ended_before_the_run_is_refused_alike_too(first: int) -> None:
    """At the price that the run begins with: that of the last bar, whose size a value is brought to."""
    ingest({"A": ["8"] * 3, "B": ["3"] * 8})

    def late(context: Any, data: Any) -> None:
        context.set_symbol_lookup_date(DAYS[0])
        asset = context.symbol("A")
        context.order(asset, 10)
        context.order_value(asset, 80)
        context.order_percent(asset, 0.008)
        context.order_target_percent(asset, 0.008)
        context.order_target_percents({asset: 0.008})
        context.batch_market_order({asset: 10})

    result = run({0: late}, start=DAYS[first], end=DAYS[first])
    if first == 2:  # the day of its last bar
        assert set(result.orders["status"]) == {"open"}
    else:
        assert result.orders.select("amount", "status", "cause").unique().row(0) == (10, "rejected", "asset_ended")
    assert result.orders.height == 6


def test_an_index_can_not_be_ordered() -> None:
    ingest({"A": ["8"] * 8}, assets=pl.DataFrame({"symbol": ["A"], "type": ["index"]}))
    found = seen(lambda c, d: c.get_order(c.order(c.symbol("A"), 1)), bar=0)
    assert (found.status, found.reason) == (
        OrderStatus.REJECTED,
        "A is an index, which can't be ordered",
    )


@pytest.mark.parametrize(
    ("prices", "bar", "why"),
    [
        ([None, None, "8", "8"], 1, "it starts on 2021-02-03"),
    ],
)
def test_an_asset_without_a_price_can_not_be_ordered_by_value(prices: list[Any], bar: int, why: str) -> None:
    ingest({"A": prices, "B": ["3"] * 8})
    for function in ("order_value", "order_percent", "order_target_value", "order_target_percent"):
        with pytest.raises(CannotOrderDelistedAsset, match=why):
            run({bar: lambda c, d, f=function: getattr(c, f)(c.symbol("A"), 1)})


def test_orders_have_their_place() -> None:
    with pytest.raises(OrderDuringInitialize, match="handle_data"):
        run(initialize=lambda c: c.order(c.symbol("A"), 1))
    with pytest.raises(OrderInBeforeTradingStart, match="handle_data"):
        run(before_trading_start=lambda c, d: c.order_target(c.symbol("A"), 1))
    with pytest.raises(OrderDuringInitialize, match="analyze"):
        run(analyze=lambda c, result: c.order(c.symbol("A"), 1))


def test_a_symbol_is_no_asset() -> None:
    with pytest.raises(InputError, match=r"symbol\('A'\)"):
        run(lambda c, d: c.order("A", 1))


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"limit_price": -1}, BadOrderParameters),
        ({"limit_price": float("nan")}, BadOrderParameters),
        ({"limit_price": 1, "style": rustybt.api.execution.MarketOrder()}, UnsupportedOrderParameters),
        ({"style": "limit"}, BadOrderParameters),
        ({"stop_price": -5}, BadOrderParameters),
        ({"stop_price": 5, "style": rustybt.api.execution.MarketOrder()}, UnsupportedOrderParameters),
    ],
)
def test_prices_that_mean_nothing_are_refused_also_for_a_size_of_zero(how: Any, error: type[Exception]) -> None:
    for amount in (0, 1):
        with pytest.raises(error):
            run(lambda c, d, n=amount: c.order(c.symbol("A"), n, **how))


def test_a_style_does_what_the_price_does() -> None:
    style = rustybt.api.execution.LimitOrder("8.004")
    assert seen(lambda c, d: c.get_order(c.order(c.symbol("A"), 1, style=style)).limit, bar=0) == D(8)
    market = rustybt.api.execution.MarketOrder()
    assert seen(lambda c, d: c.get_order(c.order(c.symbol("A"), 1, style=market)).limit, bar=0) is None


def test_a_style_of_ones_own_says_how_long_its_orders_work() -> None:
    class ForTheDay(rustybt.api.execution.LimitOrder):
        def terms(self, is_buy: bool) -> OrderTerms[Decimal]:
            return super().terms(is_buy)._replace(time_in_force=TimeInForce.DAY)

    result = run({0: lambda c, d: c.order(c.symbol("A"), 1, style=ForTheDay("0.01"))})
    assert result.orders["cause"].to_list() == ["expired"]


def test_models_are_set_in_initialize_only() -> None:
    from rustybt.errors import SetCommissionPostInit, SetSlippagePostInit

    with pytest.raises(SetSlippagePostInit):
        run(lambda c, d: c.set_slippage(slippage.NoSlippage()))
    with pytest.raises(SetCommissionPostInit):
        run(lambda c, d: c.set_commission(commission.NoCommission()))
    for name in ("set_slippage", "set_commission"):
        with pytest.raises(InputError, match=name):
            run(initialize=lambda c, n=name: getattr(c, n)(5))
        with pytest.raises(InputError, match="us_futures"):
            run(initialize=lambda c, n=name: getattr(c, n)(us_futures=5))


def test_the_functions_of_the_api_do_what_the_methods_do() -> None:
    api = rustybt.api

    def ask(context: Any, data: Any) -> Any:
        a = api.symbol("A")
        ids = [
            api.order(a, 1), api.order_target(a, 1), api.order_value(a, 8), api.order_target_value(a, 8),
            api.order_percent(a, "0.01"), api.order_target_percent(a, "0.01"),
        ]  # fmt: skip
        api.cancel_order("main-6")
        api.record("x", 1, y=2)
        assert api.sid(0) == a == api.symbols("A", "B")[0]
        assert api.get_datetime() == context.get_datetime() == context.datetime
        return [api.get_order(i).amount for i in ids], len(api.get_open_orders(a)), dict(context.recorded_vars)

    def initialize(context: Any) -> None:
        api.set_slippage(slippage.NoSlippage())
        api.set_commission(commission.NoCommission())
        api.schedule_function(lambda c, d: None)

    found = seen(ask, bar=0, initialize=initialize, capital=1000)
    assert found == ([1, 1, 1, 1, 1, 1], 5, {"x": 1, "y": 2})


def test_symbols_are_looked_up_by_their_name() -> None:
    from rustybt.errors import SidsNotFound, SymbolNotFound

    assert seen(lambda c, d: c.symbol("a").symbol, bar=0) == "A"
    with pytest.raises(SymbolNotFound, match="AX"):
        run(lambda c, d: c.symbol("AX"))
    with pytest.raises(SidsNotFound, match="99"):
        run(lambda c, d: c.sid(99))
    with pytest.raises(InputError, match="text"):
        run(lambda c, d: c.symbol(5))


def test_dates_of_orders_are_within_the_run() -> None:
    result = run({0: lambda c, d: c.order(c.symbol("A"), 1)})
    assert result.transactions["session"].to_list() == [DAYS[1]]


def test_cancelling_none_the_id_of_an_order_of_size_zero_does_nothing() -> None:
    def on_bar(context: Any, data: Any) -> None:
        asset = context.symbol("A")
        nothing = context.order(asset, 0)
        assert nothing is None
        rustybt.api.cancel_order(nothing)
        context.order(asset, 1, limit_price=1)
        context.cancel_order(None)

    assert run({0: on_bar}, days=3).orders["status"].to_list() == ["open"]


@pytest.mark.parametrize("filled", [0, 4])
def test_an_order_wiped_out_by_a_reverse_split_keeps_what_was_asked_for(filled: int) -> None:
    # ten old shares become a new one: of an order for 9, of which 4 were filled, not one is left to fill
    ingest({"A": [(10, 10, 10, 10, 8)] * 2 + [(100, 100, 100, 100, 8)] * 3}, splits=[("A", DAYS[2], "10")])

    def place(context: Any, data: Any) -> None:
        context.order(context.symbol("A"), 9, limit_price=None if filled else 9)

    half = lambda c: c.set_slippage(slippage.FixedBasisPointsSlippage(0, "0.5"))  # noqa: E731
    result = run({0: place}, initialize=half)
    row = result.orders.row(0, named=True)
    assert (row["amount"], row["filled"], row["status"]) == (D(9), D(filled), "cancelled")
    assert "less than one unit was left" in row["reason"]
    last = result.order_events.row(-1, named=True)
    assert (last["kind"], last["quantity"]) == ("cancelled", D(9 - filled))
    assert [order["amount"] for day in result.to_pandas()["orders"] for order in day][-1] == 9
    zipline = run({0: place}, initialize=half, compat="zipline").orders.row(0, named=True)
    assert (zipline["amount"], zipline["filled"], zipline["status"]) == (D(0), D(0), "filled")


def test_a_size_just_below_the_next_step_is_that_step_and_a_target_below_one_unit_leaves_one() -> None:
    """As the guides say."""
    ingest({"A": ["10"] * 5, "B": ["10"] * 5}, assets=pl.DataFrame({"symbol": ["B"], "quantity_step": ["0.00001"]}))

    def first(context: Any, data: Any) -> None:
        context.order(context.symbol("B"), "0.0000199995")
        context.order(context.symbol("B"), "0.0000199985")
        context.order(context.symbol("A"), 10)

    half = {
        2: lambda c, d: c.order_target(c.symbol("A"), "0.5"),
        3: lambda c, d: c.order_target(c.symbol("A"), 0),
    }
    amounts = run({0: first, **half}).orders["amount"].to_list()
    assert amounts == [D("0.00002"), D("0.00001"), D(10), D(-9), D(-1)]
