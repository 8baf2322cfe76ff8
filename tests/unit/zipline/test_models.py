"""A script's own models, controls and blotters get and give what Zipline's would."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from rustybt import zipline
from rustybt.errors import TradingControlViolation
from rustybt.zipline import api
from rustybt.zipline.extensions import register, unregister
from rustybt.zipline.finance.asset_restrictions import StaticRestrictions
from rustybt.zipline.finance.blotter import Blotter, SimulationBlotter
from rustybt.zipline.finance.commission import CommissionModel, PerTrade
from rustybt.zipline.finance.slippage import NoSlippage, SlippageModel
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
    register(Blotter, "free", lambda: SimulationBlotter(equity_slippage=NoSlippage(), equity_commission=PerTrade(0)))
    try:
        perf = run(blotter="free")
    finally:
        unregister(Blotter, "free")
    assert perf["capital_used"].tolist() == [0.0, -105.0, -110.0]
