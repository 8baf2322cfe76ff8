"""Each commission model against its formula in fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.api import commission
from rustybt.core import FeeKind
from rustybt.errors import InputError
from rustybt.execution import Fill, WorkingOrder
from rustybt.execution.commission import CommissionModel
from tests._worked import MOMENT

MONEY = 10**20
LISTING = SimpleNamespace(slot=0, fill_scale=12, quantity_scale=0, step=1, multiplier=1, multiplier_scale=0)
COSTS = st.decimals(0, 10, places=6)


def order(amount: int = 10**9, instrument: Any = LISTING) -> WorkingOrder:
    return WorkingOrder(1, instrument, amount, None, 0)


def fees(
    model: CommissionModel, quantities: list[int], price: int = 10**12, instrument: Any = LISTING
) -> list[Fraction]:
    """What fills of one order cost, one after the other, as the broker asks for it."""
    asked, found = order(instrument=instrument), []
    for quantity in quantities:
        fee = model.fee(asked, Fill(quantity, price, MOMENT))
        asked.commission += fee
        asked.units_charged += abs(quantity)
        asked.filled += quantity
        found.append(Fraction(fee, MONEY))
    return found


@given(COSTS, st.integers(-(10**9), 10**9))
def test_per_share_costs_so_much_a_unit(cost: Decimal, quantity: int) -> None:
    assert fees(commission.PerShare(cost), [quantity]) == [abs(quantity) * Fraction(cost)]


@given(COSTS, st.decimals("0.01", 1000, places=2), st.lists(st.integers(1, 10**4), min_size=1, max_size=6))
def test_per_share_with_a_minimum_costs_the_greater_of_both(cost: Decimal, least: Decimal, fills: list[int]) -> None:
    found = fees(commission.PerShare(cost, least), fills)
    for upto in range(1, len(fills) + 1):
        assert sum(found[:upto]) == max(Fraction(least), sum(fills[:upto]) * Fraction(cost))
    assert all(fee >= 0 for fee in found)


@given(COSTS, st.integers(1, 5))
def test_per_trade_is_paid_with_the_first_fill(cost: Decimal, count: int) -> None:
    assert fees(commission.PerTrade(cost), [5] * count) == [Fraction(cost)] + [Fraction(0)] * (count - 1)


@given(COSTS, st.integers(-(10**6), 10**6), st.integers(1, 10**15))
def test_per_dollar_is_a_share_of_the_money(cost: Decimal, quantity: int, price: int) -> None:
    exact = abs(quantity) * Fraction(price, 10**12) * Fraction(cost)
    assert fees(commission.PerDollar(cost), [quantity], price) == [exact]


def test_per_dollar_counts_the_multiplier_as_the_books_do() -> None:
    # three contracts of 0.01 coins at 50000: 1500 of money, at 4 basis points
    instrument = SimpleNamespace(slot=0, fill_scale=12, quantity_scale=0, step=1, multiplier=1, multiplier_scale=2)
    assert fees(commission.PerDollar("0.0004"), [3], 50_000 * 10**12, instrument) == [Fraction("0.6")]


def test_per_dollar_is_rounded_half_even_beyond_20_decimals() -> None:
    # 1e-20 of price times 0.5, 1.5, 2.5: 0, 2, 2
    instrument = SimpleNamespace(slot=0, fill_scale=20, quantity_scale=0, step=1, multiplier=1, multiplier_scale=0)
    for cost, units in (("0.5", 0), ("1.5", 2), ("2.5", 2)):
        assert fees(commission.PerDollar(cost), [1], 1, instrument) == [Fraction(units, MONEY)]


CL = SimpleNamespace(slot=0, fill_scale=12, quantity_scale=0, step=1, asset=SimpleNamespace(root_symbol="CL"))
XX = SimpleNamespace(slot=0, fill_scale=12, quantity_scale=0, step=1, asset=SimpleNamespace(root_symbol="XX"))


@given(COSTS, COSTS, st.decimals(0, 100, places=2), st.lists(st.integers(1, 10**4), min_size=1, max_size=6))
def test_per_contract_costs_the_exchange_fee_once(
    cost: Decimal, exchange: Decimal, least: Decimal, fills: list[int]
) -> None:
    found = fees(commission.PerContract(cost, exchange, least), fills, instrument=CL)
    for upto in range(1, len(fills) + 1):
        assert sum(found[:upto]) == max(Fraction(least), sum(fills[:upto]) * Fraction(cost) + Fraction(exchange))


def test_per_contract_has_tables_by_root() -> None:
    # Zipline's fee for crude oil is 1.50; a cost that is not named is 0.85
    assert fees(commission.PerContract({"CL": 2}, {}), [10], instrument=CL) == [Fraction("21.5")]
    assert fees(commission.PerContract({}, {"CL": 3}), [10], instrument=CL) == [Fraction("11.5")]
    assert fees(commission.PerContract(0.85, {"XX": "0.25"}), [1], instrument=XX) == [Fraction("1.1")]
    with pytest.raises(InputError, match=r"root 'XX'.*exchange_fee="):
        fees(commission.PerContract(0.85, commission.EXCHANGE_FEE_OF_ROOT), [1], instrument=XX)


def test_what_a_fee_is_made_of() -> None:
    model = commission.PerContract("0.85", {"XX": "0.25"})
    asked = order(instrument=XX)
    first = model.fee(asked, Fill(10, 1, MOMENT))
    assert model.parts(asked, first) == ((FeeKind.COMMISSION, 850 * MONEY // 100), (FeeKind.EXCHANGE_FEE, MONEY // 4))
    asked.commission, asked.units_charged = first, 10
    second = model.fee(asked, Fill(10, 1, MOMENT))
    assert model.parts(asked, second) == ((FeeKind.COMMISSION, 850 * MONEY // 100), (FeeKind.EXCHANGE_FEE, 0))


def test_per_future_trade_is_paid_with_the_first_fill() -> None:
    assert fees(commission.PerFutureTrade(3), [5, 5], instrument=XX) == [3, 0]
    # as in Zipline, a root that is not named has the fee of its exchange
    assert fees(commission.PerFutureTrade({"XX": 4}), [5], instrument=CL) == [Fraction("1.5")]
    assert repr(commission.PerFutureTrade({"XX": 4})) == "PerFutureTrade(cost=<varies>)"


def test_no_commission_costs_nothing() -> None:
    assert fees(commission.NoCommission(), [5, -5]) == [0, 0]


def test_a_quantity_with_decimals_is_counted_in_units() -> None:
    instrument = SimpleNamespace(slot=0, fill_scale=12, quantity_scale=8, step=1)
    assert fees(commission.PerShare("0.001"), [150_000_000], instrument=instrument) == [Fraction("0.0015")]


def test_the_defaults_are_those_of_zipline() -> None:
    assert repr(commission.PerShare()) == "PerShare(cost=0.001, min_trade_cost=0)"
    assert repr(commission.PerDollar()) == "PerDollar(cost=0.0015)"
    assert repr(commission.PerTrade()) == "PerTrade(cost=0)"
    assert repr(commission.NoCommission()) == "NoCommission()"


@pytest.mark.parametrize("model", ["PerShare", "PerTrade", "PerDollar"])
def test_a_cost_below_zero_is_refused(model: str) -> None:
    with pytest.raises(InputError, match=model):
        getattr(commission, model)("-0.01")


def test_a_model_without_a_fee_says_so() -> None:
    with pytest.raises(NotImplementedError, match="fee"):
        CommissionModel().fee(order(), Fill(1, 1, MOMENT))
    with pytest.raises(NotImplementedError, match="calculate"):
        CommissionModel().calculate(None, None)
