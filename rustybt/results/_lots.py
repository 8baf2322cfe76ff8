"""Lots of one asset, matched as they are sold or bought back; every amount is divided so that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, NamedTuple, get_args

from rustybt.core import div_half_even

type Method = Literal["fifo", "lifo", "average", "flat"]
METHODS: Final = get_args(Method.__value__)
_TRADED: Final = frozenset(("fill", "auto_close"))
_RESTATED: Final = frozenset(("split", "stock_dividend"))
_INCOME: Final = frozenset(("dividend", "cash_in_lieu"))
OVERNIGHT: Final = _RESTATED | _INCOME
"""Kinds of entries that are booked before a session's first bar, and belong to it."""
_SETTLED: Final = "variation"  # of what settles daily the price of a fill says all


class Line(NamedTuple):
    """A booking of one asset.

    session: the number of the session. quantity: at the asset's scale. amount: money at scale 20; of a fill of what
    settles daily what its units were worth, which the ledger does not book. ex: the session of a dividend's ex-date.
    fees: of a fill, above zero for what was paid.
    """

    stamp: int
    session: int
    kind: str
    quantity: int
    amount: int
    order: str | None
    ex: int | None
    fees: int = 0


@dataclass(slots=True)
class Lot:
    """Units that were bought, or sold short, at one fill, as far as they are still held.

    side: 1 long, -1 short. quantity: above zero. value: what they cost, or brought; costs and income: theirs so far.
    several: whether units of several fills, or of several ends, were put together.
    """

    side: int
    quantity: int
    value: int
    costs: int
    income: int
    entry: int
    session: int
    order: str | None
    several: bool = False

    def take(self, quantity: int) -> Lot:
        """Cuts off so many units, with their share of everything; what is left keeps the rest."""
        whole = self.quantity
        value = div_half_even(self.value * quantity, whole)
        costs = div_half_even(self.costs * quantity, whole) if self.costs else 0
        income = div_half_even(self.income * quantity, whole) if self.income else 0
        self.quantity -= quantity
        self.value -= value
        self.costs -= costs
        self.income -= income
        return Lot(self.side, quantity, value, costs, income, self.entry, self.session, self.order, self.several)

    def add(self, other: Lot) -> None:
        """Takes in another lot; it stays as old as it is."""
        self.several = True
        self.quantity += other.quantity
        self.value += other.value
        self.costs += other.costs
        self.income += other.income


@dataclass(slots=True)
class Trade:
    """A trade: what was opened and how it ended.

    exit: None where it has not; last: the session of it; order: which closed it. exit_value: what the units brought, or
    cost, at their end. restated: which of `Matched.units` holds at the exit.
    """

    lot: Lot
    exit: int | None
    last: int
    exit_value: int
    restated: int
    order: str | None = None

    @property
    def gross(self) -> int:
        """Of prices, dividends and the like."""
        return self.lot.side * (self.exit_value - self.lot.value) + self.lot.income


