"""Orders as a Zipline script sees them."""

from __future__ import annotations

from typing import Any

from rustybt import core
from rustybt.errors import NotANumber
from rustybt.zipline._assets import AssetWrapper
from rustybt.zipline._pandas import pandas
from rustybt.zipline._times import stamp

FIELDS = (
    "id", "dt", "reason", "created", "amount", "filled", "commission", "stop", "limit", "stop_reached",
    "limit_reached", "sid", "status",
)  # fmt: skip
"""What an order tells, in Zipline's order."""


PLAIN = frozenset((int, float))
"""The types of sizes that need no second look."""


def sized(size: Any, what: str) -> Any:
    """The size of an order as Zipline takes it: a truth value is 1 or 0, text is refused.

    what: how to call it in the message. Raises NotANumber.
    """
    if isinstance(size, str):
        raise NotANumber(f"{what}={size!r} is text. Pass a number, like {what}=5.")
    return int(size) if type(size).__name__ in ("bool", "bool_") else size


class Event:
    """A bag of named values."""

    def __init__(self, initial_values: dict[str, Any] | None = None) -> None:
        self.__dict__.update(initial_values or {})

    def keys(self) -> Any:
        """The names."""
        return self.__dict__.keys()

    def __eq__(self, other: object) -> bool:
        return hasattr(other, "__dict__") and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    def __repr__(self) -> str:
        return f"Event({self.__dict__})"

    def to_series(self, index: Any = None) -> Any:
        """The values as a Series by name."""
        return pandas().Series(self.__dict__, index=index)


class Order(Event):
    """A snapshot of an order: id, sid (the asset), amount, filled, commission, limit, stop, status and its moments.

    status: an IntEnum, open 0, filled 1, cancelled 2, rejected 3, held 4.
    """


class WorkingOrder(Order):
    """An order as a model of slippage or commission gets it."""

    @property
    def asset(self) -> Any:
        return self.sid  # type: ignore[attr-defined]

    @property
    def open_amount(self) -> Any:
        return self.amount - self.filled  # type: ignore[attr-defined]

    @property
    def direction(self) -> int:
        return 1 if self.amount > 0 else -1  # type: ignore[attr-defined]

    @property
    def open(self) -> bool:
        return self.status in (core.OrderStatus.OPEN, core.OrderStatus.HELD)  # type: ignore[attr-defined]

    @property
    def triggered(self) -> bool:
        """Whether stop and limit, where there are, were reached."""
        return (self.stop is None or self.stop_reached) and (  # type: ignore[attr-defined]
            self.limit is None or self.limit_reached  # type: ignore[attr-defined]
        )


class Transaction(Event):
    """A fill: asset (sid too), amount, dt, price, order_id, and commission, which is always None."""


def shown(order: core.Order, wrapper: AssetWrapper) -> Order:
    """A snapshot of the run as the script gets it."""
    return Order(_values(order, wrapper))


def shown_at_work(order: core.Order, wrapper: AssetWrapper) -> WorkingOrder:
    """The same for a model of the script's own."""
    return WorkingOrder(_values(order, wrapper))


def shown_transaction(transaction: core.Transaction, wrapper: AssetWrapper) -> Transaction:
    """A fill as a model of the script's own gets it."""
    asset = wrapper.of(transaction.asset)
    values = {"amount": transaction.amount, "dt": stamp(transaction.dt), "price": transaction.price}
    return Transaction({**values, "order_id": transaction.order_id, "asset": asset, "sid": asset, "commission": None})


def _values(order: core.Order, wrapper: AssetWrapper) -> dict[str, Any]:
    """As in Zipline, a reason is told of rejected orders alone."""
    values = {name: getattr(order, name) for name in FIELDS}
    values["dt"], values["created"] = stamp(order.dt), stamp(order.created)
    values["sid"] = wrapper.of(order.asset)
    if order.status != core.OrderStatus.REJECTED:
        values["reason"] = None
    if not values["commission"]:
        values["commission"] = 0
    return values
