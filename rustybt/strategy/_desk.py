"""What a strategy's calls reach: the market, the books and the blotter of its run."""

from __future__ import annotations

import abc
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rustybt._kernels import Kernel
from rustybt.core import Asset, Notes, Order
from rustybt.strategy._funding import Funding
from rustybt.strategy._numbers import Numbers
from rustybt.view import BarData, Continuous, Instrument, MarketView


class Labels:
    """How frames call an asset: by its symbol, with its key where another asset had the symbol first."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def of(self, asset: Asset) -> str:
        """The label of an asset."""
        owner = self._owners.setdefault(asset.symbol, asset.key)
        return asset.symbol if owner == asset.key else f"{asset.symbol}#{asset.key}"


def _not_yet(_: Any) -> None:
    """Before the run has a timetable nothing is scheduled."""


@dataclass(slots=True, weakref_slot=True)
class Desk(abc.ABC):
    """The joints between a strategy and its run. The engine makes one and moves its phase.

    Nothing that it holds may hold it: all that a run has loaded is let go of with it, and not at some later collection
    of garbage.

    phase: "initialize", "before" (before_trading_start), "bar", "timer" (between two) or "done". capital: money.
    funding: what came to it and went from it since. currency: of both, and of all that is said of the whole. exchange:
    what turns other currencies into it; None in a run that has one only. recorded: the last value of each recorded
    name. on_schedule: called with each schedule that is added. notes: what the result tells besides its figures.
    kernel: what the run computes with.
    """

    market: MarketView
    data: BarData
    continuous: Continuous
    books: Any
    blotter: Any
    numbers: Numbers
    capital: int
    funding: Funding
    currency: str
    start_date: dt.date
    environment: dict[str, Any]
    look_up_day: int
    seed: int
    compat: Any
    labels: Labels
    notes: Notes
    kernel: Kernel
    phase: str = "initialize"
    exchange: Any = None
    recorded: dict[str, Any] = field(default_factory=dict)
    schedules: list[Any] = field(default_factory=list)
    on_schedule: Callable[[Any], None] = field(default=_not_yet)
    listing_of_slot: list[Instrument] = field(default_factory=list)

    def value(self) -> int:
        """Cash and positions at the moment, as money."""
        return int(self.books.value())

    @abc.abstractmethod
    def order_view(self, order: Any) -> Order:
        """A working order as a strategy sees it."""

    @abc.abstractmethod
    def fetch_csv(self, **asked: Any) -> Any:
        """Reads a CSV as more fields of `data`."""
