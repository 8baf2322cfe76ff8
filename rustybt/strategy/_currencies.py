"""Several currencies in one run, as a strategy meets them: cash of each, and turning one into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rustybt.core import MONEY_SCALE, check_money, exact_number, to_scale
from rustybt.errors import CurrencyMismatch, InputError
from rustybt.orders import ORDERING, wrong_moment
from rustybt.strategy._desk import Desk


class CashByCurrency(Mapping[str, Any]):
    """The cash of each currency, in that currency; below zero what is borrowed.

    The run's own currency comes first, then those in which anything was booked, by name. Those are the keys;
    `cash_by_currency["EUR"]` of another one is 0, `get` gives the default.
    """

    __slots__ = ("_desk",)

    def __init__(self, desk: Any) -> None:
        self._desk = desk

    def __getitem__(self, currency: str) -> Any:
        desk = self._desk
        _checked(currency)
        pocket = desk.books.pocket(desk.blotter.account, currency)
        return desk.numbers.money(0 if pocket is None else desk.books.cash(pocket))

    def __iter__(self) -> Iterator[str]:
        pockets = self._desk.books.pockets()
        return iter([pockets[pocket][1] for pocket in self._desk.books.used()])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, currency: object) -> bool:
        return any(currency == one for one in self)

    def get(self, currency: Any, default: Any = None) -> Any:
        """The cash of a currency in which anything was booked, else the default. Raises InputError for no text."""
        _checked(currency)
        return self[currency] if currency in self else default  # noqa: SIM401  this is `get`

    def __repr__(self) -> str:
        return repr(dict(self))


def _checked(currency: Any) -> None:
    if not isinstance(currency, str):
        raise InputError(f"cash_by_currency[{currency!r}]: ask with the name of a currency, like 'EUR'.")


class Converting:
    """The part of `context` that turns money of one currency into another's."""

    _desk: Desk

    def convert_currency(self, amount: Any, from_currency: str, to_currency: str) -> str | None:
        """Converts an amount of one currency into another at the next bar's rate; negative buys the first instead.

        The amount is exact, with 20 decimals at most; what is got, or paid, for it is rounded once, half-even, at 20
        decimals. The rate is the close of the bundle's pair of the two, or of two pairs in a row, with the next bar on
        which the pair has one; it is done before that bar's orders. What is not there is borrowed: cash below zero.
        Returns the conversion's id, and None for an amount of zero; `result.conversions` has what became of it. One
        for which there is no rate yet, or none any more, is kept there as rejected, with the reason.
        Raises CurrencyMismatch where the bundle has no pairs that lead from the one to the other.
        """
        desk = self._desk
        if desk.phase not in ORDERING:
            raise wrong_moment(desk.phase)
        named: tuple[tuple[str, Any], ...] = (("from_currency", from_currency), ("to_currency", to_currency))
        for name, currency in named:
            if not isinstance(currency, str) or not currency:
                raise InputError(f"convert_currency({name}={currency!r}): give the name of a currency, like 'EUR'.")
        if from_currency == to_currency:
            raise InputError(f"convert_currency: {from_currency} is to become {to_currency}. Give two currencies.")
        money = check_money(to_scale(exact_number(amount, "amount"), MONEY_SCALE))
        if not money:
            return None
        if desk.exchange is None:
            other = to_currency if from_currency == desk.currency else from_currency
            remedy = f"Run with currency={desk.currency!r} on a bundle that has the pair {other}/{desk.currency}."
            if desk.compat.currencies_are_one:
                remedy = "Run without Compat.currencies_are_one, which adds up numbers of all currencies."
            raise CurrencyMismatch(
                f"{from_currency} can't become {to_currency}: this run keeps its cash in {desk.currency} only. {remedy}"
            )
        bar = desk.market.bar
        placed: str = desk.exchange.place(money, from_currency, to_currency, bar, desk.data.now_ns())
        return placed
