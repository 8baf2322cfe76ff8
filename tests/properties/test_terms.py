"""What a term says at a moment is the same arithmetic, done slowly and in plain words, on a window of `data.history`.

What this must notice, tried on the code: a term read a bar later; factors of splits that apply a bar late; volumes
restated as prices are; before_trading_start that leaves out the coming session's split. Each of them fails.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator
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
from tests.properties.test_no_look_ahead import CUTS, pair

NAN = math.nan
WHOLE: Any = ...
"""All bars from the first one of the data."""

type Windows = dict[str, list[float]]


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def gaps(x: list[float]) -> bool:
    return any(math.isnan(value) for value in x)


def of_window(figure: Callable[[list[float]], float]) -> Callable[[Windows, int], float]:
    """A figure of the last bars of the field; none where one of them is missing."""

    def found(w: Windows, window: int) -> float:
        x = w["field"][-window:]
        return NAN if len(x) < window or gaps(x) else figure(x)

    return found


def mean(x: list[float]) -> float:
    return math.fsum(x) / len(x)


def ema(x: list[float], share: float, seed: int) -> list[float]:
    """Each value's average, of a list without missing ones."""
    found: list[float] = []
    for place, value in enumerate(x):
        if place < seed - 1:
            found.append(NAN)
        elif place == seed - 1:
            found.append(mean(x[:seed]))
        else:
            found.append(found[-1] + share * (value - found[-1]))
    return found


def known(x: list[float]) -> list[float]:
    return [value for value in x if not math.isnan(value)]


def last_ema(w: Windows, window: int) -> float:
    x = w["field"]
    return NAN if not x or math.isnan(x[-1]) else ema(known(x), 2 / (window + 1), window)[-1]


def rsi(w: Windows, window: int) -> float:
    x = w["field"]
    if not x or math.isnan(x[-1]) or len(known(x)) <= window:
        return NAN
    moves = [b - a for a, b in itertools.pairwise(known(x))]
    up = ema([max(one, 0.0) for one in moves], 1 / window, window)[-1]
    down = ema([max(-one, 0.0) for one in moves], 1 / window, window)[-1]
    return 0.0 if up + down == 0 else 100 * up / (up + down)


def atr(w: Windows, window: int) -> float:
    bars = [bar for bar in zip(w["high"], w["low"], w["close"], strict=True) if not gaps(list(bar))]
    if not w["close"] or math.isnan(w["close"][-1]) or len(bars) <= window:
        return NAN
    ranges = [max(high, before[2]) - min(low, before[2]) for before, (high, low, _) in itertools.pairwise(bars)]
    return ema(ranges, 1 / window, window)[-1]


def vwap(w: Windows, window: int) -> float:
    prices, volumes = w["field"][-window:], w["volume"][-window:]
    if len(prices) < window:
        return NAN
    traded = [(p, v) for p, v in zip(prices, volumes, strict=True) if not math.isnan(p) and v > 0]
    return math.fsum(p * v for p, v in traded) / math.fsum(v for _, v in traded) if traded else NAN


def returns_before(w: Windows, window: int) -> float:
    x = w["field"]
    return NAN if len(x) <= window or x[-1 - window] == 0 else x[-1] / x[-1 - window] - 1


def moved(w: Windows, window: int) -> float:
    x = w["field"]
    return NAN if len(x) <= window else x[-1] - x[-1 - window]


def slope(x: list[float]) -> float:
    places = [k - (len(x) - 1) / 2 for k in range(len(x))]
    below = math.fsum(k * k for k in places)
    return math.fsum(k * (value - mean(x)) for k, value in zip(places, x, strict=True)) / below if below else NAN


KINDS: dict[str, tuple[Callable[[Windows, int], float], str | None, bool]] = {
    # what it is; of several columns which one; whether it reaches back to the first bar
    "SMA": (of_window(mean), None, False),
    "WMA": (of_window(lambda x: math.fsum(k * v for k, v in enumerate(x, 1)) / sum(range(len(x) + 1))), None, False),
    "EMA": (last_ema, None, True),
    "RSI": (rsi, None, True),
    "ATR": (atr, None, True),
    "VWAP": (vwap, None, False),
    "Highest": (of_window(max), None, False),
    "Lowest": (of_window(min), None, False),
    "StandardDeviation": (of_window(statistics.pstdev), None, False),
    "Returns": (returns_before, None, False),
    "Momentum": (moved, None, False),
    "LinearRegression": (of_window(slope), "slope", False),
    "BollingerBands": (of_window(lambda x: mean(x) + 2 * statistics.pstdev(x)), "upper", False),
}  # fmt: skip
RUNS = ("1d", "1d", "1m", "1d as 1w", "1m as 1h")


def fields_of(kind: Indicator, field: str) -> dict[str, str]:
    return {name: field if name == "field" else name for name in kind.reads}


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 40),
    how=st.sampled_from(RUNS),
    name=st.sampled_from(sorted(KINDS)),
    field=st.sampled_from(("close", "price", "open", "volume")),
    window=st.integers(1, 5),
    late=st.integers(0, 3),
)
def test_a_term_is_the_same_arithmetic_on_a_window(
    seed: int, how: str, name: str, field: str, window: int, late: int
) -> None:
    stored, _, made = how.partition(" as ")
    market = drawn(seed, frequency=stored, weeks=made == "1w")
    bundle = _bundles.bundle_of(("terms", seed, how), market)
    run_market = aggregated(market, made) if made else market
    if late < len(run_market.sessions):
        most = max(1, run_market.starts[-1] - 1)
        least = getattr(indicators, name).least
        if least <= most:
            compare(run_market, bundle, made or stored, name, field, max(least, min(window, most)), late)


