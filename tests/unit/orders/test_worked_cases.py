"""Worked cases of orders and costs: each is a test, here or elsewhere, through `run_algorithm`, and none gets lost.

Bars are open, high, low, close[, volume]; bar 0 is the bar at which the strategy orders. Fills are the bar, the order,
a signed quantity and a price; all of it was worked out by hand, without the engine.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from rustybt.api import execution
from tests._kernels import KERNELS
from tests.unit.orders._bars import CAPITAL, Bar, run_bars

UNIT: Final = Path(__file__).parents[1]
type Ask = Callable[[Any, Any, dict[str, Any]], Any]


class Case(NamedTuple):
    """What is asked for at which bar, the fills, what they do to the cash, the share of a bar's volume, the reading."""

    bars: list[Bar]
    script: dict[int, Ask]
    fills: list[tuple[int, str, int, str]]
    cash: str
    share: str | None = None
    same_bar: str = "pessimistic"


def order(name: str, amount: int, style: Any = None, **options: Any) -> Ask:
    return lambda context, asset, ids: ids.update({name: context.order(asset, amount, style=style, **options)})


def bracket(style: Any = None, *, loss: int, profit: int) -> Ask:
    """E buys 100; L and P are its exits."""

    def ask(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = context.bracket_order(asset, 100, style=style, stop_loss=loss, take_profit=profit)
        ids.update(E=placed.entry, L=placed.stop_loss, P=placed.take_profit)

    return ask


def linked(link: str) -> Ask:
    def ask(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        ids["P"] = context.order(asset, -200, limit_price=105)
        ids["L"] = context.order(asset, -200, stop_price=95)
        context.oco(ids["P"], ids["L"], link=link)

    return ask


def change(**changes: Any) -> Ask:
    return lambda context, asset, ids: context.modify_order(ids["A"], **changes)


FLAT: Bar = ("100", "100", "100", "100")
GAP: list[Bar] = [("100", "101", "99", "100"), ("100", "100.5", "95.5", "96"), ("90", "92", "88", "91")]
RESTS: list[Bar] = [("100", "101", "99", "100"), ("90", "93", "89", "92"), ("93", "95", "92.5", "94.5")]
RISING: list[Bar] = [
    ("101", "101.5", "100.5", "101"),
    ("101", "103.37", "101", "103"),
    ("102", "102.5", "100.5", "101"),
]
WITHIN: list[Bar] = [FLAT, ("100", "104", "99", "103"), ("103", "103.5", "101", "101.5")]
TARGET: list[Bar] = [("100", "101", "99", "100"), ("100", "102", "99", "101"), ("101", "109", "100", "107")]
BOTH: list[Bar] = [*TARGET[:2], ("101", "109", "94", "100")]
PARTS: list[Bar] = [
    ("100", "101", "99", "100", "1000"),
    ("100", "106", "99", "104", "1000"),
    ("104", "104.5", "94", "96", "1000"),
]
AT_ONCE: list[Bar] = [
    ("50", "50", "50", "50", "2000"),
    ("50.2", "50.5", "49.5", "50", "2000"),
    ("50", "50", "50", "50", "9000"),
]
CHANGED: list[Bar] = [
    ("99", "99", "99", "99", "1000"),
    ("99", "99.5", "97.5", "98.2", "1000"),
    ("99.5", "100", "98.8", "99.4", "1000"),
]
CROSSED: list[Bar] = [("103", "103", "103", "103"), ("102", "106.5", "96", "104")]
BUYS: Final = order("A", 200, execution.LimitOrder(98))
FIRST: Final = (1, "A", 100, "98")

CASES: Final = {
    "stop_gap_open": Case(GAP, {0: order("S", -100, execution.StopOrder(95))}, [(2, "S", -100, "90")], "9000"),
    "stop_limit_gap_then_rests": Case(
        RESTS, {0: order("S", -100, execution.StopLimitOrder(94, 95))}, [(2, "S", -100, "94")], "9400"
    ),
    "trailing_percent_on_tick": Case(
        RISING, {0: order("T", -100, execution.TrailingStopOrder(percent="2.5"))}, [(2, "T", -100, "100.78")], "10078"
    ),
    "trailing_within_one_bar": Case(
        WITHIN, {0: order("T", -100, execution.TrailingStopOrder(amount=2))}, [(1, "T", -100, "99")], "9900"
    ),
    "trailing_within_one_bar, by bar": Case(
        WITHIN,
        {0: order("T", -100, execution.TrailingStopOrder(amount=2, trail="bar"))},
        [(2, "T", -100, "102")],
        "10200",
    ),
    "trailing_within_one_bar, optimistic": Case(
        WITHIN,
        {0: order("T", -100, execution.TrailingStopOrder(amount=2))},
        [(2, "T", -100, "102")],
        "10200",
        same_bar="optimistic",
    ),
    "bracket_target": Case(
        TARGET, {0: bracket(loss=95, profit=108)}, [(1, "E", 100, "101"), (2, "P", -100, "108")], "700"
    ),
    "bracket_both_in_one_bar": Case(
        BOTH, {0: bracket(loss=95, profit=108)}, [(1, "E", 100, "101"), (2, "L", -100, "95")], "-600"
    ),
    **{
        f"bracket_both_in_one_bar, {reading}": Case(
            BOTH, {0: bracket(loss=95, profit=108)}, [(1, "E", 100, "101"), fill], cash, same_bar=reading
        )
        for reading, fill, cash in (
            ("optimistic", (2, "P", -100, "108"), "700"),
            ("path:nearest", (2, "L", -100, "95"), "-600"),
            ("path:ohlc", (2, "P", -100, "108"), "700"),
        )
    },
    "oco_or_ouo_in_parts, oco": Case(PARTS, {0: linked("oco")}, [(1, "P", -100, "105")], "10500", "0.1"),
    "oco_or_ouo_in_parts, ouo": Case(
        PARTS, {0: linked("reduce")}, [(1, "P", -100, "105"), (2, "L", -100, "95")], "20000", "0.1"
    ),
    "ioc_fok, A": Case(AT_ONCE, {0: order("A", 300, time_in_force="ioc")}, [(1, "A", 200, "50")], "-10000", "0.1"),
    "ioc_fok, B": Case(AT_ONCE, {0: order("B", 300, time_in_force="fok")}, [], "0", "0.1"),
    "ioc_fok, C": Case(AT_ONCE, {0: order("C", 200, time_in_force="fok")}, [(1, "C", 200, "50")], "-10000", "0.1"),
    "ioc_fok, D": Case(
        AT_ONCE, {0: order("D", 100, execution.LimitOrder("49.6"), time_in_force="ioc")}, [], "0", "0.1"
    ),
    "replace, 150 at 99": Case(
        CHANGED, {0: BUYS, 1: change(amount=150, limit_price=99)}, [FIRST, (2, "A", 50, "99")], "-14750", "0.1"
    ),
    "replace, 80": Case(CHANGED, {0: BUYS, 1: change(amount=80)}, [FIRST], "-9800", "0.1"),
    "replace, 100": Case(CHANGED, {0: BUYS, 1: change(amount=100)}, [FIRST], "-9800", "0.1"),
    "limit_entry_stop_same_bar": Case(
        CROSSED,
        {0: bracket(execution.LimitOrder(100), loss=97, profit=107)},
        [(1, "E", 100, "100"), (1, "L", -100, "97")],
        "-300",
    ),
    "limit_entry_stop_same_bar, target of 106": Case(
        CROSSED,
        {0: bracket(execution.LimitOrder(100), loss=97, profit=106)},
        [(1, "E", 100, "100"), (1, "L", -100, "97")],
        "-300",
    ),
    "limit_entry_stop_same_bar, target of 106, optimistic": Case(
        CROSSED,
        {0: bracket(execution.LimitOrder(100), loss=97, profit=106)},
        [(1, "E", 100, "100"), (1, "P", -100, "106")],
        "600",
        same_bar="optimistic",
    ),
}
"""Those of orders on bars; a comma separates what a case has several of."""
ELSEWHERE: Final = {
    "ibkr_fixed": ("execution/test_brokers.py", "test_the_brokers_own_examples_of_fixed_pricing"),
    "ibkr_tiered_of_a_month": ("execution/test_brokers.py", "test_the_brokers_own_examples_of_tiered_pricing"),
    "rolling_window_maker_taker": ("execution/test_fee_schedule.py", "test_a_rolling_window_of_makers_and_takers"),
    "rebate": ("execution/test_fee_schedule.py", "test_a_rebate_is_paid_out"),
    "interest_and_borrow": ("engine/test_carrying.py", "test_a_short_pays_for_its_shares"),
    "overnight_fx_and_funding": ("engine/test_carrying.py", "test_tom_next_points_with_what_the_broker_adds"),
    "latency": ("orders/test_latency.py", "test_a_market_order_gets_a_price_from_after_its_arrival"),
    "impact": ("execution/test_impact_models.py", "test_a_million_sold_in_five_days_costs_662_500"),
}
"""Those of fees, of carrying, of time and of impact: the file below `tests/unit`, and a test of it."""
INTERVALS: Final = {"trailing_within_one_bar": ("9900", "10200"), "bracket_both_in_one_bar": ("-600", "700")}
"""What the cash comes to at the least and at the most where a bar is read in three ways."""


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", CASES)
def test_a_worked_case_comes_to_what_was_worked_out(name: str, kernel: str) -> None:
    case = CASES[name]
    done = run_bars(case.bars, case.script, volume_share=case.share, same_bar=case.same_bar, kernel=kernel)
    assert done.fills == [(*fill[:3], Decimal(fill[3])) for fill in case.fills]
    assert done.cash == Decimal(case.cash)
    assert done.result.costs.total == 0


@pytest.mark.parametrize("name", INTERVALS)
def test_a_worked_interval_has_the_worst_and_the_best(name: str) -> None:
    case = CASES[name]
    interval = run_bars(case.bars, case.script, same_bar="interval").result.interval
    assert interval is not None
    ends = [one.daily["ending_cash"][-1] - CAPITAL for one in (interval.low, interval.high)]
    assert ends == [Decimal(end) for end in INTERVALS[name]]


def test_each_of_the_eighteen_cases_is_a_test() -> None:
    names = {name.partition(",")[0] for name in CASES} | set(ELSEWHERE)
    assert len(names) == 18
    for file, test in ELSEWHERE.values():
        tree = ast.parse((UNIT / file).read_text(encoding="utf-8"))
        assert test in [one.name for one in tree.body if isinstance(one, ast.FunctionDef)], f"{file} has no {test}"
