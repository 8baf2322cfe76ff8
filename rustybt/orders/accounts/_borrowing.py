"""Shares that can be borrowed: whether there are enough of them for an order that would be short of more."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rustybt.core import Cause, OrderTerms
from rustybt.core.carrying import BorrowTerms
from rustybt.orders.accounts._buying_power import Refusal


class ToBorrow:
    """Refuses orders that would be short of more shares than there are, open sales counted."""

    def __init__(self, terms: BorrowTerms, books: Any, book: Any, market: Any) -> None:
        self._terms = terms
        self._books = books
        self._book = book
        self._market = market

    def available(self, instrument: Any) -> Fraction | None:
        """How many shares there are on the day of the moment; None for any number."""
        day = self._market.axis.days[self._market.session]
        return self._terms.row(instrument.asset.symbol, day).available

    def refusal(self, instrument: Any, size: int, terms: OrderTerms[int] | None) -> Refusal | None:
        """Why an order is refused; None where there are enough."""
        if size > 0 or (terms is not None and terms.reduce_only):
            return None
        available = self.available(instrument)
        if available is None:
            return None
        sales = [order.amount - order.filled for order in self._book.open.get(instrument.slot, ())
                 if order.more is None or not order.more.reduce_only]  # fmt: skip
        short = -(self._books.position(instrument.slot)[0] + sum(one for one in sales if one < 0) + size)
        if short <= 0 or Fraction(short, 10**instrument.quantity_scale) <= available:
            return None
        asked = short / 10**instrument.quantity_scale
        return Cause.NO_BORROW, (
            f"{asked:g} of {instrument.asset.symbol} would be short, and {float(available):g} can be borrowed"
        )
