"""Controls on orders and on the account: what each forbids, and what becomes of an order in each mode."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from rustybt import api
from rustybt.errors import (
    AccountControlViolation,
    InputError,
    RegisterAccountControlPostInit,
    RegisterTradingControlPostInit,
    TradingControlViolation,
)
from rustybt.orders import AccountControl, AssetDateBounds, TradingControl
from tests.unit._small import DAYS, ingest, ingest_minutes, run

D = Decimal


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8"] * 6, "B": ["3"] * 6})


def placed(control: Any, amounts: dict[int, Any], *, symbol: str = "A", **how: Any) -> list[tuple[Decimal, str]]:
    """Orders by bar, one or several amounts each; their amounts and how they ended."""

    def place(context: Any, data: Any) -> None:
        given = amounts.get(context.bar, [])
        for amount in given if isinstance(given, list) else [given]:
            api.order(api.symbol(symbol), amount)

    result = run(place, initialize=control, **how)
    return list(result.orders.select("amount", "status").iter_rows())


CONTROLS = [
    # the control, with 10 of A held at 8: an order that it lets through, and one that it does not
    (lambda **k: api.set_max_order_size(max_shares=7, **k), -7, 8),
    (lambda **k: api.set_max_order_size(max_notional=56, **k), -7, -8),
    (lambda **k: api.set_max_order_size(api.symbol("A"), 7, **k), 7, -8),
    (lambda **k: api.set_max_position_size(max_shares=12, **k), 2, 3),
    (lambda **k: api.set_max_position_size(max_shares=12, **k), -22, -23),
    (lambda **k: api.set_max_position_size(max_notional="96.5", **k), 2, 3),
    (lambda **k: api.set_max_position_size(api.symbol("A"), 12, **k), 2, 3),
    (api.set_long_only, -10, -11),
]


def rule_after(control: Any, on_error: str) -> Any:
    """Sets a control that the first order, of ten, does not break."""
    return lambda context: control(on_error=on_error)


@pytest.mark.parametrize("compat", [None, "zipline"])
@pytest.mark.parametrize(("control", "allowed", "forbidden"), CONTROLS)
def test_each_control_in_each_mode(control: Any, allowed: int, forbidden: int, compat: Any) -> None:
    def first_ten(context: Any, data: Any) -> None:
        # past the controls
        if context.bar == 0:
            api.batch_market_order({api.symbol("A"): 10})

    def order_of(amount: int) -> Any:
        def place(context: Any, data: Any) -> None:
            first_ten(context, data)
            if context.bar == 2:
                api.order(api.symbol("A"), amount)

        return place

    def ends(amount: int, on_error: str) -> str:
        result = run(order_of(amount), initialize=rule_after(control, on_error), compat=compat)
        return str(result.orders["status"][-1])

    for on_error in ("fail", "reject", "log"):
        assert ends(allowed, on_error) == "filled"
    assert ends(forbidden, "log") == "filled"
    assert ends(forbidden, "reject") == "rejected"
    with pytest.raises(TradingControlViolation, match=rf"Order for {forbidden} of A at 2021-02-04"):
        ends(forbidden, "fail")


def test_a_control_of_one_asset_leaves_the_others_alone() -> None:
    rule = lambda context: api.set_max_order_size(api.symbol("A"), 7)  # noqa: E731
    assert placed(rule, {0: 100}, symbol="B") == [(D(100), "filled")]


def test_the_number_of_orders_of_a_day() -> None:
    rule = lambda context: api.set_max_order_count(2, on_error="reject")  # noqa: E731
    # a size of zero counts, and so does what is refused; the next day begins anew
    ends = placed(rule, {0: [1, 2, 3], 1: [0, 5, 6]})
    assert ends == [(1, "filled"), (2, "filled"), (3, "rejected"), (5, "filled"), (6, "rejected")]


def test_open_orders_do_not_count_towards_a_position() -> None:
    rule = lambda context: api.set_max_position_size(max_shares=10)  # noqa: E731
    assert placed(rule, {0: [10, 10]}) == [(D(10), "filled"), (D(10), "filled")]


def test_a_refused_order_keeps_the_reason_and_a_logged_one_too(caplog: pytest.LogCaptureFixture) -> None:
    rule = lambda context: api.set_max_order_size(max_shares=5, on_error="reject")  # noqa: E731
    result = run({0: lambda c, d: api.order(api.symbol("A"), 6)}, initialize=rule)
    reason = "the order would be of more units than MaxOrderSize(max_shares=5) allows"
    assert result.orders["reason"].to_list() == [reason]
    rule = lambda context: api.set_max_order_size(max_shares=5, on_error="log")  # noqa: E731
    with caplog.at_level(logging.ERROR, logger="rustybt.orders"):
        result = run({0: lambda c, d: api.order(api.symbol("A"), 6)}, initialize=rule)
    assert result.order_events["reason"].to_list() == [reason, None]
    assert [record.getMessage() for record in caplog.records] == [
        f"Order for 6 of A at 2021-02-02 00:00:00+00:00: {reason}. It is placed all the same."
    ]


def test_a_contract_is_worth_its_multiplier() -> None:
    ingest({"A": ["8"] * 6}, assets=pl.DataFrame({"symbol": ["A"], "multiplier": ["5"]}))
    rule = lambda context: api.set_max_order_size(max_notional=100, on_error="reject")  # noqa: E731
    assert placed(rule, {0: [2, 3]}) == [(2, "filled"), (3, "rejected")]
    # Zipline takes it to be worth its price
    assert placed(rule, {0: [12, 13]}, compat="zipline") == [(12, "filled"), (13, "rejected")]


@pytest.mark.parametrize(
    "wrong",
    [
        api.set_max_order_size,
        lambda: api.set_max_order_size(max_shares=-1),
        lambda: api.set_max_position_size(max_notional=-0.5),
        lambda: api.set_long_only(on_error="warn"),
        lambda: api.set_asset_restrictions([1, 2]),
        lambda: api.set_max_leverage(-1),
        lambda: api.set_max_leverage(None),
        lambda: api.set_min_leverage(-1, dt.timedelta(days=1)),
        lambda: api.set_min_leverage(1, "soon"),
    ],
)
def test_a_control_that_means_nothing_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError):
        run(initialize=lambda context: wrong())


def test_controls_are_set_in_initialize() -> None:
    with pytest.raises(RegisterTradingControlPostInit):
        run(lambda c, d: api.set_long_only())
    with pytest.raises(RegisterAccountControlPostInit):
        run(lambda c, d: api.set_max_leverage(2))


# restrictions


def frozen(*changes: tuple[int, str]) -> Any:
    def initialize(context: Any) -> None:
        states = api.RESTRICTION_STATES
        listed = [api.Restriction(api.symbol("A"), DAYS[k], states[state]) for k, state in changes]
        api.set_asset_restrictions(api.HistoricalRestrictions(listed), on_error="reject")

    return initialize


def test_restrictions_hold_from_their_date_on() -> None:
    # a bar of session k is over at midnight of session k + 1
    rule = frozen((4, "ALLOWED"), (2, "FROZEN"))
    assert placed(rule, {0: 1, 1: 2, 2: 3, 3: 4}) == [(1, "filled"), (2, "rejected"), (3, "rejected"), (4, "filled")]


def test_a_restricted_asset_can_not_be_traded() -> None:
    seen: list[Any] = []
    result = run(
        lambda c, d: seen.append([*d.can_trade(api.symbols("A", "B")).values()]), initialize=frozen((2, "FROZEN"))
    )
    assert seen == [[True, True], [False, True], [False, True], [False, True], [False, True]]
    assert result.orders.height == 0


def test_restrictions_add_up() -> None:
    class Odd:
        def current_securities(self, dt: Any) -> set[int]:
            return {1}

    def initialize(context: Any) -> None:
        api.set_asset_restrictions(api.StaticRestrictions([api.symbol("A")]), on_error="reject")
        api.set_do_not_order_list(Odd(), on_error="reject")

    def ask(context: Any, data: Any) -> None:
        for asset in api.symbols("A", "B"):
            api.order(asset, 1)
        context.can = data.can_trade(api.symbols("A", "B"))

    result = run({0: ask}, initialize=initialize)
    assert result.orders["status"].to_list() == ["rejected"] * 2
    assert "not to be ordered" in result.orders["reason"][0]


def test_the_union_of_restrictions_is_flat_and_without_empty_ones() -> None:
    from rustybt.orders import NoRestrictions, StaticRestrictions

    nothing, one, two = NoRestrictions(), StaticRestrictions([]), StaticRestrictions([])
    assert (nothing | one) is one
    assert (one | nothing) is one
    assert isinstance(nothing | NoRestrictions(), NoRestrictions)
    three = one | two | StaticRestrictions([])
    assert len(three.parts) == 3  # type: ignore[attr-defined]


# Zipline's form of a control


def test_a_control_of_ones_own() -> None:
    class Even(TradingControl):
        def validate(self, asset: Any, amount: Any, portfolio: Any, algo_datetime: Any, algo_current_data: Any) -> None:
            if amount % 2 or algo_current_data.current(asset, "price") != 8 or portfolio.cash < 0:
                self.handle_violation(asset, amount, algo_datetime, metadata={"rest": amount % 2})

    rule = lambda context: context.register_trading_control(Even("reject", base=2))  # noqa: E731
    assert placed(rule, {0: [1, 2]}) == [(1, "rejected"), (2, "filled")]
    result = run({0: lambda c, d: c.order(c.symbol("A"), 3)}, initialize=rule)
    assert result.orders["reason"].to_list() == ["Even(base=2) is violated ({'rest': Decimal('1')})"]

    class NoCash(AccountControl):
        def validate(self, portfolio: Any, account: Any, algo_datetime: Any, algo_current_data: Any) -> None:
            if account.settled_cash < 9_000:
                self.fail()

    with pytest.raises(AccountControlViolation, match=r"NoCash\(\) is violated"):
        placed(lambda context: context.register_account_control(NoCash()), {0: 200})
    with pytest.raises(NotImplementedError, match="validate"):
        placed(lambda context: context.register_trading_control(TradingControl("fail")), {0: 1})


def test_bounds_by_date_are_there_to_be_registered() -> None:
    ingest({"A": ["8"] * 6, "B": [None, None, "3", "3", "3", "3"]})
    rule = lambda context: context.register_trading_control(AssetDateBounds("reject"))  # noqa: E731
    assert placed(rule, {0: 1, 3: 2}, symbol="B") == [(1, "rejected"), (2, "filled")]


# the account


def test_the_leverage_is_looked_at_when_a_session_ends() -> None:
    # 10,000 and 1,500 x 8: a leverage of 1.2
    assert placed(lambda context: api.set_max_leverage("1.2"), {0: 1500}) == [(1500, "filled")]
    with pytest.raises(
        AccountControlViolation, match=r"2021-02-02 the leverage is 1\.2, and MaxLeverage\(max_leverage=1"
    ):
        placed(lambda context: api.set_max_leverage("1.19"), {0: 1500})


def test_within_a_session_the_leverage_may_be_higher() -> None:
    ingest_minutes({"A": ["8"] * 1440}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))
    ends = placed(lambda context: api.set_max_leverage(1), {0: 1500, 2: -1500}, days=1, data_frequency="minute")
    assert ends == [(1500, "filled"), (-1500, "filled")]


def test_a_least_leverage_has_a_time_of_grace() -> None:
    rule = lambda days: lambda context: api.set_min_leverage(1, dt.timedelta(days=days))  # noqa: E731
    # held from the second session on, whose close is two days after the first day began
    assert placed(rule(1), {0: 1500}) == [(1500, "filled")]
    with pytest.raises(AccountControlViolation, match="2021-02-01 the leverage is 0"):
        placed(rule(0), {0: 1500})
    with pytest.raises(AccountControlViolation, match="2021-02-03 the leverage is 0"):
        placed(rule(2), {})
