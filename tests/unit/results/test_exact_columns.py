"""Columns computed at once say what the same columns say when each number is computed by itself."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rustybt.results._frames._exact_columns import costs_per_unit, exposures, shortest_column

TINY = st.integers(-(10**6), 10**6)
HUGE = st.integers(-(10**36), 10**36)
NUMBERS = TINY | HUGE


@dataclass(frozen=True)
class Scales:
    """An asset's scales."""

    quantity_scale: int
    fill_scale: int
    multiplier: int
    multiplier_scale: int


SCALES = st.builds(Scales, st.integers(0, 9), st.integers(10, 18), st.integers(1, 5000), st.integers(0, 3))
ASSETS = st.lists(SCALES, min_size=1, max_size=4)


def _exactly(value: int, scale: int) -> Fraction:
    return Fraction(value, 10**scale)


def _half_even(number: Fraction) -> int:
    return round(number)  # of a Fraction: exact, half to even


def _places(numbers: list[int | None]) -> pl.Series:
    return pl.Series(numbers, dtype=pl.UInt32)


def _listed(values: Any) -> list[int]:
    return values.to_list() if isinstance(values, pl.Series) else list(values)


@given(st.data())
def test_a_column_of_several_scales_says_each_number_exactly_and_as_short_as_can_be(data: Any) -> None:
    scales = data.draw(st.lists(st.integers(0, 18), min_size=1, max_size=4))
    slots = data.draw(st.lists(st.integers(0, len(scales) - 1), max_size=8))
    powers = st.integers(0, 12).map(lambda power: 10**power)
    numbers = st.none() | st.builds(lambda n, p: n * p, TINY | st.integers(-(10**18), 10**18), powers)
    values = [data.draw(numbers) for _ in slots]
    column = shortest_column("price", values, _places(slots), scales)
    told = [None if v is None else Fraction(v) for v in column.to_list()]
    exact = [None if v is None else _exactly(v, scales[s]) for v, s in zip(values, slots, strict=True)]
    assert told == exact
    shown = max((-Decimal(str(v)).normalize().as_tuple().exponent for v in column.to_list() if v), default=0)  # type: ignore[operator]
    assert column.dtype == pl.Decimal(38, max(shown, 0))


def test_a_value_that_belongs_to_no_slot_is_zero() -> None:
    column = shortest_column("quantity", [0, 15], _places([None, 1]), [0, 2])
    assert column.to_list() == [Decimal(0), Decimal("0.15")]


def test_a_value_too_wide_for_128_bits_is_shortened_first() -> None:
    column = shortest_column("price", [10**40, 3 * 10**38], _places([0, 0]), [38])
    assert column.to_list() == [Decimal(100), Decimal(3)]


@given(ASSETS, st.data())
def test_exposure_is_the_product_rounded_once(assets: list[Scales], data: Any) -> None:
    slots = data.draw(st.lists(st.integers(0, len(assets) - 1), max_size=6))
    quantities = [data.draw(NUMBERS) for _ in slots]
    marks = [data.draw(st.integers(0, 10**12) | st.integers(0, 10**30)) for _ in slots]
    found = _listed(exposures(_places(slots), quantities, marks, assets))
    for slot, quantity, mark, value in zip(slots, quantities, marks, found, strict=True):
        x = assets[slot]
        money = _exactly(quantity, x.quantity_scale) * _exactly(mark, x.fill_scale)
        assert value == _half_even(money * _exactly(x.multiplier, x.multiplier_scale) * 10**20)


@given(ASSETS, st.data())
def test_the_cost_of_a_unit_is_the_quotient_rounded_once(assets: list[Scales], data: Any) -> None:
    slots = data.draw(st.lists(st.integers(0, len(assets) - 1), max_size=6))
    quantities = [data.draw(NUMBERS.filter(bool)) for _ in slots]
    costs = [data.draw(NUMBERS) for _ in slots]
    found = _listed(costs_per_unit(_places(slots), quantities, costs, assets))
    for slot, quantity, cost, value in zip(slots, quantities, costs, found, strict=True):
        x = assets[slot]
        units = _exactly(quantity, x.quantity_scale) * _exactly(x.multiplier, x.multiplier_scale)
        assert value == _half_even(_exactly(cost, 20) / units * 10**x.fill_scale)
