"""A script's own models, controls and blotters get and give what Zipline's would."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import polars as pl
import pytest

from rustybt import zipline
from rustybt.errors import TradingControlViolation
from rustybt.zipline import api
from rustybt.zipline.extensions import register, unregister
from rustybt.zipline.finance.asset_restrictions import StaticRestrictions
from rustybt.zipline.finance.blotter import Blotter, SimulationBlotter
from rustybt.zipline.finance.commission import CommissionModel, NoCommission, PerDollar, PerShare, PerTrade
from rustybt.zipline.finance.slippage import MarketImpactBase, NoSlippage, SlippageModel, VolatilityVolumeShare
from tests.unit._small import DAYS, ingest


@pytest.fixture(autouse=True)
def small() -> None:
    ingest({"A": ["10", "10.5", "11", "11.5", "12"]}, volume=1_000)


def run(prepare: Any = None, **options: Any) -> Any:
    def initialize(context: Any) -> None:
        context.asset = api.symbol("A")
        if prepare is not None:
            prepare(context)

    def handle_data(context: Any, data: Any) -> None:
        api.order(context.asset, 10)

    return zipline.run_algorithm(DAYS[0], DAYS[2], initialize, 10_000, handle_data, bundle="small", **options)


def test_a_slippage_model_sees_pandas_and_floats() -> None:
    class Half(SlippageModel):
        def process_order(self, data: Any, order: Any) -> tuple[float, int]:
            assert isinstance(data.history(order.asset, "price", 2, "1d"), pd.Series)
            assert (order.asset, order.open_amount, order.direction, order.triggered) == (0, 10 - order.filled, 1, True)
            assert isinstance(order.created, pd.Timestamp)
            return data.current(order.asset, "close") + 0.25, min(5, order.open_amount)

    perf = run(lambda context: api.set_slippage(Half()))
    fills = [(t["amount"], t["price"]) for day in perf["transactions"] for t in day]
    assert fills == [(5, 10.75), (5, 11.25), (5, 11.25)]


def test_a_commission_model_sees_the_fill() -> None:
    class OfSize(CommissionModel):
        def calculate(self, order: Any, transaction: Any) -> float:
            assert transaction.asset == order.asset
            assert isinstance(transaction.dt, pd.Timestamp)
            return transaction.amount * transaction.price / 100

    def prepare(context: Any) -> None:
        api.set_commission(OfSize())
        api.set_slippage(NoSlippage())

    perf = run(prepare)
    assert perf["capital_used"].tolist() == [0.0, pytest.approx(-105 * 1.01), pytest.approx(-110 * 1.01)]


def test_restrictions_hold_for_the_assets_of_a_script() -> None:
    def prepare(context: Any) -> None:
        api.set_asset_restrictions(StaticRestrictions([context.asset]))

    with pytest.raises(TradingControlViolation):
        run(prepare)
    with pytest.raises(TradingControlViolation):
        run(lambda context: api.set_max_order_size(context.asset, max_shares=5))


def test_a_registered_blotter_brings_its_models() -> None:
    register(
        Blotter, "free_zipline", lambda: SimulationBlotter(equity_slippage=NoSlippage(), equity_commission=PerTrade(0))
    )
    try:
        perf = run(blotter="free_zipline")
    finally:
        unregister(Blotter, "free_zipline")
    assert perf["capital_used"].tolist() == [0.0, -105.0, -110.0]


class ATenth(MarketImpactBase):
    """Half the bar at most, a tenth of the price away: what Zipline calls a model with a market impact."""

    def get_txn_volume(self, data: Any, order: Any) -> float:
        return data.current(order.asset, "volume") / 2

    def get_simulated_impact(self, **seen: Any) -> float:
        assert (seen["mean_volume"], type(seen["volatility"])) == (1000.0, float)
        return seen["current_price"] / 10


class Wide(VolatilityVolumeShare):
    """A model that comes along, with an impact of its own."""

    def get_simulated_impact(self, **seen: Any) -> float:
        return 2.0


@pytest.mark.parametrize(
    ("model", "units", "price"),
    [
        # a twentieth of 1,000, 7.5 basis points away, as there are no twenty sessions
        (None, 5, 11 * 1.00075),
        (lambda: VolatilityVolumeShare(0.05, eta={"F": 0.07}), 5, 11 * 1.00075),
        (ATenth, 5, 11 * 1.001),
        (lambda: Wide(0.002), 2, 11 * 1.00075),
    ],
)
def test_models_with_a_market_impact_fill_futures(model: Any, units: int, price: float) -> None:
    future = pl.DataFrame({"symbol": ["A"], "type": ["future"], "multiplier": ["50"]})
    ingest({"A": ["10", "11", "12"]}, volume=1_000, assets=future)

    def initialize(context: Any) -> None:
        api.set_commission(us_futures=NoCommission())
        if model is not None:
            api.set_slippage(us_futures=model())

    def handle_data(context: Any, data: Any) -> None:
        api.order(api.future_symbol("A"), 5 - context.portfolio.positions[api.future_symbol("A")].amount)

    perf = zipline.run_algorithm(DAYS[0], DAYS[1], initialize, 10_000, handle_data, bundle="small")
    fills = [(t["amount"], t["price"]) for day in perf["transactions"] for t in day]
    assert fills == [(units, pytest.approx(price, rel=1e-12))]


def test_a_model_with_a_market_impact_looks_at_twenty_sessions() -> None:
    days = [DAYS[0] + dt.timedelta(days=k) for k in range(25)]
    # closes go 10, 11, 10, 11, ...
    ingest({"A": [str(10 + k % 2) for k in range(25)]}, volume=1_000, days=days)

    def initialize(context: Any) -> None:
        api.set_commission(NoCommission())
        api.set_slippage(ATenth())

    def handle_data(context: Any, data: Any) -> None:
        if data.current_session == pd.Timestamp(days[22]):
            api.order(api.symbol("A"), 5)

    perf = zipline.run_algorithm(days[20], days[24], initialize, 10_000, handle_data, bundle="small")
    assert [t["price"] for day in perf["transactions"] for t in day] == [pytest.approx(11 * 1.1, rel=1e-12)]


def test_models_tell_their_cost_under_zipline_s_names() -> None:
    assert (PerShare().cost_per_share, PerDollar(0.002).cost_per_dollar) == (0.001, 0.002)


class Tired(SlippageModel):
    """Each fill of a run is worse than the one before."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def process_order(self, data: Any, order: Any) -> tuple[float, int]:
        self.asked.append(order.asset)
        return data.current(order.asset, "close") + len(self.asked), order.open_amount


def test_models_of_a_script_are_each_runs_own() -> None:
    shared = SimulationBlotter(equity_slippage=Tired(), equity_commission=NoCommission())

    def prices(**options: Any) -> list[float]:
        return [t["price"] for day in run(**options)["transactions"] for t in day]

    assert [prices(blotter=shared) for _ in range(2)] == [[11.5, 13.0]] * 2

    def prepare(context: Any) -> None:
        context.model = Tired()
        api.set_slippage(context.model)
        context.kept = context

    def analyze(context: Any, perf: Any) -> None:
        seen.append((len(context.model.asked), context.blotter.slippage_models[type(context.asset)] is context.model))

    seen: list[Any] = []
    run(prepare, analyze=analyze)
    assert seen == [(2, True)]


def test_an_error_of_analyze_carries_the_frame() -> None:
    def analyze(context: Any, perf: Any) -> None:
        raise KeyError("no such column")

    with pytest.raises(KeyError) as caught:
        run(analyze=analyze)
    pd.testing.assert_frame_equal(caught.value.result, run())  # type: ignore[attr-defined]
