"""What a strategy sees of its money, in either kind of numbers."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from rustybt.api import commission
from rustybt.errors import InputError
from tests.unit._small import DAYS, ingest, run, seen

D = Decimal


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["10", "10", "12", "11"], "B": ["5", "5", "4", "4"]})


def look(what: Any, numbers: str = "decimal", bar: int = 2) -> Any:
    """What is seen on a bar; 10 of A and -20 of B are held from bar 1 on, of 1000 at the start."""

    def on_bar(context: Any, data: Any) -> Any:
        a, b = context.symbols("A", "B")
        if context.bar == 0:
            context.order(a, 10)
            context.order(b, -20)
        return what(context, a, b) if context.bar == bar else None

    return seen(on_bar, days=bar + 1, capital=1000, numbers=numbers, initialize=lambda c: c.set_commission(
        commission.PerTrade(1)))  # fmt: skip


# cash: 1000 - 100 + 100 - 2 = 998; A: 120, B: -80; value 1038
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cash", "998"), ("starting_cash", "1000"), ("positions_value", "40"), ("positions_exposure", "40"),
        ("portfolio_value", "1038"), ("pnl", "38"), ("returns", "0.038"), ("capital_used", "-2"), ("cash_flow", "-2"),
    ],
)  # fmt: skip
def test_the_figures_of_the_portfolio(name: str, value: str) -> None:
    exact = look(lambda c, a, b: getattr(c.portfolio, name))
    assert (type(exact), exact) == (Decimal, D(value))
    inexact = look(lambda c, a, b: getattr(c.portfolio, name), "float")
    assert (type(inexact), inexact) == (float, float(value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settled_cash", "998"), ("available_funds", "998"), ("regt_equity", "998"), ("excess_liquidity", "998"),
        ("total_position_value", "40"), ("total_positions_value", "40"), ("total_positions_exposure", "40"),
        ("equity_with_loan", "1038"), ("net_liquidation", "1038"), ("accrued_interest", "0"),
        ("initial_margin_requirement", "0"), ("maintenance_margin_requirement", "0"),
        ("leverage", "0.192678227360308285"), ("gross_leverage", "0.192678227360308285"),  # 200 / 1038
        ("net_leverage", "0.038535645472061657"), ("cushion", "0.961464354527938343"),  # 40 / 1038, 998 / 1038
        ("buying_power", "Infinity"), ("regt_margin", "Infinity"), ("day_trades_remaining", "Infinity"),
    ],
)  # fmt: skip
def test_the_figures_of_the_account(name: str, value: str) -> None:
    assert look(lambda c, a, b: getattr(c.account, name)) == D(value)
    assert look(lambda c, a, b: getattr(c.account, name), "float") == float(value)


def test_positions_are_a_mapping_of_what_is_held() -> None:
    def what(context: Any, a: Any, b: Any) -> Any:
        positions = context.portfolio.positions
        assert list(positions) == [a, b]
        assert len(positions) == 2
        assert a in positions
        assert "A" not in positions
        assert "A" in repr(positions)
        return [(p.amount, p.cost_basis, p.last_sale_price, p.sid) for p in positions.values()], a, b

    found, a, b = look(what)
    # a fee of 1 makes ten units cost 10.1 each, and lowers what twenty sold ones brought to 4.95
    assert found == [(D(10), D("10.1"), D(12), a), (D(-20), D("4.95"), D(4), b)]
    floats = look(lambda c, a, b: [(p.amount, p.cost_basis) for p in c.portfolio.positions.values()], "float")
    assert floats == [(10, 10.1), (-20, 4.95)]
    assert type(floats[0][0]) is int


def test_an_asset_that_is_not_held_has_an_empty_position_that_is_not_added() -> None:
    def what(context: Any, a: Any, b: Any) -> Any:
        empty = context.portfolio.positions[a]
        return empty.amount, empty.cost_basis, empty.last_sale_date, a in context.portfolio.positions

    assert look(what, bar=0) == (0, 0, None, False)


def test_a_symbol_is_no_key_of_positions() -> None:
    with pytest.raises(InputError, match=r"symbol\('A'\)"):
        look(lambda c, a, b: c.portfolio.positions["A"])


def test_weights_are_shares_of_the_value() -> None:
    found = look(lambda c, a, b: list(c.portfolio.current_portfolio_weights.values()))
    # 120 / 1038 and -80 / 1038
    assert found == [D("0.115606936416184971"), D("-0.077071290944123314")]


def test_the_start_and_the_look_of_a_portfolio() -> None:
    assert look(lambda c, a, b: c.portfolio.start_date) == DAYS[0]
    assert look(lambda c, a, b: repr(c.portfolio)) == "Portfolio(value=1038, cash=998, positions=2)"


def test_a_portfolio_worth_nothing_has_infinite_leverage() -> None:
    # 100 of A bought with 1000 at 10; then it is worth less than what is owed... exactly nothing at 998 + 120 - 1118
    ingest({"A": ["10", "10", "0.01"]})

    def on_bar(context: Any, data: Any) -> Any:
        if context.bar == 0:
            context.order(context.symbol("A"), 100_000)
        return context.account.leverage, context.account.net_leverage, context.account.cushion

    # 1000000 - 999000: 100000 units at 10 cost 1000000, of a capital of 999000; worth 1000 at 0.01
    with pytest.warns(UserWarning, match="The account was ruined on 2021-02-03"):
        assert seen(on_bar, days=3, capital=999_000) == (D("Infinity"),) * 3
    with pytest.warns(UserWarning, match="The account was ruined on 2021-02-03"):
        assert all(math.isinf(x) for x in seen(on_bar, days=3, capital=999_000, numbers="float"))


def test_the_environment_says_what_the_run_is() -> None:
    found = seen(lambda c, d: c.get_environment("*"), bar=0, days=3)
    assert found == {
        "arena": "backtest",
        "data_frequency": "daily",
        # the first minute, as in Zipline
        "start": dt.datetime(2021, 2, 1, 0, 1, tzinfo=dt.UTC),
        "end": dt.datetime(2021, 2, 4, tzinfo=dt.UTC),
        "capital_base": D(10_000),
        "platform": "rustybt",
    }
    assert seen(lambda c, d: c.get_environment(), bar=0) == "rustybt"
    with pytest.raises(InputError, match="arena"):
        run(lambda c, d: c.get_environment("weather"))


def test_recorded_values_stay_until_they_are_replaced() -> None:
    def on_bar(context: Any, data: Any) -> None:
        if context.bar == 1:
            context.record("x", D("1.50"), y="text")
        if context.bar == 2:
            context.record(x=2, z=1.5)

    recorded = run(on_bar, days=4).recorded
    assert recorded.rows() == [
        (DAYS[1], D("1.5"), "text", None),
        (DAYS[2], D(2), "text", 1.5),
        (DAYS[3], D(2), "text", 1.5),
    ]
    with pytest.raises(InputError, match="pairs"):
        run(lambda c, d: c.record("x"))


def test_the_last_sale_is_now_or_the_last_bar_of_what_has_ended() -> None:
    ingest({"A": ["10", "10", "10", "10"], "B": ["5", "5"]})
    found = []

    def on_bar(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.order(context.symbol("A"), 10)
            context.order(context.symbol("B"), 10)
        found.append([p.last_sale_date.day for p in context.portfolio.positions.values()])

    run(on_bar, days=4)
    # a bar of this calendar ends at midnight: that of 2 February on the 3rd, and there is no later one of B
    assert found == [[], [3, 3], [4, 3], [5, 3]]


def answers(mapping: Any, keys: Any) -> Any:
    """What a mapping answers to all that one can be asked, but for `mapping[key]` of what is not in it."""
    return (
        isinstance(mapping, Mapping), list(mapping), len(mapping), bool(mapping), list(mapping.keys()),
        list(mapping.values()), list(mapping.items()), [key in mapping for key in keys],
        [mapping.get(key) for key in keys], [mapping.get(key, "none") for key in keys],
        [key in mapping.keys() for key in keys], mapping == dict(mapping), dict(mapping) == mapping,  # noqa: SIM118
        {**mapping} == dict(mapping), mapping == {"other": 1},
    )  # fmt: skip


@pytest.mark.parametrize("numbers", ["decimal", "float"])
@pytest.mark.parametrize("bar", [0, 2])
@pytest.mark.parametrize("currency", [None, "USD"])
def test_what_a_strategy_gets_by_key_answers_as_a_dict_of_the_same_would(
    numbers: str, bar: int, currency: str | None
) -> None:
    def on_bar(context: Any, data: Any) -> None:
        a, b = context.symbols("A", "B")
        if context.bar == 0:
            context.order(a, 10)
        if context.bar == bar:
            positions, cash = context.portfolio.positions, context.portfolio.cash_by_currency
            # the next line makes a copy by iteration and [], each key of which is held
            assert answers(positions, [a, b]) == answers({key: positions[key] for key in positions}, [a, b])
            assert answers(cash, ["USD", "EUR"]) == answers({"USD": context.portfolio.cash}, ["USD", "EUR"])
            assert (b in positions, positions.get(b), positions[b].amount, cash["EUR"]) == (False, None, 0, 0)
            seen_at.append(len(positions))

    seen_at: list[int] = []
    run(on_bar, days=bar + 1, numbers=numbers, currency=currency)
    assert seen_at == [0 if bar == 0 else 1]


def test_get_is_asked_with_an_asset_and_with_the_name_of_a_currency_too() -> None:
    with pytest.raises(InputError, match=r"symbol\('A'\)"):
        look(lambda c, a, b: c.portfolio.positions.get("A"))
    with pytest.raises(InputError, match="name of a currency"):
        look(lambda c, a, b: c.portfolio.cash_by_currency.get(1))
