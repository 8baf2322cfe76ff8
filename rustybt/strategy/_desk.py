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
    slippage, commission: the models for "equity", all but futures, and for "future". cancel_policy: with them, what
    `initialize` may change. broker_of: the run's broker from the simulated one. benchmark: the asset to compare with.
    recorded: the last value of each recorded name. account_controls: what closes are held to.
    funding: what came to it and went from it since. currency: of both, and of all that is said of the whole.
    exchange: what turns other currencies into it; None in a run that has one only. faces: what a strategy gets in place
    of the run's own context and data. on_schedule: called with each schedule that is added. notes: what the result
    tells besides its figures. kernel: what the run computes with.
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
    slippage: dict[str, Any]
    commission: dict[str, Any]
    cancel_policy: Any
    broker_of: Any
    compat: Any
    labels: Labels
    notes: Notes
    kernel: Kernel
    phase: str = "initialize"
    benchmark: Asset | None = None
    exchange: Any = None
    recorded: dict[str, Any] = field(default_factory=dict)
    account_controls: list[Any] = field(default_factory=list)
    schedules: list[Any] = field(default_factory=list)
    on_schedule: Callable[[Any], None] = field(default=_not_yet)
    faces: list[Any] = field(default_factory=list)
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
