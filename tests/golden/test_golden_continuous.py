"""Continuous futures: the contract of each day and the windows over a roll, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from rustybt.errors import SymbolNotFound
from tests.golden.test_golden_futures import DAYS, ingest, run

D = Decimal
FIRST = ["99", "100", "101", "102", "103", "104", "105"]
SECOND = ["109", "110", "112", "114", "116", "118", "120", "122", "124"]


@pytest.fixture(autouse=True)
def _two_contracts() -> None:
    """G closes on day 6, H on day 12. On day 3 H has the larger volume for the first time.

    There is a session before day 1: where there is none, no volume could be compared on it.
    """
    ingest(
        {"ESG21": FIRST, "ESH21": SECOND},
        {"multiplier": ["50"] * 2, "root_symbol": ["ES"] * 2, "expiration_date": [str(DAYS[6]), str(DAYS[12])]},
        {"ESG21": [100, 100, 100, 100, 40, 30, 20], "ESH21": [10, 10, 90, 101, 200, 300, 400, 500, 600]},
    )


def seen(look: Callable[[Any, Any], Any], days: int = 8) -> list[Any]:
    """What `look` gives on each day."""
    found: list[Any] = []
    run(lambda context, data: found.append(look(context, data)), days, first=1)
    return found


def test_by_volume_the_next_contract_is_current_from_the_session_after_it_had_more() -> None:
    def look(context: Any, data: Any) -> tuple[Any, ...]:
        future = context.continuous_future("es")
        chain = [contract.symbol for contract in data.current_chain(future)]
        return data.current(future, "contract").symbol, data.current(future, "price"), chain, data.can_trade(future)

    both, last = ["ESG21", "ESH21"], ["ESH21"]
    assert seen(look) == [
        ("ESG21", D(100), both, True),
        ("ESG21", D(101), both, True),
        ("ESG21", D(102), both, True),
        ("ESH21", D(116), last, True),
        ("ESH21", D(118), last, True),
        ("ESH21", D(120), last, True),
        ("ESH21", D(122), last, True),
        ("ESH21", D(124), last, True),
    ]


def test_by_calendar_the_next_contract_is_current_from_the_day_on_which_the_first_closes() -> None:
    found = seen(lambda c, d: d.current(c.continuous_future("ES", roll="calendar"), "contract").symbol)
    assert found == ["ESG21"] * 5 + ["ESH21"] * 3


def test_the_contract_after_the_current_one_ends_with_the_chain() -> None:
    def look(context: Any, data: Any) -> Any:
        following = context.continuous_future("ES", offset=1)
        return data.current(following, "contract"), data.current(following, "price"), data.current(following, "volume")

    assert [(contract and contract.symbol, price) for contract, price, _ in seen(look, 5)] == [
        ("ESH21", D(110)),
        ("ESH21", D(112)),
        ("ESH21", D(114)),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("adjustment", "closes"),
    [
        # on day 3, the last before the roll, G closed at 102 and H at 114
        ("mul", ["111.7647058824", "112.8823529412", "114", "116", "118"]),  # x 114 / 102
        ("add", ["112", "113", "114", "116", "118"]),  # + 12
        (None, ["100", "101", "102", "116", "118"]),
    ],
)
def test_a_window_over_a_roll_is_adjusted_by_the_closes_of_the_session_before_it(
    adjustment: str | None, closes: list[str]
) -> None:
    def look(context: Any, data: Any) -> Any:
        if context.bar < 4:
            return None
        future = context.continuous_future("ES", adjustment=adjustment)
        exact = data.history(future, "close", 5, "1d", dtype=Decimal).to_list()
        volumes = data.history(future, "volume", 5, "1d").to_list()
        first, second = context.future_symbol("ESG21").sid, context.future_symbol("ESH21").sid
        assert data.history(future, "sid", 5, "1d").to_list() == [first] * 3 + [second] * 2
        return exact, data.history(future, "open", 5, "1d").to_list(), volumes

    exact, floats, volumes = seen(look, 5)[-1]
    assert exact == [D(close) for close in closes]
    assert floats == pytest.approx([float(close) for close in closes], rel=1e-11)
    assert volumes == [100, 100, 100, 200, 300]


def test_before_a_roll_a_window_knows_nothing_of_it() -> None:
    found = seen(lambda c, d: d.history(c.continuous_future("ES"), "close", c.bar + 1, "1d").to_list(), 3)
    assert found == [[100.0], [100.0, 101.0], [100.0, 101.0, 102.0]]


def test_frames_have_a_column_per_future_and_rows_per_field() -> None:
    def look(context: Any, data: Any) -> Any:
        if context.bar < 4:
            return None
        futures = [context.continuous_future("ES"), context.continuous_future("ES", 0, "calendar", None)]
        contract = context.future_symbol("ESH21")
        wide = data.history([*futures, contract], "close", 2, "1d")
        exact = data.history(futures, "close", 2, "1d", dtype=Decimal)
        long = data.history(futures, ["close", "volume"], 1, "1d")
        return wide, exact, long, data.current(futures, ["close", "contract", "volume"])

    wide, exact, long, now = seen(look, 5)[-1]
    assert now.rows() == [("ES", D(118), "ESH21", D(300)), ("ES/calendar/plain", D(104), "ESG21", D(30))]
    assert wide.to_dict(as_series=False) == {
        "ES": [116.0, 118.0],
        "ES/calendar/plain": [103.0, 104.0],
        "ESH21": [116.0, 118.0],
    }
    assert exact.rows() == [(D(116), D(103)), (D(118), D(104))]
    assert long.select("symbol", "close", "volume").rows() == [("ES", 118.0, 300.0), ("ES/calendar/plain", 104.0, 30.0)]


def test_a_strategy_orders_the_contract_and_rolls_it_by_hand() -> None:
    """Bought on day 2 at 101; on day 4 the roll is seen, on day 5 G is sold at 104 and H bought at 118."""

    def on_bar(context: Any, data: Any) -> None:
        contract = data.current(context.continuous_future("ES"), "contract")
        if context.bar == 0:
            context.order_target(contract, 1)
        for held in context.portfolio.positions:
            if held != contract and not context.get_open_orders(contract):
                context.order_target(held, 0)
                context.order_target(contract, 1)

    result = run(on_bar, 6, first=1)
    assert result.transactions.select("symbol", "amount", "price").rows() == [
        ("ESG21", D(1), D(101)),
        ("ESG21", D(-1), D(104)),
        ("ESH21", D(1), D(118)),
    ]
    # 50 x (104 - 101) and 50 x (120 - 118)
    assert result.daily["portfolio_value"].to_list()[-1] == D(10_250)


def test_a_root_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SymbolNotFound, match=r"root symbol 'NQ'. It has ES."):
        run(lambda context, data: context.continuous_future("NQ"), 1)
