"""The shrinker: every drop leaves a case whose numbers still mean the same things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.parity import _shrink
from tests.parity._case import Case, Continuous, StockDividend
from tests.parity._draw import draw
from tests.parity._ready import FEATURES


def _all_ops(case: Case) -> Iterator[dict[str, Any]]:
    yield from (*case.ops, *case.before_open, *case.controls)
    for schedule in case.schedules:
        yield from schedule.ops


def _numbers(op: dict[str, Any]) -> list[int]:
    """Every stock that an instruction is about."""
    rows = [row[0] for name in ("amounts", "changes") for row in op.get(name, ())]
    single = [op["asset"]] if op.get("asset") is not None else []
    return [*single, *rows, *op.get("assets", ())]


def _assert_sound(case: Case) -> None:
    count = len(case.stocks)
    symbols = {stock.symbol for stock in case.stocks}
    assert Case.from_json(case.to_json()) == case
    assert case.first <= case.last < len(case.sessions)
    for op in _all_ops(case):
        assert all(0 <= number < count for number in _numbers(op))
        assert all(0 <= op[name] < len(case.continuous) for name in ("which", "continuous") if name in op)
    assert not isinstance(case.benchmark, int) or 0 <= case.benchmark < count
    roots = {stock.contract.root for stock in case.stocks if stock.contract is not None}
    assert all(future.root in roots for future in case.continuous)
    for stock in case.stocks:
        assert stock.bars
        assert {dividend.of for dividend in stock.stock_dividends} <= symbols
        assert all(at <= case.last for at, _ in stock.splits)
        assert all(dividend.ex <= case.last for dividend in (*stock.dividends, *stock.stock_dividends))
    assert all(moment[:10] <= case.end for moment, _, _ in case.capital_changes)


@pytest.mark.parametrize(("frequency", "seeds"), [("daily", range(3)), ("minute", range(1))])
def test_every_drop_leaves_a_case_whose_numbers_are_in_range(frequency: str, seeds: range) -> None:
    for seed in seeds:
        for smaller in _shrink._smaller(draw(seed, frequency, only=frozenset(FEATURES))):
            _assert_sound(smaller)


def _with_three_stocks() -> Case:
    case = next(c for seed in range(40) if len((c := draw(seed, "daily", ready=frozenset())).stocks) == 3)
    first, second, third = case.stocks
    paying = StockDividend(case.first + 1, case.sessions[case.first + 2], "0.1", second.symbol)
    return case.with_(
        stocks=(first, second, type(third)(third.symbol, third.bars, stock_dividends=(paying,))),
        benchmark=2,
        schedules=(),
        ops=(
            {"do": "batch", "amounts": [[0, 5], [1, 7], [2, 9]], "every": 2, "phase": 0},
            {"do": "batch", "amounts": [[1, 3]], "every": 2, "phase": 0},
            {"do": "current", "asset": 2, "every": 3, "phase": 1},
            {"do": "portfolio", "every": 1, "phase": 0},
        ),
        controls=(
            {"set": "set_max_order_size", "asset": None, "max_shares": 5, "on_error": "log"},
            {"set": "set_max_order_size", "asset": 2, "max_shares": 5, "on_error": "log"},
            {"set": "set_do_not_order_list", "assets": [1], "on_error": "log"},
            {"set": "historical", "changes": [[1, "2020-01-02", "FROZEN"], [2, "2020-01-03", "ALLOWED"]]},
        ),
    )


def test_dropping_a_stock_renumbers_what_is_about_the_later_ones() -> None:
    smaller = _shrink.without_stocks(_with_three_stocks(), [1])
    assert [stock.symbol for stock in smaller.stocks] == ["AAA", "CCC"]
    assert smaller.benchmark == 1
    assert smaller.stocks[1].stock_dividends == ()  # they were paid in shares of the dropped one
    assert [op.get("amounts", op.get("asset")) for op in smaller.ops] == [[[0, 5], [1, 9]], 1, None]
    assert smaller.controls == (
        {"set": "set_max_order_size", "asset": None, "max_shares": 5, "on_error": "log"},
        {"set": "set_max_order_size", "asset": 1, "max_shares": 5, "on_error": "log"},
        {"set": "historical", "changes": [[1, "2020-01-03", "ALLOWED"]]},
    )


def test_dropping_the_benchmark_leaves_none() -> None:
    assert _shrink.without_stocks(_with_three_stocks(), [2]).benchmark is None


def test_dropping_a_continuous_future_renumbers_the_others() -> None:
    futures = tuple(Continuous(root, 0, "calendar", None) for root in ("CL", "ES", "GC"))
    case = _with_three_stocks().with_(
        continuous=futures,
        ops=({"do": "continuous", "which": 2}, {"do": "continuous", "which": 1}, {"do": "order", "continuous": 0}),
    )
    smaller = _shrink.without_continuous(case, 1)
    assert [future.root for future in smaller.continuous] == ["CL", "GC"]
    assert smaller.ops == ({"do": "continuous", "which": 1}, {"do": "order", "continuous": 0})


def test_a_case_shrinks_to_what_fails_among_all_features() -> None:
    case = draw(3, "daily", only=frozenset(FEATURES))

    def fails(candidate: Case) -> bool:
        return any(op["do"] == "context" for op in candidate.ops)

    small = _shrink.shrink(case, fails, seconds=20)
    assert [op["do"] for op in small.ops] == ["context"]
    assert (len(small.stocks), small.first) == (1, small.last)
    assert (small.controls, small.capital_changes, small.continuous, small.schedules) == ((), (), (), ())
    assert (small.cancel, small.benchmark) == (None, None)
    assert (small.stocks[0].splits, small.stocks[0].dividends, small.stocks[0].stock_dividends) == ((), (), ())
