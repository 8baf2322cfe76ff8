"""A fixed number of basis points, within a share of the volume."""

from __future__ import annotations

from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import div_half_even
from rustybt.execution._offer import Offer, unpacks
from rustybt.execution.slippage._base import EXHAUSTED, Quote, SlippageModel, fraction, volume_share


class FixedBasisPointsSlippage(SlippageModel):
    """Fills some basis points away from the price of the bar. The default for equities, as in Zipline.

    basis_points: hundredths of a per cent. volume_limit: the share of a bar's volume that all orders of an asset
    fill together, in whole steps.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.FixedBasisPointsSlippage(basis_points=10, volume_limit="0.05")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 130.85
    Decimal('130.98085')
    """

    _set_by_init = ("_denominator", "_buy", "_sell", "_share")

    def __init__(self, basis_points: Any = 5, volume_limit: Any = "0.1") -> None:
        self.basis_points = basis_points
        self.volume_limit = volume_limit
        numerator, denominator = fraction(basis_points, "FixedBasisPointsSlippage(basis_points)")
        self._denominator = denominator * 10_000
        self._buy = self._denominator + numerator
        self._sell = self._denominator - numerator
        self._share = volume_share(volume_limit, "FixedBasisPointsSlippage(volume_limit)")

    @unpacks
    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        wanted, price, volume, used, _, _ = offer
        step, (share, of) = order.instrument.step, self._share
        left = volume * share // (of * step) * step - used  # as `volume_left` has it, on the hottest way to a fill
        if left <= 0:
            return EXHAUSTED
        factor = self._buy if order.amount > 0 else self._sell
        return div_half_even(price * factor, self._denominator), wanted if wanted < left else left

    def kernel(self) -> Any:
        if type(self) is not FixedBasisPointsSlippage:
            return NotImplemented
        return self._buy, self._sell, self._denominator, *self._share

    def parameters(self) -> dict[str, str]:
        return {"basis_points": str(self.basis_points), "volume_limit": str(self.volume_limit)}
