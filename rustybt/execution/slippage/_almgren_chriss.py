"""Linear market impact: a temporary part by the rate of trading, a permanent one by what was traded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import CostKind, PriceParts, div_half_even
from rustybt.errors import InputError
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import EXHAUSTED, Quote, SlippageModel, fraction, share_of_volume, volume_left


class AlmgrenChriss(SlippageModel):
    """Fills epsilon + eta * n / period away from the price of the bar, and gamma for each unit that was filled before.

    n: the units that fill on the bar. epsilon: half the spread, in units of the price. eta: what the price
    gives for one unit traded in a unit of time, for as long as it is traded (temporary). gamma: what it gives for one
    unit, for good (permanent). period: how long a bar is, in the unit of time that eta is for: 1 for daily bars and an
    eta per day.
    permanent: "order": what earlier fills of an order moved for good is paid by its later fills, and by nothing else;
    "none": it has no effect. Recorded prices are as they are, and other orders fill as if this one had not been.
    volume_limit: the share of a bar's volume that all orders of an asset fill together, or a word as
    `slippage.VOLUME_SHARES` has them. A limit order is held at its limit.
    What the fills of an order cost in all is what `impact.expected_cost` says of its parts. Computed exactly and
    rounded once. Raises InputError.
    Source: Almgren and Chriss (2000), "Optimal execution of portfolio transactions".

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100_000)
    >>> model = slippage.AlmgrenChriss(epsilon="0.01", gamma="0.000001", eta="0.000002")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # 130.85, a cent and 100,000 times 0.000002
    Decimal('131.06')
    """

    cost_kind = CostKind.IMPACT
    itemised = True
    _set_by_init = ("_epsilon", "_per_unit", "_gamma", "_share")

    def __init__(
        self,
        epsilon: Any,
        gamma: Any,
        eta: Any,
        *,
        period: Any = 1,
        permanent: str = "order",
        volume_limit: Any = "0.1",
    ) -> None:
        self.epsilon = epsilon
        self.gamma = gamma
        self.eta = eta
        self.period = period
        self.permanent = permanent
        self.volume_limit = volume_limit
        if permanent not in ("order", "none"):
            raise InputError(f"AlmgrenChriss: permanent is {permanent!r}. Pass 'order' or 'none'.")
        tau = Fraction(*fraction(period, "AlmgrenChriss(period)"))
        if not tau:
            raise InputError("AlmgrenChriss: period is 0. Pass how long a bar is, in the unit of time that eta is for.")
        self._epsilon = Fraction(*fraction(epsilon, "AlmgrenChriss(epsilon)"))
        self._per_unit = Fraction(*fraction(eta, "AlmgrenChriss(eta)")) / tau
        gamma_of = Fraction(*fraction(gamma, "AlmgrenChriss(gamma)"))
        self._gamma = gamma_of if permanent == "order" else Fraction(0)
        self._share = share_of_volume(volume_limit, "AlmgrenChriss(volume_limit)")

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        instrument = order.instrument
        left = volume_left(offer.volume, offer.used, self._share, instrument.step)
        if left <= 0:
            return EXHAUSTED
        quantity = min(offer.wanted, left)
        units = self._per_unit * quantity + self._gamma * abs(order.filled)
        moved = (self._epsilon + units / 10**instrument.quantity_scale) * 10**instrument.fill_scale
        away = div_half_even(moved.numerator, moved.denominator)
        return (offer.price + away if order.amount > 0 else offer.price - away), quantity

    def parts(self, order: WorkingOrder, offer: Offer, price: int) -> PriceParts:
        epsilon = self._epsilon * 10**order.instrument.fill_scale
        spread = div_half_even(epsilon.numerator, epsilon.denominator)
        return (CostKind.SPREAD, spread), (CostKind.IMPACT, abs(price - offer.price) - spread)

    def parameters(self) -> dict[str, str]:
        told = {"epsilon": self.epsilon, "gamma": self.gamma, "eta": self.eta, "period": self.period}
        return {name: str(value) for name, value in (told | {"permanent": self.permanent}).items()}
