"""Several models at once, such as a spread and an impact: what each takes from the price is added."""

from __future__ import annotations

import copy
from typing import Any, Self

from rustybt._kernels import WorkingOrder
from rustybt.core import CostKind, Notes, PriceParts
from rustybt.errors import InputError
from rustybt.execution._offer import Offer
from rustybt.execution.slippage._base import Quote, SlippageModel


class Sum(SlippageModel):
    """Fills the least that any of several models fills, at the price of the bar with the differences of all of them.

    models: two or more that have `quote`, as those that come along do. Each is asked for a quantity that the others
    fill too, and may be asked twice for that. Where one does not fill an order, the sum does not. `Result.costs` has
    what each took, by its kind.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100_000)
    >>> impact = slippage.SquareRootImpact(volatility="0.02", volume=1_000_000)
    >>> model = slippage.Sum(slippage.FixedSlippage("0.10"), impact)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> round(result.transactions["price"][0], 4)  # half of 0.10 above 131.6776
    Decimal('131.7276')
    """

    itemised = True
    _set_by_init = ("models",)

    def __init__(self, *models: Any) -> None:
        if len(models) < 2:
            raise InputError(f"Sum: {len(models)} models. Pass two or more; one is a model by itself.")
        for model in models:
            if not isinstance(model, SlippageModel) or type(model).quote is SlippageModel.quote:
                raise InputError(
                    f"Sum: {model!r} is no slippage model that has quote(). Pass those that come along; add what one "
                    "of your own takes in its process_order()."
                )
        kinds = [
            kind for kind in models[0].allowed_asset_types if all(kind in one.allowed_asset_types for one in models)
        ]
        if not kinds:
            raise InputError(f"Sum: there is no class of assets that all of {list(models)} are for.")
        self.models: tuple[SlippageModel, ...] = models
        self.allowed_asset_types = tuple(kinds)  # type: ignore[misc]
        self.capped = all(model.capped for model in models)
        # of the last quote, by model: its offer and its price
        self._quoted: list[tuple[SlippageModel, Offer, int]] = []

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        wanted, again = offer.wanted, True
        while again:
            self._quoted = []
            again = False
            for model in self.models:
                asked = Offer(wanted, *offer[1:])
                answer = model.quote(order, asked)
                price, filled = answer
                if filled <= 0:
                    return answer
                self._quoted.append((model, asked, price))
                if filled < wanted:
                    # those before it were asked for more, which may have another price
                    wanted, again = filled, len(self._quoted) > 1
        return offer.price + sum(price - offer.price for _, _, price in self._quoted), wanted

    def parts(self, order: WorkingOrder, offer: Offer, price: int) -> PriceParts:
        found: dict[CostKind, int] = {}
        for model, asked, own in self._quoted:
            worse = own - offer.price if order.amount > order.filled else offer.price - own
            parts = model.parts(order, asked, own) if model.itemised else ((model.cost_kind, worse),)
            for kind, part in parts:
                found[kind] = found.get(kind, 0) + part
        return tuple(found.items())

    def bound(self, data: Any) -> Self:
        own = copy.copy(self)
        own.models = tuple([model.bound(data) for model in self.models])
        return own

    def _let_go(self) -> None:
        self._quoted = []
        for model in self.models:
            model._let_go()

    def tell(self, notes: Notes) -> None:
        for model in self.models:
            model.tell(notes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.models))})"
