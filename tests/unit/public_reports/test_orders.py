"""Faults that users of other engines reported of orders; tests name the report, values are worked out by hand.

All runs are on bars that are written out, without fees and slippage. Bar 0 places, so that bar 1 is the first to fill.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rustybt.api import commission, execution
from rustybt.errors import BadOrderParameters
from tests.unit.orders._bars import Bar, Outcome, run_bars

D = Decimal
FLAT: Bar = ("100", "100", "100", "100")
AT_OPEN = {"fill_at": "open"}


def name(ids: dict[str, Any], placed: Any) -> None:
    """E, its target P and its stop L."""
    ids.update({key: one for key, one in zip("EPL", placed, strict=True) if one is not None})


def bracket(bars: list[Bar], amount: int, *, settings: dict[str, Any], **how: Any) -> Outcome:
    return run_bars(bars, {0: lambda context, x, ids: name(ids, context.bracket_order(x, amount, **how))}, **settings)


def single(bars: list[Bar], amount: int, settings: dict[str, Any] | None = None, **how: Any) -> Outcome:
    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["E"] = context.order(x, amount, **how)

    return run_bars(bars, {0: place}, **(settings or AT_OPEN))


def test_a_bar_that_opens_below_the_stop_does_not_take_the_profit_first() -> None:
    """backtesting.py 1241: the open is below the stop, the high above the target; the stop comes first, at the open."""
    bars = [FLAT, FLAT, ("90", "115", "88", "112")]
    done = bracket(bars, 10, settings=AT_OPEN, take_profit=110, stop_loss=95)
    assert done.fills == [(1, "E", 10, D(100)), (2, "L", -10, D(90))]


@pytest.mark.parametrize(
    ("how", "price"),
    [
        ({"stop_price": 16}, 16),  # the open of bar 1 is the stop itself: reached
        ({"stop_price": 16, "limit_price": 12}, 12),  # triggered at the open, the limit is reached after it, at 10
    ],
)
def test_a_stop_fills_on_the_first_bar_that_touches_it(how: dict[str, Any], price: int) -> None:
    """backtesting.py 1157: triggered a bar late, not at equality, and a stop-limit never."""
    bars = [("14", "19", "13", "15"), ("16", "17", "10", "12"), ("15", "16", "14", "14"), ("11", "11", "11", "11")]
    assert single(bars, 1, **how).fills == [(1, "E", 1, D(price))]


def test_a_stop_to_sell_leaves_no_trade_that_ends_before_it_begins() -> None:
    """backtesting.py 1157, its third part: the sale is reached on bar 1 and the buy on bar 2 closes it."""

    def sell(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["S"] = context.order(x, -1, stop_price=12)

    def cover(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["B"] = context.order(x, 1)

    bars = [("14", "19", "13", "18"), ("16", "17", "10", "12"), ("15", "16", "14", "15"), ("11", "11", "11", "11")]
    done = run_bars(bars, {0: sell, 1: cover}, **AT_OPEN)
    assert done.fills == [(1, "S", -1, D(12)), (2, "B", 1, D(15))]
    (trade,) = done.result.trades.iter_rows(named=True)
    assert (trade["side"], trade["net"]) == ("short", -3)
    assert trade["exit"] > trade["entry"]


@pytest.mark.parametrize("fill_at", ["close", "open"])
def test_a_stop_that_the_open_jumps_over_sells_at_the_open(fill_at: str) -> None:
    """backtesting.py 521, torchtrade 311, pybroker 41: booked at the stop, a price that was never there."""
    bars = [FLAT, FLAT, ("50", "50", "50", "50"), ("50", "50", "50", "50")]
    done = bracket(bars, 1, settings={"fill_at": fill_at}, stop_loss=90)
    assert done.fills == [(1, "E", 1, D(100)), (2, "L", -1, D(50))]


def test_a_stop_works_on_the_bar_on_which_its_entry_filled() -> None:
    """backtesting.py 119: in at the open, 100; the low of the same bar, 89, reaches the stop at 95."""
    done = bracket([FLAT, ("100", "101", "89", "90")], 10, settings=AT_OPEN, stop_loss=95)
    assert done.fills == [(1, "E", 10, D(100)), (1, "L", -10, D(95))]


def test_a_triggered_stop_limit_rests_as_a_limit_order_afterwards() -> None:
    """backtrader 50: a sale, stop 21,858 and limit 21,859, filled at 21,857. It has to wait for 21,859."""
    ticks = ["21866", "21860", "21857", "21859", "21857"]
    done = single([(tick, tick, tick, tick) for tick in ticks], -1, stop_price=21858, limit_price=21859)
    assert done.fills == [(3, "E", -1, D(21859))]


def test_a_stop_limit_that_was_triggered_sees_all_of_the_bars_after_it() -> None:
    """LEAN 9778: the buy is triggered on bar 1, at 105, and jumps over its limit of 104; bar 2 comes down to 103."""
    bars = [FLAT, ("106", "108", "105", "107"), ("107", "109", "103", "108"), ("108", "108", "108", "108")]
    assert single(bars, 5, stop_price=105, limit_price=104).fills == [(2, "E", 5, D(104))]
    gap = [FLAT, ("106", "108", "105", "107"), ("102", "109", "101", "108"), ("108", "108", "108", "108")]
    assert single(gap, 5, stop_price=105, limit_price=104).fills == [(2, "E", 5, D(102))]


def test_a_target_that_is_worse_than_the_entry_is_refused() -> None:
    """backtesting.py 147: bought at the market with a target below the market, which could never be a profit."""
    with pytest.raises(BadOrderParameters, match="take_profit"):
        bracket([FLAT, FLAT], 10, settings=AT_OPEN, take_profit="99.5", stop_loss=95)


def test_fees_do_not_move_the_prices_that_exits_are_compared_with() -> None:
    """backtesting.py 420: a target above the price and below the price plus fees was refused as illogical."""

    def dear(context: Any) -> None:
        context.set_commission(commission.PerDollar("0.05"))

    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        name(ids, context.bracket_order(x, 10, take_profit=103, stop_loss=95))

    done = run_bars([FLAT, FLAT, ("101", "104", "100", "103")], {0: place}, first=dear, **AT_OPEN)
    assert done.fills == [(1, "E", 10, D(100)), (2, "P", -10, D(103))]
    assert done.cash == 30 - D("0.05") * (1000 + 1030)


def test_a_stop_and_a_new_entry_on_one_bar_close_once() -> None:
    """backtesting.py 28: the stop and an order of the strategy met on one bar, and the position was closed twice."""

    def turn(context: Any, x: Any, ids: dict[str, Any]) -> None:
        context.cancel_orders(x)
        ids["T"] = context.order_target(x, -10)

    bars = [FLAT, FLAT, ("100", "100", "80", "85"), ("85", "85", "85", "85")]
    done = run_bars(
        bars,
        {0: lambda context, x, ids: name(ids, context.bracket_order(x, 10, stop_loss=90)), 1: turn},
        look=lambda context, ids: context.portfolio.positions[context.symbol("X")].amount,
        **AT_OPEN,
    )
    assert done.fills == [(1, "E", 10, D(100)), (2, "T", -20, D(100))]
    assert [done.seen[bar] for bar in range(4)] == [0, 10, -10, -10]


@pytest.mark.parametrize(
    ("trail", "fills"),
    [
        # 90 stands until the bar is over, 98 from then on: the open of bar 2 is below it
        ("bar", [(2, "T", -10, D(97))]),
        # the worst path goes to 105 first, from which the stop lies at the low of 95, and to 108 after it
        ("range", [(1, "T", -10, D(95))]),
    ],
)
def test_a_trailing_stop_follows_the_high(trail: str, fills: Any) -> None:
    """backtrader2 98: the level was moved by the close, 105 - 10, where the high had been 108."""

    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["E"] = context.order(x, 10)
        ids["T"] = context.order(x, -10, style=execution.TrailingStopOrder(amount=10, trail=trail))

    bars = [FLAT, ("100", "108", "95", "97"), ("97", "97", "97", "97")]
    assert run_bars(bars, {0: place}, **AT_OPEN).fills[1:] == fills


def test_a_trailing_stop_that_the_next_day_opens_below_sells_at_the_open() -> None:
    """quantstrat 116: sold at a level that the next day never saw, which made 4,899 of equity 31,485."""

    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["T"] = context.order(x, -10, style=execution.TrailingStopOrder(percent=5))

    bars = [FLAT, ("100", "120", "100", "120"), ("100", "101", "99", "100")]
    done = run_bars(bars, {0: lambda c, x, ids: ids.update(E=c.order(x, 10)), 1: place}, **AT_OPEN)
    assert done.fills == [(1, "E", 10, D(100)), (2, "T", -10, D(100))]  # the level was 114


def test_a_percentage_trails_the_peak_and_not_the_entry() -> None:
    """LEAN 6356: bought at 1, the peak is 100; 5 % below it is 95, and not 100 less 5 % of 1."""

    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["E"] = context.order(x, 10)
        ids["T"] = context.order(x, -10, style=execution.TrailingStopOrder(percent=5, trail="bar"))

    one: Bar = ("1", "1", "1", "1")
    bars = [one, ("1", "100", "1", "100"), ("100", "100", "95.01", "96"), ("96", "96", "94", "94")]
    assert run_bars(bars, {0: place}, **AT_OPEN).fills == [(1, "E", 10, D(1)), (3, "T", -10, D(95))]


def test_an_order_that_is_touched_fills_at_its_touch_and_not_at_the_extreme() -> None:
    """NautilusTrader 3462: a sale at a touch of 105 filled at the high, 109."""
    done = single([FLAT, ("100", "109", "99", "108")], -5, style=execution.MarketIfTouchedOrder(105))
    assert done.fills == [(1, "E", -5, D(105))]


def test_an_exit_that_only_reduces_is_no_larger_than_what_is_left() -> None:
    """NautilusTrader 4264: after partial sales a stop of the whole size sold 7,142 of 2,382: the position was short."""

    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["E"] = context.order(x, 7142)

    def protect(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["A"] = context.order(x, -4760, limit_price=105)
        ids["L"] = context.order(x, -7142, stop_price=95, reduce_only=True)

    bars = [FLAT, FLAT, ("104", "106", "103", "104"), ("96", "97", "90", "91"), ("91", "91", "91", "91")]
    done = run_bars(bars, {0: place, 1: protect}, volume_share="1", **AT_OPEN)
    assert done.fills == [(1, "E", 7142, D(100)), (2, "A", -4760, D(105)), (3, "L", -2382, D(95))]
    assert done.result.positions["amount"].to_list() == [7142, 2382]


@pytest.mark.parametrize(
    ("after", "fills"),
    [
        # the stop protects the 60 that are in, and takes the rest of the entry with it
        ("part", [(1, "E", 60, D(100)), (2, "L", -60, D(95))]),
        # it waits for all of the entry, which bar 3 completes at its open, at which all is stopped
        ("whole", [(1, "E", 60, D(100)), (3, "E", 40, D(89)), (3, "L", -100, D(89))]),
    ],
)
def test_exits_of_an_entry_that_filled_in_part_do_as_was_said(after: Any, fills: Any) -> None:
    """NautilusTrader 2623 and 2704: documented one way and done another; a stop on a part of it broke the position.

    60 of 100 fill, the limit is moved away to 90, and the price comes down to 94.
    """
    bars: list[Bar] = [
        ("100", "100", "100", "100", "60"),
        ("100", "100", "100", "100", "60"),
        ("100", "100", "94", "96", "1000"),
        ("89", "89", "88", "88", "1000"),
        ("88", "88", "88", "88", "1000"),
    ]

    def place(context: Any, x: Any, ids: dict[str, Any]) -> None:
        name(ids, context.bracket_order(x, 100, limit_price=100, stop_loss=95, after=after))

    def move(context: Any, _: Any, ids: dict[str, Any]) -> None:
        assert context.modify_order(ids["E"], limit_price=90)

    done = run_bars(bars, {0: place, 1: move}, volume_share="1", **AT_OPEN)
    assert done.fills == fills
    assert "open" not in done.result.orders["status"].to_list()


def test_stops_of_several_shorts_are_each_as_large_as_their_entry() -> None:
    """jesse 599: a second short, whose stop replaced that of the first. Each goes at its own level here."""

    def first(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["A"], _, ids["a"] = context.bracket_order(x, -10, stop_loss=105)

    def second(context: Any, x: Any, ids: dict[str, Any]) -> None:
        ids["B"], _, ids["b"] = context.bracket_order(x, -4, stop_loss=102)

    bars = [FLAT, FLAT, ("98", "98", "98", "98"), ("98", "103", "98", "99"), ("99", "106", "99", "106")]
    done = run_bars(bars, {0: first, 1: second}, **AT_OPEN)
    assert done.fills == [
        (1, "A", -10, D(100)),
        (2, "B", -4, D(98)),
        (3, "b", 4, D(102)),
        (4, "a", 10, D(105)),
    ]


def test_a_stop_of_a_price_of_eight_places_is_a_stop() -> None:
    """jesse 400: cheap coins, whose stops were taken for market orders as they were nearly equal to the price."""
    price = "0.00001234"
    bars: list[Bar] = [(price,) * 4, ("0.00001235", "0.00001236", "0.00001233", "0.00001234"), ("0.00001237",) * 4]
    assert single(bars, 1000, stop_price="0.00001237").fills == [(2, "E", 1000, D("0.00001237"))]


def test_the_prices_of_an_exit_can_be_read_after_it_filled() -> None:
    """backtesting.py 1288 and 1340: the stop was None in the list of trades as soon as it had been reached."""
    for bar in (("100", "100", "90", "91"), ("80", "80", "80", "80")):
        done = bracket([FLAT, FLAT, bar], 10, settings=AT_OPEN, take_profit=120, stop_loss=95)
        assert (done.order("L")["stop"], done.order("P")["limit"]) == (95, 120)
        assert done.order("L")["status"] == "filled"


def test_an_entry_that_ends_unfilled_takes_its_exits_with_it() -> None:
    """bytex 60: a day order's exits were accepted twice, and the order itself never expired."""
    done = bracket(
        [FLAT, ("101", "102", "100.5", "101"), ("99", "120", "80", "99")],
        10,
        settings=AT_OPEN,
        limit_price=100,
        take_profit=110,
        stop_loss=95,
        time_in_force="day",
    )
    assert done.fills == []
    assert [done.order(key)["status"] for key in "EPL"] == ["cancelled"] * 3
