"""Whole runs on drawn markets against an oracle of its own, with zero difference."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rustybt.errors import MoneyOverflow
from tests.properties import _bundles, _law, _runs
from tests.properties._market import Market, drawn
from tests.properties._oracle import Expected, Intent, Oracle, Plan

DAILY_MARKETS = 48
MINUTE_MARKETS = 6
KINDS = ("order", "order_target", "order_value", "order_percent", "order_target_value", "order_target_percent")


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@functools.cache
def market_of(seed: int, minutes: bool) -> tuple[Market, str]:
    """The market of a seed, and its bundle."""
    market = drawn(seed, minutes=minutes)
    return market, _bundles.bundle_of(("law", seed, minutes), market)


def _number(kind: str, draw: st.DrawFn, lot: Fraction, step: Fraction, capital: Fraction) -> Fraction:
    """An amount, a sum of money or a weight; some of them near to, but not on, a whole number of steps."""
    if kind in ("order", "order_target"):
        lots = Fraction(draw(st.integers(-60, 60)), draw(st.sampled_from([1, 1, 4, 10])))
        off = draw(st.sampled_from([0, 0, 1, 5_000, 9_998, 9_999])) * step / 10_000
        return lots * lot + off
    weight = Fraction(draw(st.integers(-15_000, 15_000)), 10_000)
    return weight * capital if "value" in kind else weight


@st.composite
def plans(draw: st.DrawFn, market: Market) -> Plan:
    """A plan on a market."""
    sessions = len(market.sessions)
    first = draw(st.integers(0, max(0, sessions - 2)))
    last = draw(st.just(sessions - 1) | st.integers(first, sessions - 1))
    bars = market.starts[last + 1] - market.starts[first]
    capital = draw(st.sampled_from([Fraction(1_000_000), Fraction("12345.67"), Fraction(10**9)]))
    intents = []
    for _ in range(draw(st.integers(1, 10))):
        k = draw(st.integers(0, len(market.assets) - 1))
        asset = market.assets[k]
        bar = draw(st.integers(0, 99) | st.integers(0, 999)) * bars // 1000
        kind = draw(st.sampled_from((*KINDS, "order", "cancel")))
        if kind == "cancel":
            intents.append(Intent(bar, k, kind))
            continue
        limit = None
        if draw(st.booleans()):
            near = [place for place in asset.bars if place <= market.starts[first] + bar] or [min(asset.bars)]
            factor = Fraction(draw(st.integers(900, 1100)), 1000)
            limit = round(asset.bars[max(near)].close * factor, asset.price_scale + 2)
        intents.append(Intent(bar, k, kind, _number(kind, draw, asset.lot, asset.step, capital), limit))
    return Plan(
        first,
        last,
        tuple(intents),
        capital,
        slippage=draw(SLIPPAGE),
        commission=draw(COMMISSION),
        fill_at=draw(st.sampled_from(["close", "close", "open"])),
        trigger=draw(st.sampled_from(["close", "range"])),
    )


SLIPPAGE = st.one_of(
    st.just(("none",)),
    st.just(("basis_points", Fraction(5), Fraction("0.1"))),
    st.tuples(
        st.just("basis_points"),
        st.integers(0, 3000).map(lambda n: Fraction(n, 10)),
        st.sampled_from([Fraction("0.1"), Fraction("0.025"), Fraction(1)]),
    ),
    st.tuples(
        st.just("volume_share"),
        st.sampled_from([Fraction("0.025"), Fraction("0.3"), Fraction(1)]),
        st.integers(0, 90).map(lambda n: Fraction(n, 100)),
    ),
    st.tuples(st.just("fixed"), st.sampled_from([Fraction(0), Fraction(3, 10**10), Fraction(1, 10**14)])),
)
COMMISSION = st.one_of(
    st.just(("none",)),
    st.just(("per_share", Fraction("0.001"), Fraction(0))),
    st.tuples(
        st.just("per_share"),
        st.integers(0, 99).map(lambda n: Fraction(n, 7_812_500)),
        st.sampled_from([Fraction(0), Fraction(1), Fraction("4.95")]),
    ),
    st.tuples(st.just("per_trade"), st.sampled_from([Fraction(0), Fraction("1.25")])),
    st.tuples(st.just("per_dollar"), st.sampled_from([Fraction("0.0015"), Fraction(1, 2**10)])),
)


def _is_too_much(expected: Expected) -> bool:
    """Whether some amount of a day is more than the books hold: coins at 1e-8 that pay in shares at 1e9, say."""
    amounts = (amount for day in expected.daily for amount in day.values() if isinstance(amount, Fraction))
    return any(abs(amount) >= 10**18 for amount in amounts)


def _check(market: Market, bundle: str, plan: Plan, form: str) -> None:
    expected = Oracle(market, plan).run()
    if _is_too_much(expected):
        with pytest.raises(MoneyOverflow):
            _runs.run(market, plan, bundle, form=form)
        return
    result = _runs.run(market, plan, bundle, form=form)
    _runs.assert_equal(result, expected)
    _law.assert_folds(result)
    _law.assert_value_changes_as_the_law_says(market, plan, result)


@settings(max_examples=1_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.integers(0, DAILY_MARKETS - 1), st.sampled_from(["decimal", "text", "float"]))
def test_a_daily_run_leaves_the_books_that_the_oracle_expects(data: st.DataObject, seed: int, form: str) -> None:
    market, bundle = market_of(seed, False)
    _check(market, bundle, data.draw(plans(market)), form)


@settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    # a failing run of minutes takes minutes to shrink; what it says is enough to begin with
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data(), st.integers(0, MINUTE_MARKETS - 1), st.sampled_from(["decimal", "text", "float"]))
def test_a_minute_run_leaves_the_books_that_the_oracle_expects(data: st.DataObject, seed: int, form: str) -> None:
    market, bundle = market_of(seed, True)
    _check(market, bundle, data.draw(plans(market)), form)
