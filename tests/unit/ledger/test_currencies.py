"""Books of several currencies: with one they are the plain books, with two each keeps its own."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt._kernels import PYTHON, twins
from rustybt.errors import CurrencyMismatch, MoneyOverflow
from rustybt.ledger import CurrencyBooks, Ledger
from tests._examples import examples

MONEY = 10**20
LANES = ([1000, 1200, 900, 1100], [500, 500, 700, 600], [2500, 2400, 2600, 0])


class Rates:
    """A euro is 1, 3/2, 7/5 and 6/5 dollars on bars 0 to 3; of anything else nothing is known."""

    def to_base(self, currency: str, bar: int) -> tuple[int, int]:
        if currency != "EUR":
            raise CurrencyMismatch(f"no rate of {currency}")
        return [(1, 1), (3, 2), (7, 5), (6, 5)][bar]


def opened(kernel: Any, currencies: tuple[str, ...]) -> CurrencyBooks:
    books = CurrencyBooks(1000 * MONEY, "USD", Rates(), kernel.Books)
    for currency, lane, settles in zip(currencies, LANES, (False, False, True), strict=False):
        books.open_slot(currency, lane, 2, 12, 0, 1, 1, 0, settles)
    return books


slot = st.integers(0, 2)
calls = st.one_of(
    st.tuples(st.just("fill"), slot, st.integers(-5, 5), st.integers(1, 3000).map(lambda n: n * 10**10)),
    st.tuples(st.just("charge"), slot, st.integers(-MONEY, MONEY)),
    st.tuples(st.just("post"), st.integers(-MONEY, MONEY)),
    st.tuples(st.just("settle"), slot),
    st.tuples(st.just("set_position"), slot, st.integers(-5, 5), st.integers(-MONEY, MONEY)),
    st.tuples(st.just("seek"), st.integers(0, 3)),
    st.tuples(st.just("override_mark"), slot, st.integers(1, 10**13)),
    st.tuples(st.just("clear_overrides")),
)


@pytest.mark.parametrize("name", sorted(twins()))
@settings(max_examples=examples(100))
@given(st.lists(calls, max_size=12))
def test_with_one_currency_they_are_the_plain_books(name: str, todo: list[tuple[Any, ...]]) -> None:
    kernel = twins()[name]
    several, plain = opened(kernel, ("USD",) * 3), kernel.Books(1000 * MONEY)
    for lane, settles in zip(LANES, (False, False, True), strict=True):
        plain.open_slot(lane, 2, 12, 0, 1, 1, 0, settles)
    for method, *arguments in todo:
        assert getattr(several, method)(*arguments) == getattr(plain, method)(*arguments)
        assert (several.cash, several.value()) == (plain.cash, plain.value())
        rows = [kernel.Rows("nww") for _ in "12"]
        for books, written in zip((several, plain), rows, strict=True):
            books.write_positions(written)
        assert list(rows[0]) == list(rows[1])
        assert several.held() == plain.held()
        assert several.unsettled() == plain.unsettled()
        assert several.long_and_short() == plain.long_and_short()
        assert several.long_and_short_exposure() == plain.long_and_short_exposure()
        for place in range(3):
            assert (several.exposure(place), several.worth(place)) == (plain.exposure(place), plain.worth(place))
            size = (place, 37 * MONEY, 20, 7 * 10**12, True)
            assert several.size_of_value(*size) == plain.size_of_value(*size)
            weight = (place, 25, 2, 7 * 10**12, False)
            assert several.size_of_weight(*weight) == plain.size_of_weight(*weight)


def every_kernel(test: Callable[[Any], None]) -> Any:
    return pytest.mark.parametrize("kernel", list(twins().values()), ids=list(twins()))(test)


@every_kernel
def test_with_two_each_keeps_its_own_and_the_whole_is_counted_at_the_bars_rate(kernel: Any) -> None:
    books = opened(kernel, ("EUR", "USD", "EUR"))
    books.seek(1)
    assert books.fill(0, 10, 12 * 10**12) == -120 * MONEY
    assert books.fill(1, -4, 5 * 10**12) == 20 * MONEY
    books.fill(2, 2, 24 * 10**12)
    books.charge(0, 3 * MONEY)
    assert (books.cash_of("EUR"), books.cash_of("USD"), books.cash_of("CHF")) == (-123 * MONEY, 1020 * MONEY, 0)
    assert books.position(0) == (10, 123 * MONEY)
    assert books.cash * 2 == (2040 - 369) * MONEY
    assert (books.held(), books.currencies()) == ([0, 1, 2], ["USD", "EUR"])
    books.seek(2)
    # 10 at 9 euros of 1.4 dollars; 4 owed at 7 dollars; 2 contracts moved by 2 euros each, which is cash
    assert books.cash_of("EUR") == -119 * MONEY
    assert books.long_and_short() == (126 * MONEY, -28 * MONEY, 2, 1)
    assert books.long_and_short_exposure() == (126 * MONEY + 2 * 26 * 14 * MONEY // 10, -28 * MONEY)
    assert books.value() == (1020 - 28) * MONEY + 126 * MONEY - 119 * 14 * MONEY // 10
    assert books.settle(2) == 4 * MONEY
    # 140 dollars are 100 euros, at 9 a share 11, of which 10 are held
    assert books.size_of_value(0, 140, 0, 9 * 10**12, True) == 1
    books.override_mark(0, 10**13)
    assert books.worth(0) == 140 * MONEY
    books.clear_overrides()
    assert books.worth(0) == 126 * MONEY


@every_kernel
def test_an_exchange_that_is_too_much_leaves_the_books_as_they_were(kernel: Any) -> None:
    books = opened(kernel, ("EUR",))
    ledger = Ledger(books, "USD", 1000 * MONEY, 0, kernel=PYTHON)
    before = (books.cash_of("USD"), books.cash_of("EUR"), ledger.entries)
    with pytest.raises(MoneyOverflow):
        ledger.convert(1, "USD", 10 * MONEY, "EUR", 10**38, "x")
    assert (books.cash_of("USD"), books.cash_of("EUR"), ledger.entries) == before
    ledger.convert(1, "USD", 10 * MONEY, "EUR", 9 * MONEY, "x")
    assert [(e.kind, e.amount, e.currency) for e in ledger.entries[1:]] == [
        ("conversion", -10 * MONEY, "USD"), ("conversion", 9 * MONEY, "EUR"),
    ]  # fmt: skip
    with pytest.raises(TypeError):
        Ledger(kernel.Books(0), "USD", 0, 0, kernel=PYTHON).convert(1, "USD", 1, "EUR", 1, "x")


@every_kernel
def test_entries_are_in_the_currency_of_their_asset(kernel: Any) -> None:
    books = opened(kernel, ("EUR", "USD"))
    ledger = Ledger(books, "USD", 1000 * MONEY, 0, kernel=PYTHON)
    euro, dollar = [
        SimpleNamespace(
            asset=SimpleNamespace(symbol=currency, currency=currency), slot=place, fill_scale=12, quantity_scale=0,
            step=1, multiplier=1, multiplier_scale=0,
        )
        for place, currency in enumerate(("EUR", "USD"))
    ]  # fmt: skip
    books.seek(1)
    ledger.fill(7, euro, 5, 10**13, 1)
    ledger.charge(7, dollar, MONEY, 2, "commission")
    ledger.change_capital(8, 2 * MONEY, "delta")
    assert [(e.kind, e.amount, e.currency) for e in ledger.entries[1:]] == [
        ("fill", -50 * MONEY, "EUR"), ("fee", -MONEY, "USD"), ("capital", 2 * MONEY, "USD"),
    ]  # fmt: skip
    assert (ledger.in_base(euro, 2 * MONEY), ledger.in_base(dollar, 2 * MONEY)) == (3 * MONEY, 2 * MONEY)


@every_kernel
def test_money_without_a_rate_can_t_be_counted_and_nothing_is_nothing_in_any_currency(kernel: Any) -> None:
    books = opened(kernel, ("CHF",))
    assert (books.value(), books.in_base("CHF", 0)) == (1000 * MONEY, 0)
    books.fill(0, 1, 10**13)
    with pytest.raises(CurrencyMismatch):
        books.value()
