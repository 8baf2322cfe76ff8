"""Columns of wide integers come to what fractions come to, also where 128 bits are not enough."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rustybt.results._wide import ratio_half_even, share_half_even, shared_out, wide

ANY = st.one_of(st.integers(-50, 50), st.integers(-(10**30), 10**30))


@given(st.lists(st.tuples(ANY, st.integers(1, 10**30)), max_size=8), st.integers(1, 10**25))
def test_a_quotient_is_rounded_once_half_even(rows: list[tuple[int, int]], factor: int) -> None:
    values, divisors = ([row[place] for row in rows] for place in (0, 1))
    exact = [round(Fraction(value * factor, by)) for value, by in rows]
    if any(abs(number) >= 2**126 for number in exact):
        return
    assert ratio_half_even(wide(values), factor, wide(divisors)).to_list() == exact
    factors = wide([factor]).new_from_index(0, len(rows))
    assert ratio_half_even(wide(values), factors, wide(divisors)).to_list() == exact


def test_products_beyond_128_bits_do_not_wrap_around() -> None:
    assert ratio_half_even(wide([10**37, 3]), 10**20, 10**21).to_list() == [10**36, 0]
    # (10^30 + 1) / 2 and (10^30 + 3) / 2 are ties
    ties = ratio_half_even(wide([10**30 + 1, 10**30 + 3, -(10**30) - 1]), 10**9, 2 * 10**9)
    assert ties.to_list() == [5 * 10**29, 5 * 10**29 + 2, -5 * 10**29]


@given(st.lists(st.tuples(ANY, st.integers(10**20, 10**28)), max_size=8), st.integers(1, 10**12))
def test_a_ratio_of_wide_numbers_is_rounded_once(rows: list[tuple[int, int]], other: int) -> None:
    """18 decimals are found in two steps."""
    values, divisors = ([row[place] for row in rows] for place in (0, 1))
    for factor in (10**18, 10**9 * other):
        exact = [round(Fraction(value * factor, by)) for value, by in rows]
        assert ratio_half_even(wide(values), factor, wide(divisors)).to_list() == exact
    # a half of the last decimal: 1 and 3 of them
    ties = ratio_half_even(wide([10**5, 3 * 10**5, -(10**5), 10**30]), 10**18, wide([2 * 10**23] * 4))
    assert ties.to_list() == [0, 2, 0, 5 * 10**24]


@given(st.lists(st.tuples(st.one_of(st.none(), ANY), st.integers(-3, 10**24)), max_size=8))
def test_a_share_is_rounded_once(rows: list[tuple[int | None, int]]) -> None:
    exact = [None if part is None or whole <= 0 else round(Fraction(part * 10**6, whole)) for part, whole in rows]
    found = share_half_even(wide([row[0] for row in rows]), wide([row[1] for row in rows]), 6)
    assert found.to_list() == exact


@given(st.lists(st.tuples(ANY, st.lists(st.integers(1, 10**6), min_size=1, max_size=6)), min_size=1, max_size=6))
def test_what_is_shared_out_adds_up_and_is_near_its_share(given_rows: list[tuple[int, list[int]]]) -> None:
    totals, whole = wide([total for total, _ in given_rows]), wide([sum(parts) for _, parts in given_rows])
    rows = np.array([row for row, (_, parts) in enumerate(given_rows) for _ in parts])
    units = wide([part for _, parts in given_rows for part in parts])
    found = shared_out(totals, whole, rows, units).to_list()
    for row, (total, parts) in enumerate(given_rows):
        own = [share for share, of in zip(found, rows.tolist(), strict=True) if of == row]
        assert sum(own) == total
        for share, part in zip(own, parts, strict=True):
            assert abs(share - Fraction(total * part, sum(parts))) <= len(parts)
