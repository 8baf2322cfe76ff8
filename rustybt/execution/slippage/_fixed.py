"""Half a fixed spread."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import CostKind, div_half_even
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import Quote, SlippageModel, fraction


class FixedSlippage(SlippageModel):
    """Fills the whole order half a spread away from the price of the bar, whatever the volume.

    spread: distance between bid and ask, in units of the price.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.FixedSlippage(spread="0.02")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 130.85
    Decimal('130.86')
    """

    cost_kind = CostKind.SPREAD
    _set_by_init = ("_spread",)

    def __init__(self, spread: Any = 0) -> None:
        self.spread = spread
        self._spread = fraction(spread, "FixedSlippage(spread)")

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        numerator, denominator = self._spread
        spread = numerator * 10**order.instrument.fill_scale
        twice = 2 * offer.price * denominator
        return div_half_even(twice + spread if order.amount > 0 else twice - spread, 2 * denominator), offer.wanted

    def parameters(self) -> dict[str, str]:
        return {"spread": str(self.spread)}
