"""A pocket: the cash of one account in one currency, and what a unit of it is worth in the base currency."""

from __future__ import annotations

from collections.abc import Callable

from rustybt.core import MONEY_SCALE, check_money, converted_half_even, div_half_even
from rustybt.errors import CurrencyMismatch, InputError

type Rate = tuple[int, int]
"""So many units of one currency for so many of another: numerator and denominator, both above zero."""
type Rates = Callable[[str, int], Rate]
"""What a unit of a currency is worth in the base currency at a bar. Raises CurrencyMismatch where there is no rate."""


class Pocket:
    """Cash of an account in a currency.

    posted: what was posted to it, at scale 20. foreign: whether its currency is another than the base. rank: what it is
    sorted by: the place of its account, foreign, currency. used: whether anything was ever booked. rate, rate_bar: the
    rate to the base currency, and the bar at which it is that.
    """

    __slots__ = ("account", "currency", "foreign", "number", "posted", "rank", "rate", "rate_bar", "used")

    def __init__(self, number: int, account: str, currency: str, rank: tuple[int, bool, str], cash: int) -> None:
        self.number = number
        self.account = account
        self.currency = currency
        self.rank = rank
        self.foreign = rank[1]
        self.posted = check_money(cash)
        self.used = not number or cash != 0
        self.rate: Rate = (1, 1)
        self.rate_bar = -1

    def rate_at(self, bar: int, rates: Rates | None) -> Rate:
        """The rate at a bar: what was set for it, else what the table says. Raises CurrencyMismatch without one."""
        if self.rate_bar != bar:
            if rates is None:
                raise no_rate(self.currency, bar)
            self.rate = rates(self.currency, bar)
            self.rate_bar = bar
        return self.rate

    def to_base(self, amount: int, bar: int, rates: Rates | None) -> int:
        """Money of the pocket in the base currency; rounded once, half-even, at 20 decimals."""
        return converted_half_even(amount, *self.rate_at(bar, rates)) if amount and self.foreign else amount

    def from_base(self, amount: int, scale: int, bar: int, rates: Rates | None) -> int:
        """Money of the base currency, with so many decimals, in the pocket's; rounded once, half-even, at 20."""
        numerator, denominator = self.rate_at(bar, rates)
        return div_half_even(amount * denominator * 10**MONEY_SCALE, numerator * 10**scale)


def no_rate(currency: str, bar: int) -> CurrencyMismatch:
    """The error of money that can't be counted in the base currency."""
    return CurrencyMismatch(f"The books have no rate of {currency} at bar {bar}. Set it with set_rate first.")


def check_rate(currency: str, foreign: bool, numerator: int, denominator: int) -> None:
    """Refuses a rate that means nothing; both twins ask here."""
    if not foreign:
        raise InputError(f"{currency} is the base currency: its rate is 1. Set rates of other currencies only.")
    if numerator < 1 or denominator < 1:
        raise InputError(f"A rate of {numerator}/{denominator} for {currency}: pass two integers above zero.")


def refused_pocket(account: str, currency: str) -> InputError:
    """The error of a pocket that is open already."""
    return InputError(f"Account {account!r} has a pocket in {currency} already. Ask for it with pocket().")


def refused_transfer(account: str, currency: str) -> InputError:
    """The error of a transfer that leads nowhere."""
    return InputError(f"A transfer from the pocket of {account!r} in {currency} to itself. Pass two pockets.")


def unknown_account(account: str) -> InputError:
    """The error of an account without a pocket."""
    return InputError(f"There is no account {account!r} in the books. Open a pocket for it first.")
