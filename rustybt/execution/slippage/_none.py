"""The price of the bar, all of the order."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.execution._offer import Offer, unpacks
from rustybt.execution.slippage._base import Quote, SlippageModel


class NoSlippage(SlippageModel):
    """Fills the whole order at the price of the bar, whatever the volume.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.NoSlippage()
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 130.85
    Decimal('130.85')
    """

    @unpacks
    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        wanted, price, _, _, _, _ = offer
        return price, wanted

    def kernel(self) -> Any:
        return None if type(self) is NoSlippage else NotImplemented
