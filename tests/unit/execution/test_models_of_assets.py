"""Models of some assets' own, through `run_algorithm`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage, symbol, symbols
from rustybt.errors import IncompatibleSlippageModel, InputError, UnsupportedCommissionModel
from tests.unit._small import ingest, run

D = Decimal


class ADollarMore(slippage.SlippageModel):
    def process_order(self, data: Any, order: Any) -> Any:
        return data.current(order.asset, "close") + order.direction, order.open_amount


class OfEquities(slippage.EquitySlippageModel):
    def process_order(self, data: Any, order: Any) -> Any:
        return None, None


def buy_all(context: Any, data: Any) -> None:
    if context.bar == 0:
        for asset in symbols("A", "B", "F"):
            context.order(asset, 10)


def result_of(initialize: Any, **how: Any) -> rustybt.Result:
    assets = pl.DataFrame({"symbol": ["F"], "type": ["future"], "multiplier": ["5"]})
    ingest({"A": [100] * 4, "B": [100] * 4, "F": [100] * 4}, assets=assets)
    return run(buy_all, initialize=initialize, days=3, **how)


def fills(initialize: Any, **how: Any) -> dict[str, tuple[Decimal, Decimal]]:
    rows = result_of(initialize, **how).transactions.select("symbol", "price", "commission").iter_rows()
    return {symbol: (price, fee) for symbol, price, fee in rows}


def test_an_asset_has_its_own_model_and_the_others_that_of_their_class(kernels: str) -> None:
    def initialize(context: Any) -> None:
        context.set_slippage(
            slippage.FixedSlippage("0.2"),
            slippage.FixedSlippage("0.4"),
            assets={symbol("B"): slippage.FixedSlippage("0.6")},
        )
        context.set_commission(commission.PerTrade(1), commission.PerTrade(2))

    assert fills(initialize, kernel=kernels) == {
        "A": (D("100.1"), 1),
        "B": (D("100.3"), 1),
        "F": (D("100.2"), 2),
    }


def test_fees_of_an_asset_stand_beside_the_slippage_of_its_class(kernels: str) -> None:
    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedSlippage("0.2"), ADollarMore())
        context.set_commission(assets={symbol("F"): commission.PerTrade(7), symbol("A"): commission.PerTrade(3)})

    assert fills(initialize, kernel=kernels) == {
        "A": (D("100.1"), 3),
        "B": (D("100.1"), 0),
        "F": (D("101"), 7),
    }


def test_orders_with_limits_go_to_the_models_of_their_asset(kernels: str) -> None:
    def place(context: Any, data: Any) -> None:
        if context.bar == 0:
            for asset in symbols("A", "B"):
                context.order(asset, 10, limit_price=200)
                context.order(asset, 10, limit_price=200)

    ingest({"A": [100] * 4, "B": [100] * 4})
    result = run(
        place,
        initialize=lambda context: context.set_slippage(assets={symbol("B"): ADollarMore()}),
        days=3,
        kernel=kernels,
    )
    assert result.transactions.select("symbol", "price").rows() == [("A", 100), ("A", 100), ("B", 101), ("B", 101)]


def test_the_model_that_was_set_last_counts_and_the_manifest_names_those_of_assets() -> None:
    def initialize(context: Any) -> None:
        context.set_slippage(assets={symbol("A"): slippage.FixedSlippage("0.8"), symbol("B"): ADollarMore()})
        context.set_slippage(assets={symbol("A"): slippage.FixedSlippage("0.6")})
        context.set_slippage(us_futures=slippage.NoSlippage())
        context.set_commission(us_futures=commission.NoCommission())

    result = result_of(initialize)
    assert result.transactions["price"].to_list() == [D("100.3"), 101, 100]
    assert result.manifest["assets_slippage"] == {"24/7:A": "FixedSlippage(spread=0.6)", "24/7:B": "ADollarMore()"}
    assert "assets_commission" not in result.manifest


def test_a_run_that_is_saved_goes_on_with_them() -> None:
    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage(), assets={symbol("A"): slippage.FixedSlippage("0.2")})
        context.set_commission(commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        buy_all(context, data)

    ingest({"A": [100] * 4, "B": [100] * 4, "F": [100] * 4})
    functions = {"initialize": initialize, "handle_data": handle_data}
    going = rustybt.Run(bundle="small", start="2021-02-01", end="2021-02-04", progress=False, **functions)
    going.step(), going.step()
    again = rustybt.Run.restore(going.snapshot(), **functions)
    prices = again.finish().transactions["price"].to_list()
    assert prices == [D("100.1"), 100, 100]


def test_what_is_no_model_or_no_asset_is_refused() -> None:
    with pytest.raises(InputError, match=r"set_slippage\(assets=...\): 'A' is no asset"):
        result_of(lambda context: context.set_slippage(assets={"A": slippage.NoSlippage()}))
    with pytest.raises(InputError, match="pass a dict of models by asset"):
        result_of(lambda context: context.set_commission(assets=[5]))
    with pytest.raises(UnsupportedCommissionModel, match="assets of A=5"):
        result_of(lambda context: context.set_commission(assets={symbol("A"): 5}))
    with pytest.raises(IncompatibleSlippageModel, match=r"assets of F=.*made for Equity"):
        result_of(lambda context: context.set_slippage(assets={symbol("F"): OfEquities()}))
