"""Whether an account can pay for an order: asked when it is placed, with all open orders counted as filled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from rustybt._kernels import WorkingOrder
from rustybt.core import MONEY_SCALE, Cause, OrderTerms
from rustybt.orders.accounts._rules import CashAccount, Rule, Stake, Unlent

type Refusal = tuple[Cause, str]
type Terms = OrderTerms[int] | None
type Becoming = Callable[[WorkingOrder], tuple[Terms, int]]
"""The terms and the amount of an order once all changes that are under way have arrived."""
MONEY = 10**MONEY_SCALE
WITHOUT_PRICE = "{} has no price as yet, by which buying power could be told"


class Reserving(ABC):
    """What both ways of asking share: the positions, the open orders and the prices of a run."""

    def __init__(self, books: Any, book: Any, market: Any, conversions: Any, becoming: Becoming) -> None:
        self._books = books
        self._book = book
        self._market = market
        self._conversions = conversions
        self._becoming = becoming

    def price(self, instrument: Any) -> int | None:
        """The last price, at the fill scale; None where there is none."""
        bar = min(self._market.bar, instrument.last)
        return instrument.price[bar] * instrument.mark_to_fill_scale if instrument.priced <= bar else None

    def rate(self, instrument: Any) -> Fraction:
        """What a unit of the asset's currency is worth in the run's."""
        if not instrument.foreign or self._conversions is None:
            return Fraction(1)
        return Fraction(*self._conversions.rate(instrument.asset.currency, self._market.bar))

    def opening(self, slot: int) -> Iterable[WorkingOrder]:
        """The open orders of an asset that may do more than reduce."""
        return [order for order in self._book.open.get(slot, ()) if order.more is None or not order.more.reduce_only]

    def terms_of(self, order: WorkingOrder) -> tuple[Terms, Terms]:
        """The terms of an order, and those that it is getting."""
        return order.terms, self._becoming(order)[0]

    @abstractmethod
    def reserved(self, instrument: Any) -> Fraction | None:
        """What stands behind an asset's position and open orders; None where that can't be told."""

    @abstractmethod
    def refusal_of_more(self, instrument: Any, before: Fraction | None) -> Refusal | None:
        """Why what is reserved may not be more than it was; None where it is not, or where there is enough."""

    def left(self, order: WorkingOrder) -> int:
        """What is open of an order, or will be where it is becoming larger."""
        return largest(self._becoming, order) - order.filled


class BuyingPower(Reserving):
    """Of an account on margin: the equity has to cover what stands behind all positions and open orders at first."""

    def __init__(
        self,
        rule: Rule,
        books: Any,
        book: Any,
        market: Any,
        conversions: Any,
        becoming: Becoming,
        instruments: Any,
    ) -> None:
        super().__init__(books, book, market, conversions, becoming)
        self._rule = rule
        self._instruments = instruments

    def refusal(self, instrument: Any, size: int, terms: Terms) -> Refusal | None:
        """Why an order is refused; None where the account can pay for it."""
        if terms is not None and terms.reduce_only:
            return None
        equity, rule = self._equity()
        most, least = self._worst(instrument, size)
        if most > 0 if size > 0 else least < 0:
            refused = rule.refused(instrument.asset, short=size < 0)
            if refused is not None:
                return Cause.BUYING_POWER, refused
        before, after = self._needed(rule, instrument, 0, None), self._needed(rule, instrument, size, terms)
        if before is None or after is None:
            return Cause.BUYING_POWER, WITHOUT_PRICE.format(instrument.asset.symbol)
        return self._short_of(rule, instrument, before, after, equity)

    def reserved(self, instrument: Any) -> Fraction | None:
        return self._needed(self._equity()[1], instrument, 0, None)

    def refusal_of_more(self, instrument: Any, before: Fraction | None) -> Refusal | None:
        after = self.reserved(instrument)
        if before is None or after is None:
            return Cause.BUYING_POWER, WITHOUT_PRICE.format(instrument.asset.symbol)
        equity, rule = self._equity()
        return self._short_of(rule, instrument, before, after, equity)

    def _equity(self) -> tuple[Fraction, Rule]:
        equity = Fraction(self._books.equity(), MONEY)
        return equity, self._rule if equity >= self._rule.least else Unlent(self._rule.name, self._rule.least)

    def _short_of(
        self, rule: Rule, instrument: Any, before: Fraction, after: Fraction, equity: Fraction
    ) -> Refusal | None:
        """Why no more can stand behind an asset; None where the equity covers it."""
        if after <= before:
            return None
        others = sum((self._needed(rule, one, 0, None) or 0 for one in self._others(instrument.slot)), Fraction(0))
        if others + after <= equity:
            return None
        free = max(equity - others - before, Fraction(0))
        return Cause.BUYING_POWER, (
            f"it needs {_shown(after - before)} of margin, and {_shown(free)} are free: {rule.name} account worth "
            f"{_shown(equity)}"
        )

    def _others(self, slot: int) -> list[Any]:
        slots = {*self._books.held(), *self._book.open} - {slot}
        return [self._instruments[other] for other in sorted(slots)]

    def _worst(self, instrument: Any, size: int) -> tuple[int, int]:
        """What is held where all that buys fills, and where all that sells does."""
        held = self._books.position(instrument.slot)[0]
        left = [self.left(order) for order in self.opening(instrument.slot)] + [size]
        return held + sum(one for one in left if one > 0), held + sum(one for one in left if one < 0)

    def _needed(self, rule: Rule, instrument: Any, size: int, terms: Terms) -> Fraction | None:
        """What stands behind a position and its open orders, whichever of them fill; in the run's currency."""
        price = self.price(instrument)
        if price is None:
            return None
        slot = instrument.slot
        held, cost = self._books.position(slot)
        orders = [(self.left(order), self.terms_of(order)) for order in self.opening(slot)]
        orders += [(size, (terms, terms))] if size else []
        now = rule.initial(Stake.of(instrument, held, price, cost)) if held else Fraction(0)
        found = [now]
        for side, worst in zip((1, -1), self._worst(instrument, size), strict=True):
            legs = [(left, max(_asked_price(one, price) for one in both)) for left, both in orders if left * side > 0]
            if not legs:
                continue
            # each at its own price, all of them at their average
            at = Fraction(sum(left * its for left, its in legs), sum(left for left, _ in legs))
            if held * worst > 0 and abs(worst) > abs(held):
                # the part that is added, beside what is there
                found.append(now + rule.initial(Stake.of(instrument, worst - held, at)))
            elif held * worst <= 0 and worst:
                found.append(rule.initial(Stake.of(instrument, worst, at)))
        return max(found) * self.rate(instrument)


