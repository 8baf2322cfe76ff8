"""Order prices on the asset's tick: the table of Zipline's execution styles, and the rule as fractions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.core import scaled
from rustybt.orders import price_on_tick

CENT = (1, 2)


@pytest.mark.parametrize(
    ("limit", "buy", "sell"),
    [
        # a buy prefers down and a sell up, but for what is within 5 % of a tick past the grid the other way
        ("1.0000", "1.00", "1.00"),
        ("1.0004", "1.00", "1.00"),
        ("1.0005", "1.00", "1.00"),
        ("1.0006", "1.00", "1.01"),
        ("1.0050", "1.00", "1.01"),
        ("1.0094", "1.00", "1.01"),
        ("1.0095", "1.01", "1.01"),
        ("1.0099", "1.01", "1.01"),
        ("0.0095", "0.01", "0.01"),
        ("0.0005", "0.00", "0.00"),
        ("0", "0", "0"),
    ],
)
def test_the_table_of_a_tick_of_a_cent(limit: str, buy: str, sell: str) -> None:
    got = [price_on_tick(scaled(Decimal(limit)), buys, CENT, 12) for buys in (True, False)]
    assert got == [Decimal(buy) * 10**12, Decimal(sell) * 10**12]


@given(
    st.decimals(0, 10**6, places=6), st.booleans(), st.sampled_from([(1, 2), (25, 2), (5, 4), (1, 0), (3, 1), (1, 8)])
)
def test_a_limit_is_on_the_grid_and_less_than_a_tick_away(limit: Decimal, buys: bool, tick: tuple[int, int]) -> None:
    size = Fraction(tick[0], 10 ** tick[1])
    placed = Fraction(price_on_tick(scaled(limit), buys, tick, 12), 10**12)
    past = Fraction(limit) / size - math.floor(Fraction(limit) / size)
    assert (placed / size).denominator == 1
    moved = (placed - Fraction(limit)) / size
    if buys:
        assert -Fraction(95, 100) < moved <= Fraction(5, 100)
        assert (moved > 0) == (past >= Fraction(95, 100))
    else:
        assert -Fraction(5, 100) <= moved < Fraction(95, 100)
        assert (moved > 0) == (past > Fraction(5, 100))
