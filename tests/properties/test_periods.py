"""Runs on weeks and months with anything inside them: the books are those of an oracle that goes through the days.

Held also by the daily run itself: with fill_at="open" an order of a Friday fills at Monday's open in both.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rustybt.errors import InputError, MoneyOverflow, OrderTooLarge
from tests._examples import examples
from tests._kernels import KERNELS
from tests.properties import _bundles, _law, _runs
from tests.properties._market import Market, aggregated, drawn
from tests.properties._oracle import Plan
from tests.properties._period_oracle import PeriodOracle, periods_of
from tests.properties.test_law_of_the_books import _is_too_much, plans

SEEDS = 40


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def market_of(seed: int, kind: str) -> tuple[Market, Market, str]:
    """The days of a seed, the same in weeks or months, and the bundle of the days."""
    days = drawn(seed, frequency="1d", weeks=kind == "1w", months=kind == "1mo")
    return days, aggregated(days, kind), _bundles.bundle_of(("periods", seed, kind), days)


@st.composite
def changes(draw: st.DrawFn, periods: list[range], plan: Plan) -> tuple[tuple[int, str, str, Fraction], ...]:
    """Capital on some days of the run."""
    days = [day for period in periods[plan.first : plan.last + 1] for day in period]
    found = []
    for day in draw(st.lists(st.sampled_from(days), max_size=3, unique=True)):
        kind = draw(st.sampled_from(["delta", "target"]))
        share = Fraction(draw(st.integers(1, 200) if kind == "target" else st.integers(-50, 90)), 100)
        found.append((day, "overnight", kind, share * plan.capital))
    return tuple(found)


@settings(
    max_examples=examples(80),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    # shrinking takes minutes; what a failing run says is enough to begin with
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data(), st.integers(0, SEEDS - 1), st.sampled_from(["1w", "1w", "1mo"]), st.sampled_from(KERNELS))
def test_a_run_on_weeks_or_months_leaves_the_books_that_the_oracle_of_days_expects(
    data: st.DataObject, seed: int, kind: str, kernel: str
) -> None:
    days, longer, bundle = market_of(seed, kind)
    plan = replace(data.draw(plans(longer)), changes=())
    plan = replace(plan, changes=data.draw(changes(periods_of(days, kind), plan)) if data.draw(st.booleans()) else ())
    oracle = PeriodOracle(days, plan, kind)
    expected = oracle.run()
    if oracle.too_large or oracle.drained or _is_too_much(expected):
        with pytest.raises((OrderTooLarge, MoneyOverflow, InputError)):
            _runs.run(longer, plan, bundle, days=days, kernel=kernel)
        return
    result = _runs.run(longer, plan, bundle, days=days, kernel=kernel)
    _runs.assert_equal(result, expected)
    _law.assert_folds(longer, result)
