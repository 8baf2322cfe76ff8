"""Orders as a Zipline script sees them."""

from __future__ import annotations

from typing import Any

from rustybt import core
from rustybt.zipline._assets import Faces
from rustybt.zipline._pandas import pandas
from rustybt.zipline._times import stamp

FIELDS = (
    "id", "dt", "reason", "created", "amount", "filled", "commission", "stop", "limit", "stop_reached",
    "limit_reached", "sid", "status",
)  # fmt: skip
"""What an order tells, in Zipline's order."""


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


def shown(order: core.Order, faces: Faces) -> Order:
    """A snapshot of the run as the script gets it. Why an open order has not filled yet is not Zipline's to tell."""
    values = {name: getattr(order, name) for name in FIELDS}
    values["dt"], values["created"] = stamp(order.dt), stamp(order.created)
    values["sid"] = faces.of(order.asset)
    if order.open:
        values["reason"] = None
    if not values["commission"]:
        values["commission"] = 0
    return Order(values)
