"""Pockets: each account and currency keeps its own cash, and the whole is counted at the bar's rate, with fractions."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt._kernels import PYTHON, twins
from rustybt.errors import CurrencyMismatch, InputError, MoneyOverflow
from rustybt.ledger import Ledger
from tests._examples import examples

MONEY = 10**20
MARKS = ([1000, 1200, 900, 1100], [500, 500, 700, 600], [2500, 2400, 2600, 0])
RATES = [(1, 1), (3, 2), (7, 5), (6, 5)]


def rates(currency: str, bar: int) -> tuple[int, int]:
    """A euro is 1, 3/2, 7/5 and 6/5 dollars on bars 0 to 3; of anything else nothing is known."""
    if currency != "EUR":
        raise CurrencyMismatch(f"no rate of {currency}")
    return RATES[bar]


def opened(kernel: Any, currencies: tuple[str, ...]) -> Any:
    """Books of one account, with an asset in each currency; the third settles."""
    books = kernel.Books()
    books.open_pocket("main", "USD", 1000 * MONEY)
    books.use_rates(rates)
    for currency, marks, daily_settled in zip(currencies, MARKS, (False, False, True), strict=False):
        pocket = books.pocket("main", currency)
        if pocket is None:
            pocket = books.open_pocket("main", currency, 0)
        books.open_slot(pocket, marks, 2, 12, 0, 1, 1, 0, daily_settled)
    return books


def instrument_of(books: Any, slot: int) -> Any:
    """What the ledger must know of an asset."""
    return SimpleNamespace(
        asset=SimpleNamespace(symbol=f"K{slot}"), slot=slot, pocket=books.pocket_of(slot), fill_scale=12,
        quantity_scale=0, step=1, multiplier=1, multiplier_scale=0,
    )  # fmt: skip


def every_kernel(test: Callable[[Any], None]) -> Any:
    return pytest.mark.parametrize("kernel", list(twins().values()), ids=list(twins()))(test)


@every_kernel
def test_with_two_currencies_each_keeps_its_own_and_the_whole_is_counted_at_the_bars_rate(kernel: Any) -> None:
    books = opened(kernel, ("EUR", "USD", "EUR"))
    books.seek(1)
    assert books.fill(0, 10, 12 * 10**12) == -120 * MONEY
    assert books.fill(1, -4, 5 * 10**12) == 20 * MONEY
    books.fill(2, 2, 24 * 10**12)
    books.charge(0, 3 * MONEY)
    assert (books.cash(1), books.cash(0), books.pocket("main", "CHF")) == (-123 * MONEY, 1020 * MONEY, None)
    assert books.position(0) == (10, 123 * MONEY)
    assert books.cash() * 2 == (2040 - 369) * MONEY
    assert (books.held(), books.used()) == ([0, 1, 2], [0, 1])
    books.seek(2)
    # 10 at 9 euros of 1.4 dollars; 4 owed at 7 dollars; 2 contracts moved by 2 euros each, which is cash
    assert books.cash(1) == -119 * MONEY
    assert books.long_and_short() == (126 * MONEY, -28 * MONEY, 2, 1)
    assert books.long_and_short_exposure() == (126 * MONEY + 2 * 26 * 14 * MONEY // 10, -28 * MONEY)
    assert books.equity() == (1020 - 28) * MONEY + 126 * MONEY - 119 * 14 * MONEY // 10
    assert books.settle(2) == 4 * MONEY
    # 140 dollars are 100 euros, at 9 a share 11, of which 10 are held
    assert books.size_of_value(0, 140, 0, 9 * 10**12, True) == 1
    books.override_mark(0, 10**13)
    assert books.market_value(0) == 140 * MONEY
    books.clear_overrides()
    assert books.market_value(0) == 126 * MONEY


@every_kernel
def test_a_rate_that_was_set_holds_at_its_bar_only(kernel: Any) -> None:
    books = opened(kernel, ("EUR",))
    books.fill(0, 1, 10**13)
    books.set_rate(1, 4, 1)
    assert (books.rate(0), books.rate(1), books.market_value(0)) == ((1, 1), (4, 1), 40 * MONEY)
    books.seek(1)
    assert (books.rate(1), books.market_value(0)) == ((3, 2), 18 * MONEY)
    books.use_rates(lambda currency, bar: (5, 1))
    assert books.market_value(0) == 60 * MONEY
    for pocket, numerator, denominator in ((1, 0, 1), (1, 1, -1), (0, 2, 1)):
        with pytest.raises(InputError, match=r"above zero|base currency"):
            books.set_rate(pocket, numerator, denominator)
    alone = kernel.Books()
    alone.open_pocket("main", "USD", 0)
    alone.open_pocket("main", "EUR", 1)
    with pytest.raises(CurrencyMismatch, match="no rate of EUR at bar 0"):
        alone.equity()


@every_kernel
def test_a_conversion_that_is_too_much_leaves_the_books_as_they_were(kernel: Any) -> None:
    books = opened(kernel, ("EUR",))
    ledger = Ledger(books, 1000 * MONEY, 0, kernel=PYTHON)
    before = (books.cash(0), books.cash(1), ledger.entries)
    with pytest.raises(MoneyOverflow):
        ledger.convert(1, 0, 10 * MONEY, 1, 10**38, "x")
    assert (books.cash(0), books.cash(1), ledger.entries) == before
    ledger.convert(1, 0, 10 * MONEY, 1, 9 * MONEY, "x")
    assert [(e.kind, e.amount, e.currency) for e in ledger.entries[1:]] == [
        ("conversion", -10 * MONEY, "USD"), ("conversion", 9 * MONEY, "EUR"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="to itself"):
        ledger.convert(1, 1, 1, 1, 1, "x")
    with pytest.raises(CurrencyMismatch, match="Convert it instead"):
        ledger.transfer(1, 0, 1, MONEY, "x")
    assert books.used() == [0, 1]


@every_kernel
def test_entries_are_in_the_currency_of_their_pocket(kernel: Any) -> None:
    books = opened(kernel, ("EUR", "USD"))
    ledger = Ledger(books, 1000 * MONEY, 0, kernel=PYTHON)
    euro, dollar = instrument_of(books, 0), instrument_of(books, 1)
    books.seek(1)
    ledger.fill(7, euro, 5, 10**13, 1)
    ledger.charge(7, dollar, MONEY, 2, "commission")
    ledger.change_capital(8, 2 * MONEY, "delta")
    assert [(e.kind, e.amount, e.currency) for e in ledger.entries[1:]] == [
        ("fill", -50 * MONEY, "EUR"), ("fee", -MONEY, "USD"), ("capital", 2 * MONEY, "USD"),
    ]  # fmt: skip
    assert (books.in_base(1, 2 * MONEY), books.in_base(0, 2 * MONEY)) == (3 * MONEY, 2 * MONEY)


@every_kernel
def test_money_without_a_rate_can_t_be_counted_and_nothing_is_nothing_in_any_currency(kernel: Any) -> None:
    books = opened(kernel, ("CHF",))
    assert (books.equity(), books.in_base(1, 0)) == (1000 * MONEY, 0)
    books.fill(0, 1, 10**13)
    with pytest.raises(CurrencyMismatch):
        books.equity()


@every_kernel
def test_a_pocket_is_opened_once_and_an_account_must_have_one(kernel: Any) -> None:
    books = opened(kernel, ("EUR",))
    with pytest.raises(InputError, match="'main' has a pocket in EUR already"):
        books.open_pocket("main", "EUR", 0)
    with pytest.raises(InputError, match="no account 'carry'"):
        books.equity("carry")
    assert (books.equity("main"), books.pockets()) == (1000 * MONEY, [("main", "USD"), ("main", "EUR")])


# -- several accounts, against fractions -------------------------------------------------------------------------------

POCKETS = [("trend", "USD"), ("trend", "EUR"), ("carry", "EUR"), ("carry", "USD")]


def rounded(amount: Fraction) -> int:
    """Units of 1e-20, half-even, as round() of a Fraction is."""
    return round(amount)


class Replay:
    """What accounts have, replayed from entries alone: cash by pocket, units by asset and account."""

    def __init__(self, ledger: Ledger, bar: int, places: dict[int, tuple[str, str]]) -> None:
        self.cash: dict[tuple[str, str], int] = dict.fromkeys(POCKETS, 0)
        self.units = dict.fromkeys(places, 0)
        for entry in ledger.entries:
            self.cash[entry.account, entry.currency] += entry.amount
            if entry.instrument is not None:
                self.units[entry.instrument.slot] += entry.quantity
        self.bar, self.places = bar, places

    def in_base(self, currency: str, amount: int) -> int:
        return amount if currency == "USD" else rounded(Fraction(amount) * Fraction(*RATES[self.bar]))

    def equity(self, account: str) -> int:
        cash = [self.in_base(currency, money) for (owner, currency), money in self.cash.items() if owner == account]
        held = [
            self.in_base(currency, units * MARKS[slot % 2][self.bar] * MONEY // 100)
            for slot, units in self.units.items()
            for owner, currency in [self.places[slot]]
            if owner == account
        ]
        return sum(cash) + sum(held)


@pytest.mark.parametrize("name", sorted(twins()))
@settings(max_examples=examples(60))
@given(st.integers(0, 10**6))
def test_accounts_are_sums_of_their_entries_and_add_up_to_the_whole(name: str, seed: int) -> None:
    """Any fills, fees, conversions and transfers: the value of each account is what fractions make of its entries."""
    dice = random.Random(seed)
    books = twins()[name].Books()
    for account, currency in POCKETS:
        books.open_pocket(account, currency, 1000 * MONEY if not books.pockets() else 0)
    books.use_rates(rates)
    ledger = Ledger(books, 1000 * MONEY, 0, kernel=PYTHON)
    ledger.change_capital(0, 500 * MONEY, "capital", 3)
    instruments = [
        instrument_of(books, books.open_slot(pocket, MARKS[place % 2], 2, 12, 0, 1, 1, 0))
        for place, pocket in enumerate([0, 1, 2, 3, 1, 2])
    ]
    places = {instrument.slot: POCKETS[instrument.pocket] for instrument in instruments}
    for step in range(dice.randint(1, 25)):
        books.seek(dice.randint(0, 3))
        instrument = dice.choice(instruments)
        one, other = dice.sample(range(4), 2)
        kind = dice.choice(["fill", "fill", "charge", "convert", "transfer", "cross"])
        amount = dice.randint(-(10**22), 10**22)
        before = books.equity()
        if kind == "fill":
            ledger.fill(step, instrument, dice.randint(-9, 9), dice.randint(1, 10**14), step)
        elif kind == "charge":
            ledger.charge(step, instrument, amount // 10**4, step, "commission")
        elif kind == "convert":
            ledger.convert(step, one, amount, other, amount * 7 // 9, "x")
        elif kind == "transfer":
            giver, taker = dice.choice([(0, 3), (3, 0), (1, 2), (2, 1)])
            ledger.transfer(step, giver, taker, amount, "x")
            # each side is rounded by itself: of dollars nothing is
            assert abs(books.equity() - before) <= (giver in (1, 2))
        else:
            # an internal cross: one account sells what the other buys
            price = dice.randint(1, 10**14)
            ledger.fill(step, instruments[1], 3, price, step)
            ledger.fill(step, instruments[5], -3, price, step)
        replay = Replay(ledger, books.bar, places)
        assert {pair: books.cash(n) for n, pair in enumerate(POCKETS)} == replay.cash
        values = {account: books.equity(account) for account in ("trend", "carry")}
        assert values == {account: replay.equity(account) for account in values}
        assert sum(values.values()) == books.equity()
        assert sum(books.positions_value(account) for account in values) == books.positions_value()
        price, share = dice.randint(1, 10**14), Fraction(dice.randint(-99, 99), 100)
        size = books.size_of_weight(instrument.slot, int(share * 100), 2, price, False)
        owner, currency = places[instrument.slot]
        money = values[owner] * share
        if currency == "EUR":
            money = Fraction(rounded(money / Fraction(*RATES[books.bar])))
        steps, rest = divmod(abs(money) / (Fraction(price, 10**12) * MONEY), 1)
        whole = steps + (rest >= Fraction(9_999, 10_000))
        assert size == (whole if money > 0 else -whole)
