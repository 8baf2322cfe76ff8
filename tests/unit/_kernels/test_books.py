"""The books of both twins, held to what `fractions.Fraction` says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rustybt._kernels import twins
from rustybt.errors import InputError, MoneyOverflow

MONEY = 10**20
CAPITAL = 1_000_000 * MONEY
SCALES = [
    # marks, fill, quantity, step, multiplier, multiplier scale
    pytest.param((2, 12, 0, 1, 1, 0), id="shares"),
    pytest.param((8, 18, 8, 1, 1, 0), id="coins"),  # 26 decimals: money is rounded
    pytest.param((2, 12, 0, 100, 1, 0), id="lots"),
    pytest.param((4, 14, 3, 5, 12_505, 2), id="contracts"),
    pytest.param((10, 20, 18, 10**9, 1, 0), id="wei"),
]


@pytest.fixture
def twin(kernels):
    return twins()[kernels]


def opened(twin, cash):
    """Books with one pocket."""
    books = twin.Books()
    assert books.open_pocket("main", "USD", cash) == 0
    return books


@pytest.fixture
def books(twin):
    return opened(twin, CAPITAL)


class Asset:
    """What the numbers of a slot mean."""

    def __init__(self, books, scales, marks=(123_456, 130_001, 99_999)):
        self.mark_scale, self.fill_scale, self.quantity_scale, self.step, self.multiplier, self.multiplier_scale = (
            scales[:6]
        )
        self.books = books
        self.marks = list(marks)
        self.slot = books.open_slot(0, memoryview(np.array(marks, dtype=np.int64)), *scales)

    @property
    def unit(self):
        """Money that one scaled quantity is worth at one scaled fill price."""
        decimals = self.quantity_scale + self.fill_scale + self.multiplier_scale
        return Fraction(self.multiplier * MONEY, 10**decimals)

    def at_fill_scale(self, mark):
        return mark * 10 ** (self.fill_scale - self.mark_scale)

    def notional(self, quantity, price):
        """Half-even, as round() of a Fraction is."""
        return round(quantity * price * self.unit)

    def size(self, money, price, held=0):
        """Whole steps that an exact amount of money buys, less what is held."""
        steps = (Fraction(money) / (price * self.unit) - held) / self.step
        whole = abs(steps).numerator // abs(steps).denominator
        if whole + 1 - abs(steps) <= Fraction(1, 10_000):
            whole += 1
        return (whole if steps > 0 else -whole) * self.step


@pytest.fixture(params=SCALES)
def asset(request, books):
    return Asset(books, request.param)


def test_a_fill_moves_cash_by_quantity_times_price_rounded_once(asset, books):
    price = asset.at_fill_scale(123_456) + 7  # off the marks' grid, as slippage leaves it
    spent = asset.notional(301 * asset.step, price)
    assert books.fill(asset.slot, 301 * asset.step, price) == -spent
    assert books.cash() == CAPITAL - spent
    assert books.position(asset.slot) == (301 * asset.step, spent)


def test_an_addition_adds_to_the_cost_and_a_reduction_takes_its_share(asset, books):
    first, second = asset.at_fill_scale(120_000) + 1, asset.at_fill_scale(130_000) + 3
    for sign in (1, -1):
        books.set_position(asset.slot, 0, 0)
        books.fill(asset.slot, sign * 7 * asset.step, first)
        books.fill(asset.slot, sign * 3 * asset.step, second)
        cost = asset.notional(sign * 7 * asset.step, first) + asset.notional(sign * 3 * asset.step, second)
        assert books.position(asset.slot) == (sign * 10 * asset.step, cost)
        books.fill(asset.slot, -sign * 7 * asset.step, first)
        assert books.position(asset.slot) == (sign * 3 * asset.step, round(Fraction(cost * 3, 10)))


def test_a_fill_through_zero_starts_at_the_fill_price(asset, books):
    price = asset.at_fill_scale(111_111) + 1
    books.fill(asset.slot, 2 * asset.step, asset.at_fill_scale(120_000))
    books.fill(asset.slot, -5 * asset.step, price)
    assert books.position(asset.slot) == (-3 * asset.step, asset.notional(-3 * asset.step, price))


def test_a_closed_position_leaves_no_cost(asset, books):
    books.fill(asset.slot, 9 * asset.step, asset.at_fill_scale(120_000) + 1)
    books.charge(asset.slot, 12_345)
    books.fill(asset.slot, -9 * asset.step, asset.at_fill_scale(90_000))
    assert books.position(asset.slot) == (0, 0)
    assert books.held() == []
    assert books.positions_value() == 0


def test_a_charge_takes_cash_and_joins_the_cost_of_what_is_held(asset, books):
    books.charge(asset.slot, 5)
    assert (books.cash(), books.position(asset.slot)) == (CAPITAL - 5, (0, 0))
    books.set_position(asset.slot, asset.step, 1_000)
    books.charge(asset.slot, -3)
    assert (books.cash(), books.position(asset.slot)) == (CAPITAL - 2, (asset.step, 997))


def test_marks_and_values_are_those_of_the_bar(asset, books):
    books.set_position(asset.slot, -11 * asset.step, 0)
    for bar in (0, 2, 1):
        books.seek(bar)
        mark = asset.at_fill_scale(asset.marks[bar])
        value = asset.notional(-11 * asset.step, mark)
        assert books.bar == bar
        assert books.mark(asset.slot) == mark
        assert books.market_value(asset.slot) == books.positions_value() == value
        assert books.equity() == CAPITAL + value
        assert books.long_and_short() == (0, value, 0, 1)
        assert books.position(asset.slot) == (-11 * asset.step, 0)


def test_an_override_marks_a_slot_until_it_is_cleared(asset, books):
    books.set_position(asset.slot, 3 * asset.step, 0)
    plain = books.positions_value()
    restated = asset.at_fill_scale(61_728) + 5
    books.override_mark(asset.slot, restated)
    assert books.mark(asset.slot) == restated
    assert books.positions_value() == asset.notional(3 * asset.step, restated)
    books.clear_overrides()
    assert books.positions_value() == plain


def test_a_size_is_what_the_money_buys_in_whole_steps(asset, books):
    price = asset.at_fill_scale(123_456) + 7
    held = 4 * asset.step
    books.set_position(asset.slot, held, 0)
    for amount, scale in ((250_000, 0), (-98_765_432_101, 5), (0, 3), (10**17 + 1, 12)):
        money = Fraction(amount * MONEY, 10**scale)
        assert books.size_of_value(asset.slot, amount, scale, price, False) == asset.size(money, price)
        assert books.size_of_value(asset.slot, amount, scale, price, True) == asset.size(money, price, held)


def test_a_weight_is_a_share_of_cash_and_positions(asset, books):
    price = asset.at_fill_scale(123_456) + 7
    for held in (4 * asset.step, -4 * asset.step):
        books.set_position(asset.slot, held, 0)
        value = CAPITAL + asset.notional(held, asset.at_fill_scale(asset.marks[0]))
        for weight, scale in ((37_037_037_037_037_035, 18), (-5, 1), (1, 0), (0, 0)):
            money = Fraction(value * weight, 10**scale)
            assert books.size_of_weight(asset.slot, weight, scale, price, False) == asset.size(money, price)
            assert books.size_of_weight(asset.slot, weight, scale, price, True) == asset.size(money, price, held)


@pytest.mark.parametrize(
    ("numerator", "denominator", "steps"),
    [(19_998, 10_000, 1), (29_999, 10_000, 3), (299_989, 100_000, 2), (-29_999, 10_000, -3), (-55, 10, -5), (0, 3, 0)],
)
def test_a_size_near_a_whole_step_is_that_step(twin, numerator, denominator, steps):
    for factor in (1, 10**30, 10**90):
        assert twin.whole_steps(numerator * factor, denominator * factor) == steps


def test_a_size_at_a_price_of_zero_is_refused_as_a_division_is(twin):
    with pytest.raises(ZeroDivisionError):
        twin.whole_steps(1, 0)


def test_positions_stand_in_the_order_in_which_they_were_opened(twin, books):
    a, b, c = (Asset(books, (2, 12, 0, 1, 1, 0)) for _ in range(3))
    for one in (c, a, b):
        books.fill(one.slot, 1, 10**12)
    books.fill(c.slot, -1, 10**12)
    books.fill(a.slot, -2, 10**12)  # turned around in one fill: it was never closed
    assert books.held() == [a.slot, b.slot]
    books.set_position(c.slot, 1, 1)
    assert books.held() == [a.slot, b.slot, c.slot]
    rows = twin.Rows("nww")
    books.write_positions(rows)
    assert list(rows) == [(a.slot, -1, -MONEY), (b.slot, 1, MONEY), (c.slot, 1, 1)]
    assert books.long_and_short()[2:] == (2, 1)


def test_rows_that_are_taken_over_are_apart_from_then_on(twin):
    rows, other = twin.Rows("nwt"), twin.Rows("nwt")
    other.add((7, 7, "gone"))
    for row in ((1, 2**100, "a"), (None, -(10**30), None), (3, 2**200, "b")):
        rows.add(row)
    other.take(rows)
    rows.add((4, 4, "c"))
    other.add((5, None, "a"))
    assert list(rows) == [(1, 2**100, "a"), (None, -(10**30), None), (3, 2**200, "b"), (4, 4, "c")]
    assert list(other) == [(1, 2**100, "a"), (None, -(10**30), None), (3, 2**200, "b"), (5, None, "a")]


def test_a_lane_of_wide_integers_is_as_good_as_a_buffer(books):
    price = 10**30 + 1
    slot = books.open_slot(0, [price, -price], 20, 30, 0, 1, 1, 0)
    books.set_position(slot, 3, 0)
    assert books.mark(slot) == price * 10**10
    assert books.positions_value() == 3 * price
    books.seek(1)
    assert books.positions_value() == -3 * price


def test_a_buffer_is_read_in_place_and_kept_alive(twin):
    books = opened(twin, 0)
    marks = np.arange(100, 200, dtype=np.int64)
    slot = books.open_slot(0, memoryview(marks), 2, 2, 0, 1, 1, 0)
    marks[5] = 42
    del marks
    books.seek(5)
    assert books.mark(slot) == 42


def test_a_buffer_with_gaps_is_read_too(twin):
    books = opened(twin, 0)
    slot = books.open_slot(0, memoryview(np.arange(100, dtype=np.int64))[::7], 2, 2, 0, 1, 1, 0)
    books.seek(3)
    assert books.mark(slot) == 21


@pytest.mark.parametrize("marks", [[1, 2], memoryview(np.array([1, 2], dtype=np.int64))], ids=["list", "buffer"])
def test_a_bar_outside_of_the_marks_is_an_index_error(books, marks):
    slot = books.open_slot(0, marks, 2, 12, 0, 1, 1, 0)
    with pytest.raises(IndexError, match="there is no bar -1"):
        books.seek(-1)
    books.set_position(slot, 1, 0)
    books.seek(2)
    for read in (books.positions_value, books.equity, lambda: books.mark(slot)):
        with pytest.raises(IndexError, match="index out of"):
            read()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mark_scale": 13}, "mark_scale=13 is finer than fill_scale=12"),
        ({"quantity_scale": -1}, "quantity_scale=-1 is not between 0 and 100"),
        ({"multiplier_scale": 101}, "multiplier_scale=101 is not between"),
        ({"step": 0}, "step=0 and multiplier=1 must be above zero"),
        ({"multiplier": -1}, "step=1 and multiplier=-1 must be above zero"),
    ],
)
def test_an_asset_that_means_nothing_is_refused(books, change, said):
    right = {"mark_scale": 2, "fill_scale": 12, "quantity_scale": 0, "step": 1, "multiplier": 1, "multiplier_scale": 0}
    with pytest.raises(InputError, match=said):
        books.open_slot(0, [1], *(right | change).values())


def test_what_is_beyond_the_limit_is_refused_and_changes_nothing(twin, books):
    slot = Asset(books, (2, 12, 0, 1, 1, 0)).slot
    books.fill(slot, 10, 10**12)
    before = (books.cash(), books.position(slot), books.positions_value())
    refused = [
        lambda: books.fill(slot, 10**12, 10**22),
        lambda: books.fill(slot, 10**38, 0),
        lambda: books.fill(slot, 10**200, 10**40),
        lambda: books.charge(slot, 10**38),
        lambda: books.charge(slot, -(10**38)),
        lambda: books.post(0, 10**38),
        lambda: books.set_position(slot, 10**38, 0),
        lambda: books.set_position(slot, 1, -(10**38)),
        lambda: books.open_slot(0, [10**38], 2, 12, 0, 1, 1, 0),
        lambda: opened(twin, 10**38),
    ]
    for call in refused:
        with pytest.raises(MoneyOverflow, match=r"beyond the 1e18|more than the 38 digits"):
            call()
    assert (books.cash(), books.position(slot), books.positions_value()) == before


def test_positions_worth_more_than_the_limit_are_refused_each_time(books):
    slot = books.open_slot(0, [10**37], 0, 0, 0, 1, 1, 0)
    books.set_position(slot, 10, 0)
    for _ in range(2):
        with pytest.raises(MoneyOverflow):
            books.positions_value()


def test_a_charge_that_the_cost_can_not_take_leaves_the_cash(books):
    slot = Asset(books, (2, 12, 0, 1, 1, 0)).slot
    books.set_position(slot, 1, 10**38 - 1)
    with pytest.raises(MoneyOverflow):
        books.charge(slot, 1)
    assert books.cash() == CAPITAL


# -- slots that settle -------------------------------------------------------------------------------------------------


@pytest.fixture(params=SCALES)
def future(request, books):
    return Asset(books, (*request.param, True))


def test_a_fill_of_a_future_posts_nothing_and_cash_follows_its_mark(future, books):
    price, held = future.at_fill_scale(123_000) + 7, -4 * future.step
    assert books.fill(future.slot, held, price) == 0
    assert books.posted(0) == CAPITAL
    for bar in (0, 2, 1):
        books.seek(bar)
        exposure = future.notional(held, future.at_fill_scale(future.marks[bar]))
        variation = exposure - future.notional(held, price)
        assert books.variation_margin(0) == variation
        assert books.cash() == books.equity() == CAPITAL + variation
        assert books.positions_value() == books.market_value(future.slot) == 0
        assert books.exposure(future.slot) == exposure
        assert books.long_and_short() == (0, 0, 0, 1)
        assert books.long_and_short_exposure() == (0, exposure)
    assert books.position(future.slot) == (held, future.notional(held, price))


def test_settling_posts_the_variation_once_and_changes_no_value(future, books):
    books.fill(future.slot, 5 * future.step, future.at_fill_scale(123_000) + 7)
    books.seek(1)
    value = books.equity()
    assert books.settle(future.slot) == value - CAPITAL
    assert books.settle(future.slot) == 0
    assert books.posted(0) == books.cash() == books.equity() == value
    assert books.unsettled() == [future.slot]


def test_a_closed_future_has_what_it_gained_in_cash_until_it_is_settled(future, books):
    bought, sold = future.at_fill_scale(120_000), future.at_fill_scale(125_000) + 3
    books.fill(future.slot, 5 * future.step, bought)
    books.fill(future.slot, -5 * future.step, sold)
    gained = future.notional(5 * future.step, sold) - future.notional(5 * future.step, bought)
    books.seek(2)
    assert (books.cash(), books.posted(0)) == (CAPITAL + gained, CAPITAL)
    assert (books.held(), books.unsettled()) == ([], [future.slot])
    assert books.settle(future.slot) == gained
    assert (books.posted(0), books.unsettled()) == (CAPITAL + gained, [])


def test_a_future_closed_at_its_settled_price_leaves_nothing_to_settle(future, books):
    price = future.at_fill_scale(future.marks[0])
    books.fill(future.slot, future.step, price)
    books.fill(future.slot, -future.step, price)
    assert books.unsettled() == []
    assert books.settle(future.slot) == 0


def test_shares_beside_futures_count_as_before(books):
    share, future = Asset(books, (2, 12, 0, 1, 1, 0)), Asset(books, (2, 12, 0, 1, 50, 0, True))
    books.fill(share.slot, 10, share.at_fill_scale(123_456))
    books.fill(future.slot, 2, future.at_fill_scale(123_456))
    books.seek(1)
    assert books.positions_value() == 10 * 1_300_01 * MONEY // 100
    # 2 contracts of 50 rose by 65.45 each
    assert books.variation_margin(0) == 2 * 50 * 6_545 * MONEY // 100
    assert books.equity() == CAPITAL + (10 + 100) * 6_545 * MONEY // 100
    assert books.long_and_short_exposure() == ((10 + 100) * 130_001 * MONEY // 100, 0)


def test_a_variation_beyond_the_limit_is_refused_and_changes_nothing(books):
    slot = books.open_slot(0, [1, 10**37], 0, 0, 0, 1, 1, 0, True)
    books.fill(slot, 10, 1)
    books.seek(1)
    with pytest.raises(MoneyOverflow):
        books.settle(slot)
    assert (books.posted(0), books.unsettled()) == (CAPITAL, [slot])


def test_a_position_without_a_price_is_no_side(books):
    """As Zipline, whose counts go by exposure: shares that are paid before their first bar."""
    shares = books.open_slot(0, [0, 500], 2, 12, 0, 1, 1, 0)
    books.set_position(shares, -7, 0)
    books.seek(0)
    assert books.long_and_short() == (0, 0, 0, 0)
    books.seek(1)
    assert books.long_and_short() == (0, -3500 * 10**18, 0, 1)
