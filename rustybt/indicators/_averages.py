"""Averages of a field."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rustybt.indicators._blocks import means, sums, weighted_sums
from rustybt.indicators._indicator import FIELD, built_in
from rustybt.indicators._smoothed import smoothed

type Floats = npt.NDArray[np.float64]


def _window(*, window: int) -> int:
    return window


@built_in("SMA", unit=FIELD, warm_up=_window)
def SMA(values: Floats, *, window: int) -> Floats:
    """Simple moving average: the mean of the last `window` values.

    Has a value from the window's last bar on; a window in which a value is missing has none. Pipeline calls it
    SimpleMovingAverage, TA-Lib SMA.

    >>> from rustybt.indicators import SMA
    >>> SMA([1.0, 2.0, 3.0, 4.0], window=2).tolist()
    [nan, 1.5, 2.5, 3.5]
    """
    return means(values, window)


@built_in("WMA", unit=FIELD, warm_up=_window)
def WMA(values: Floats, *, window: int) -> Floats:
    """Linearly weighted moving average: weights 1 to `window`, the largest for the newest value.

    Has a value from the window's last bar on; a window in which a value is missing has none. As TA-Lib's WMA.

    >>> from rustybt.indicators import WMA
    >>> WMA([1.0, 2.0, 4.0], window=2).tolist()[1:] == [5 / 3, 10 / 3]
    True
    """
    return weighted_sums(values, window)[1] / (window * (window + 1) / 2)


@built_in("EMA", unit=FIELD, recursive=True, warm_up=_window)
def EMA(values: Floats, *, window: int) -> Floats:
    """Exponential moving average: the last one plus 2 / (window + 1) of its distance to the new value.

    Begins with the mean of the asset's first `window` values, and reaches back to the first bar of the data. A missing
    value gives none, and changes nothing. As TA-Lib's EMA.

    >>> from rustybt.indicators import EMA
    >>> EMA([1.0, 2.0, 3.0, 5.0], window=3).tolist()
    [nan, nan, 2.0, 3.5]
    """
    return smoothed(values, 2 / (window + 1), window)


@built_in("VWAP", reads=(FIELD, "volume"), unit=FIELD, warm_up=_window)
def VWAP(values: Floats, volume: Floats, *, window: int) -> Floats:
    """Volume-weighted average price of the last `window` bars: the values times their volumes, over the volumes.

    A bar without a value or a volume counts for nothing; none where no bar of the window has one. Has a value from the
    window's last bar on. Pipeline calls it VWAP too.

    >>> from rustybt.indicators import VWAP
    >>> VWAP([10.0, 20.0], [3.0, 1.0], window=2).tolist()
    [nan, 12.5]
    """
    traded = _traded(values, volume)
    return sums(np.where(traded > 0, values, 0.0) * traded, window) / sums(traded, window)


@built_in("SessionVWAP", reads=(FIELD, "volume", "session"), unit=FIELD, warm_up=lambda: 1)
def SessionVWAP(values: Floats, volume: Floats, session: Floats) -> Floats:
    """Volume-weighted average price of the session so far.

    A bar without a value or a volume counts for nothing; none before the session's first trade. On daily bars it is
    the value itself.

    >>> from rustybt.indicators import SessionVWAP
    >>> SessionVWAP([10.0, 20.0, 7.0], [3.0, 1.0, 5.0], [0.0, 0.0, 1.0]).tolist()
    [10.0, 12.5, 7.0]
    """
    traded = _traded(values, volume)
    paid = np.where(traded > 0, values, 0.0) * traded
    # each session by itself: a sum that runs on over sessions would have to be subtracted again
    line: Any = session if session.ndim == 1 else session[:, 0]
    starts = np.flatnonzero(np.diff(line, prepend=np.nan) != 0)
    found = np.empty(values.shape)
    for first, end in zip(starts.tolist(), [*starts.tolist()[1:], len(line)], strict=True):
        found[first:end] = np.cumsum(paid[first:end], axis=0) / np.cumsum(traded[first:end], axis=0)
    return found


def _traded(values: Floats, volume: Floats) -> Floats:
    """The volume of bars that have a value."""
    return np.where(np.isnan(values) | np.isnan(volume), 0.0, volume)