def compare(market: Market, bundle: str, length: str, name: str, field: str, window: int, late: int) -> None:
    """Reads a term and the window with each bar and before each session."""
    kind: Indicator = getattr(indicators, name)
    figure, column, whole = KINDS[name]
    asks_field = "field" in kind.reads
    looked = 0

    def initialize(context: Any) -> None:
        context.assets = context.symbols(*[asset.symbol for asset in market.assets])
        given = (field,) if asks_field else ()
        found = [term(kind, asset, *given, window=window) for asset in context.assets]
        found.append(term(kind, context.assets, *given, window=window))
        context.terms = found if column is None else [getattr(one, column) for one in found]
        context.bar = 0

    def look(context: Any, data: Any) -> None:
        nonlocal looked
        before = market.starts[late]
        count = before + context.bar if whole else min(window + 1, before + context.bar)
        together = context.terms[-1].now
        for place, (asset, one) in enumerate(zip(context.assets, context.terms, strict=False)):
            windows: Windows = {}
            for wanted, real in fields_of(kind, field).items():
                values = data.history(asset, real, count, length).to_list() if count else []
                windows[wanted] = [NAN if value is None else value for value in values]
            assert_close(one.now, figure(windows, window), windows)
            assert together[place] == one.now or (math.isnan(together[place]) and math.isnan(one.now))
            assert one.history(1)[0] == one.now or math.isnan(one.now)
        looked += 1

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if length in {"1d", "1w"} or context.bar % 97 < 3:
            look(context, data)

    rustybt.run_algorithm(
        str(market.sessions[late].date),
        str(market.sessions[-1].date),
        initialize=initialize,
        handle_data=handle_data,
        before_trading_start=look,
        bundle=bundle,
        data_frequency=length,
    )
    assert looked


def assert_close(found: float, expected: float, windows: Windows) -> None:
    if math.isnan(expected):
        assert math.isnan(found), (found, expected, windows)
        return
    reach = max([abs(v) for x in windows.values() for v in known(x)], default=0.0)
    assert abs(found - expected) <= 1e-9 * max(abs(expected), min(reach, 1e3), 1e-300), (found, expected, windows)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 20),
    what=st.sampled_from(("1d", "1m", "1d as 1w", "1m as 1h")),
    number=st.integers(0, CUTS - 1),
)
def test_nothing_that_a_term_says_depends_on_what_comes_after(seed: int, what: str, number: int) -> None:
    """All indicators, and one of one's own, on two markets that part after a moment: the same bits up to it."""
    one = pair(seed, what, number)
    length = what.rsplit(" as ", maxsplit=1)[-1]
    seen = [said(one.market, bundle, length, one.moment) for bundle in one.bundles]
    assert seen[0]
    assert seen[0] == seen[1]


@indicator(window=3, fields=("high", "volume"), step=True)
def pressure(high: Any, volume: Any) -> float:
    return float(high[-1] * volume[0] - high[0] * volume[-1])


@indicator(window=1, step=True)
def less(values: Any) -> float:
    return float(values[-1]) - 1.0


LONGER = {"1d": ("1w", "1mo"), "1m": ("5m", "1h", "1d", "1w"), "1h": ("2h", "1d", "1mo"), "1w": ()}


def said(market: Market, bundle: str, length: str, moment: int) -> list[tuple[Any, ...]]:
    kinds = [one for name in indicators.__all__ if isinstance(one := getattr(indicators, name), Indicator)]
    seen: list[tuple[Any, ...]] = []

    def initialize(context: Any) -> None:
        assets = context.symbols(*[asset.symbol for asset in market.assets])
        context.terms = {}
        for kind in (*kinds, pressure):
            given: dict[str, Any] = {
                name: 2 for name, default in kind.parameters.items() if not isinstance(default, float)
            }
            given |= {"slow": 3} if "slow" in given else {}
            if kind.warm_up(**(dict(kind.parameters) | given)) > market.starts[-1]:
                continue
            given |= {"against": assets[0]} if "against" in kind.reads else {}
            made = term(kind, assets, **given)
            context.terms |= {f"{kind.name}.{name}": getattr(made, name) for name in kind.outputs} or {kind.name: made}
        context.terms["compared"] = context.terms["SMA"] > context.terms["EMA"] * 2
        context.terms["own"] = term(less, assets, "price") / term(less, assets[0], "high")
        for frequency in LONGER[length]:
            for kind in (less, indicators.SMA, indicators.SessionVWAP):
                given = {"window": 1} if kind is indicators.SMA else {}
                context.terms[f"{kind.name} {frequency}"] = term(kind, assets, frequency=frequency, **given)
            context.terms[f"mixed {frequency}"] = term(less, assets, "price") - context.terms[f"less {frequency}"]
        context.bar = 0

    def look(context: Any, data: Any) -> None:
        stamp = int(data.current_dt.timestamp()) * 10**9
        if stamp > moment:
            return
        for name, one in context.terms.items():
            seen.append((stamp, name, one.now.tobytes(), one.history(2).tobytes()))

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if length in {"1d", "1w"} or context.bar % 31 == 0 or int(data.current_dt.timestamp()) * 10**9 == moment:
            look(context, data)

    rustybt.run_algorithm(
        str(market.sessions[0].date),
        str(market.sessions[-1].date),
        initialize=initialize,
        handle_data=handle_data,
        before_trading_start=look,
        bundle=bundle,
        data_frequency=length,
    )
    return seen
