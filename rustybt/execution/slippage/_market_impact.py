"""What models share that look at the last twenty sessions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar, Self

from rustybt.core import EXACT, RATIO_SCALE, as_decimal, div_half_even, exact_number
from rustybt.errors import HistoryWindowStartsBeforeData, InputError, NoData
from rustybt.execution.slippage._base import SlippageModel

SESSIONS = 20
SESSIONS_PER_YEAR = 252


class MarketImpactBase(SlippageModel):
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

    def bound(self, data: Any) -> Self:
        self._data: Any = data
        self._windows: dict[int, tuple[Any, tuple[Fraction, Fraction | None]]] = {}
        return self

    def _let_go(self) -> None:
        self._data, self._windows = None, {}

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

    def window(self, asset: Any) -> tuple[Fraction, Fraction | None]:
        """Mean volume, and variance of the returns, of the twenty sessions before the current one.

        A session without a trade has no volume and no return. The variance is None, and the mean 0, where the bundle
        does not reach back that far, and in a run on weeks or months; the variance alone where the asset does not.
        """
        session = self._data.current_session
        known = self._windows.get(asset.sid)
        if known is None or known[0] != session:
            known = self._windows[asset.sid] = (session, self._window(asset))
        return known[1]

    def _window(self, asset: Any) -> tuple[Fraction, Fraction | None]:
        try:
            volumes, closes = (
                self._data.history(asset, field, SESSIONS + 1, "1d", dtype=Decimal).to_list()[:-1]
                for field in ("volume", "close")
            )
        except (HistoryWindowStartsBeforeData, NoData):
            # before the data begin, or in a run on weeks or months, which has no sessions to look at
            return Fraction(0), None
        mean = sum((Fraction(volume or 0) for volume in volumes), Fraction(0)) / SESSIONS
        prices: list[Fraction] = []
        for close in closes:
            if close is None and not prices:
                return mean, None
            prices.append(prices[-1] if close is None else Fraction(close))
        if 0 in prices:
            return mean, None
        returns = [now / before - 1 for before, now in pairwise(prices)]
        middle = sum(returns, Fraction(0)) / len(returns)
        return mean, sum(((one - middle) ** 2 for one in returns), Fraction(0)) / (len(returns) - 1)


def root_half_even(square: Fraction, scale: int) -> int:
    """The square root of a fraction of 0 or more at a scale, rounded once, half-even.

    >>> root_half_even(Fraction(2), 3), root_half_even(Fraction(1, 4), 0), root_half_even(Fraction(9, 4), 0)
    (1414, 0, 2)
    """
    up = square * 100**scale
    root = math.isqrt(up.numerator // up.denominator)
    # root <= exact < root + 1: compare with root + 1/2
    middle = Fraction(2 * root + 1, 2) ** 2
    return root + 1 if up > middle or (up == middle and root & 1) else root


def _decimal(number: Fraction) -> Decimal:
    return as_decimal(div_half_even(number.numerator * 10**RATIO_SCALE, number.denominator), RATIO_SCALE)


def _root(square: Fraction) -> Decimal:
    return as_decimal(root_half_even(square, RATIO_SCALE), RATIO_SCALE)
