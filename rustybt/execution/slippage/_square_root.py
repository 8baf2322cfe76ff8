"""Market impact that grows with the root of the share of the usual volume, in units of the usual move."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import CostKind, Notes, div_half_even
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import EXHAUSTED, Quote, fraction, share_of_volume, volume_left
from rustybt.execution.slippage._looks_back import LooksBack, root_half_even


class SquareRootImpact(LooksBack):
    """Fills coefficient * sigma * sqrt(Q / V) of the price away from it: the square root law of market impact.

    sigma: standard deviation of the daily returns, and V: mean units a session, both of the twenty sessions before the
    current one; volatility=, volume=: numbers in their place. Q: the units that this order has filled, with those of
    this bar and what earlier orders took of it, so that an order in parts is no cheaper than a whole one.
    volume_limit: the share of a bar's volume that all orders of an asset fill together, or a word as
    `slippage.VOLUME_SHARES` has them. unknown: the impact in basis points where there are no twenty sessions.
    A limit order is held at its limit. Computed exactly and rounded once. Source: Torre (1997), Almgren et al. (2005),
    Toth et al. (2011), who find coefficients near 1.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100_000)
    >>> model = slippage.SquareRootImpact(volatility="0.02", volume=1_000_000)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> round(result.transactions["price"][0], 4)  # 130.85 and 2 % of it, times the root of a tenth
    Decimal('131.6776')
    """

    cost_kind = CostKind.IMPACT
    _set_by_init = ("_coefficient", "_share", "_given", "_unknown", "guessed")

    def __init__(
        self,
        coefficient: Any = 1,
        volume_limit: Any = "0.1",
        *,
        volatility: Any = None,
        volume: Any = None,
        unknown: Any = 10,
    ) -> None:
        self.coefficient = coefficient
        self.volume_limit = volume_limit
        self.volatility = volatility
        self.volume = volume
        self.unknown = unknown
        self._coefficient = Fraction(*fraction(coefficient, "SquareRootImpact(coefficient)"))
        self._share = share_of_volume(volume_limit, "SquareRootImpact(volume_limit)")
        sigma = None if volatility is None else Fraction(*fraction(volatility, "SquareRootImpact(volatility)"))
        units = None if volume is None else Fraction(*fraction(volume, "SquareRootImpact(volume)"))
        self._given = units, None if sigma is None else sigma * sigma
        # by symbol, how many fills paid `unknown`
        self.guessed: dict[str, int] = {}
        self._unknown = Fraction(*fraction(unknown, "SquareRootImpact(unknown)")) / 10_000

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        instrument = order.instrument
        left = volume_left(offer.volume, offer.used, self._share, instrument.step)
        if left <= 0:
            return EXHAUSTED
        quantity = min(offer.wanted, left)
        done = Fraction(abs(order.filled) + offer.used + quantity, 10**instrument.quantity_scale)
        moved = self._moved(instrument.asset, offer.price, done)
        return (offer.price + moved if order.amount > 0 else offer.price - moved), quantity

    def _moved(self, asset: Any, price: int, done: Fraction) -> int:
        """By how much the price moves for so many units."""
        volume, variance = self._given
        if volume is None or variance is None:
            usual, of_returns = self.window(asset)
            volume, variance = volume or usual, of_returns if variance is None else variance
        if not volume or variance is None:
            self.guessed[asset.symbol] = self.guessed.get(asset.symbol, 0) + 1
            unknown = price * self._unknown
            return div_half_even(unknown.numerator, unknown.denominator)
        return root_half_even((price * self._coefficient) ** 2 * variance * done / volume, 0)

    def tell(self, notes: Notes) -> None:
        for symbol, count in self.guessed.items():
            notes.add(
                "impact_not_known",
                f"{symbol}: for {count} of its fills there were no twenty sessions to know volume and volatility of. "
                f"They paid unknown={self.unknown} basis points. Begin the run later, or pass volume= and volatility=.",
                asset=symbol,
                fills=count,
            )

    def parameters(self) -> dict[str, str]:
        told = {"coefficient": self.coefficient, "volume_limit": self.volume_limit}
        more = {"volatility": self.volatility, "volume": self.volume}
        return {name: str(value) for name, value in (told | more).items() if value is not None}
