"""The base of models of one's own whose impact follows from the last twenty sessions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from rustybt.core import EXACT, RATIO_SCALE, as_decimal, div_half_even, exact_number
from rustybt.errors import InputError
from rustybt.execution.slippage._looks_back import LooksBack, root_half_even

SESSIONS_PER_YEAR = 252


class MarketImpactBase(LooksBack):
    """The base of models whose impact follows from what was traded before. A subclass has the two methods below.

    The price is the middle of the bar's high and low, moved by the impact against the order; beyond the limit of an
    order it does not fill. NO_DATA_VOLATILITY_SLIPPAGE_IMPACT: the impact, as a share of the price, where the asset
    has not been traded for twenty sessions.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> class TwoCents(slippage.MarketImpactBase):
    ...     def get_txn_volume(self, data, order):
    ...         return order.open_amount
    ...
    ...     def get_simulated_impact(self, order, current_price, current_volume, txn_volume, mean_volume, volatility):
    ...         return 0.02
    >>> model = TwoCents()
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]
    Decimal('130.995')
    """

    NO_DATA_VOLATILITY_SLIPPAGE_IMPACT: ClassVar[Any] = 10.0 / 10000
    capped = False

    def get_txn_volume(self, data: Any, order: Any) -> Any:
        """The most units that an order fills on this bar."""
        raise NotImplementedError(f"{type(self).__name__} has no method get_txn_volume(data, order).")

    def get_simulated_impact(
        self, order: Any, current_price: Any, current_volume: Any, txn_volume: Any, mean_volume: Any, volatility: Any
    ) -> Any:
        """The impact in units of the price, 0 or more.

        txn_volume: the units that fill. mean_volume: per session, of the last twenty. volatility: of their daily
        returns, per year. The numbers are of the kind that the run has: Decimal or float.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method get_simulated_impact(...).")

    def process_order(self, data: Any, order: Any) -> tuple[Any, Any]:
        asset = order.asset
        high, low, volume = (self._data.current(asset, field) for field in ("high", "low", "volume"))
        exact = isinstance(high, Decimal)
        price = EXACT.divide(EXACT.add(high, low), Decimal(2)) if exact else (high + low) / 2
        most = self.get_txn_volume(data, order)
        try:
            wanted = int(min(most, abs(order.open_amount)))
        except (TypeError, ValueError, ArithmeticError):
            raise InputError(
                f"{type(self).__name__}.get_txn_volume returned {most!r}. Return a number of units, 0 or more."
            ) from None
        if not wanted:
            return None, None
        mean, variance = self.window(asset)
        if not mean or variance is None:
            share = self.NO_DATA_VOLATILITY_SLIPPAGE_IMPACT
            impact = price * (Decimal(repr(share)) if exact else share)
        else:
            outside = _decimal if exact else float
            volatility = _root(variance * SESSIONS_PER_YEAR) if exact else math.sqrt(variance * SESSIONS_PER_YEAR)
            impact = self.get_simulated_impact(
                order=order,
                current_price=price,
                current_volume=volume,
                txn_volume=wanted,
                mean_volume=outside(mean),
                volatility=volatility,
            )
            if exact and not isinstance(impact, Decimal):
                impact = exact_number(impact, "get_simulated_impact")
        buys = order.amount > 0
        moved = price + impact if buys else price - impact
        limit = order.limit
        if limit is not None and (moved > limit if buys else moved < limit):
            return None, None
        return moved, wanted if buys else -wanted


def _decimal(number: Fraction) -> Decimal:
    return as_decimal(div_half_even(number.numerator * 10**RATIO_SCALE, number.denominator), RATIO_SCALE)


def _root(square: Fraction) -> Decimal:
    return as_decimal(root_half_even(square, RATIO_SCALE), RATIO_SCALE)
