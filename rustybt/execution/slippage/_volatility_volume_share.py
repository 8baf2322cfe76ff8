"""Market impact that grows with volatility and with the root of the share of the usual volume."""

from __future__ import annotations

import copy
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from rustybt._kernels import WorkingOrder
from rustybt.core import EXACT, Equity, Future, div_half_even, exact_number
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import DECLINED, SKIP, VOLUME_SHARES, Quote, volume_left, volume_share
from rustybt.execution.slippage._eta import DEFAULT_ETA, ETA_OF_ROOT
from rustybt.execution.slippage._looks_back import root_half_even
from rustybt.execution.slippage._market_impact import SESSIONS_PER_YEAR, MarketImpactBase

BASIS = 10_000


class VolatilityVolumeShare(MarketImpactBase):
    """Fills eta * sigma * sqrt(psi) basis points away from the middle of the bar. The default for futures: 0.05.

    sigma: volatility per year of the last twenty sessions' returns. psi: what fills, over the mean volume of a
    session. volume_limit: the largest share of a bar's volume that one order fills, in whole units.
    eta: a number, or numbers by root symbol; roots that are not named have Zipline's,
    and so do equities, of which 0.049 is the value for futures without one of their own: better give yours.
    7.5 basis points where the asset has no twenty sessions behind it. An order whose limit the impact would break
    does not fill. Computed exactly and rounded once.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.VolatilityVolumeShare(volume_limit="0.05", eta="0.05")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 130.85
    Decimal('130.9750003342484')
    """

    NO_DATA_VOLATILITY_SLIPPAGE_IMPACT = 7.5 / 10000
    allowed_asset_types = (Equity, Future)

    _set_by_init = ("volume_limit", "_limit", "_constant", "_by_root")

    def __init__(self, volume_limit: Any, eta: Any = None) -> None:
        super().__init__()
        self.volume_limit = volume_limit
        self._limit = volume_share(volume_limit, "VolatilityVolumeShare(volume_limit)")
        self._constant: Decimal | None = None
        self._by_root: dict[str, Decimal] = {root: Decimal(value) for root, value in ETA_OF_ROOT.items()}
        if isinstance(eta, dict):
            self._by_root |= {root: exact_number(value, f"eta of {root!r}") for root, value in eta.items()}
        elif eta is not None:
            self._constant = exact_number(eta, "VolatilityVolumeShare(eta)")

    def bound(self, data: Any) -> Self:
        # a run has its own copy of what is of a subclass, and may share this one, which nothing else changes
        return super(VolatilityVolumeShare, copy.copy(self) if type(self) is VolatilityVolumeShare else self).bound(
            data
        )

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        own = vars(cls)
        if "process_order" not in own and ("get_txn_volume" in own or "get_simulated_impact" in own):
            # its formula counts, not the one of `quote`
            cls.process_order = MarketImpactBase.process_order  # type: ignore[method-assign]

    def _eta(self, asset: Any) -> Decimal:
        if self._constant is not None:
            return self._constant
        return self._by_root.get(getattr(asset, "root_symbol", ""), Decimal(DEFAULT_ETA))

    def get_txn_volume(self, data: Any, order: Any) -> Any:
        volume = exact_number(self._data.current(order.asset, "volume"))
        return EXACT.multiply(volume, exact_number(VOLUME_SHARES.get(self.volume_limit, self.volume_limit)))

    def get_simulated_impact(
        self, order: Any, current_price: Any, current_volume: Any, txn_volume: Any, mean_volume: Any, volatility: Any
    ) -> Any:
        eta: Any = self._eta(order.asset)
        psi = txn_volume / mean_volume
        if isinstance(psi, float):
            return current_price * float(eta) * volatility * math.sqrt(psi) / BASIS
        return current_price * eta * volatility * psi.sqrt() / BASIS

    def _middle(self, instrument: Any) -> Fraction:
        """Between the high and the low of the bar, at the fill scale; whole, as it has a decimal more than they."""
        prices = [self._data.exact_value(instrument, field) for field in ("high", "low")]
        return sum((Fraction(value * 10**instrument.fill_scale, 2 * 10**scale) for value, scale in prices), Fraction(0))

    def parameters(self) -> dict[str, str]:
        return {"volume_limit": str(self.volume_limit), "eta": str(self._constant or "<varies>")}

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        instrument = order.instrument
        most = volume_left(offer.volume, 0, self._limit, instrument.step)
        quantity = min(offer.wanted, most)
        if not quantity:
            return DECLINED
        middle = self._middle(instrument)
        mean, variance = self.window(instrument.asset)
        if not mean or variance is None:
            impact = middle * Fraction(repr(self.NO_DATA_VOLATILITY_SLIPPAGE_IMPACT))
            moved = div_half_even(impact.numerator, impact.denominator)
        else:
            psi = Fraction(quantity, 10**instrument.quantity_scale) / mean
            per_price = Fraction(self._eta(instrument.asset)) / BASIS
            moved = root_half_even((middle * per_price) ** 2 * variance * SESSIONS_PER_YEAR * psi, 0)
        buys = order.amount > 0
        quoted = int(middle) + (moved if buys else -moved)
        limit = order.limit
        if limit is not None and (quoted > limit if buys else quoted < limit):
            return SKIP
        return quoted, quantity
