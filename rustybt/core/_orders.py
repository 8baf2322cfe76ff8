"""Orders as a strategy sees them, and what happens to them: frozen values."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Generic

from rustybt.core._assets import Asset
from rustybt.core._html import facts_html
from rustybt.core._scalar import Scalar


class OrderStatus(enum.IntEnum):
    """The status of an order. The first five are Zipline's; the others are for live trading."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2
    REJECTED = 3
    HELD = 4
    PENDING_NEW = 5
    ACKNOWLEDGED = 6
    PENDING_CANCEL = 7
    EXPIRED = 8


class OrderEventKind(enum.StrEnum):
    """The kinds of events of an order.

    HELD: it waits for another order; RELEASED: no longer.
    CHANGE_REFUSED: the account does not allow that it becomes larger or dearer; it stays as it is.
    NOT_FILLED: it was tried on a bar, and why it did not fill stays on it. TRAILED: its stop followed the price, or it
    was linked. These two are no events of their own.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    ADJUSTED = "adjusted"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    NOT_FILLED = "not_filled"
    TRAILED = "trailed"
    HELD = "held"
    RELEASED = "released"
    CHANGE_REFUSED = "change_refused"


class _Later:
    """Fields that are worked out when they are first read."""

    __slots__ = ("_source",)
    _source: Callable[[str], Any]

    if not TYPE_CHECKING:  # what is not there at all is found by the type checker

        def __getattr__(self, name: str) -> Any:
            # the slot is empty
            if name == "_source" or name not in self.__dataclass_fields__:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            value = self._source(name)
            object.__setattr__(self, name, value)
            return value


@dataclass(frozen=True, slots=True)
class Order(_Later, Generic[Scalar]):
    """A snapshot of an order at the moment it was asked for.

    id: account and sequence, the same in every run.
    amount, filled: units; positive buys. limit, stop: prices, None where there is none.
    average_price: what the fills cost or brought, over their units, 18 decimals; None before the first. After a split
    in units of now.
    commission: money paid so far. created, dt: when it was placed, and when it last changed.
    reason: why it was rejected or cancelled, or why an open order did not fill on the last bar, in words; cause: the
    same as one of the labels of `Cause`. Both are None where it is filled.

    >>> from rustybt import BarData, Context, Order, run
    >>> def handle_data(context: Context, data: BarData) -> None:
    ...     placed = context.order(context.symbol("IBM"), 10, limit_price=120)
    ...     waiting: Order | None = context.get_order(placed) if placed else None
    ...     if waiting:
    ...         print(waiting.id, waiting.amount, waiting.filled, waiting.limit, waiting.status.name)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-04")
    main-1 10 0 120.0000 OPEN
    """

    id: str
    asset: Asset
    amount: Scalar
    filled: Scalar
    limit: Scalar | None
    stop: Scalar | None
    limit_reached: bool
    stop_reached: bool
    commission: Scalar
    created: dt.datetime
    dt: dt.datetime
    status: OrderStatus
    reason: str | None
    account: str = "main"
    client_id: str | None = None
    parent: str | None = None
    group: str | None = None
    time_in_force: str = "gtc"
    cause: str | None = None
    tag: str | None = None
    was_triggered: bool = False
    average_price: Scalar | None = None

    @property
    def state(self) -> str:
        """Its state, finer than `status`.

        "held", "accepted", "triggered" (its stop was reached, or its price touched), "partially_filled", "filled",
        "cancelled", "expired" (it was good until then) or "rejected".
        """
        if self.status is OrderStatus.CANCELLED:
            return "expired" if self.cause == "expired" else "cancelled"
        if self.status is not OrderStatus.OPEN:
            return self.status.name.lower()
        if self.filled:
            return "partially_filled"
        return "triggered" if self.was_triggered else "accepted"

    @property
    def sid(self) -> Asset:
        """The asset, under the name that Zipline gives it."""
        return self.asset

    @property
    def open_amount(self) -> Scalar:
        """The units that are still to fill."""
        amount: Any = self.amount  # the difference of two Decimals is one, and of two floats
        return amount - self.filled  # type: ignore[no-any-return]

    @property
    def direction(self) -> int:
        """1 for a buy, -1 for a sell."""
        return 1 if self.amount > 0 else -1

    @property
    def triggered(self) -> bool:
        """Whether its stop and its limit, where it has them, were reached."""
        return (self.stop is None or self.stop_reached) and (self.limit is None or self.limit_reached)

    @property
    def open(self) -> bool:
        """Whether it can still fill."""
        return self.status in (OrderStatus.OPEN, OrderStatus.HELD)

    def _repr_html_(self) -> str:
        side, units = ("buy", self.amount) if self.direction > 0 else ("sell", -Decimal(str(self.amount)))
        facts = [("state", self.state), ("filled", self.filled), ("at", self.average_price), ("limit", self.limit)]
        facts += [("stop", self.stop), ("tag", self.tag), ("reason", self.reason), ("commission", self.commission)]
        facts.append(("placed", f"{self.created:%Y-%m-%d %H:%M} UTC"))
        return facts_html(f"{self.id}: {side} {_plain(units)} {self.asset.symbol}", facts)


@dataclass(frozen=True, slots=True)
class OrderEvent(Generic[Scalar]):
    """Something that happened to an order, as `on_order` is told it.

    kind: "held", "released", "accepted", "rejected", "triggered", "partially_filled", "filled", "adjusted" (by a
    split), "replaced", "change_refused", "cancelled" or "expired".
    when: UTC. quantity: units: ordered, filled, or left open, as `kind` says; positive buys. price: of a fill, else the
    limit; stop: the order's, or the one that was reached; None where there is none, or it is not what happened.
    cause, reason: why, as `Order` has them; None where the kind says it all. order: as it is when this is told.
    Printed it is one line.

    >>> from rustybt import run
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 10)
    >>> def on_order(context, event):
    ...     print(event.when.date(), event.kind, event.quantity, event.order_id)
    ...     print(event)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", on_order=on_order)
    2010-01-04 accepted 10 main-1
    2010-01-04 21:00 main-1 IBM accepted: 10
    2010-01-05 filled 10 main-1
    2010-01-05 21:00 main-1 IBM filled: 10 at 130.915425
    """

    kind: str
    when: dt.datetime
    order_id: str
    asset: Asset
    quantity: Scalar
    price: Scalar | None
    stop: Scalar | None
    cause: str | None
    reason: str | None
    order: Order[Scalar]

    def __str__(self) -> str:
        filled = self.kind in (OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED)
        price = "" if self.price is None else f"{' at' if filled else ', limit'} {_plain(self.price)}"
        stop = "" if self.stop is None else f", stop {_plain(self.stop)}"
        why = "" if self.reason is None else f" ({self.reason})"
        when = f"{self.when:%Y-%m-%d %H:%M} {self.order_id} {self.asset.symbol}"
        return f"{when} {self.kind}: {_plain(self.quantity)}{price}{stop}{why}"


def _plain(number: object) -> str:
    """A number without the zeros at its end."""
    return f"{Decimal(str(number)).normalize():f}"


_set_source: Final[Any] = _Later._source.__set__  # type: ignore[attr-defined, misc]  # past the guard of frozen fields
_set_status: Final[Any] = Order.status.__set__  # type: ignore[attr-defined, misc]


def order_later(source: Callable[[str], Any], status: OrderStatus) -> Order[Any]:
    """An order of which `source` gives each field but its status by its name when it is first read."""
    order = object.__new__(Order)
    _set_source(order, source)
    _set_status(order, status)
    return order


@dataclass(frozen=True, slots=True)
class Transaction:
    """A fill.

    amount: units; positive bought. dt: when. price: per unit. commission: always None, as in Zipline: a fee is
    booked by itself.
    """

    asset: Asset
    amount: Any
    dt: dt.datetime
    price: Any
    order_id: str
    commission: None = None

    @property
    def sid(self) -> Asset:
        """The asset, under the name that Zipline gives it."""
        return self.asset
