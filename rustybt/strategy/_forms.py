"""The forms of what a strategy hands to `context`, as type checkers know them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, Protocol

type OnError = Literal["fail", "reject", "log"]
type When = dt.date | dt.datetime | str


class FetchedRows(Protocol):
    """What `fetch_csv` read: the rows as they were taken over, and how many had no date or no asset."""

    @property
    def df(self) -> Any: ...
    @property
    def dropped(self) -> int: ...
    @property
    def fields(self) -> list[str]: ...


class Quoting(Protocol):
    """A slippage model in integers."""

    def quote(self, order: Any, offer: Any, /) -> Any: ...


class ProcessingOrders(Protocol):
    """A slippage model in the numbers that a strategy sees, as Zipline has them."""

    def process_order(self, data: Any, order: Any, /) -> Any: ...


class ChargingFees(Protocol):
    """A commission model in integers."""

    def fee(self, order: Any, fill: Any, /) -> Any: ...


class Calculating(Protocol):
    """A commission model in the numbers that a strategy sees, as Zipline has them."""

    def calculate(self, order: Any, transaction: Any, /) -> Any: ...


class Restricting(Protocol):
    """What says of assets whether they may be ordered."""

    def is_restricted(self, assets: Any, dt: Any, /) -> Any: ...


class SecurityList(Protocol):
    """What has the assets, or sids, that may not be ordered."""

    def current_securities(self, dt: Any, /) -> Any: ...


type Slippage = Quoting | ProcessingOrders
type Commission = ChargingFees | Calculating
