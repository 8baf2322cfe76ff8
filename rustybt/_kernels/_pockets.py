"""The pockets of the books: accounts, their currencies, and the rates between these."""

from __future__ import annotations

from operator import attrgetter

from rustybt._kernels._pocket import Pocket, Rate, Rates, check_rate, refused_pocket, unknown_account


class Pockets:
    """The pockets of all accounts, and what a unit of their currencies is worth in the base currency at the bar."""

    __slots__ = ("_cached_bar", "_only", "_pockets", "_rates", "bar")

    def __init__(self) -> None:
        self._pockets: list[Pocket] = []
        self._rates: Rates | None = None
        # the pocket, where there is one: then nothing is converted, and no account is told from another
        self._only: Pocket | None = None
        self.bar = 0
        # at which the value of the positions is known
        self._cached_bar = -1

    def open_pocket(self, account: str, currency: str, cash: int) -> int:
        """Opens the cash of an account in a currency and returns its pocket.

        Raises InputError where it is open already, MoneyOverflow for 1e18 and beyond.
        """
        if self.pocket(account, currency) is not None:
            raise refused_pocket(account, currency)
        foreign = bool(self._pockets) and currency != self._pockets[0].currency
        accounts = list(dict.fromkeys([*[one.account for one in self._pockets], account]))
        rank = accounts.index(account), foreign, currency
        pocket = Pocket(len(self._pockets), account, currency, rank, cash)
        self._only = None if self._pockets else pocket
        self._pockets.append(pocket)
        return pocket.number

    def pocket(self, account: str, currency: str) -> int | None:
        """The pocket of an account in a currency; None where none is open."""
        for pocket in self._pockets:
            if (pocket.account, pocket.currency) == (account, currency):
                return pocket.number
        return None

    def pockets(self) -> list[tuple[str, str]]:
        """Account and currency of each pocket."""
        return [(pocket.account, pocket.currency) for pocket in self._pockets]

    def used(self) -> list[int]:
        """The pockets in which anything was booked, the first one among them: by account, the base currency first."""
        return [pocket.number for pocket in sorted(self._pockets, key=attrgetter("rank")) if pocket.used]

    def use_rates(self, rates: Rates) -> None:
        """Takes rates from a table from now on, each when it is first needed at a bar; those that were set go."""
        self._rates = rates
        self._cached_bar = -1
        for pocket in self._pockets:
            pocket.rate_bar = -1

    def set_rate(self, pocket: int, numerator: int, denominator: int) -> None:
        """Sets what a unit of a pocket's currency is worth in the base currency, at the current bar."""
        of = self._pockets[pocket]
        check_rate(of.currency, of.foreign, numerator, denominator)
        of.rate, of.rate_bar = (numerator, denominator), self.bar
        self._cached_bar = -1

    def rate(self, pocket: int) -> Rate:
        """What a unit of a pocket's currency is worth in the base currency. Raises CurrencyMismatch without a rate."""
        of = self._pockets[pocket]
        return of.rate_at(self.bar, self._rates) if of.foreign else of.rate

    def in_base(self, pocket: int, amount: int) -> int:
        """Money of a pocket in the base currency at the bar's rate; rounded once, half-even, at 20 decimals."""
        return self._pockets[pocket].to_base(amount, self.bar, self._rates)

    def posted(self, pocket: int) -> int:
        """What was posted to the cash of a pocket, in its currency."""
        return self._pockets[pocket].posted

    def _one_of_several(self, account: str) -> bool:
        """Whether there are accounts beside this one."""
        accounts = {pocket.account for pocket in self._pockets}
        if account not in accounts:
            raise unknown_account(account)
        return len(accounts) > 1
