"""What a case's strategy sets in `initialize`, for both engines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.parity import _models
from tests.parity._case import Op


def set_up(script: Any) -> None:
    """Look the assets up, set models, policies, controls and the benchmark."""
    case, api, side = script.case, script.api, script.side
    script.assets = [
        api.symbol(stock.symbol) if stock.contract is None else api.future_symbol(stock.symbol) for stock in case.stocks
    ]
    script.continuous = [
        api.continuous_future(c.root, offset=c.offset, roll=c.roll, adjustment=c.adjustment) for c in case.continuous
    ]
    for name, model in (
        ("us_equities", _models.slippage(side, case.slippage)),
        ("us_futures", _models.slippage(side, case.future_slippage)),
    ):
        if model is not None:
            api.set_slippage(**{name: model})
    for name, model in (
        ("us_equities", _models.commission(side, case.commission)),
        ("us_futures", _models.commission(side, case.future_commission, futures=True)),
    ):
        if model is not None:
            api.set_commission(**{name: model})
    if case.cancel is not None:
        api.set_cancel_policy(_models.cancel_policy(api, case.cancel))
    if isinstance(case.benchmark, int):
        api.set_benchmark(script.assets[case.benchmark])
    for control in case.controls:
        _SETTERS[control["set"]](script, control)


def _size(script: Any, control: Op) -> None:
    notional = control.get("max_notional")
    getattr(script.api, control["set"])(
        asset=None if control["asset"] is None else script.assets[control["asset"]],
        max_shares=control.get("max_shares"),
        max_notional=None if notional is None else script.side.number(notional),
        on_error=control["on_error"],
    )


def _count(script: Any, control: Op) -> None:
    script.api.set_max_order_count(control["max_count"], on_error=control["on_error"])


def _long_only(script: Any, control: Op) -> None:
    script.api.set_long_only(on_error=control["on_error"])


def _do_not_order(script: Any, control: Op) -> None:
    listed = [script.assets[number] for number in control["assets"]]
    script.api.set_do_not_order_list(listed, on_error=control["on_error"])


def _static(script: Any, control: Op) -> None:
    listed = script.api.StaticRestrictions([script.assets[number] for number in control["assets"]])
    script.api.set_asset_restrictions(listed, on_error=control["on_error"])


def _historical(script: Any, control: Op) -> None:
    api = script.api
    listed = api.HistoricalRestrictions(
        [
            api.Restriction(
                script.assets[number], script.side.moment(day), getattr(api.RESTRICTION_STATES, state)
            )
            for number, day, state in control["changes"]
        ]
    )  # fmt: skip
    script.api.set_asset_restrictions(listed, on_error=control["on_error"])


def _max_leverage(script: Any, control: Op) -> None:
    script.api.set_max_leverage(script.side.number(control["leverage"]))


def _min_leverage(script: Any, control: Op) -> None:
    script.api.set_min_leverage(script.side.number(control["leverage"]), dt.timedelta(days=control["days"]))


_SETTERS = {
    "set_max_position_size": _size,
    "set_max_order_size": _size,
    "set_max_order_count": _count,
    "set_long_only": _long_only,
    "set_do_not_order_list": _do_not_order,
    "static": _static,
    "historical": _historical,
    "set_max_leverage": _max_leverage,
    "set_min_leverage": _min_leverage,
}
