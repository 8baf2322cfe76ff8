"""Orders as a Zipline script sees them."""

from __future__ import annotations

from typing import Any, Self

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


NAMES = frozenset(FIELDS)
SET_OF: Any = Event.__dict__["__dict__"]
"""How Python itself reaches what was set on an event."""


class Order(Event):
    """A snapshot of an order: id, sid (the asset), amount, filled, commission, limit, stop, status and its moments.

    status: an IntEnum, open 0, filled 1, cancelled 2, rejected 3, held 4.
    A value is worked out when it is first read: who looks through all open orders at each bar reads one of thirteen.
    """

    __slots__ = ("_order", "_wrapper")
    _order: core.Order
    _wrapper: AssetWrapper

    @classmethod
    def of(cls, order: core.Order, wrapper: AssetWrapper) -> Self:
        """An order of the run, as it is now."""
        made = cls.__new__(cls)
        made._order, made._wrapper = order, wrapper
        return made

    def __getattr__(self, name: str) -> Any:
        if name not in NAMES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        value = _value(self._order, self._wrapper, name)
        setattr(self, name, value)
        return value

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """All values, in Zipline's order."""
        found: dict[str, Any] = SET_OF.__get__(self)
        if hasattr(self, "_order"):
            values = {name: getattr(self, name) for name in FIELDS} | found
            del self._order
            found.clear()
            found.update(values)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__


class WorkingOrder(Order):
    """An order as a model of slippage or commission gets it."""

    @property
    def asset(self) -> Any:
        return self.sid

    @property
    def open_amount(self) -> Any:
        return self.amount - self.filled

    @property
    def direction(self) -> int:
        return 1 if self.amount > 0 else -1

    @property
    def open(self) -> bool:
        return self.status in (core.OrderStatus.OPEN, core.OrderStatus.HELD)

    @property
    def triggered(self) -> bool:
        """Whether stop and limit, where there are, were reached."""
        return (self.stop is None or self.stop_reached) and (self.limit is None or self.limit_reached)


class Transaction(Event):
    """A fill: asset (sid too), amount, dt, price, order_id, and commission, which is always None."""


def shown_transaction(transaction: core.Transaction, wrapper: AssetWrapper) -> Transaction:
    """A fill as a model of the script's own gets it."""
    asset = wrapper.of(transaction.asset)
    values = {"amount": transaction.amount, "dt": stamp(transaction.dt), "price": transaction.price}
    return Transaction({**values, "order_id": transaction.order_id, "asset": asset, "sid": asset, "commission": None})


def _value(order: core.Order, wrapper: AssetWrapper, name: str) -> Any:
    """As in Zipline, a reason is told of rejected orders alone."""
    if name == "sid":
        return wrapper.of(order.asset)
    if name == "reason" and order.status != core.OrderStatus.REJECTED:
        return None
    value = getattr(order, name)
    if name in ("dt", "created"):
        return stamp(value)
    return 0 if name == "commission" and not value else value
