"""Books in several currencies side by side, and the one view of them in the base currency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rustybt._kernels import Rows
from rustybt.core import MONEY_SCALE, check_money, converted_half_even, div_half_even

type Rate = tuple[int, int]
"""So many units of one currency for so many of another: numerator and denominator."""


class RatesToBase(Protocol):
    """What a unit of a currency is worth in the base currency."""

    def to_base(self, currency: str, bar: int) -> Rate:
        """At a bar. Raises CurrencyMismatch where there is no rate."""
        ...


class _Purse:
    """The books of one currency. slots: the number that each of its slots has in the run. used: whether anything was
    ever booked."""

    __slots__ = ("books", "currency", "slots", "used")

    def __init__(self, currency: str, books: Any) -> None:
        self.currency = currency
        self.books = books
        self.slots: list[int] = []
        self.used = False


class CurrencyBooks:
    """Cash and positions of one account in several currencies; what the engine needs of books, for all of them.

    Each currency has books of its own (`rustybt._kernels.Books`), in which its assets are filled, charged and settled:
    prices, costs and whatever is posted are in the asset's currency. Money of two currencies meets in one place only,
    `in_base`, which each currency's cash and each position go through by themselves, rounded once; all that is said of
    the whole, in the base currency, is a sum of these, so that sums agree to the last digit.
    """

    __slots__ = ("_base", "_cached", "_make", "_opened", "_places", "_purses", "_rates", "bar")

    def __init__(self, cash: int, base: str, rates: RatesToBase, make: Callable[[int], Any]) -> None:
        self._make = make
        self._rates = rates
        self._base = _Purse(base, make(cash))
        self._base.used = True
        self._purses = {base: self._base}
        self._places: list[tuple[_Purse, int]] = []
        # the slots with a position, in the order in which the positions were opened
        self._opened: dict[int, None] = {}
        self._cached: int | None = None
        self.bar = 0

    def open_slot(self, currency: str, lane: Sequence[int], *scales: Any) -> int:
        """Registers an asset of a currency, as `Books.open_slot` does, and returns its slot."""
        purse = self._purse(currency)
        place = purse.books.open_slot(lane, *scales)
        self._places.append((purse, place))
        purse.slots.append(len(self._places) - 1)
        return len(self._places) - 1

    def _purse(self, currency: str) -> _Purse:
        purse = self._purses.get(currency)
        if purse is None:
            purse = self._purses[currency] = _Purse(currency, self._make(0))
            purse.books.seek(self.bar)
        return purse

    def in_base(self, currency: str, amount: int) -> int:
        """Money of a currency in the base currency, at the moment's rate; rounded once, half-even, at 20 decimals."""
        if currency == self._base.currency or not amount:
            return amount
        return converted_half_even(amount, *self._rates.to_base(currency, self.bar))

    def from_base(self, currency: str, amount: int, scale: int) -> int:
        """Money of the base currency, with so many decimals, in another; rounded once, half-even, at 20 decimals."""
        numerator, denominator = self._rates.to_base(currency, self.bar)
        return div_half_even(amount * denominator * 10**MONEY_SCALE, numerator * 10**scale)

    def swap_rates(self, rates: RatesToBase, bar: int) -> tuple[RatesToBase, int]:
        """Reads the rates of another table from now on, at a bar of its own; returns what was read before."""
        before = self._rates, self.bar
        self._rates, self.bar, self._cached = rates, bar, None
        return before

    # the moment

    def seek(self, bar: int) -> None:
        """Moves all to a bar: marks and rates are read there from now on."""
        self.bar = bar
        self._cached = None
        for purse in self._purses.values():
            purse.books.seek(bar)

    def mark(self, slot: int) -> int:
        """The price of a slot, in its currency, at its fill scale."""
        purse, place = self._places[slot]
        return purse.books.mark(place)  # type: ignore[no-any-return]

    def override_mark(self, slot: int, price: int) -> None:
        """Marks a slot at a price until the overrides are cleared."""
        purse, place = self._places[slot]
        purse.books.override_mark(place, price)
        self._cached = None

    def clear_overrides(self) -> None:
        """Reads every mark from its lane again."""
        self._cached = None
        for purse in self._purses.values():
            purse.books.clear_overrides()

    # what is booked, in the currency of the slot

    def _touch(self, slot: int) -> tuple[Any, int]:
        purse, place = self._places[slot]
        purse.used = True
        self._cached = None
        return purse.books, place

    def _note(self, slot: int, quantity: int) -> None:
        if quantity:
            self._opened[slot] = None
        else:
            self._opened.pop(slot, None)

    def fill(self, slot: int, quantity: int, price: int) -> int:
        """Books a fill and returns what it posted to the cash of the slot's currency."""
        books, place = self._touch(slot)
        posted = books.fill(place, quantity, price)
        self._note(slot, books.position(place)[0])
        return posted  # type: ignore[no-any-return]

    def charge(self, slot: int, amount: int) -> None:
        """Takes a cost of trading from the cash of the slot's currency."""
        books, place = self._touch(slot)
        books.charge(place, amount)

    def post(self, amount: int) -> None:
        """Adds an amount to the cash of the base currency."""
        self._base.books.post(amount)

    def post_to(self, slot: int, amount: int) -> None:
        """Adds an amount to the cash of a slot's currency."""
        books, _ = self._touch(slot)
        books.post(amount)

    def exchange(self, given: str, amount: int, taken: str, received: int) -> None:
        """Takes an amount from the cash of one currency and adds another to that of another one."""
        from_, to = self._purse(given), self._purse(taken)
        check_money(from_.books.cash - amount)
        check_money(to.books.cash + received)
        from_.books.post(-amount)
        to.books.post(received)
        from_.used = to.used = True

    def unsettled(self) -> list[int]:
        """The slots that settle and are held or have variation to post: currency by currency, the base first."""
        purses = [self._purses[currency] for currency in self.currencies()]
        return [purse.slots[place] for purse in purses for place in purse.books.unsettled()]

    def settle(self, slot: int) -> int:
        """Posts the variation of a slot to the cash of its currency, and returns it."""
        books, place = self._touch(slot)
        return books.settle(place)  # type: ignore[no-any-return]

    def set_position(self, slot: int, quantity: int, cost: int) -> None:
        """Replaces a position; its cost is in the slot's currency."""
        books, place = self._touch(slot)
        books.set_position(place, quantity, cost)
        self._note(slot, quantity)

    # what is held

    def held(self) -> list[int]:
        """The slots with a position, in the order in which the positions were opened."""
        return list(self._opened)

    def position(self, slot: int) -> tuple[int, int]:
        """Quantity, and total cost in the slot's currency."""
        purse, place = self._places[slot]
        return purse.books.position(place)  # type: ignore[no-any-return]

    def write_positions(self, rows: Rows) -> None:
        """Adds a row of slot, quantity and total cost, in the slot's currency, for every position."""
        for slot in self._opened:
            rows.add((slot, *self.position(slot)))

    def currencies(self) -> list[str]:
        """The base currency, then those in which anything was booked, sorted."""
        base = self._base.currency
        return [base, *sorted(name for name, purse in self._purses.items() if purse.used and name != base)]

    def cash_of(self, currency: str) -> int:
        """The cash of a currency, in that currency, with the variation that is not posted yet."""
        purse = self._purses.get(currency)
        return 0 if purse is None else purse.books.cash

    def state(self) -> tuple[int, list[int], list[tuple[str, bool, Any]]]:
        """All that was booked, as plain values: the bar, the slots as they were opened, the books of each currency."""
        return self.bar, list(self._opened), [(p.currency, p.used, p.books.state()) for p in self._purses.values()]

    def restore(self, state: tuple[int, list[int], list[tuple[str, bool, Any]]]) -> None:
        """Replaces all that was booked by what `state` gave; the slots have to be open."""
        bar, opened, purses = state
        for currency, used, booked in purses:
            purse = self._purse(currency)
            purse.used = used
            purse.books.restore(booked)
        self._opened = dict.fromkeys(opened)
        self.seek(bar)

    # all of it, in the base currency

    @property
    def cash(self) -> int:
        """The cash of all currencies."""
        return check_money(sum([self.in_base(name, purse.books.cash) for name, purse in self._purses.items()]))

    def exposure(self, slot: int) -> int:
        """What a position comes to at its mark."""
        purse, place = self._places[slot]
        return self.in_base(purse.currency, purse.books.exposure(place))

    def worth(self, slot: int) -> int:
        """The value of a position at its mark: its exposure, or nothing where it settles."""
        purse, place = self._places[slot]
        return self.in_base(purse.currency, purse.books.worth(place))

    def positions_value(self) -> int:
        """The sum of all positions. Kept until the moment or a position changes."""
        if self._cached is None:
            self._cached = check_money(sum([self.worth(slot) for slot in self._opened]))
        return self._cached

    def value(self) -> int:
        """Cash and positions."""
        return self.cash + self.positions_value()

    def long_and_short_exposure(self) -> tuple[int, int]:
        """What the long and what the short positions come to."""
        sides = [0, 0]
        for slot in self._opened:
            sides[self.position(slot)[0] < 0] += self.exposure(slot)
        return sides[0], sides[1]

    def long_and_short(self) -> tuple[int, int, int, int]:
        """Value of the long and of the short positions, and how many of each have a price."""
        values, counts = [0, 0], [0, 0]
        for slot in self._opened:
            side = self.position(slot)[0] < 0
            values[side] += self.worth(slot)
            purse, place = self._places[slot]
            counts[side] += purse.books.exposure(place) != 0
        return values[0], values[1], counts[0], counts[1]

    # sizes

    def size_of_value(self, slot: int, money: int, money_scale: int, price: int, target: bool) -> int:
        """How many units an amount of the base currency is worth, less what is held if it is a target."""
        purse, place = self._places[slot]
        if purse is not self._base:
            money, money_scale = self.from_base(purse.currency, money, money_scale), MONEY_SCALE
        return purse.books.size_of_value(place, money, money_scale, price, target)  # type: ignore[no-any-return]

    def size_of_weight(self, slot: int, weight: int, weight_scale: int, price: int, target: bool) -> int:
        """How many units a share of the portfolio's value is worth, less what is held if it is a target."""
        return self.size_of_value(slot, self.value() * weight, MONEY_SCALE + weight_scale, price, target)
