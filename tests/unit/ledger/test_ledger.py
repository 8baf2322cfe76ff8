"""The books: what is posted, what is refused, and that a refusal leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rustybt._kernels import PYTHON, Books
from rustybt.errors import FloatInTheBooks, MoneyOverflow
from rustybt.ledger import Ledger, Receivable

MONEY = 10**20
PRICE = 10**12  # an asset with two decimals: its fills have twelve


def books(cash: int = 1000 * MONEY, *, step: int = 1, future: bool = False) -> tuple[Ledger, Any]:
    """A ledger with one asset, at 10.00 on bar 0 and 12.00 on bar 1; with a multiplier of 50 if it is a future."""
    own = Books()
    own.open_pocket("main", "USD", cash)
    multiplier = 50 if future else 1
    slot = own.open_slot(0, [1000, 1200], 2, 12, 0, step, multiplier, 0, future)
    instrument = SimpleNamespace(
        asset=SimpleNamespace(symbol="A"), slot=slot, pocket=0, fill_scale=12, quantity_scale=0, step=step,
        multiplier=multiplier, multiplier_scale=0,
    )  # fmt: skip
    return Ledger(own, cash, 0, kernel=PYTHON), instrument


def state(ledger: Ledger, instrument: Any) -> tuple[Any, ...]:
    return ledger.books.cash(), ledger.books.position(instrument.slot), list(ledger.entries)


def test_a_fill_moves_cash_and_quantity_and_leaves_an_entry() -> None:
    ledger, instrument = books()
    ledger.fill(7, instrument, 5, 10 * PRICE, 1)
    assert ledger.books.cash() == 950 * MONEY
    assert ledger.books.position(instrument.slot) == (5, 50 * MONEY)
    entry = ledger.entries[-1]
    assert (entry.stamp, entry.kind, entry.quantity, entry.amount, entry.order) == (7, "fill", 5, -50 * MONEY, 1)
    assert (entry.currency, entry.account) == ("USD", "main")


@pytest.mark.parametrize(
    "post",
    [
        lambda ledger, instrument: ledger.fill(0, instrument, 5.0, 10 * PRICE, 1),
        lambda ledger, instrument: ledger.fill(0, instrument, 5, 1e13, 1),
        lambda ledger, instrument: ledger.fill(0, instrument, True, 10 * PRICE, 1),
        lambda ledger, instrument: ledger.charge(0, instrument, 0.5, 1, "commission"),
    ],
)
def test_a_float_is_refused_and_nothing_is_posted(post: Callable[[Ledger, Any], None]) -> None:
    ledger, instrument = books()
    before = state(ledger, instrument)
    with pytest.raises(FloatInTheBooks, match="A"):
        post(ledger, instrument)
    assert state(ledger, instrument) == before
    with pytest.raises(TypeError):
        post(ledger, instrument)


@pytest.mark.parametrize(
    "post",
    [
        lambda ledger, instrument: ledger.fill(0, instrument, 10**18, 10 * PRICE, 1),
        lambda ledger, instrument: ledger.fill(0, instrument, -(10**18), 10 * PRICE, 1),
        lambda ledger, instrument: ledger.charge(0, instrument, 10**18 * MONEY, 1, "commission"),
        lambda ledger, instrument: ledger.pay_dividend(0, Receivable(instrument, 1, 10**18 * MONEY, 0)),
    ],
)
def test_an_amount_beyond_the_limit_is_refused_and_nothing_is_posted(post: Callable[[Ledger, Any], None]) -> None:
    ledger, instrument = books()
    ledger.fill(0, instrument, 5, 10 * PRICE, 1)
    before = state(ledger, instrument)
    with pytest.raises(MoneyOverflow):
        post(ledger, instrument)
    assert state(ledger, instrument) == before


def test_a_fee_is_cost_and_leaves_cash() -> None:
    ledger, instrument = books()
    ledger.fill(0, instrument, 5, 10 * PRICE, 1)
    ledger.charge(0, instrument, 2 * MONEY, 1, "commission")
    assert ledger.books.cash() == 948 * MONEY
    assert ledger.books.position(instrument.slot) == (5, 52 * MONEY)


def test_a_fee_after_the_last_unit_is_sold_has_no_position_to_go_to() -> None:
    ledger, instrument = books()
    ledger.fill(0, instrument, 5, 10 * PRICE, 1)
    ledger.fill(0, instrument, -5, 12 * PRICE, 2)
    ledger.charge(0, instrument, MONEY, 2, "commission")
    assert (ledger.books.cash(), ledger.books.position(instrument.slot)) == (1009 * MONEY, (0, 0))


def test_a_dividend_is_owed_for_what_is_held_and_by_who_is_short() -> None:
    ledger, instrument = books()
    assert ledger.earn_dividend(instrument, 25, 2, 5) is None
    ledger.fill(0, instrument, -4, 10 * PRICE, 1)
    owed = ledger.earn_dividend(instrument, 25, 2, 5)
    assert owed == Receivable(instrument, -4, -MONEY, 5)
    ledger.pay_dividend(9, owed)
    assert ledger.books.cash() == 1039 * MONEY
    assert ledger.entries[-1][:5] == (9, "dividend", instrument, 0, -MONEY)


def test_a_dividend_with_more_than_twenty_decimals_is_rounded_half_even() -> None:
    ledger, instrument = books()
    ledger.fill(0, instrument, 1, 10 * PRICE, 1)
    for amount, posted in ((15, 2), (25, 2), (35, 4), (14, 1)):
        owed = ledger.earn_dividend(instrument, amount, 21, 5)
        assert owed is not None
        assert owed.amount == posted


def test_a_split_of_what_is_not_held_leaves_no_entry() -> None:
    ledger, instrument = books()
    ledger.split(0, instrument, 1, 2, cents=False)
    assert len(ledger.entries) == 1


@pytest.mark.parametrize(("held", "now", "cash"), [(7, 3, 10), (-7, -3, -10), (6, 3, 0), (1, 0, 10)])
def test_a_split_keeps_whole_units_and_pays_the_rest_at_the_mark(held: int, now: int, cash: int) -> None:
    # two old units make one new one; what is left over is one old unit, marked at 10
    ledger, instrument = books()
    ledger.fill(0, instrument, held, 10 * PRICE, 1)
    before = ledger.books.cash()
    ledger.split(0, instrument, 2, 1, cents=False)
    assert ledger.books.position(instrument.slot)[0] == now
    assert ledger.books.cash() - before == cash * MONEY
    kinds = [entry.kind for entry in ledger.entries]
    assert kinds == ["capital", "fill", "split"] + ["cash_in_lieu"] * bool(cash)


def test_a_split_in_cents_rounds_the_basis_and_pays_the_rest_at_it() -> None:
    # Zipline's way: 7 units at 10.01 cost 70.07; 3 for 1 (ratio 1/3) gives 21 at round(10.01 / 3, 2) = 3.34 each
    ledger, instrument = books()
    ledger.fill(0, instrument, 7, 1001 * PRICE // 100, 1)
    ledger.split(0, instrument, 1, 3, cents=True)
    assert ledger.books.position(instrument.slot) == (21, 7014 * MONEY // 100)
    # 2 for 1 backwards (ratio 2): 10 new, half a unit left at a basis of round(3.34 x 2, 2) = 6.68: 3.34
    before = ledger.books.cash()
    ledger.split(0, instrument, 2, 1, cents=True)
    assert ledger.books.position(instrument.slot) == (10, 6680 * MONEY // 100)
    assert ledger.books.cash() - before == 334 * MONEY // 100


def test_closing_out_sells_at_the_mark() -> None:
    ledger, instrument = books()
    assert ledger.auto_close(0, instrument) is None
    ledger.fill(0, instrument, 5, 10 * PRICE, 1)
    ledger.books.seek(1)  # type: ignore[attr-defined]
    assert ledger.auto_close(3, instrument) == (-5, 12 * PRICE)
    assert ledger.books.cash() == 1010 * MONEY
    assert ledger.entries[-1].reason == "delisted"


def test_a_future_posts_nothing_when_it_is_filled_and_its_variation_when_it_is_settled() -> None:
    ledger, instrument = books(future=True)
    ledger.fill(1, instrument, 2, 11 * PRICE, 1)
    assert ledger.entries[-1][:5] == (1, "fill", instrument, 2, 0)
    # 2 x 50 x (10 - 11) = -100, then 2 x 50 x (12 - 10) = 200
    ledger.settle(2)
    assert ledger.entries[-1][:5] == (2, "variation", instrument, 0, -100 * MONEY)
    ledger.books.seek(1)  # type: ignore[attr-defined]
    ledger.settle(3)
    assert ledger.entries[-1][:5] == (3, "variation", instrument, 0, 200 * MONEY)
    ledger.settle(4)
    assert len(ledger.entries) == 4
    assert ledger.books.cash() == 1100 * MONEY == sum(entry.amount for entry in ledger.entries)


def test_an_expired_future_is_closed_without_cash_and_settled_after_it() -> None:
    ledger, instrument = books(future=True)
    ledger.fill(1, instrument, -3, 11 * PRICE, 1)
    ledger.books.seek(1)  # type: ignore[attr-defined]
    assert ledger.auto_close(2, instrument, "expired") == (3, 12 * PRICE)
    assert ledger.entries[-1][3:5] == (3, 0)
    assert ledger.entries[-1].reason == "expired"
    ledger.settle(2)
    # short 3 x 50 from 11 to 12
    assert (ledger.entries[-1].kind, ledger.entries[-1].amount) == ("variation", -150 * MONEY)
    assert ledger.books.cash() == 850 * MONEY
