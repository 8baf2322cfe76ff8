"""Models of the user's own: the numbers of a run go out to them, and their answers come back as integers.

This is the one place where what such a model returns, a float maybe, becomes exact: by its shortest repr.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

from rustybt._kernels import WorkingOrder
from rustybt.core import (
    MONEY_SCALE,
    CostKind,
    Order,
    PriceParts,
    Transaction,
    datetime_of,
    exact_number,
    rescale_half_even,
    scaled,
)
from rustybt.errors import (
    InputError,
    LiquidityExceeded,
    TransactionVolumeExceedsOrder,
    TransactionWithWrongDirection,
)
from rustybt.execution._offer import Fill, Offer
from rustybt.execution._uninitialised import Refusing, behind, check_initialised, uninitialised
from rustybt.execution.commission import CommissionModel, Parts
from rustybt.execution.slippage import DECLINED, EXHAUSTED, MarketImpactBase, Quote, SlippageModel


class Outside(Protocol):
    """The parts of a run that models see. data: as a strategy sees it. numbers: the kind that the run has. days: of its
    sessions, as numbers since 1970; none where they are longer than a day."""

    @property
    def data(self) -> Any: ...
    @property
    def numbers(self) -> Any: ...
    @property
    def days(self) -> Sequence[int]: ...
    @property
    def blotter(self) -> Any: ...

    def order_view(self, order: WorkingOrder, /) -> Order: ...


class CustomSlippage(SlippageModel):
    """A model with `process_order`, asked like one with `quote`."""

    def __init__(self, model: Any, outside: Outside) -> None:
        self.model = model
        self.capped = getattr(model, "capped", True)
        self.cost_kind = getattr(model, "cost_kind", CostKind.SLIPPAGE)
        self.itemised = getattr(model, "itemised", False)
        self._outside = outside
        self._native = overrides(type(model), "quote", SlippageModel)
        self._set = setter_of(model, "_volume_for_bar")
        if self._native and uninitialised(model) is not None:
            self._native = False
            self._set(model, "_asked", Refusing(model, "quote"))

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        outside, model = self._outside, self.model
        self._set(model, "_volume_for_bar", outside.numbers.quantity(offer.used, order.instrument.quantity_scale))
        if self._native:
            # for a process_order that asks the model it was derived from
            self._set(model, "_asked", lambda: self._answer(order, model.quote(order, offer)))
        try:
            answer = model.process_order(outside.data, outside.order_view(order))
        except LiquidityExceeded:
            return EXHAUSTED
        finally:
            if self._native:
                # a model that outlives its run keeps nothing of it alive
                self._set(model, "_asked", None)
        return self._quote(order, offer.wanted, answer)

    def parts(self, order: WorkingOrder, offer: Offer, price: int) -> PriceParts:
        parts: PriceParts = self.model.parts(order, offer, price)
        return parts

    def _let_go(self) -> None:
        if hasattr(self.model, "_let_go"):
            self.model._let_go()

    def _answer(self, order: WorkingOrder, quote: Quote) -> tuple[Any, Any]:
        if quote is EXHAUSTED:
            raise LiquidityExceeded("No volume of the bar is left for this asset.")
        if quote[1] <= 0:
            return None, None
        instrument, numbers = order.instrument, self._outside.numbers
        units = quote[1] if order.amount > order.filled else -quote[1]
        return numbers.price(quote[0], instrument.fill_scale), numbers.quantity(units, instrument.quantity_scale)

    def _quote(self, order: WorkingOrder, wanted: int, answer: Any) -> Quote:
        name, instrument = f"{type(self.model).__name__}.process_order", order.instrument
        if answer is None:
            return DECLINED
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise InputError(f"{name} returned {answer!r}. Return a price and a number of units, or (None, None).")
        if answer[0] is None or answer[1] is None:
            return DECLINED
        price = rescale_half_even(*scaled(exact_number(answer[0], f"the price of {name}")), instrument.fill_scale)
        units, scale = scaled(exact_number(answer[1], f"the units of {name}"))
        filled = abs(units) * 10**instrument.quantity_scale // (10**scale * instrument.step) * instrument.step
        if not filled:
            return DECLINED
        if (units > 0) is not (order.amount > order.filled):
            raise TransactionWithWrongDirection(
                f"{name} returned {answer[1]} units for an order of {self._shown(order)}. Return them with its sign."
            )
        if filled > abs(order.amount - order.filled):
            raise TransactionVolumeExceedsOrder(
                f"{name} returned {answer[1]} units for an order of {self._shown(order)}. Return order.open_amount at "
                "most."
            )
        # less than the open amount may fill here: what a reduce-only order or an exit may still close
        return price, min(filled, wanted)

    def _shown(self, order: WorkingOrder) -> str:
        view = self._outside.order_view(order)
        return f"{view.amount}, of which {view.filled} are filled"

    def __repr__(self) -> str:
        return repr(self.model)


class CustomCommission(CommissionModel):
    """A model with `calculate`, asked like one with `fee`."""

    def __init__(self, model: Any, outside: Outside) -> None:
        self.model = model
        self.rebates = getattr(model, "rebates", False)
        self.itemised = getattr(model, "itemised", False)
        self._outside = outside
        self._native = overrides(type(model), "fee", CommissionModel)
        self._set = setter_of(model, "_asked")
        if uninitialised(model) is not None:
            self._native = self.itemised = False
            self._set(model, "_asked", Refusing(model, "fee"))

    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        outside, model, instrument = self._outside, self.model, order.instrument
        numbers = outside.numbers
        if self._native:
            self._set(model, "_asked", lambda: numbers.money(model.fee(order, fill)))
        transaction = Transaction(
            asset=instrument.asset,
            amount=numbers.quantity(fill.quantity, instrument.quantity_scale),
            dt=datetime_of(outside.data.now_ns()),
            price=numbers.price(fill.price, instrument.fill_scale),
            order_id=outside.blotter.order_id(order.number),
        )
        try:
            cost = model.calculate(outside.order_view(order), transaction)
        finally:
            if self._native:
                self._set(model, "_asked", None)
        if cost is None:
            raise InputError(f"{type(model).__name__}.calculate returned None. Return what the fill costs, 0 or more.")
        what = f"the cost of {type(model).__name__}.calculate"
        return rescale_half_even(*scaled(exact_number(cost, what)), MONEY_SCALE)

    def parts(self, order: WorkingOrder, fee: int) -> Parts:
        parts: Parts = self.model.parts(order, fee)
        return parts

    def __repr__(self) -> str:
        return repr(self.model)


def slippage_for(model: Any, outside: Outside) -> Any:
    """The model as the broker can ask it."""
    if hasattr(model, "bound"):
        model = model.bound(outside.data)
    return CustomSlippage(model, outside) if is_own(type(model), "process_order", "quote", SlippageModel) else model


def commission_for(model: Any, outside: Outside) -> Any:
    """The model as the broker can ask it."""
    if isinstance(model, CommissionModel):
        model._begin(outside.days)
    return CustomCommission(model, outside) if is_own(type(model), "calculate", "fee", CommissionModel) else model


def check_model(model: Any) -> None:
    """Raises InputError for a slippage or commission model that can't answer, as its base was not initialised."""
    kind = type(behind(model))
    if not is_own(kind, "process_order", "quote", SlippageModel) and hasattr(kind, "quote"):
        check_initialised(model, ["quote"])
    elif getattr(kind, "process_order", None) is MarketImpactBase.process_order:
        check_initialised(model, ["get_txn_volume", "get_simulated_impact"])
    elif hasattr(kind, "fee") and not is_own(kind, "calculate", "fee", CommissionModel):
        check_initialised(model, ["fee"])


def setter_of(model: Any, name: str) -> Any:
    """The setter of attributes of a model of the user's own, which may be frozen, or have no room for them."""
    for setter in (setattr, object.__setattr__):
        with contextlib.suppress(AttributeError, TypeError):
            setter(model, name, getattr(model, name, None))
            return setter
    return lambda *_: None


def overrides(kind: type, method: str, base: type) -> bool:
    """Whether a class has a method of its own, not that of the base."""
    return getattr(kind, method, None) is not getattr(base, method)


def is_own(kind: type, outside: str, inside: str, base: type) -> bool:
    """Whether the outer method is what counts: the one of the two that the most derived class has."""
    for one in kind.__mro__:
        if one is base:
            break
        if outside in vars(one):
            return True
        if inside in vars(one):
            return False
    return hasattr(kind, outside) and not hasattr(kind, inside)
