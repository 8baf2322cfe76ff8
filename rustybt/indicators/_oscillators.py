"""Oscillators: figures that swing about a middle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rustybt.indicators import _blocks
from rustybt.indicators._indicator import FIELD, built_in
from rustybt.indicators._native import native
from rustybt.indicators._smoothed import smoothed
from rustybt.indicators._statistics import earlier, zeroed

type Floats = npt.NDArray[np.float64]


def known_before(values: Floats) -> Floats:
    """The last value before each bar that is there."""
    filled = native("known_before", (values,))
    if filled is not None:
        return filled
    places = np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1))
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, places), axis=0)
    return earlier(np.take_along_axis(values, last, axis=0), 1)


@built_in("RSI", recursive=True, warm_up=lambda window: window + 1)
def RSI(values: Floats, *, window: int = 14) -> Floats:
    """Relative strength index: 100 times the smoothed gains over the smoothed gains and losses, from 0 to 100.

    Smoothed as Wilder does: the mean of the first `window` changes, then 1 / window of the way to each new one. 0 where
    nothing has moved yet, as in TA-Lib's RSI. Source: Wilder (1978).

    >>> from rustybt.indicators import RSI
    >>> RSI([1.0, 2.0, 1.5, 2.0], window=2).round(6).tolist()
    [nan, nan, 66.666667, 80.0]
    """
    change = values - known_before(values)
    # of 0 and -0 which is larger is anybody's choice: there is one zero
    gains = smoothed(np.maximum(change, 0.0) + 0.0, 1 / window, window)
    losses = smoothed(np.maximum(-change, 0.0) + 0.0, 1 / window, window)
    both = gains + losses
    return zeroed(100 * (gains / both), both == 0)


@built_in(
    "MACD", unit=FIELD, outputs=("macd", "signal", "histogram"), recursive=True,
    warm_up=lambda fast, slow, signal: slow + signal - 1,
)  # fmt: skip
def MACD(values: Floats, *, fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[Floats, Floats, Floats]:
    """Moving average convergence and divergence: a fast EMA less a slow one, an EMA of that, and their distance.

    Both averages begin on the same bar, as in TA-Lib's MACD. Source: Appel (1979).

    >>> from rustybt.indicators import MACD
    >>> found = MACD([1.0, 2.0, 4.0, 8.0], fast=1, slow=2, signal=2)
    >>> found["macd"].round(6).tolist()
    [nan, 0.5, 0.833333, 1.611111]
    """
    fast, slow = min(fast, slow), max(fast, slow)
    late = np.where(np.cumsum(~np.isnan(values), axis=0) <= slow - fast, np.nan, values)
    line = smoothed(late, 2 / (fast + 1), fast) - smoothed(values, 2 / (slow + 1), slow)
    slower = smoothed(line, 2 / (signal + 1), signal)
    return line, slower, line - slower


@built_in(
    "Stochastic", reads=("high", "low", "close"), outputs=("k", "d"),
    warm_up=lambda window, smooth, signal: window + smooth + signal - 2,
)  # fmt: skip
def Stochastic(
    high: Floats, low: Floats, close: Floats, *, window: int = 14, smooth: int = 3, signal: int = 3
) -> tuple[Floats, Floats]:
    """Where the close stands between the lowest low and the highest high of the last `window` bars, from 0 to 100.

    k: its mean over `smooth` bars; d: the mean of k over `signal`. 0 where the range is nothing, as in TA-Lib's STOCH.
    smooth=1 gives the fast one. Source: Lane.

    >>> from rustybt.indicators import Stochastic
    >>> Stochastic([2.0, 4.0], [1.0, 2.0], [2.0, 3.0], window=2, smooth=1, signal=1)["k"].round(6).tolist()
    [nan, 66.666667]
    """
    bottom = _blocks.lowest(low, window)
    reach = _blocks.highest(high, window) - bottom
    raw = zeroed(100 * ((close - bottom) / reach), reach == 0)
    k = _blocks.means(raw, smooth)
    return k, _blocks.means(k, signal)


@built_in("CCI", reads=("high", "low", "close"), warm_up=lambda window: window)
def CCI(high: Floats, low: Floats, close: Floats, *, window: int = 20) -> Floats:
    """Commodity channel index: the typical price less its mean, over 0.015 times its mean absolute deviation.

    The typical price is the mean of high, low and close. 0 where it has not moved, as in TA-Lib's CCI. Source:
    Lambert (1980).

    >>> from rustybt.indicators import CCI
    >>> CCI([2.0, 3.0], [2.0, 3.0], [2.0, 3.0], window=2).round(6).tolist()
    [nan, 66.666667]
    """
    typical = (high + low + close) / 3
    mean = _blocks.means(typical, window)
    apart = native("distances", (typical, mean), window)
    if apart is None:
        apart = np.zeros(typical.shape)
        for bars in range(window):
            apart += np.abs(earlier(typical, bars) - mean)
    away = typical - mean
    # what rounding leaves of a price that stands still is no deviation
    still = apart <= np.abs(mean) * window * 1e-15
    return zeroed(away / (0.015 * (apart / window)), still)
