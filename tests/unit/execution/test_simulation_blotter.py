"""Models and cancel policy of a run as one value, or by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import rustybt
from rustybt.api import EODCancel, commission, order, slippage, symbol
from rustybt.errors import InputError
from rustybt.execution import BLOTTERS
from tests.unit._small import DAYS, ingest

D = Decimal


@pytest.fixture(autouse=True)
def _bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    ingest({"A": ["8"] * 5})
    monkeypatch.delitem(BLOTTERS, "half", raising=False)


def run(blotter: Any, initialize: Any = None) -> rustybt.Result:
    def first_bar(context: Any, data: Any) -> None:
        if not context.get_open_orders() and not context.portfolio.positions:
            order(symbol("A"), 10)

    return rustybt.run_algorithm(
        DAYS[0], DAYS[3], initialize, 1000, first_bar, bundle="small", blotter=blotter, progress=False
    )


def test_a_blotter_has_models_and_a_policy() -> None:
    half = rustybt.SimulationBlotter(slippage.FixedSlippage(1), equity_commission=commission.PerTrade(2))
    result = run(half)
    assert result.transactions.select("price", "commission").row(0) == (D("8.5"), D(2))
    assert result.manifest["slippage"] == "FixedSlippage(spread=1)"
    assert result.manifest["futures_slippage"] == "VolatilityVolumeShare(volume_limit=0.05, eta=<varies>)"
    policy = run(rustybt.SimulationBlotter(cancel_policy=EODCancel(False))).manifest["cancel_policy"]
    assert policy.startswith("EODCancel")


def test_initialize_changes_the_run_and_not_the_blotter() -> None:
    half = rustybt.SimulationBlotter(slippage.FixedSlippage(1))
    result = run(half, lambda context: context.set_slippage(slippage.NoSlippage()))
    assert result.transactions["price"][0] == 8
    assert run(half).transactions["price"][0] == D("8.5")


def test_a_blotter_by_name() -> None:
    with pytest.raises(InputError, match="'half' is not known, only 'default'"):
        run("half")
    rustybt.register_blotter("half", lambda: rustybt.SimulationBlotter(slippage.FixedSlippage(1)))
    assert run("half").transactions["price"][0] == D("8.5")
    assert run("default").transactions["price"][0] == run(None).transactions["price"][0] == D("8.004")


def test_what_is_no_blotter_is_refused() -> None:
    with pytest.raises(InputError, match="SimulationBlotter"):
        run(5)


def test_the_modules_that_zipline_offers_are_there() -> None:
    from rustybt import api

    assert api.events.date_rules is api.date_rules
    assert api.math_utils.tolerant_equals(1.0, 1.0 + 1e-9)
    assert not api.math_utils.tolerant_equals(1.0, 1.1)
    assert api.math_utils.round_if_near_integer(2.99999) == 3
    assert api.math_utils.number_of_decimal_places(0.25) == 2
    assert api.execution.StopOrder(5).stop_price == 5
