"""Fees of a purchase that are taken from what arrives, by hand, through `run_algorithm`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import rustybt
from rustybt.api import broker, commission
from tests.unit._small import ingest, run
from tests.unit.execution._trades import Trade, fees_of

F = Fraction
Charge, FeeSchedule = commission.Charge, commission.FeeSchedule
KERNELS = ["python", "auto"]
DAY = dt.date(2025, 3, 3)


def coins(rate: str, step: str, script: dict[int, Any], **settings: Any) -> tuple[rustybt.Result, list[Any]]:
    """A run on a coin at 100, then 110; what was held, and its cost a unit, after each bar."""
    ingest({"A": ["100", "100", "110", "110", "110"]}, assets={"type": "crypto", "quantity_step": step})
    seen: list[Any] = []

    def bar(context: Any, data: Any) -> None:
        held = context.portfolio.positions[context.symbol("A")]
        seen.append((held.amount, held.cost_basis))
        if context.bar in script:
            script[context.bar](context, context.symbol("A"))

    model = FeeSchedule(Charge(per="percent", rate=rate, paid_in="received"))
    result = run(bar, initialize=lambda context: context.set_commission(model), capital=100_000, **settings)
    return result, seen


def rows(result: rustybt.Result, *kinds: str) -> list[tuple[str, Fraction, Fraction]]:
    found = result.entries.select("kind", "quantity", "amount").rows()
    return [(kind, F(quantity), F(amount)) for kind, quantity, amount in found if kind in kinds]


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_purchase_brings_less_and_its_cash_is_the_price_of_all(kernel: str) -> None:
    """10 at 100 and 0.1 %: 0.01 is taken, 9.99 arrive for 1,000."""
    script = {
        0: lambda context, asset: context.order(asset, 10),
        2: lambda context, asset: context.order_target(asset, 0),
    }
    result, seen = coins("0.1", "0.0001", script, kernel=kernel)
    assert rows(result, "fill", "in_kind", "fee") == [
        ("fill", F(10), F(-1000)),
        ("in_kind", F("-0.01"), F(1)),
        ("fee", F(0), F(-1)),
        ("fill", F("-9.99"), F("1098.9")),
        ("fee", F(0), F("-1.0989")),
    ]
    assert seen[1][0] == Decimal("9.99")
    assert abs(F(seen[1][1]) - F(1000) / F("9.99")) < F(1, 10**10)
    assert result.daily["ending_cash"].to_list()[1] == 99_000
    assert result.daily["ending_cash"][-1] == Decimal(100_000) - 1000 + Decimal("1098.9") - Decimal("1.0989")
    assert result.orders["filled"].to_list() == [10, Decimal("-9.99")]
    assert F(result.metrics["commission"]) == F("2.0989")


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_less_than_the_smallest_unit_is_paid_in_money(kernel: str) -> None:
    """15 at 100 and 10 %: of one and a half one is taken, and 50 in money."""
    buys = {0: lambda context, asset: context.order(asset, 15)}
    result, seen = coins("10", "1", buys, kernel=kernel)
    assert rows(result, "fill", "in_kind", "fee") == [
        ("fill", F(15), F(-1500)),
        ("in_kind", F(-1), F(100)),
        ("fee", F(0), F(-150)),
    ]
    assert seen[1][0] == 14
    small, _ = coins("1", "1", buys, kernel=kernel)
    assert rows(small, "in_kind", "fee") == [("fee", F(0), F(-15))]


def test_parts_of_a_purchase_bring_their_units_exactly() -> None:
    """The volume lets through a tenth of 100 a bar: three times 10, each less 0.01."""
    ingest({"A": ["100"] * 6}, volume=100, assets={"type": "crypto", "quantity_step": "0.01"})

    def bar(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.order(context.symbol("A"), 30)

    def initialize(context: Any) -> None:
        context.set_commission(FeeSchedule(Charge(per="percent", rate="0.1", paid_in="received")))
        context.set_slippage(rustybt.api.slippage.VolumeShareSlippage(volume_limit="0.1", price_impact=0))

    result = run(bar, initialize=initialize, capital=100_000, days=6)
    assert rows(result, "in_kind") == [("in_kind", F("-0.01"), F(1))] * 3
    assert result.daily["ending_cash"][-1] == 97_000
    assert result.positions["amount"][-1] == Decimal("29.97")


def test_fees_of_what_has_no_units_to_give_are_paid_in_money() -> None:
    model = FeeSchedule(Charge(per="percent", rate="0.1", paid_in="received"))
    assets = {"type": "perpetual", "quantity_step": "0.0001"}
    done = fees_of(model, [Trade(DAY, 10, 100)], assets=assets)
    assert done.fees == [{"commission": 1}]
    assert "in_kind" not in done.result.entries["kind"].to_list()


@pytest.mark.parametrize("name", ["alpaca", "binance-spot", "bybit", "hyperliquid"])
def test_venues_that_take_it_from_the_coin(name: str) -> None:
    done = fees_of(broker(name), [Trade(DAY, 100, 100)], assets={"type": "crypto", "quantity_step": "0.0001"})
    ((_, units, money),) = rows(done.result, "in_kind")
    assert -units * 100 == money == done.fees[0]["commission"]
    assert done.result.daily["ending_cash"][-1] == 10**12 - 10_000


def test_no_more_is_taken_than_arrives() -> None:
    """Two fees of 80 and 50 on a purchase for 100: 0.8 and 0.2 of the coin, and 30 in money."""
    ingest({"A": ["100"] * 5}, assets={"type": "crypto", "quantity_step": "0.1"})
    model = FeeSchedule(
        Charge(per="order", rate=80, paid_in="received"), Charge(kind="desk", per="order", rate=50, paid_in="received")
    )

    def bar(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.order(context.symbol("A"), 1)

    result = run(bar, initialize=lambda context: context.set_commission(model))
    assert rows(result, "in_kind", "fee") == [
        ("in_kind", F("-0.8"), F(80)),
        ("in_kind", F("-0.2"), F(20)),
        ("fee", F(0), F(-80)),
        ("fee", F(0), F(-50)),
    ]
    assert not result.positions.height or not result.positions["amount"][-1]
    assert result.daily["ending_cash"][-1] == 10_000 - 130
