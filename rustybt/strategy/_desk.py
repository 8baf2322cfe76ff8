"""What a strategy's calls reach: the market, the books and the blotter of its run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from rustybt.core import Asset
from rustybt.strategy._numbers import Numbers
from rustybt.view import BarData, Listing, Market


@dataclass(slots=True)
class Desk:
    """The joints between a strategy and its run. The engine makes one and moves its phase.

    phase: "initialize", "before" (before_trading_start), "bar" or "done". capital: money.
    slippage, commission: the models; `initialize` may change them. recorded: the last value of each recorded name.
    """

    market: Market
    data: BarData
    books: Any
    blotter: Any
    numbers: Numbers
    capital: int
    currency: str
    start_date: dt.date
    environment: dict[str, Any]
    look_up_day: int
    seed: int
    slippage: Any
    commission: Any
    order_view: Any
    compat: Any
    phase: str = "initialize"
    recorded: dict[str, Any] = field(default_factory=dict)
    schedules: list[Any] = field(default_factory=list)
    schedules_changed: bool = False
    listing_of_slot: list[Listing] = field(default_factory=list)
    symbols_seen: dict[str, str] = field(default_factory=dict)

    def value(self) -> int:
        """Cash and positions at the moment, as money."""
        return int(self.books.cash + self.books.positions_value())

    def label(self, asset: Asset) -> str:
        """How a frame's column for an asset is called: its symbol, with its key where two share one."""
        owner = self.symbols_seen.setdefault(asset.symbol, asset.key)
        return asset.symbol if owner == asset.key else f"{asset.symbol}#{asset.key}"
