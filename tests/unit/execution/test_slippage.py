"""Each slippage model against its formula in fractions."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.api import slippage
from rustybt.errors import InputError, NonFiniteInput
from rustybt.execution import WorkingOrder
from rustybt.execution.slippage import EXHAUSTED, SKIP, SlippageModel
from tests._terms import terms_with
from tests._worked import offer

SCALE = 12
LISTING = SimpleNamespace(fill_scale=SCALE, quantity_scale=0, step=1, slot=0)


def order(amount: int, limit: int | None = None, instrument: Any = LISTING) -> WorkingOrder:
    return WorkingOrder(1, instrument, amount, terms_with(limit), 0)


PRICES = st.integers(1, 10**18)
SIDES = st.sampled_from([1, -1])


@given(PRICES, SIDES, st.integers(1, 10**9))
def test_no_slippage_fills_all_at_the_price(price: int, side: int, wanted: int) -> None:
    assert slippage.NoSlippage().quote(order(side * wanted), offer(wanted, price, 1, 0)) == (price, wanted)


@given(PRICES, SIDES, st.decimals(0, 100, places=4))
def test_a_fixed_spread_costs_half_of_it(price: int, side: int, spread: Decimal) -> None:
    quoted, filled = slippage.FixedSlippage(spread).quote(order(7 * side), offer(7, price, 1, 0))
    assert filled == 7
    assert Fraction(quoted, 10**SCALE) == Fraction(price, 10**SCALE) + side * Fraction(spread) / 2


@given(PRICES, SIDES, st.decimals(0, 5000, places=2))
def test_basis_points_are_rounded_once(price: int, side: int, points: Decimal) -> None:
    quoted, _ = slippage.FixedBasisPointsSlippage(points).quote(order(7 * side), offer(7, price, 1000, 0))
    assert quoted == round(price * (1 + side * Fraction(points) / 10_000))


@given(st.integers(1, 10**6), st.integers(0, 10**5), st.integers(1, 10**6), st.integers(1, 1000))
def test_basis_points_fill_a_share_of_the_volume_in_whole_steps(volume: int, used: int, wanted: int, step: int) -> None:
    instrument = SimpleNamespace(fill_scale=SCALE, quantity_scale=0, step=step, slot=0)
    model = slippage.FixedBasisPointsSlippage(5, "0.3")
    left = math.floor(volume * Fraction(3, 10) / step) * step - used
    answer = model.quote(order(wanted, instrument=instrument), offer(wanted, 10**SCALE, volume, used))
    if left <= 0:
        assert answer is EXHAUSTED
    else:
        assert answer[1] == min(wanted, left)


@given(PRICES, SIDES, st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**4))
def test_impact_grows_with_the_square_of_the_share(price: int, side: int, volume: int, wanted: int, used: int) -> None:
    model = slippage.VolumeShareSlippage("0.25", "0.1")
    left = math.floor(volume * Fraction(1, 4)) - used
    answer = model.quote(order(side * wanted), offer(wanted, price, volume, used))
    if left <= 0:
        assert answer is EXHAUSTED
        return
    quantity = min(wanted, left)
    share = min(Fraction(used + quantity, volume), Fraction(1, 4))
    assert answer == (round(price * (1 + side * Fraction(1, 10) * share**2)), quantity)


@pytest.mark.parametrize(
    ("side", "limit", "fills"), [(1, 100, False), (1, 102, True), (-1, 100, False), (-1, 98, True)]
)
def test_impact_beyond_the_limit_does_not_fill(side: int, limit: int, fills: bool) -> None:
    # all of the allowed quarter: 1 % of impact on a price of 100 with an impact of 0.16
    model = slippage.VolumeShareSlippage("0.25", "0.16")
    asked = order(side * 1000, limit * 10**SCALE)
    answer = model.quote(asked, offer(1000, 100 * 10**SCALE, 1000, 0))
    assert (answer is not SKIP) == fills
    if fills:
        assert answer == ((100 + side) * 10**SCALE, 250)


def test_the_defaults_are_those_of_zipline() -> None:
    points, share = slippage.FixedBasisPointsSlippage(), slippage.VolumeShareSlippage()
    assert points.parameters() == {"basis_points": "5", "volume_limit": "0.1"}
    assert share.parameters() == {"volume_limit": "0.025", "price_impact": "0.1"}
    assert slippage.FixedSlippage().parameters() == {"spread": "0"}
    assert repr(points) == "FixedBasisPointsSlippage(basis_points=5, volume_limit=0.1)"
    assert repr(slippage.NoSlippage()) == "NoSlippage()"


@pytest.mark.parametrize("form", [int, float, str, Decimal])
def test_a_parameter_may_be_any_kind_of_number(form: Any) -> None:
    model = slippage.FixedBasisPointsSlippage(form("20"), form("1"))
    assert model.quote(order(10), offer(10, 10**SCALE, 10, 0)) == (10**SCALE * 1002 // 1000, 10)


@pytest.mark.parametrize(
    ("model", "arguments", "error"),
    [
        ("FixedBasisPointsSlippage", (-1,), InputError),
        ("FixedBasisPointsSlippage", ("many",), NonFiniteInput),
        ("VolumeShareSlippage", (0.1, -0.1), InputError),
        ("FixedSlippage", (float("nan"),), NonFiniteInput),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(model: str, arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=model):
        getattr(slippage, model)(*arguments)


def test_a_model_without_a_quote_says_so() -> None:
    with pytest.raises(NotImplementedError, match="quote"):
        SlippageModel().quote(order(1), offer(1, 1, 1, 0))