class CashCover(Reserving):
    """Of a cash account: settled cash of the asset's currency covers all that is to be bought.

    unsettled: what a pocket got for sales that have not settled yet, at scale 20.
    """

    def __init__(
        self,
        rule: CashAccount,
        books: Any,
        book: Any,
        market: Any,
        becoming: Becoming,
        unsettled: Callable[[int], int],
    ) -> None:
        super().__init__(books, book, market, None, becoming)
        self._rule = rule
        self._unsettled = unsettled

    def refusal(self, instrument: Any, size: int, terms: Terms) -> Refusal | None:
        """Why an order is refused; None where it is covered."""
        if terms is not None and terms.reduce_only:
            return None
        refused = self._rule.refused(instrument.asset, short=False)
        if refused is not None:
            return Cause.BUYING_POWER, refused
        if size < 0:
            return self._uncovered_sale(instrument, size)
        cost = self._cost(instrument, size, terms)
        if cost is None:
            return Cause.BUYING_POWER, WITHOUT_PRICE.format(instrument.asset.symbol)
        free = self._free(instrument.pocket)
        if cost <= free:
            return None
        free_shown = _shown(max(free, Fraction(0)))
        return Cause.BUYING_POWER, (
            f"it costs {_shown(cost)}, and {free_shown} {instrument.asset.currency} are settled and not reserved: cash "
            "account"
        )

    def reserved(self, instrument: Any) -> Fraction:
        return -self._free(instrument.pocket)

    def refusal_of_more(self, instrument: Any, before: Fraction | None) -> Refusal | None:
        after = self.reserved(instrument)
        if before is None or after <= max(before, Fraction(0)):
            return None
        more, free = _shown(after - before), _shown(max(-before, Fraction(0)))
        return Cause.BUYING_POWER, (
            f"it costs {more} more, and {free} {instrument.asset.currency} are settled and not reserved: cash account"
        )

    def refusal_of_conversion(self, amount: int, pocket: int, to: int, rate: Fraction) -> str | None:
        """Why an amount of a pocket's money can't become that of another; None where it can.

        amount: at scale 20; below zero it is bought, and the other pays. rate: of one unit in the other's money.
        """
        paid, payer = (Fraction(amount, MONEY), pocket) if amount > 0 else (Fraction(-amount, MONEY) * rate, to)
        free = max(self._free(payer), Fraction(0))
        if paid <= free:
            return None
        return f"it takes {_shown(paid)}, and {_shown(free)} are settled and not reserved: cash account"

    def _free(self, pocket: int) -> Fraction:
        """What is settled of a pocket, and not reserved for open orders."""
        settled = Fraction(self._books.cash(pocket) - self._unsettled(pocket), MONEY)
        for slot in self._book.open:
            for order in self.opening(slot):
                left = self.left(order)
                if order.instrument.pocket == pocket and left > 0:
                    costs = [self._cost(order.instrument, left, terms) or 0 for terms in self.terms_of(order)]
                    settled -= max(costs)
        return settled

    def _uncovered_sale(self, instrument: Any, size: int) -> Refusal | None:
        held = self._books.position(instrument.slot)[0]
        selling = sum(min(self.left(order), 0) for order in self.opening(instrument.slot))
        if held + selling + size >= 0:
            return None
        left = max(held + selling, 0) / 10**instrument.quantity_scale
        return Cause.BUYING_POWER, (
            f"a cash account sells no more than it holds: {left:g} of {instrument.asset.symbol} are held and not for "
            "sale"
        )

    def _cost(self, instrument: Any, size: int, terms: Terms) -> Fraction | None:
        price = self.price(instrument)
        if price is None:
            return None
        cushion = Fraction(1) if terms is not None and terms.limit is not None else 1 + self._rule.cushion
        return Stake.of(instrument, size, _asked_price(terms, price)).value * cushion


def largest(becoming: Becoming, order: WorkingOrder) -> int:
    """The amount of an order now, or once changes under way have arrived: the larger one, as it may fill before."""
    return max(order.amount, becoming(order)[1], key=abs)


def _asked_price(terms: Terms, last: int) -> int:
    """About where an order fills: at its limit, else at the last price or its stop, whichever is more."""
    if terms is None:
        return last
    return max(last, terms.stop or 0) if terms.limit is None else terms.limit


def _shown(money: Fraction) -> str:
    return f"{float(money):,.2f}"
