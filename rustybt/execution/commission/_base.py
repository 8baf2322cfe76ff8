"""The base of commission models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rustybt._kernels import WorkingOrder
from rustybt.core import MONEY_SCALE, POWERS, Asset, Equity, FeeKind, Future, Notes, div_half_even, exact_number, scaled
from rustybt.errors import InputError
from rustybt.execution._allowed import allowed_by
from rustybt.execution._offer import Fill

type Part = tuple[str, int] | tuple[str, int, int]
"""A part of a fee: what it is for, a `FeeKind` or a word of the model's own, and how much it is.

Third, where there is one, the units of a purchase that it is taken from."""
type Parts = tuple[Part, ...]
"""The parts of a fee."""


class CommissionModel:
    """A commission model: it says what a fill costs.

    A model of your own has `calculate(order, transaction)`, with the numbers that a strategy sees. The models that
    come along have `fee`, in integers; so can yours.

    allowed_asset_types: the classes of assets that it can be set for: Equity stands for all but futures.
    itemised: whether `parts` says what a fee is made of; each part is an entry of its own then. rebates: whether a fee
    below zero is paid out. Without it such a fee is none; with `Compat.split_of_orders` the order's commission falls by
    it, and nothing is booked.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> class TenthOfAPercent(commission.CommissionModel):
    ...     def calculate(self, order, transaction):
    ...         return abs(transaction.amount) * transaction.price / 1000
    >>> model = TenthOfAPercent()
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> round(run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).metrics["commission"], 4)
    Decimal('13.0915')
    """

    allowed_asset_types: ClassVar[tuple[type[Asset], ...]] = (Equity, Future)
    rebates: bool = False
    itemised: bool = False
    _asked: Callable[[], Any] | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        allowed_by(cls)

    def calculate(self, order: Any, transaction: Any) -> Any:
        """The cost of a fill, in money, that is not yet in order.filled and order.commission.

        order: a snapshot of the order. transaction: asset, amount (signed), price, dt, order_id.
        """
        if self._asked is None:
            raise NotImplementedError(
                f"{type(self).__name__} has neither calculate(order, transaction) nor fee(order, fill)."
            )
        return self._asked()

    def fee(self, order: WorkingOrder, fill: Fill) -> int:
        """The cost of a fill that is not yet in order.filled and order.commission, as money with 20 decimals.

        A negative result is a rebate.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has neither calculate(order, transaction) nor fee(order, fill)."
        )

    def parts(self, order: WorkingOrder, fee: int) -> Parts:
        """The parts of the fee of a fill, just computed and not yet in order.commission."""
        return ((FeeKind.COMMISSION, fee),)

    def _begin(self, days: Sequence[int]) -> None:
        """A run begins, or goes on. days: of its sessions, as numbers since 1970; none where they are longer."""

    def tell(self, notes: Notes) -> None:
        """Called when the run is over: adds what its result is to tell of the model."""

    def kernel(self) -> Any:
        """The numbers with which the native kernel does what `fee` does; NotImplemented where it can't."""
        return NotImplemented

    def parameters(self) -> dict[str, str]:
        """The parameters as text, for the repr and for the manifest of a result."""
        return {}

    def __repr__(self) -> str:
        try:
            shown = ", ".join(f"{k}={v}" for k, v in self.parameters().items())
        except AttributeError:  # of a class of the user's own whose base was not initialised
            shown = "..."
        return f"{type(self).__name__}({shown})"


class EquityCommissionModel(CommissionModel):
    """The base of a model for all assets but futures.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import commission
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> class TenthOfAPercent(commission.EquityCommissionModel):
    ...     def calculate(self, order, transaction):
    ...         return abs(transaction.amount) * transaction.price / 1000
    >>> model = TenthOfAPercent()
    >>> blotter = SimulationBlotter(equity_commission=model)
    >>> round(run(handle_data, start="2010-01-04", end="2010-01-05", blotter=blotter).metrics["commission"], 4)
    Decimal('13.0915')
    """

    allowed_asset_types = (Equity,)


class FutureCommissionModel(CommissionModel):
    """The base of a model for futures only.

    >>> from rustybt import SimulationBlotter
    >>> from rustybt.api import commission
    >>> class TwoAContract(commission.FutureCommissionModel):
    ...     def calculate(self, order, transaction):
    ...         return 2 * abs(transaction.amount)
    >>> SimulationBlotter(future_commission=TwoAContract()).commission["future"]
    TwoAContract()
    """

    allowed_asset_types = (Future,)


def per_unit(order: WorkingOrder, quantity: int, cost: tuple[int, int], once: int, minimum: int) -> int:
    """The fee of a fill from a cost per unit, one per order, and the least that an order costs.

    The first fill pays at least the minimum; a later one what the order's fee exceeds what was paid by.
    """
    value, scale = cost
    scale += order.instrument.quantity_scale
    fee = as_money(abs(quantity) * value, scale) + once
    if not order.commission:
        return fee if fee > minimum else minimum
    total = as_money(order.units_charged * value, scale) + fee
    return 0 if total < minimum else total - order.commission


def amount(value: Any, what: str) -> tuple[int, int]:
    """A parameter of 0 or more, as value and scale."""
    number, scale = scaled(exact_number(value, what))
    if number < 0:
        raise InputError(f"{what} is {value!r}: pass a number of 0 or more.")
    return number, scale


def as_money(value: int, scale: int) -> int:
    """A product as money; rounded half-even beyond 20 decimals."""
    if scale <= MONEY_SCALE:
        return value * POWERS[MONEY_SCALE - scale]
    return div_half_even(value, POWERS[scale - MONEY_SCALE])
