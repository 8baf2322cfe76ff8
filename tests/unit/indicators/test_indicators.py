"""Indicators on arrays: TA-Lib's values where it has them, bounds, shapes, and no error that builds up."""

from __future__ import annotations

import doctest
import math
import runpy
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt import indicators
from rustybt.errors import InputError, WrongType
from rustybt.indicators import Indicator, indicator
from tests._examples import examples

INDICATORS = [one for name in indicators.__all__ if isinstance(one := getattr(indicators, name), Indicator)]
ROOT = Path(__file__).parents[3]
WINDOWS = (2, 5, 14, 50)
type Floats = Any


@pytest.fixture(scope="module")
def bars() -> dict[str, Floats]:
    random = np.random.default_rng(1)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 600)))
    opened = close * np.exp(random.normal(0, 0.01, 600))
    return {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + abs(random.normal(0, 0.005, 600))),
        "low": np.minimum(opened, close) * (1 - abs(random.normal(0, 0.005, 600))),
        "close": close,
        "volume": random.integers(1, 1000, 600).astype(float),
    }


def columns_of(kind: Indicator, bars: dict[str, Floats]) -> list[Floats]:
    more = {"field": bars["close"], "against": bars["open"], "session": np.arange(600.0) // 7}
    return [(bars | more)[name] for name in kind.reads]


def whole(kind: Indicator, columns: list[Floats], **given: Any) -> list[Floats]:
    if "window" in kind.parameters and kind.parameters["window"] is ... and "window" not in given:
        given["window"] = 5
    found = kind(*columns, **given)
    return list(found.values()) if kind.outputs else [found]


HLC = ("high", "low", "close")
BESIDE: dict[str, tuple[str, tuple[str, ...], Callable[[Any, Any, int], Any]]] = {
    "SMA": ("SMA", ("close",), lambda f, c, w: f(*c, w)),
    "EMA": ("EMA", ("close",), lambda f, c, w: f(*c, w)),
    "WMA": ("WMA", ("close",), lambda f, c, w: f(*c, w)),
    "RSI": ("RSI", ("close",), lambda f, c, w: f(*c, w)),
    "ATR": ("ATR", HLC, lambda f, c, w: f(*c, w)),
    "ADX": ("ADX", HLC, lambda f, c, w: f(*c, w)),
    "CCI": ("CCI", HLC, lambda f, c, w: f(*c, w)),
    "DI.plus": ("PLUS_DI", HLC, lambda f, c, w: f(*c, w)),
    "DI.minus": ("MINUS_DI", HLC, lambda f, c, w: f(*c, w)),
    "Momentum": ("MOM", ("close",), lambda f, c, w: f(*c, w)),
    "Returns": ("ROCP", ("close",), lambda f, c, w: f(*c, w)),
    "StandardDeviation": ("STDDEV", ("close",), lambda f, c, w: f(*c, w, 1)),
    "Highest": ("MAX", ("close",), lambda f, c, w: f(*c, w)),
    "Lowest": ("MIN", ("close",), lambda f, c, w: f(*c, w)),
    "LinearRegression.slope": ("LINEARREG_SLOPE", ("close",), lambda f, c, w: f(*c, w)),
    "LinearRegression.intercept": ("LINEARREG_INTERCEPT", ("close",), lambda f, c, w: f(*c, w)),
    "BollingerBands.upper": ("BBANDS", ("close",), lambda f, c, w: f(*c, w, 2, 2)[0]),
    "BollingerBands.lower": ("BBANDS", ("close",), lambda f, c, w: f(*c, w, 2, 2)[2]),
    # TA-Lib takes the market first
    "Beta": ("BETA", ("open", "close"), lambda f, c, w: f(*c, w)),
    "OBV": ("OBV", ("close", "volume"), lambda f, c, w: f(*c)),
    "TrueRange": ("TRANGE", HLC, lambda f, c, w: f(*c)),
    "Stochastic.k": ("STOCH", HLC, lambda f, c, w: f(*c, w, 3, 0, 3, 0)[0]),
    "Stochastic.d": ("STOCH", HLC, lambda f, c, w: f(*c, w, 3, 0, 3, 0)[1]),
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", BESIDE)
def test_values_are_those_of_talib(name: str, window: int, bars: dict[str, Floats]) -> None:
    talib = pytest.importorskip("talib")
    kind_name, _, output = name.partition(".")
    kind: Indicator = getattr(indicators, kind_name)
    theirs, columns, ask = BESIDE[name]
    expected = ask(getattr(talib, theirs), [bars[column] for column in columns], window)
    given = {"window": window} if "window" in kind.parameters else {}
    found: Any = kind(*columns_of(kind, bars), **given)
    found = found[output] if output else found
    there = ~np.isnan(expected)
    # k is told before d is there, by TA-Lib only after
    assert there.any()
    assert output == "k" or int(np.argmax(~np.isnan(found))) == int(np.argmax(there))
    # TA-Lib takes differences of large sums for deviations and slopes, which costs it digits
    loose = 1e-8 if kind_name in {"StandardDeviation", "LinearRegression", "BollingerBands"} else 1e-10
    np.testing.assert_allclose(found[there], expected[there], rtol=loose, atol=loose)


@pytest.mark.parametrize(("fast", "slow", "signal"), [(12, 26, 9), (3, 5, 2)])
def test_macd_is_that_of_talib(fast: int, slow: int, signal: int, bars: dict[str, Floats]) -> None:
    talib = pytest.importorskip("talib")
    found = indicators.MACD(bars["close"], fast=fast, slow=slow, signal=signal)
    for name, expected in zip(found, talib.MACD(bars["close"], fast, slow, signal), strict=True):
        there = ~np.isnan(expected)
        np.testing.assert_allclose(found[name][there], expected[there], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_its_docstring_has_an_example_that_runs(kind: Indicator) -> None:
    example = doctest.DocTestParser().get_doctest(kind.__doc__ or "", {}, kind.name, None, 0)
    assert example.examples
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(example)
    assert not runner.failures


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_its_first_value_is_where_it_says(kind: Indicator, bars: dict[str, Floats]) -> None:
    given = {name: value for name, value in kind.parameters.items() if value is not ...}
    given |= {"window": 5} if "window" in kind.parameters else {}
    found = whole(kind, columns_of(kind, bars), **given)
    assert max(int(np.argmax(~np.isnan(one))) for one in found) == kind.warm_up(**given) - 1


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_many_assets_at_once_have_the_bits_of_each_alone(kind: Indicator, bars: dict[str, Floats]) -> None:
    """With bars that are missing, and assets that begin late."""
    random = np.random.default_rng(2)
    columns = [np.stack([np.roll(one, 17 * k) for k in range(4)], axis=1) for one in columns_of(kind, bars)]
    gone = random.random(columns[0].shape) < 0.1
    gone[:90, 2] = True
    for name, one in zip(kind.reads, columns, strict=True):
        one[gone] = 0.0 if name == "volume" else np.nan
        if name == "session":
            one[:] = np.arange(600.0)[:, None] // 7
    together = whole(kind, columns)
    for k in range(4):
        for one, all_of_them in zip(whole(kind, [one[:, k] for one in columns]), together, strict=True):
            assert np.array_equal(one, all_of_them[:, k], equal_nan=True)


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_a_value_depends_on_no_later_bar(kind: Indicator, bars: dict[str, Floats]) -> None:
    columns = columns_of(kind, bars)
    before = whole(kind, columns)
    spoiled = [np.concatenate([one[:300], -one[300:] * 7 if name != "session" else one[300:]])
               for name, one in zip(kind.reads, columns, strict=True)]  # fmt: skip
    for one, other in zip(before, whole(kind, spoiled), strict=True):
        assert np.array_equal(one[:300], other[:300], equal_nan=True)


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_its_unit_says_what_a_split_does_to_it(kind: Indicator, bars: dict[str, Floats]) -> None:
    """Prices halve and volumes double: figures of a price halve, of a volume double, ratios stay."""
    price, volume = 0.5, 2.0
    units = {name: volume if name == "volume" else 1.0 if name == "session" else price for name in kind.reads}
    factor = {"price": price, "field": price, "volume": volume, None: 1.0}[kind.unit]
    columns = columns_of(kind, bars)
    changed = [one * units[name] for name, one in zip(kind.reads, columns, strict=True)]
    for name, one, other in zip(kind.outputs or ("",), whole(kind, columns), whole(kind, changed), strict=True):
        if (kind.name, name) in {("LinearRegression", "r"), ("SuperTrend", "direction")}:
            continue  # read as a ratio and as a sign
        np.testing.assert_allclose(other, one * factor, rtol=1e-9)


def test_no_error_builds_up_over_ten_million_bars() -> None:
    """A price that is a million for a time, and a millionth afterwards: a running sum would have lost it."""
    values = np.full(10_000_000, 1e-6)
    values[1000:5_000_000] = 1e6 + np.arange(4_999_000) % 7
    assert np.all(np.abs(indicators.SMA(values, window=50)[5_000_100:] / 1e-6 - 1) < 1e-14)
    assert np.all(indicators.StandardDeviation(values, window=50)[5_000_100:] < 1e-20)


@settings(max_examples=examples(60), deadline=None)
@given(
    values=st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=60),
    window=st.integers(1, 12),
)
def test_figures_of_windows_are_those_of_fractions(values: list[float], window: int) -> None:
    exact = [Fraction(value) for value in values]
    names = ["SMA", "WMA", "Highest", "Lowest", *(["StandardDeviation", "LinearRegression"] if window > 1 else [])]
    found = {name: whole(getattr(indicators, name), [np.array(values)], window=window) for name in names}
    for end in range(len(values)):
        x = exact[max(0, end - window + 1) : end + 1]
        if len(x) < window:
            assert all(math.isnan(one[end]) for figures in found.values() for one in figures)
            continue
        mean, top = sum(x) / window, float(max(x))
        middle = Fraction(window - 1, 2)
        below = sum((k - middle) ** 2 for k in range(window))
        assert found["SMA"][0][end] == pytest.approx(float(mean), rel=1e-13)
        weighted = sum((k + 1) * one for k, one in enumerate(x)) / Fraction(window * (window + 1), 2)
        assert found["WMA"][0][end] == pytest.approx(float(weighted), rel=1e-13)
        assert (found["Highest"][0][end], found["Lowest"][0][end]) == (top, float(min(x)))
        if window == 1:
            continue
        deviation = math.sqrt(sum((one - mean) ** 2 for one in x) / window)
        assert found["StandardDeviation"][0][end] == pytest.approx(deviation, rel=1e-9, abs=1e-14 * top)
        if below:
            slope = sum((k - middle) * (one - mean) for k, one in enumerate(x)) / below
            assert found["LinearRegression"][0][end] == pytest.approx(float(slope), rel=1e-9, abs=1e-14 * top)


def test_the_pages_are_those_of_the_docstrings() -> None:
    """Else: python tools/indicator_pages.py."""
    pages: dict[Path, str] = runpy.run_path(str(ROOT / "tools" / "indicator_pages.py"))["pages"]()
    assert len(pages) == 2 * len(INDICATORS) + 1
    assert {path.name for path in (ROOT / "docs" / "indicators").iterdir()} == {path.name for path in pages}
    for path, text in pages.items():
        # what libraries of mathematics round otherwise moves no line by a tenth of a point
        if path.suffix == ".md":
            assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: python tools/indicator_pages.py"


def test_bad_use_is_told() -> None:
    for ask, text in (
        (lambda: indicators.SMA([1.0, 2.0]), "needs window="),
        (lambda: indicators.SMA([1.0], window=0), "1 to 1,000,000"),
        (lambda: indicators.SMA([1.0], window=2.5), "1 to 1,000,000"),
        (lambda: indicators.SMA([1.0], windows=2), "has no parameter 'windows'"),
        (lambda: indicators.SMA([1.0], [2.0], window=1), "pass 1, not 2"),
        (lambda: indicators.ATR([1.0], [2.0, 3.0], [1.0]), "arrays of one shape"),
        (lambda: indicators.StandardDeviation([1.0], window=1), "2 to 1,000,000"),
        (lambda: indicators.BollingerBands([1.0], width=-1), "a number above 0"),
    ):
        with pytest.raises(InputError, match=text):
            ask()
    with pytest.raises(WrongType, match="pass a number"):
        indicators.SMA([1.0], window="20")
    with pytest.raises(WrongType, match="takes other arguments"):
        indicator(window=3, fields=("high", "low"))(lambda high: high)
    with pytest.raises(WrongType, match="is no function"):
        indicator(window=3)(42)  # type: ignore[arg-type]

    @indicator(window=2)
    def weighed(values: Any, *, by: Any = ()) -> Any:
        return values

    with pytest.raises(WrongType, match="a tuple for a list"):
        weighed([1.0], by=[1, 2])


def test_one_of_ones_own_is_an_indicator() -> None:
    @indicator(window="window")
    def middle(values: Any, *, window: int) -> Any:
        """The middle between the largest and the smallest."""
        return (indicators.Highest(values, window=window) + indicators.Lowest(values, window=window)) / 2

    assert middle([1.0, 3.0, 8.0], window=2).tolist()[1:] == [2.0, 5.5]
    assert middle.__doc__ == "The middle between the largest and the smallest."
    assert repr(middle) == "middle(field, window)"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"window": "bars"}, "has no keyword 'bars'"),
        ({"window": 0}, "a number of bars"),
        ({"window": 3, "fields": ("closes",)}, "pass a tuple of"),
        ({"window": 3, "fields": "close"}, "pass a tuple of"),
        ({"window": None, "step": True}, "state window="),
    ],
)
def test_what_says_nothing_of_its_window_is_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):

        @indicator(**given)
        def broken(values: Any) -> Any:
            return values


@pytest.mark.parametrize("kind", [indicators.Momentum, indicators.Rank, indicators.CCI, indicators.Returns])
@pytest.mark.parametrize("window", [5, 6, 11, 12])
def test_a_window_that_is_longer_than_the_array_has_no_value(kind, window):
    values = np.arange(1.0, 6.0)
    assert np.isnan(kind(*[values] * len(kind.reads), window=window)[:4]).all()
