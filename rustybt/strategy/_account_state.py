"""The money of a run, as its strategy reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Generic, Protocol

from rustybt.core import Notes, Scalar
from rustybt.strategy._capital_flows import CapitalFlows
from rustybt.strategy._numbers import Numbers
from rustybt.view import BarData, Instrument, MarketView


class AccountBooks(Protocol):
    """Cash and positions at the moment, as money and scaled units.

    A pocket is the cash of an account in a currency. used: those in which anything was booked.
    """

    def pocket(self, account: str, currency: str, /) -> int | None: ...
    def pockets(self) -> list[tuple[str, str]]: ...
    def used(self) -> list[int]: ...
    def cash(self, pocket: int | None = None, /) -> int: ...
    def equity(self) -> int: ...
    def positions_value(self) -> int: ...
    def position(self, slot: int, /) -> tuple[int, int]: ...
    def mark(self, slot: int, /) -> int: ...
    def held(self) -> list[int]: ...
    def exposure(self, slot: int, /) -> int: ...
    def long_and_short_exposure(self) -> tuple[int, int]: ...
    def long_and_short(self) -> tuple[int, int, int, int]: ...


@dataclass(slots=True, weakref_slot=True, eq=False, repr=False)
class AccountState(Generic[Scalar]):
    """The books of a run, and what turns them into the numbers that a strategy sees.

    Nothing that it holds may hold it: all that a run has loaded is let go of with it, and not at some later collection
    of garbage.

    account: its name in the books. capital: money at the start. flows: what came to it and went from it since.
    currency: of both, and of all that is said of the whole. figures_below_zero: whether a debt has shares, as in
    Zipline. instruments: by slot.
    """

    books: AccountBooks
    account: str
    market: MarketView
    data: BarData[Scalar]
    numbers: Numbers[Scalar]
    capital: int
    flows: CapitalFlows
    currency: str
    start_date: dt.date
    figures_below_zero: bool
    notes: Notes
    instruments: list[Instrument] = field(default_factory=list)

    def equity(self) -> int:
        """Cash and positions at the moment, as money."""
        return self.books.equity()
