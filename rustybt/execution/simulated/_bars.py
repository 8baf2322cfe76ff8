"""The data that the simulated broker reads of an asset and of the order book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from rustybt._kernels import Wake, WorkingOrder


class Bars(Protocol):
    """The bars of an asset in a run, one value per bar, as scaled integers."""

    slot: int
    is_future: bool
    fill_scale: int
    mark_to_fill_scale: int
    tradable: Sequence[int]
    price: Sequence[int]

    def column(self, field: str) -> Sequence[int]: ...


class LinkedGroup(Protocol):
    """Orders that are linked.

    exits, entry: their numbers. link: "oco" or "reduce". price: at which the entry first filled. away: exits whose
    price hangs on that.
    """

    exits: list[int]
    entry: int | None
    link: str
    price: int | None
    away: dict[int, Any]


class Links(Protocol):
    """The links of orders: the group among whose exits one is, and the one whose entry it is."""

    def group_of(self, number: int, /) -> LinkedGroup | None: ...
    def protects(self, number: int, /) -> LinkedGroup | None: ...


class Orders(Protocol):
    """The order book, as a broker reads it.

    wake: which orders sleep, and what wakes them. moved: by number, when an order was changed so that it went to the
    end of its queue. restated: by slot, when an asset was last split. count: of all orders so far, numbered from 1.
    """

    account: str
    wake: Wake
    moved: dict[int, int]
    restated: dict[int, int]

    @property
    def count(self) -> int: ...

    @property
    def links(self) -> Links | None: ...

    @property
    def open(self) -> dict[int, list[WorkingOrder]]: ...


class Opening:
    """A bar as it stands at its open: the one price that there is so far, at the asset's fill scale."""

    __slots__ = ("_prices", "fill_scale", "is_future", "mark_to_fill_scale", "price", "slot", "tradable")

    def __init__(self, bars: Bars, bar: int, price: int) -> None:
        self.slot: int = bars.slot
        self.is_future: bool = bars.is_future
        self.fill_scale: int = bars.fill_scale
        self.tradable = bars.tradable
        self.mark_to_fill_scale = 1
        self.price: Any = {bar - 1: 0}
        self._prices: Any = {bar: price}

    def column(self, field: str) -> Any:
        """The same price, whatever the field."""
        return self._prices
