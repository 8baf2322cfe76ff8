"""Each line that ends with a code in square brackets is a mistake, of which mypy --strict tells with that code."""

from __future__ import annotations

from rustybt import BarData, Context, Run, Strategy, run, run_algorithm
from rustybt.api import (
    commission,
    order,
    order_target,
    schedule_function,
    set_cancel_policy,
    set_commission,
    set_long_only,
    set_slippage,
    slippage,
    symbol,
)


def initialize(context: Context) -> None:
    context.portfolio = 5  # [assignment] [misc]
    set_slippage(slippage.FixedSlippage)  # [arg-type]
    set_slippage(commission.PerShare())  # [arg-type]
    set_commission(0.001)  # [arg-type]
    set_cancel_policy("eod")  # [arg-type]
    set_long_only(on_error="warn")  # [arg-type]
    schedule_function(one_parameter)  # [arg-type]
    schedule_function(two_parameters, "every day")  # [arg-type]


def two_parameters(context: Context, data: BarData) -> None:
    asset = symbol("AAPL")
    context.portfolio.cahs  # [attr-defined]
    context.account.levrage  # [attr-defined]
    context.portfolio.positions["AAPL"]  # [index]
    context.portfolio.positions[asset].amuont  # [attr-defined]
    context.portfolio.cash * 0.5  # [operator]
    context.symbol("AAPL").nmae  # [attr-defined]
    context.order_target_percnt(asset, 1)  # is an attribute of the strategy's own, for all that mypy knows
    data.current(asset, "close") * 2  # [operator]
    data.currnt(asset, "close")  # [attr-defined]
    data["AAPL"]  # [index]
    data.history(asset, "close", 20)  # [call-overload]
    data.history(asset, "close", 20, "1d").rolling(5)  # [attr-defined]
    data.history([asset], "close", 20, "1d").iloc  # [attr-defined]
    order("AAPL", 10)  # [arg-type]
    order(asset)  # [call-arg]
    order(asset, None)  # [arg-type]
    order_target(asset, 10, limit=5)  # [call-arg]
    order(asset, 10, time_in_force="dai")  # [arg-type]


def one_parameter(context: Context) -> None: ...


def in_floats(context: Context[float], data: BarData[float]) -> None: ...


class OneParameter(Strategy):
    def handle_data(self, context: Context) -> None: ...  # [override]


class OtherContext(Strategy):
    def initialize(self, context: int, n: int = 3) -> None: ...  # [override]


run_algorithm(initialize=initialize, handle_data=one_parameter)  # [arg-type]
run_algorithm(initialize=initialize, handle_data=in_floats)  # [misc]
run_algorithm(handle_data=two_parameters, fill_at="opne")  # [arg-type]
run_algorithm(strategy=two_parameters)  # [arg-type]
Run(handle_data=one_parameter)  # [arg-type]
run(one_parameter)  # [arg-type]
run(two_parameters, fill_at="opne")  # [arg-type]
run(two_parameters, captal_base=3)  # [call-arg]
run(lambda context: None)  # [arg-type] [misc]
