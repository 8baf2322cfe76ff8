"""The figures of a result by name: those that it is shown and saved with, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt.core import MONEY_SCALE, as_decimal, check_process, scaled_ints
from rustybt.metrics import summary
from rustybt.results._asked import NamedFigures

if TYPE_CHECKING:
    from rustybt.metrics import Figures
    from rustybt.results._result import Result


def first_figures(result: Result) -> Figures:
    """Those of `rustybt.metrics.summary`, and how many orders and fills there were and what was paid for them."""
    check_process()
    return NamedFigures(summary(result.daily, periods=result.periods), **_traded(result))


def all_figures(result: Result) -> Figures:
    """The figures that `Result.metrics` is."""
    from rustybt.metrics import further_figures

    traded = _traded(result)
    basic = {name: value for name, value in result.first_figures.items() if name not in traded}
    return NamedFigures(basic, **further_figures(result.daily, periods=result.periods), **traded)


def _traded(result: Result) -> Figures:
    filled = result.transactions
    paid = "base_commission" if "base_commission" in filled.columns else "commission"
    fees = sum(value or 0 for value in scaled_ints(filled[paid]))
    return {
        "orders": result.orders.height,
        "transactions": filled.height,
        "commission": as_decimal(fees, MONEY_SCALE),
    }
