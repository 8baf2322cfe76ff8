"""The parts of a run that its steps share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rustybt._kernels import Books, Kernel
from rustybt.core import Notes
from rustybt.engine._compat import Compat
from rustybt.errors import InputError
from rustybt.orders import OrderBook
from rustybt.strategy import AccountState, AssetLookup, OrderViews, RunFacts, RunPhase, Schedules
from rustybt.view import BarData, Instrument, MarketView

if TYPE_CHECKING:
    from rustybt.engine._converter import CurrencyConverter


@dataclass(slots=True, weakref_slot=True, eq=False, repr=False)
class RunState:
    """The parts of a run, for the engine, which hands each step those that it needs.

    Nothing that it holds may hold it: all that a run has loaded is let go of with it, and not at some later collection
    of garbage.

    converter: the rates and conversions of a run in several currencies; None in one that has one only. recorded: the
    last value of each recorded name. explainer: tells the life of an order; None before the first bar. notes: what the
    result tells besides its figures.
    """

    market: MarketView
    data: BarData
    kernel: Kernel
    compat: Compat
    books: Books
    book: OrderBook
    converter: CurrencyConverter | None
    account: AccountState
    lookup: AssetLookup
    facts: RunFacts
    views: OrderViews
    notes: Notes
    phase: RunPhase = field(default_factory=RunPhase)
    schedules: Schedules = field(default_factory=Schedules)
    recorded: dict[str, Any] = field(default_factory=dict)
    explainer: Callable[[str], Any] | None = None

    def explain(self, order_id: str) -> Any:
        """The life of an order."""
        if self.explainer is None:
            raise InputError("explain() was called in initialize, before there is any order. Call it later.")
        return self.explainer(order_id)

    def open_slot(self, instrument: Instrument) -> None:
        """Opens the books for an asset that was loaded."""
        instrument.pocket = 0 if self.converter is None else self.converter.pocket(instrument.asset.currency)
        instrument.slot = self.books.open_slot(
            instrument.pocket,
            instrument.price,
            instrument.mark_scale,
            instrument.fill_scale,
            instrument.quantity_scale,
            instrument.step,
            instrument.multiplier,
            instrument.multiplier_scale,
            instrument.daily_settled,
        )
        self.account.instruments.append(instrument)
        one_currency = instrument.asset.currency == self.account.currency or self.compat.currencies_are_one
        instrument.foreign = not one_currency
        instrument.conditional = instrument.conditional or instrument.foreign

    def fetch_csv(self, **asked: Any) -> Any:
        """Reads a CSV as more fields of `data`."""
        from rustybt.engine._fetch import CsvRequest, fetch_csv

        return fetch_csv(self.market, CsvRequest(**asked))
