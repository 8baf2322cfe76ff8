"""Several currencies in one run, as a strategy meets them: cash of each, and turning one into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, Protocol, overload

from rustybt.core import MONEY_SCALE, Number, Scalar, check_money, exact_number, to_scale
from rustybt.errors import CurrencyMismatch, InputError
from rustybt.orders import ORDERING, wrong_moment
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._run_facts import RunPhase


class CashByCurrency(Mapping[str, Scalar], Generic[Scalar]):
    """The cash of each currency, in that currency; below zero what is borrowed.

    The run's own currency comes first, then those in which anything was booked, by name. Those are the keys;
    `cash_by_currency["EUR"]` of another one is 0, `get` gives the default.
    """

    __slots__ = ("_state",)

    def __init__(self, state: AccountState[Scalar]) -> None:
        self._state = state

    def __getitem__(self, currency: str) -> Scalar:
        state = self._state
        _checked(currency)
        pocket = state.books.pocket(state.account, currency)
        return state.numbers.money(0 if pocket is None else state.books.cash(pocket))

    def __iter__(self) -> Iterator[str]:
        pockets = self._state.books.pockets()
        return iter([pockets[pocket][1] for pocket in self._state.books.used()])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, currency: object) -> bool:
        return any(currency == one for one in self)

    @overload
    def get(self, currency: str, default: None = None) -> Scalar | None: ...
    @overload
    def get[T](self, currency: str, default: T) -> Scalar | T: ...
    def get(self, currency: str, default: Any = None) -> Any:
        """The cash of a currency in which anything was booked, else the default. Raises InputError for no text."""
        _checked(currency)
        return self[currency] if currency in self else default  # noqa: SIM401  this is `get`

    def __repr__(self) -> str:
        return repr(dict(self))


def _checked(currency: Any) -> None:
    if not isinstance(currency, str):
        raise InputError(f"cash_by_currency[{currency!r}]: ask with the name of a currency, like 'EUR'.")


class Converter(Protocol):
    """Where conversions are placed. Returns the id of one."""

    def place(self, amount: int, from_: str, to: str, bar: int, stamp: int, /) -> str: ...


class Converting(Generic[Scalar]):
    """The part of `context` that turns money of one currency into another's."""

    __slots__ = ()

    _state: AccountState[Scalar]
    _phase: RunPhase
    _converter: Converter | None
    _currencies_are_one: bool

    def convert_currency(self, amount: Number, from_currency: str, to_currency: str) -> str | None:
        """Converts an amount of one currency into another at the next bar's rate; negative buys the first instead.

        The amount is exact, with 20 decimals at most; what is got, or paid, for it is rounded once, half-even, at 20
        decimals. The rate is the close of the bundle's pair of the two, or of two pairs in a row, with the next bar on
        which the pair has one; it is done before that bar's orders. What is not there is borrowed: cash below zero.
        Returns the conversion's id, and None for an amount of zero; `result.conversions` has what became of it. One
        for which there is no rate yet, or none any more, is kept there as rejected, with the reason.
        Raises CurrencyMismatch where the bundle has no pairs that lead from the one to the other.
        """
        if self._phase.phase not in ORDERING:
            raise wrong_moment(self._phase.phase)
        named: tuple[tuple[str, Any], ...] = (("from_currency", from_currency), ("to_currency", to_currency))
        for name, currency in named:
            if not isinstance(currency, str) or not currency:
                raise InputError(f"convert_currency({name}={currency!r}): pass the name of a currency, like 'EUR'.")
        if from_currency == to_currency:
            raise InputError(f"convert_currency: {from_currency} is to become {to_currency}. Pass two currencies.")
        money = check_money(to_scale(exact_number(amount, "amount"), MONEY_SCALE))
        if not money:
            return None
        if self._converter is None:
            own = self._state.currency
            other = to_currency if from_currency == own else from_currency
            remedy = f"Run with currency={own!r} on a bundle that has the pair {other}/{own}."
            if self._currencies_are_one:
                remedy = "Run without Compat.currencies_are_one, which adds up numbers of all currencies."
            raise CurrencyMismatch(
                f"{from_currency} can't become {to_currency}: this run keeps its cash in {own} only. {remedy}"
            )
        bar, now = self._state.market.bar, self._state.data.now_ns()
        return self._converter.place(money, from_currency, to_currency, bar, now)
