"""The terms of holding something overnight: rates by date and by tier, as exact fractions a year."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

SINCE_EVER: Final = -(2**31)
"""The day of a value that always held."""

type Tier = tuple[Fraction | None, Fraction | None]
"""Up to which balance, None for any, and the rate of that part of it; a rate of None pays nothing."""
type Tiers = tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Dated[Value]:
    """Values, each from a day on. days: since 1970, rising; values: as many."""

    days: tuple[int, ...]
    values: tuple[Value, ...]

    def at(self, day: int) -> Value | None:
        """The value that holds on a day; None before the first.

        >>> rates = Dated((10, 20), ("low", "high"))
        >>> rates.at(9), rates.at(10), rates.at(25)
        (None, 'low', 'high')
        """
        place = bisect_right(self.days, day)
        return self.values[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class BorrowRow:
    """The terms of borrowing shares from a day on: rate a year, None for the default; how many, None for any."""

    rate: Fraction | None = None
    available: Fraction | None = None


ANY: Final = BorrowRow()


@dataclass(frozen=True, slots=True)
class BorrowTerms:
    """The rates that shorts pay. rows: by symbol. default: the rate of those without a row. basis: days of a year.

    value: "close", or "street": 1.02 times the close, up to the next whole unit of the currency. settled: how many
    sessions a trade takes until it counts.
    """

    rows: Mapping[str, Dated[BorrowRow]]
    default: Fraction
    basis: int
    value: str = "close"
    settled: int = 0

    @property
    def bounded(self) -> bool:
        """Whether any row says how many shares there are."""
        return any(row.available is not None for rows in self.rows.values() for row in rows.values)

    def rates(self) -> Iterator[Fraction]:
        """The rates of all symbols and dates."""
        yield self.default
        yield from (row.rate for rows in self.rows.values() for row in rows.values if row.rate is not None)

    def row(self, symbol: str, day: int) -> BorrowRow:
        """The row that holds for a symbol on a day."""
        rows = self.rows.get(symbol)
        return (None if rows is None else rows.at(day)) or ANY

    def rate(self, symbol: str, day: int) -> Fraction:
        """The rate a year of a symbol on a day."""
        rate = self.row(symbol, day).rate
        return self.default if rate is None else rate


@dataclass(frozen=True, slots=True)
class InterestTerms:
    """Interest on cash, by currency: "" stands for each. benchmark: what the tiers' rates are added to; None for 0."""

    tiers: Mapping[str, Dated[Tiers]]
    benchmark: Mapping[str, Dated[Fraction]] | None = None

    def rates(self) -> Iterator[Fraction]:
        """The rates of all tiers, of any currency and date."""
        for dated in self.tiers.values():
            yield from (rate for tiers in dated.values for _, rate in tiers if rate is not None)

    def year(self, currency: str, day: int, balance: Fraction, *, debit: bool) -> Fraction:
        """The yearly interest of a balance of zero or more at the rates of a day.

        A debit pays the benchmark, zero at least, and the tier's rate; a credit gets both together, zero at least.
        """
        dated = self.tiers.get(currency) or self.tiers.get("")
        tiers = None if dated is None else dated.at(day)
        if tiers is None:
            return Fraction(0)
        if self.benchmark is None:
            return by_tiers(balance, tiers)
        known = self.benchmark.get(currency) or self.benchmark.get("")
        base = Fraction(0) if known is None else known.at(day) or Fraction(0)
        if debit:
            raised = [(top, None if rate is None else max(base, Fraction(0)) + rate) for top, rate in tiers]
        else:
            raised = [(top, None if rate is None else max(base + rate, Fraction(0))) for top, rate in tiers]
        return by_tiers(balance, raised)


@dataclass(frozen=True, slots=True)
class FinancingTerms:
    """Rates that cash pays below zero and gets above it. basis: days of a year by currency; "" stands for the others.

    free_proceeds: whether what shorts were sold for counts as cash.
    """

    debit: InterestTerms | None
    credit: InterestTerms | None
    basis: Mapping[str, int]
    free_proceeds: bool = False

    def days_of_a_year(self, currency: str) -> int:
        """The basis of a currency."""
        return self.basis.get(currency) or self.basis[""]

    def night(self, currency: str, day: int, balance: Fraction) -> Fraction:
        """The interest that a balance gets for the night after a day; below zero the one that it pays."""
        terms, owed = (self.debit, -balance) if balance < 0 else (self.credit, balance)
        if terms is None or not owed:
            return Fraction(0)
        year = terms.year(currency, day, owed, debit=balance < 0)
        return (-year if balance < 0 else year) / self.days_of_a_year(currency)


@dataclass(frozen=True, slots=True)
class Swap:
    """The points that a long and a short get a night, below zero if they pay; admin: what both pay besides."""

    long: Fraction
    short: Fraction
    admin: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class RolloverTerms:
    """The rates that currency positions pay or get overnight.

    rows: by symbol. currencies: rates of currencies instead, of which a pair pays the difference; markup: taken off on
    both sides. points: whether rows are money a unit and night, and not shares of the price a year. triple: the weekday
    that has the nights of the weekend, 0 for Monday; None leaves them where they are.
    """

    rows: Mapping[str, Dated[Swap]] = field(default_factory=dict)
    currencies: Mapping[str, Dated[Fraction]] = field(default_factory=dict)
    markup: Fraction = Fraction(0)
    points: bool = False
    basis: int = 365
    triple: int | None = None

    def swap(self, symbol: str, pair: tuple[str, str] | None, day: int) -> Swap | None:
        """The swap of a symbol on a day; None where there is none. pair: its currencies."""
        rows = self.rows.get(symbol)
        if rows is not None:
            return rows.at(day)
        known = None if pair is None else [self.currencies.get(currency) for currency in pair]
        if known is None or known[0] is None or known[1] is None:
            return None
        base, quote = known[0].at(day), known[1].at(day)
        if base is None or quote is None:
            return None
        return Swap(base - quote - self.markup, quote - base - self.markup)

    def rolls(self, symbol: str, pair: tuple[str, str] | None) -> bool:
        """Whether there are rates of a symbol at all."""
        return symbol in self.rows or (pair is not None and all(one in self.currencies for one in pair))

    def nights(self, day: int) -> int:
        """How many nights of swap the night after a day counts for."""
        if self.triple is None:
            return 1
        # day 0 is a Thursday
        weekday = (day + 3) % 7
        return 0 if weekday > 4 else 3 if weekday == self.triple else 1


def by_tiers(balance: Fraction, tiers: Sequence[Tier]) -> Fraction:
    """A year's interest on a balance, each tier on its part.

    >>> by_tiers(Fraction(600_000), [(Fraction(100_000), Fraction("0.0682")), (None, Fraction("0.0632"))])
    Fraction(38420, 1)
    """
    total, low = Fraction(0), Fraction(0)
    for top, rate in tiers:
        part = balance - low if top is None else min(balance, top) - low
        if part <= 0:
            break
        if rate is not None:
            total += part * rate
        low = balance if top is None else top
    return total


def street_value(close: Fraction) -> Fraction:
    """The value a share is lent on, by the street: 1.02 times the close, up to the next whole unit of the currency.

    >>> street_value(Fraction("42.80")), street_value(Fraction("0.10"))
    (Fraction(44, 1), Fraction(1, 1))
    """
    return Fraction(-(-close * 102 // 100))
