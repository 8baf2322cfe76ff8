"""A term of longer bars is the same arithmetic on bars that are put together by hand of `data.history`, of those alone
that are over.

What this must notice, tried on the code: a week that counts on the day before its last; an hour that counts a minute
early; a split within a week that is not known on its day; a crossing of two lengths told by rows that do not match.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt import indicators
from rustybt.api import term
from rustybt.indicators import Indicator, indicator
from tests._examples import examples
from tests.properties import _bundles
from tests.properties._market import Market, aggregated, drawn
from tests.properties.test_terms import KINDS, NAN, Windows, assert_close, fields_of

NAMES = sorted(KINDS.keys() - {"VWAP"})
"""A week's volume is rounded where a split lies within it."""
JOINED = {"open": lambda x: x[0], "close": lambda x: x[-1], "price": lambda x: x[-1], "high": max, "low": min}
SHORT = {"1w": "1d", "1mo": "1d", "5m": "1m", "1h": "1m", "1d": "1m"}


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@indicator(window="window", fields=("high", "low"), step=True)
def reach(high: Any, low: Any, *, window: int) -> float:
    """The way from the first low to the last high, less a number, so that no factor restates it."""
    return float(high[-1] - low[0]) - 1.0


def reach_of(w: Windows, window: int) -> float:
    high, low = w["high"][-window:], w["low"][-window:]
    return NAN if len(high) < window else high[-1] - low[0] - 1.0


def groups_of(market: Market, frequency: str) -> tuple[list[int], list[int]]:
    """For each bar of the market the number of its longer bar, and for each longer bar the last bar of it."""
    if frequency == "1d":
        numbers = [k for k, session in enumerate(market.sessions) for _ in session.stamps]
    elif market.frequency == "1d":
        days = [session.date for session in market.sessions]
        labels = [day.isocalendar()[:2] if frequency == "1w" else (day.year, day.month) for day in days]
        numbers = [sorted(set(labels)).index(label) for label in labels]
    else:
        ends = [stamp for session in aggregated(market, frequency).sessions for stamp in session.stamps]
        numbers = [bisect_left(ends, stamp) for session in market.sessions for stamp in session.stamps]
    return numbers, [max(k for k, one in enumerate(numbers) if one == number) for number in sorted(set(numbers))]


def whole(market: Market, frequency: str) -> bool:
    """Whether the market's last week or month is over with its last session."""
    after = market.sessions[-1].date + dt.timedelta(days=1)
    while market.calendar != "24/7" and after.weekday() >= 5:
        after += dt.timedelta(days=1)
    last = market.sessions[-1].date
    if frequency == "1w":
        return last.isocalendar()[:2] != after.isocalendar()[:2]
    return frequency != "1mo" or last.month != after.month


def over(market: Market, frequency: str, lasts: list[int], bars: int, *, opening: bool) -> int:
    """How many of the longer bars are over after so many bars of the market."""
    if frequency == "1d":
        return max(k for k in range(len(market.sessions)) if market.starts[k] <= bars - (not opening))
    done = sum(last < bars for last in lasts)
    return done - (done == len(lasts) and not whole(market, frequency))


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 40),
    frequency=st.sampled_from(("1w", "1w", "1mo", "5m", "1h", "1d")),
    name=st.sampled_from([*NAMES, "own", "own"]),
    field=st.sampled_from(("close", "price", "open")),
    window=st.integers(1, 4),
    late=st.integers(0, 9),
)
def test_a_term_of_longer_bars_is_the_same_arithmetic_on_the_run_s_bars_put_together(
    seed: int, frequency: str, name: str, field: str, window: int, late: int
) -> None:
    market = drawn(seed, frequency=SHORT[frequency], weeks=frequency == "1w", months=frequency == "1mo")
    # a cash dividend within a week leaves its bar as it was traded, which windows of days do not
    market = replace(market, assets=tuple(replace(asset, dividends=()) for asset in market.assets))
    compare(market, _bundles.bundle_of(("longer", seed, frequency), market), frequency, name, field, window, late)


def joined(values: list[float | None], real: str) -> float:
    """One bar of several."""
    there = [value for value in values if value is not None]
    return JOINED[real](there) if there else NAN


def compare(market: Market, bundle: str, frequency: str, name: str, field: str, window: int, late: int) -> None:
    """Reads a term and the windows of the run's bars with each bar and before each session."""
    kind: Indicator = reach if name == "own" else getattr(indicators, name)
    figure, column, all_bars = (reach_of, None, False) if name == "own" else KINDS[name]
    numbers, lasts = groups_of(market, frequency)
    late = min(late, len(market.sessions) - 1)
    window = max(window, kind.least)
    if kind.warm_up(**kind.checked({"window": window})) > len(lasts):
        return
    looked = 0

    def initialize(context: Any) -> None:
        context.assets = context.symbols(*[asset.symbol for asset in market.assets])
        given = (field,) if "field" in kind.reads else ()
        made = [term(kind, one, *given, window=window, frequency=frequency) for one in context.assets]
        context.terms = made if column is None else [getattr(one, column) for one in made]
        context.bar = market.starts[late]

    def look(context: Any, data: Any, *, opening: bool = False) -> None:
        nonlocal looked
        done = over(market, frequency, lasts, context.bar, opening=opening)
        for asset, one in zip(context.assets, context.terms, strict=True):
            said = [one.now, *one.history(2)[::-1]]
            windows: Windows = {}
            for wanted, real in fields_of(kind, field).items():
                values = data.history(asset, real, context.bar, market.frequency).to_list() if context.bar else []
                windows[wanted] = [
                    joined([v for k, v in enumerate(values) if numbers[k] == number], real) for number in range(done)
                ]
            if not all_bars:
                windows = {key: x[-window - 1 :] for key, x in windows.items()}
            assert_close(said[0], figure(windows, window), windows)
            assert said[0] == said[1] or math.isnan(said[0])
        looked += 1

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        at_an_end = context.bar % 60 in (0, 59) and context.bar % 7 < 2
        if market.frequency == "1d" or context.bar % 97 < 2 or at_an_end:
            look(context, data)

    rustybt.run_algorithm(
        str(market.sessions[late].date),
        str(market.sessions[-1].date),
        initialize=initialize,
        handle_data=handle_data,
        before_trading_start=lambda context, data: look(context, data, opening=True),
        bundle=bundle,
        data_frequency=market.frequency,
    )
    assert looked
