"""Half the spread between bid and ask, estimated from the bars before."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from rustybt._kernels import WorkingOrder
from rustybt.core import CostKind, Notes, exact_number
from rustybt.errors import HistoryWindowStartsBeforeData, InputError, NoData
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import EXHAUSTED, Quote, share_of_volume, volume_left
from rustybt.execution.slippage._looks_back import LooksBack
from rustybt.execution.spreads import abdi_ranaldo, corwin_schultz, edge

ESTIMATORS: Final[dict[str, Callable[..., float | None]]] = {
    "edge": edge,
    "corwin_schultz": lambda open, high, low, close: corwin_schultz(high, low, close),
    "abdi_ranaldo": lambda open, high, low, close: abdi_ranaldo(high, low, close),
}
"""By name: open, high, low and close of the sessions before, to the spread as a share of the price."""
FIELDS: Final = ("open", "high", "low", "close")
DECIMALS: Final = 10
"""Of an estimate, up to which it is rounded."""


class EstimatedSpread(LooksBack):
    """Fills half the spread away from the price of the bar; the spread is estimated from the sessions before.

    estimator: "edge", "corwin_schultz", "abdi_ranaldo", or a function of the lists open, high, low and close that
    returns the spread as a share of the price, or None. window: so many sessions before the current one, or as many as
    there are; none of them is the one that is being traded.
    volume_limit: the share of a bar's volume that all orders of an asset fill together, or a word as
    `slippage.VOLUME_SHARES` has them.
    The estimate, a float, is taken by its shortest digits and rounded up to ten decimals; the spread of a price is that
    share of it, rounded up to whole ticks, and at least one tick. It is one tick too where the estimate is zero, below
    zero, or can't be made: a note of the result counts these. A limit order is held at its limit.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.EstimatedSpread()
    >>> result = run(handle_data, start="2010-03-01", end="2010-03-02", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 127.42, the estimate 0.4014, which is 41 ticks
    Decimal('127.625')
    """

    cost_kind = CostKind.SPREAD
    _set_by_init = ("_share", "counted")

    def __init__(
        self, estimator: str | Callable[..., Any] = "edge", window: int = 21, volume_limit: Any = "0.1"
    ) -> None:
        if not callable(estimator) and estimator not in ESTIMATORS:
            raise InputError(
                f"EstimatedSpread: estimator is {estimator!r}. Pass one of {', '.join(ESTIMATORS)}, or a function of "
                "open, high, low and close."
            )
        if type(window) is not int or window < 2:
            raise InputError(f"EstimatedSpread: window is {window!r}. Pass a number of sessions, 2 or more.")
        self.estimator = estimator
        self.sessions = window
        self.volume_limit = volume_limit
        self._share = share_of_volume(volume_limit, "EstimatedSpread(volume_limit)")
        # by sid: the session of the estimate, and the estimate in units of its last decimal; 0 for none
        self._known: dict[int, tuple[Any, int]] = {}
        # by symbol: how many estimates there were, how many of them below zero, and how many could not be made
        self.counted: dict[str, list[int]] = {}

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        instrument = order.instrument
        left = volume_left(offer.volume, offer.used, self._share, instrument.step)
        if left <= 0:
            return EXHAUSTED
        number, scale = instrument.tick
        tick = Fraction(number * 10**instrument.fill_scale, 10**scale)
        share = Fraction(self._spread(instrument.asset), 10**DECIMALS)
        away = math.ceil(max(1, math.ceil(offer.price * share / tick)) * tick / 2)
        quantity = min(offer.wanted, left)
        return (offer.price + away if order.amount > 0 else offer.price - away), quantity

    def _spread(self, asset: Any) -> int:
        """The estimate for the current session, in units of its last decimal; 0 where there is none above zero."""
        session = self._data.current_session
        known = self._known.get(asset.sid)
        if known is None or known[0] != session:
            known = self._known[asset.sid] = (session, self._estimated(asset))
        return known[1]

    def _estimated(self, asset: Any) -> int:
        counts = self.counted.setdefault(asset.symbol, [0, 0, 0])
        counts[0] += 1
        columns = self._columns(asset)
        estimator: Any = self.estimator if callable(self.estimator) else ESTIMATORS[self.estimator]
        estimate = estimator(*columns) if columns[0] else None
        if estimate is None or (isinstance(estimate, float) and math.isnan(estimate)):
            counts[2] += 1
            return 0
        share = exact_number(estimate, f"EstimatedSpread({self.estimator!r}), the estimate for {asset.symbol}")
        if share >= 1:
            raise InputError(
                f"EstimatedSpread({self.estimator!r}): its estimate for {asset.symbol} is {estimate!r}, and a spread "
                "is a share of the price, like 0.001. Return one below 1."
            )
        if share < 0:
            counts[1] += 1
            return 0
        return math.ceil(Fraction(share) * 10**DECIMALS)

    def _columns(self, asset: Any) -> list[list[Decimal]]:
        """Open, high, low and close of the sessions before that had a bar; fewer where the bundle begins later."""
        for sessions in range(self.sessions, 1, -1):
            try:
                columns = self._past(asset, FIELDS, sessions)
            except HistoryWindowStartsBeforeData:
                continue
            except NoData:  # in a run on weeks or months
                break
            bars = [bar for bar in zip(*columns, strict=True) if None not in bar]
            return [list(column) for column in zip(*bars, strict=True)] or [[], [], [], []]
        return [[], [], [], []]

    def tell(self, notes: Notes) -> None:
        for symbol, (of, below, none) in self.counted.items():
            if below or none:
                notes.add(
                    "spread_not_estimated",
                    f"{symbol}: of {of} estimates of its spread {below} were below zero, and {none} could not be made "
                    "of the sessions before. The spread was one tick there.",
                    asset=symbol,
                    estimates=of,
                    below_zero=below,
                    not_made=none,
                )

    def parameters(self) -> dict[str, str]:
        name = getattr(self.estimator, "__name__", None) or str(self.estimator)
        return {"estimator": name, "window": str(self.sessions), "volume_limit": str(self.volume_limit)}