class Matched:
    """The trades of one asset, from its lines in the order of time."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self._lots: list[Lot] = []
        self._trip: Trade | None = None
        self.trades: list[Trade] = []
        # what one unit of the first session has become, from a session on
        self.units: list[tuple[int, Fraction]] = [(-1, Fraction(1))]
        self.unassigned = 0  # money that came or went when nothing was held, nor ever had been

    @property
    def holding(self) -> bool:
        """Whether something is held still."""
        return bool(self._lots)

    def read(self, lines: Sequence[Line]) -> None:
        """Goes through the lines; dividends count for those who held before the ex-date."""
        earned = sorted(((line.ex, line.amount) for line in lines if line.ex is not None), reverse=True)
        for line in lines:
            while earned and earned[-1][0] <= line.session and (line.kind in _TRADED or earned[-1][0] < line.session):
                self._share(earned.pop()[1], "income")
            if line.kind in _TRADED:
                self._trade(line)
            elif line.kind in _RESTATED:
                self._restate(line)
            elif line.kind in _INCOME:
                if line.ex is None:
                    self._share(line.amount, "income")
            elif line.quantity:  # a fee that took all that was bought
                self._trade(line)
            elif line.kind != _SETTLED:
                self._share(-line.amount, "costs")
        for _, amount in reversed(earned):
            self._share(amount, "income")

    def _trade(self, line: Line) -> None:
        sign = 1 if line.quantity > 0 else -1
        left, value, fees = abs(line.quantity), -sign * line.amount, line.fees
        while left and self._lots and self._lots[0].side != sign:
            lot = self._lots[-1 if self._method == "lifo" else 0]
            quantity, exit_value, fee = left, value, fees
            if lot.quantity < left:
                quantity = lot.quantity
                exit_value, fee = div_half_even(value * quantity, left), div_half_even(fees * quantity, left)
            left, value, fees = left - quantity, value - exit_value, fees - fee
            if quantity == lot.quantity:
                self._lots.pop(-1 if self._method == "lifo" else 0)
            else:
                lot = lot.take(quantity)
            lot.costs += fee
            self._close(lot, line, exit_value)
        if left:
            self._open(Lot(sign, left, value, fees, 0, line.stamp, line.session, line.order))

    def _open(self, lot: Lot) -> None:
        if self._lots and self._method in ("average", "flat"):
            self._lots[0].add(lot)
        else:
            self._lots.append(lot)

    def _close(self, lot: Lot, line: Line, exit_value: int) -> None:
        trade = Trade(lot, line.stamp, line.session, exit_value, len(self.units) - 1, line.order)
        if self._trip is not None:
            trip = self._trip
            trip.lot.add(lot)
            trip.exit, trip.last, trip.exit_value = trade.exit, trade.last, trip.exit_value + exit_value
            trip.order = trade.order
        else:
            self.trades.append(trade)
            self._trip = trade if self._method == "flat" else None
        if not self._lots:
            self._trip = None

    def _restate(self, line: Line) -> None:
        """A split, or a dividend in shares: every lot becomes as many more or fewer."""
        held = sum(lot.quantity for lot in self._lots)
        if not held:
            self._trade(line._replace(amount=0))
            return
        now = max(held + self._lots[0].side * line.quantity, 0)
        if not now:
            lots, self._lots = self._lots, []
            for lot in lots:
                self._close(lot, line, 0)
            return
        before = after = 0
        for lot in self._lots:
            before += lot.quantity
            lot.quantity = before * now // held - after
            after += lot.quantity
        self._without_empty()
        self.units.append((line.session, self.units[-1][1] * Fraction(now, held)))
        if self._trip is not None:
            self._trip.lot.quantity = self._trip.lot.quantity * now // held

    def _without_empty(self) -> None:
        """A lot of which nothing is left gives what it had to another."""
        kept = [lot for lot in self._lots if lot.quantity]
        for lot in self._lots:
            if not lot.quantity:
                kept[0].add(lot)
        self._lots = kept

    def _share(self, amount: int, what: str) -> None:
        """Divides money among the lots by their units; where there are none, the last trade takes it."""
        lots = self._lots or [trade.lot for trade in self.trades[-1:]]
        if not lots:
            self.unassigned += amount if what == "income" else -amount
            return
        left = sum(lot.quantity for lot in lots) or 1
        for lot in lots:
            part = amount if lot is lots[-1] else div_half_even(amount * lot.quantity, left)
            amount, left = amount - part, left - lot.quantity
            setattr(lot, what, getattr(lot, what) + part)

    def still_open(self, last: int, worth: int) -> Iterator[Trade]:
        """What is held after session `last`, all of which is `worth` so much; short units are worth as much."""
        left = sum(lot.quantity for lot in self._lots)
        for lot in self._lots:
            value = div_half_even(worth * lot.quantity, left)
            worth, left = worth - value, left - lot.quantity
            trade = Trade(lot, None, last, value, len(self.units) - 1)
            if self._trip is not None:
                # the trip goes on: what is held ends it
                self.trades.remove(self._trip)
                trade.lot.add(self._trip.lot)
                trade.exit_value += self._trip.exit_value
                trade.lot.order = self._trip.lot.order
            yield trade
