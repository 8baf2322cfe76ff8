"""The default slippage of futures: against its formula at high precision, rounded once, and against Zipline's code."""

from __future__ import annotations

import datetime as dt
import decimal
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from rustybt.api import commission, order, slippage, symbol
from rustybt.execution.slippage import DEFAULT_ETA, ETA_OF_ROOT
from tests.unit._small import ingest, run

D = Decimal
DAYS = [dt.date(2021, 2, 1) + dt.timedelta(days=k) for k in range(30)]
CLOSES = [D(5000 + (k * k * 37) % 211) / 100 for k in range(30)]
VOLUMES = [1000 + (k * 7919) % 500 for k in range(30)]
ASSETS = pl.DataFrame({"symbol": ["F"], "type": ["future"], "multiplier": ["50"]})


@pytest.fixture(autouse=True)
def _bundle() -> None:
    bars = [(c, c + D("0.53"), c - D("0.26"), c, v) for c, v in zip(CLOSES, VOLUMES, strict=True)]
    ingest({"F": bars}, days=DAYS, assets=ASSETS)


def fill(amount: int, bar: int, limit: Any = None, model: Any = None, **how: Any) -> list[Any]:
    """The fills of an order that is placed on a bar and cancelled after the next one."""

    def initialize(context: Any) -> None:
        context.set_commission(us_futures=commission.NoCommission())
        if model is not None:
            context.set_slippage(us_futures=model)

    result = run(
        {bar: lambda c, d: order(symbol("F"), amount, limit), bar + 1: lambda c, d: c.cancel_order("main-1")},
        initialize=initialize,
        end=DAYS[bar + 1],
        **how,
    )
    return list(result.transactions.select("amount", "price").iter_rows())


def expected(bar: int, units: int, side: int, eta: Decimal) -> Decimal:
    """The formula on a bar, with a hundred digits, rounded half-even to 12 decimals."""
    with decimal.localcontext(prec=100):
        closes, volumes = CLOSES[bar - 20 : bar], VOLUMES[bar - 20 : bar]
        returns = [b / a - 1 for a, b in pairwise(closes)]
        mean = sum(returns) / 19
        sigma = (sum((r - mean) ** 2 for r in returns) / 18 * 252).sqrt()
        psi = D(units) / (D(sum(volumes)) / 20)
        middle = CLOSES[bar] + (D("0.53") - D("0.26")) / 2
        exact = middle + side * middle * eta * sigma * psi.sqrt() / 10_000
        return exact.quantize(D("1e-12"), decimal.ROUND_HALF_EVEN)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("eta", [None, "0.1", 2])
def test_the_impact_follows_the_formula_to_the_last_digit(side: int, eta: Any) -> None:
    model = None if eta is None else slippage.VolatilityVolumeShare("0.05", eta)
    assert fill(7 * side, 24, model=model) == [(7 * side, expected(25, 7, side, D(str(eta or DEFAULT_ETA))))]


def test_an_order_fills_a_share_of_the_bar_in_whole_contracts() -> None:
    most = VOLUMES[25] * 5 // 100
    assert fill(10_000, 24) == [(most, expected(25, most, 1, D(DEFAULT_ETA)))]
    assert fill(10_000, 24, model=slippage.VolatilityVolumeShare("0.0001")) == []


def test_without_twenty_sessions_the_impact_is_seven_and_a_half_basis_points() -> None:
    middle = CLOSES[5] + D("0.135")
    assert fill(3, 4) == [(3, (middle * D("1.00075")).quantize(D("1e-12"), decimal.ROUND_HALF_EVEN))]
    assert fill(-3, 4) == [(-3, (middle * D("0.99925")).quantize(D("1e-12"), decimal.ROUND_HALF_EVEN))]


def test_an_order_whose_limit_the_impact_would_break_does_not_fill() -> None:
    price = expected(25, 7, 1, D(DEFAULT_ETA))
    above = price.quantize(D("0.01"), decimal.ROUND_CEILING)
    assert fill(7, 24, CLOSES[25]) == []
    assert fill(7, 24, above) == [(7, price)]


def test_the_table_of_eta_is_that_of_zipline() -> None:
    constants = pytest.importorskip("zipline.finance.constants")
    assert {root: float(ETA_OF_ROOT.get(root, DEFAULT_ETA)) for root in constants.ROOT_SYMBOL_TO_ETA} == (
        constants.ROOT_SYMBOL_TO_ETA
    )


def test_the_fees_of_exchanges_are_those_of_zipline() -> None:
    constants = pytest.importorskip("zipline.finance.constants")
    assert {root: float(fee) for root, fee in commission.EXCHANGE_FEE_OF_ROOT.items()} == (
        constants.FUTURE_EXCHANGE_FEES_BY_SYMBOL
    )


def test_a_model_derived_from_it_counts_by_its_own_formula() -> None:
    class Flat(slippage.VolatilityVolumeShare):
        def get_simulated_impact(self, **seen: Any) -> Any:
            return D("0.5")

    middle = CLOSES[25] + D("0.135")
    assert fill(7, 24, model=Flat("0.05")) == [(7, middle + D("0.5"))]

    class Same(slippage.VolatilityVolumeShare):
        def get_txn_volume(self, data: Any, order: Any) -> Any:
            return 5

    made = fill(7, 24, model=Same("0.05", 1))
    assert [units for units, _ in made] == [5]
    assert abs(made[0][1] - expected(25, 5, 1, D(1))) < D("1e-11")
    floats = fill(7, 24, model=Same("0.05", 1), numbers="float")
    assert abs(floats[0][1] - expected(25, 5, 1, D(1))) < D("1e-10")


def test_a_run_on_weeks_has_no_sessions_to_look_at() -> None:
    """7.5 basis points from the middle of the week's high and low, as where the data do not reach back."""
    result = run(
        {1: lambda c, d: order(symbol("F"), 3)},
        initialize=lambda c: c.set_commission(us_futures=commission.NoCommission()),
        end=DAYS[-1],
        data_frequency="1w",
    )
    high, low = max(CLOSES[14:21]) + D("0.53"), min(CLOSES[14:21]) - D("0.26")
    fills = list(result.transactions.select("dt", "amount", "price").iter_rows())
    assert fills == [(dt.datetime(2021, 2, 22, tzinfo=dt.UTC), 3, (high + low) / 2 * D("1.00075"))]
