"""Fills at the tick: the price of another model on a grid."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, order, set_commission, set_slippage, slippage, symbol
from rustybt.errors import InputError
from rustybt.execution import WorkingOrder
from rustybt.execution.slippage import EXHAUSTED
from tests._worked import offer

SCALE = 12
ROUNDINGS = ["half_even", "half_up", "down", "up", "against"]


def quoted(price, side, rounding, tick=("0.25", 2)):
    grid = int(Decimal(tick[0]).scaleb(tick[1])), tick[1]
    instrument = SimpleNamespace(fill_scale=SCALE, quantity_scale=0, step=1, slot=0, tick=grid)
    model = slippage.AtTick(slippage.NoSlippage(), rounding)
    value, filled = model.quote(
        WorkingOrder(1, instrument, side * 7, None, 0), offer(7, int(Decimal(price).scaleb(SCALE)), 1, 0)
    )
    assert filled == 7
    return Decimal(value).scaleb(-SCALE)


@pytest.mark.parametrize(
    ("price", "side", "rounding", "expected"),
    [
        ("10.125", 1, "half_even", "10"),
        ("10.375", 1, "half_even", "10.5"),
        ("10.125", 1, "half_up", "10.25"),
        ("10.126", -1, "half_even", "10.25"),
        ("10.249", 1, "down", "10"),
        ("10.001", -1, "up", "10.25"),
        ("10.001", 1, "against", "10.25"),
        ("10.249", -1, "against", "10"),
        ("10.25", 1, "against", "10.25"),
        ("0.01", -1, "down", "0.25"),
    ],
)
def test_prices_on_the_grid(price, side, rounding, expected):
    assert quoted(price, side, rounding) == Decimal(expected)


def test_a_grid_finer_than_a_fill():
    assert quoted("10.3", 1, "up", ("0.00000000000025", 14)) == Decimal("10.3")


@given(
    st.integers(1, 10**18), st.integers(1, 10**6), st.sampled_from(["half_even", "half_up", "down", "up", "against"])
)
def test_the_price_is_a_whole_number_of_ticks_and_less_than_one_away(price, tick, rounding):
    instrument = SimpleNamespace(fill_scale=SCALE, quantity_scale=0, step=1, slot=0, tick=(tick, 4))
    model = slippage.AtTick(slippage.NoSlippage(), rounding)
    value, _ = model.quote(WorkingOrder(1, instrument, 7, None, 0), offer(7, price, 1, 0))
    grid = Fraction(tick, 10**4)
    ticks = Fraction(value, 10**SCALE) / grid
    assert ticks.denominator == 1
    assert ticks == 1 or abs(ticks * grid - Fraction(price, 10**SCALE)) < grid


def test_what_does_not_fill_does_not_fill():
    instrument = SimpleNamespace(fill_scale=SCALE, quantity_scale=0, step=1, slot=0, tick=(1, 2))
    model = slippage.AtTick(slippage.FixedBasisPointsSlippage(5, "0.1"))
    assert model.quote(WorkingOrder(1, instrument, 7, None, 0), offer(7, 10**SCALE, 100, 10)) is EXHAUSTED


class Own(slippage.SlippageModel):
    def process_order(self, data, order):
        return None, None


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"model": Own()}, "round in process_order"),
        ({"model": 5}, "no slippage model"),
        ({"model": slippage.NoSlippage(), "rounding": "nearest"}, "half_even, half_up"),
        ({"model": slippage.NoSlippage(), "tick": "0"}, "above zero"),
    ],
)
def test_what_means_nothing(given_, message):
    with pytest.raises(InputError, match=message):
        slippage.AtTick(**given_)


@pytest.mark.parametrize(
    ("rounding", "tick", "bought", "sold"),
    [("half_even", None, "100.05", "99.95"), ("against", "0.25", "100.25", "99.75"), ("down", "0.25", "100", "99.75")],
)
def test_a_run_fills_at_the_tick(rounding, tick, bought, sold):
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
    bars = pl.DataFrame({"symbol": ["A"] * 5, "date": days, "close": ["100"] * 5, "volume": ["1000"] * 5})
    bars = bars.with_columns(open="close", high="close", low="close")
    rustybt.ingest("b", bars, assets={"tick_size": "0.01"})

    def initialize(context):
        # five basis points and a bit of 100: 100.051 and 99.949
        set_slippage(slippage.AtTick(slippage.FixedBasisPointsSlippage("5.1"), rounding, tick))
        set_commission(commission.NoCommission())
        context.day = 0

    def handle_data(context, data):
        context.day += 1
        if context.day in (1, 3):
            order(symbol("A"), 10 if context.day == 1 else -10)

    result = rustybt.run_algorithm("2024-01-02", "2024-01-08", initialize, 10_000, handle_data, bundle="b")
    assert result.transactions["price"].to_list() == [Decimal(bought), Decimal(sold)]
    assert result.daily["ending_cash"][-1] == 10_000 - 10 * (Decimal(bought) - Decimal(sold))
