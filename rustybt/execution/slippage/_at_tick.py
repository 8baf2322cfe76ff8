"""The prices of another model, rounded to the asset's tick."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final, Self

from rustybt._kernels import WorkingOrder
from rustybt.core import DecimalConfig, Notes, PriceParts, div_half_even, exact_number, scaled
from rustybt.errors import InputError
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import Quote, SlippageModel


def _half_up(value: int, unit: int) -> int:
    return (2 * value + unit) // (2 * unit)


def _down(value: int, unit: int) -> int:
    return value // unit


def _up(value: int, unit: int) -> int:
    return -(-value // unit)


_ROUNDINGS: Final[dict[str, tuple[Callable[[int, int], int], Callable[[int, int], int]]]] = {
    "half_even": (div_half_even, div_half_even),
    "half_up": (_half_up, _half_up),
    "down": (_down, _down),
    "up": (_up, _up),
    "against": (_up, _down),
}
"""By name: how a buy's price is rounded, and a sale's."""


class AtTick(SlippageModel):
    """Fills at prices on a grid: those of another model, rounded to the tick.

    model: asked for price and quantity; it has `quote`, as the models that come along do.
    rounding: to the nearest tick, "half_even" or "half_up", of what lies just between two; "down" or "up"; or
        "against": a buy up, a sale down. Nothing is rounded to zero, and a limit order never fills beyond its limit.
        Or a `DecimalConfig`, which says it of each class of assets and of each asset.
    tick: the grid; None means each asset's own `tick_size`.
    Raises InputError.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> model = slippage.AtTick(slippage.FixedBasisPointsSlippage(), rounding="against", tick="0.05")
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]  # the close was 130.85
    Decimal('130.95')
    """

    _set_by_init = ("model", "rounding", "_tick")

    def __init__(self, model: Any, rounding: str | DecimalConfig = "half_even", tick: Any = None) -> None:
        if not isinstance(model, SlippageModel) or type(model).quote is SlippageModel.quote:
            raise InputError(
                f"AtTick: {model!r} is no slippage model that has quote(). Pass one of those that come along; round "
                "in process_order() of one of your own."
            )
        if not isinstance(rounding, DecimalConfig) and rounding not in _ROUNDINGS:
            raise InputError(f"AtTick: rounding is {rounding!r}. Pass one of {', '.join(_ROUNDINGS)}.")
        self.model = model
        self.rounding = rounding
        self.tick = tick
        self.cost_kind = model.cost_kind
        self.itemised = model.itemised
        self.allowed_asset_types = model.allowed_asset_types  # type: ignore[misc]
        self._tick = None if tick is None else scaled(exact_number(tick, "AtTick(tick)"))
        if self._tick is not None and self._tick[0] <= 0:
            raise InputError(f"AtTick: tick is {tick!r}. Pass a number above zero.")

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        answer = self.model.quote(order, offer)
        quoted, filled = answer
        rounding = self._rounding_of(order)
        if filled <= 0 or rounding == "exact":
            return answer
        number, scale = self._tick or order.instrument.tick
        finest = max(scale, order.instrument.fill_scale)  # a tick may have more digits than a fill
        unit = number * 10 ** (finest - scale)
        fine = 10 ** (finest - order.instrument.fill_scale)
        ticks = _ROUNDINGS[rounding][order.amount < 0](quoted * fine, unit)
        return div_half_even(max(ticks, 1) * unit, fine), filled

    def parts(self, order: WorkingOrder, offer: Offer, price: int) -> PriceParts:
        return self.model.parts(order, offer, price)

    def _rounding_of(self, order: WorkingOrder) -> str:
        if isinstance(self.rounding, str):
            return self.rounding
        asset = order.instrument.asset
        return self.rounding.get(asset.kind, asset.key, asset.symbol).rounding or "exact"

    def bound(self, data: Any) -> Self:
        if not hasattr(self, "model"):  # of a class of the user's own, which answers by itself
            return self
        model = self.model.bound(data)
        if model is self.model:
            return self
        own = copy.copy(self)
        own.model = model
        return own

    def _let_go(self) -> None:
        if hasattr(self, "model"):
            self.model._let_go()

    def tell(self, notes: Notes) -> None:
        self.model.tell(notes)

    def parameters(self) -> dict[str, str]:
        tick = {} if self.tick is None else {"tick": str(self.tick)}
        return {"model": repr(self.model), "rounding": str(self.rounding), **tick}
