"""Statistics of the last bars of a field."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rustybt.indicators import _blocks
from rustybt.indicators._indicator import AGAINST, FIELD, built_in
from rustybt.indicators._native import native

type Floats = npt.NDArray[np.float64]


def _window(*, window: int) -> int:
    return window


def _one_more(*, window: int) -> int:
    return window + 1


def earlier(values: Floats, bars: int) -> Floats:
    """The values so many bars before."""
    found = np.full(values.shape, np.nan)
    found[bars:] = values[: max(len(values) - bars, 0)]
    return found


def zeroed(values: Floats, where: npt.NDArray[np.bool_]) -> Floats:
    """The values, which are new ones, with 0 where a condition holds: it hardly ever does, and to ask costs little."""
    if where.any():
        values[where] = 0.0
    return values


@built_in("Highest", unit=FIELD, warm_up=_window)
def Highest(values: Floats, *, window: int) -> Floats:
    """The largest of the last `window` values. As TA-Lib's MAX.

    >>> from rustybt.indicators import Highest
    >>> Highest([3.0, 1.0, 2.0], window=2).tolist()
    [nan, 3.0, 2.0]
    """
    return _blocks.highest(values, window)


@built_in("Lowest", unit=FIELD, warm_up=_window)
def Lowest(values: Floats, *, window: int) -> Floats:
    """The smallest of the last `window` values. As TA-Lib's MIN.

    >>> from rustybt.indicators import Lowest
    >>> Lowest([3.0, 1.0, 2.0], window=2).tolist()
    [nan, 1.0, 1.0]
    """
    return _blocks.lowest(values, window)


@built_in("Rank", least=2, warm_up=_window)
def Rank(values: Floats, *, window: int) -> Floats:
    """Where the last value stands in its window: the share of the others that are below it, those equal to it by half.

    0 for the smallest, 1 for the largest.

    >>> from rustybt.indicators import Rank
    >>> Rank([1.0, 3.0, 2.0, 2.0], window=3).tolist()
    [nan, nan, 0.5, 0.25]
    """
    below = native("ranked", (values,), window)
    if below is None:
        below = np.where(np.isnan(values), np.nan, 0.0)
        for bars in range(1, window):
            other = earlier(values, bars)
            below += np.where(np.isnan(other), np.nan, (other < values) + 0.5 * (other == values))
    return below / (window - 1)


@built_in("StandardDeviation", least=2, unit=FIELD, warm_up=_window)
def StandardDeviation(values: Floats, *, window: int) -> Floats:
    """Standard deviation of the last `window` values, of a population: divided by `window`. As TA-Lib's STDDEV.

    >>> from rustybt.indicators import StandardDeviation
    >>> StandardDeviation([1.0, 3.0], window=2).tolist()
    [nan, 1.0]
    """
    return np.sqrt(_blocks.moments(values, window)[1] / window)


@built_in("ZScore", least=2, warm_up=_window)
def ZScore(values: Floats, *, window: int) -> Floats:
    """How many standard deviations the value lies above the mean of the last `window`, itself included.

    None where all of them are equal. The deviation is that of a population.

    >>> from rustybt.indicators import ZScore
    >>> ZScore([1.0, 3.0], window=2).tolist()
    [nan, 1.0]
    """
    mean, squares = _blocks.moments(values, window)
    return np.where(squares > 0, (values - mean) / np.sqrt(squares / window), np.nan)


@built_in("Momentum", unit=FIELD, warm_up=_one_more)
def Momentum(values: Floats, *, window: int) -> Floats:
    """The value less that of `window` bars before. As TA-Lib's MOM.

    >>> from rustybt.indicators import Momentum
    >>> Momentum([1.0, 3.0, 6.0], window=2).tolist()
    [nan, nan, 5.0]
    """
    return values - earlier(values, window)


@built_in("Returns", warm_up=_one_more)
def Returns(values: Floats, *, window: int = 1) -> Floats:
    """The return over `window` bars, 0.01 for one per cent; none from a value of 0. As TA-Lib's ROCP.

    Pipeline's Returns counts both ends: its window_length=2 is window=1 here.

    >>> from rustybt.indicators import Returns
    >>> Returns([4.0, 5.0]).tolist()
    [nan, 0.25]
    """
    return _returns(values, window)


@built_in("Volatility", least=2, warm_up=lambda window, periods: window + 1)
def Volatility(values: Floats, *, window: int, periods: float = 252.0) -> Floats:
    """Standard deviation of the last `window` one-bar returns, a population's, times the root of `periods` a year.

    Pipeline calls it AnnualizedVolatility.

    >>> from rustybt.indicators import Volatility
    >>> Volatility([4.0, 5.0, 5.0], window=2, periods=1).tolist()
    [nan, nan, 0.125]
    """
    return np.sqrt(_blocks.moments(_returns(values), window)[1] / window) * math.sqrt(periods)


@built_in("LinearRegression", least=2, unit=FIELD, outputs=("slope", "intercept", "r"), warm_up=_window)
def LinearRegression(values: Floats, *, window: int) -> tuple[Floats, Floats, Floats]:
    """Least squares of the last `window` values on their places 0 (the oldest) to window - 1: slope a bar, value at
    place 0, and the correlation of the two.

    As TA-Lib's LINEARREG_SLOPE and LINEARREG_INTERCEPT. r has no value where all values are equal.

    >>> from rustybt.indicators import LinearRegression
    >>> line = LinearRegression([1.0, 3.0, 5.0], window=3)
    >>> line["slope"].tolist(), line["intercept"].tolist(), line["r"].tolist()
    ([nan, nan, 2.0], [nan, nan, 1.0], [nan, nan, 1.0])
    """
    mean, squares, products = _blocks.trends(values, window)
    of_places = window * (window * window - 1) / 12 or math.nan
    slope = products / of_places
    r = np.where(squares > 0, products / np.sqrt(of_places * squares), np.nan)
    return slope, mean - slope * ((window - 1) / 2), r


@built_in("Correlation", least=2, reads=(FIELD, AGAINST), warm_up=_one_more)
def Correlation(values: Floats, against: Floats, *, window: int) -> Floats:
    """Pearson's correlation of the last `window` one-bar returns with those of another asset, `against`.

    None where one of the two did not move. Pipeline calls it RollingPearsonOfReturns.

    >>> from rustybt.indicators import Correlation
    >>> Correlation([4.0, 5.0, 4.0], [8.0, 12.0, 12.0], window=2).round(12).tolist()
    [nan, nan, 1.0]
    """
    _, _, of_values, of_other, products = _blocks.comoments(_returns(values), _returns(against), window)
    return np.where((of_values > 0) & (of_other > 0), products / np.sqrt(of_values * of_other), np.nan)


@built_in("Beta", least=2, reads=(FIELD, AGAINST), warm_up=_one_more)
def Beta(values: Floats, against: Floats, *, window: int) -> Floats:
    """Slope of the last `window` one-bar returns on those of another asset, `against`, by least squares.

    None where that one did not move. Pipeline calls it SimpleBeta.

    >>> from rustybt.indicators import Beta
    >>> Beta([4.0, 5.0, 5.0], [8.0, 12.0, 12.0], window=2).round(12).tolist()
    [nan, nan, 0.5]
    """
    _, _, _, of_other, products = _blocks.comoments(_returns(values), _returns(against), window)
    return np.where(of_other > 0, products / of_other, np.nan)


def _returns(values: Floats, bars: int = 1) -> Floats:
    before = earlier(values, bars)
    return np.where(before == 0, np.nan, values / before - 1)
