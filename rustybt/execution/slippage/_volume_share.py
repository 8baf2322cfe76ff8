"""Market impact that grows with the square of the share of the volume."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import CostKind, div_half_even
from rustybt.execution._offer import Offer, unpacks
from rustybt.execution.slippage._base import EXHAUSTED, SKIP, Quote, SlippageModel, fraction, volume_left, volume_share


class VolumeShareSlippage(SlippageModel):
    """Fills price_impact * share**2 away from the price of the bar; share is that of the bar's volume used so far.

    volume_limit: the largest share of a bar's volume that all orders of an asset fill together.
    price_impact: the impact of an order as large as the volume, as a ratio.
    An order whose limit the impact would break does not fill.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.VolumeShareSlippage(volume_limit="0.1", price_impact="0.2")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 130.85
    Decimal('130.85000000559131')
    """

    capped = False
    cost_kind = CostKind.IMPACT

    _set_by_init = ("_share", "_impact")

    def __init__(self, volume_limit: Any = "0.025", price_impact: Any = "0.1") -> None:
        self.volume_limit = volume_limit
        self.price_impact = price_impact
        self._share = volume_share(volume_limit, "VolumeShareSlippage(volume_limit)")
        self._impact = fraction(price_impact, "VolumeShareSlippage(price_impact)")

    @unpacks
    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        wanted, price, volume, used, _, _ = offer
        left = volume_left(volume, used, self._share, order.instrument.step)
        if left <= 0:
            return EXHAUSTED
        quantity = wanted if wanted < left else left
        top, bottom = used + quantity, volume
        if top * self._share[1] > bottom * self._share[0]:
            top, bottom = self._share
        impact = self._impact[0] * top * top
        whole = self._impact[1] * bottom * bottom
        quoted = div_half_even(price * (whole + impact if order.amount > 0 else whole - impact), whole)
        limit = order.limit
        if limit is not None and (quoted > limit if order.amount > 0 else quoted < limit):
            return SKIP
        return quoted, quantity

    def parameters(self) -> dict[str, str]:
        return {"volume_limit": str(self.volume_limit), "price_impact": str(self.price_impact)}
