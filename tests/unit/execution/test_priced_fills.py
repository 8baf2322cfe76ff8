"""What reports say a fill's price is measured against, and what a model says that it is worse by."""

from __future__ import annotations

from typing import Any

import pytest

from rustybt import SimulationBlotter
from rustybt.api import execution, slippage
from rustybt.core import CostKind, Priced
from rustybt.execution import Broker
from tests.unit._small import ingest, run
from tests.unit.engine.test_brokers import Passing

SPREAD, SLIPPAGE, IMPACT = CostKind.SPREAD, CostKind.SLIPPAGE, CostKind.IMPACT
CENT = 10**10
"""At the fill scale of prices without decimals."""


class SpreadAndImpact(slippage.SlippageModel):
    """Three hundredths away from the price: one of spread, two of impact."""

    itemised = True

    def quote(self, order: Any, offer: Any) -> Any:
        away = 3 * CENT // 100
        return offer.price + away if order.amount > 0 else offer.price - away, offer.wanted

    def parts(self, order: Any, offer: Any, price: int) -> Any:
        return ((SPREAD, CENT // 100), (IMPACT, 2 * CENT // 100))


class AsAFloat(slippage.SlippageModel):
    """A hundredth above what the bar offers, in a strategy's numbers."""

    cost_kind = SPREAD

    def process_order(self, data: Any, order: Any) -> Any:
        return float(data.current(order.asset, "close")) + 0.01, order.amount


def priced(model: Any, amount: int, style: Any = None, **how: Any) -> Priced | None:
    """What the report of the first fill says; the bar is 10, 12, 8, 11."""
    passing: list[Passing] = []

    class Around(SimulationBlotter):
        def broker(self, simulated: Broker) -> Broker:
            passing.append(Passing(simulated))
            return passing[-1]

    ingest({"A": [10, (10, 12, 8, 11, 1_000_000)]})
    place = {0: lambda context, _: context.order(context.symbol("A"), amount, style=style)}
    run(place, initialize=lambda context: context.set_slippage(model), blotter=Around(), days=2, **how)
    (fill,) = [report for report in passing[0].reported if report.price and "filled" in report.kind.value]
    return fill.priced


def test_a_fill_at_what_the_bar_offers_all_says_nothing() -> None:
    """The frames know the price of the bar: nothing is kept beside it."""
    assert priced(slippage.NoSlippage(), 5) is None
    assert priced(slippage.FixedBasisPointsSlippage(10), 5) is None


@pytest.mark.parametrize(
    ("style", "reference"),
    [
        (execution.StopOrder(9), 9 * CENT),
        (execution.LimitOrder(12), 12 * CENT),
        (execution.StopOrder("10.5"), 10 * CENT),  # the bar opened beyond it
    ],
)
def test_a_stop_or_limit_within_the_bar_is_measured_against_its_own_price_or_the_open(
    style: Any, reference: int
) -> None:
    assert priced(slippage.FixedBasisPointsSlippage(10), -5, style, trigger="range") == Priced(reference)


@pytest.mark.parametrize("amount", [5, -5])
def test_a_model_says_of_what_kind_the_difference_is(amount: int) -> None:
    assert priced(slippage.FixedSlippage("0.5"), amount) == Priced(11 * CENT, ((SPREAD, CENT // 4),))
    parts = ((SPREAD, CENT // 100), (IMPACT, 2 * CENT // 100))
    assert priced(SpreadAndImpact(), amount) == Priced(11 * CENT, parts)
    # 5 of 1,000,000 units: 0.1 x (5 / 1,000,000)^2 of 11 is 2.75e-11, rounded half-even at 1e-10 to 0
    assert priced(slippage.VolumeShareSlippage(), amount) == Priced(11 * CENT)


@pytest.mark.parametrize("amount", [5, -5])
def test_models_of_impact_and_of_estimated_spreads_say_so(amount: int) -> None:
    """11 x 0.1 x sqrt(5 / 500) = 0.11; 0.01 and 5 x 0.004; half a tick of a cent."""
    root = slippage.SquareRootImpact(volatility="0.1", volume=500)
    assert priced(root, amount) == Priced(11 * CENT, ((IMPACT, 11 * CENT // 100),))
    linear = slippage.AlmgrenChriss(epsilon="0.01", gamma=0, eta="0.004")
    assert priced(linear, amount) == Priced(11 * CENT, ((SPREAD, CENT // 100), (IMPACT, 2 * CENT // 100)))
    assert priced(slippage.EstimatedSpread(), amount) == Priced(11 * CENT, ((SPREAD, CENT // 200),))


def test_a_model_in_a_strategys_numbers_says_it_too() -> None:
    assert priced(AsAFloat(), 5) == Priced(11 * CENT, ((SPREAD, CENT // 100),))


def test_at_the_tick_the_kind_is_that_of_the_model_within() -> None:
    model = slippage.AtTick(slippage.FixedSlippage("0.5"), rounding="against", tick="0.2")
    assert priced(model, 5) == Priced(11 * CENT, ((SPREAD, 4 * CENT // 10),))


def test_a_limit_cuts_the_parts_of_the_price_that_it_holds_the_last_first() -> None:
    got = priced(SpreadAndImpact(), 5, execution.LimitOrder("11.02"))
    assert got == Priced(11 * CENT, ((SPREAD, CENT // 100), (IMPACT, CENT // 100)))
