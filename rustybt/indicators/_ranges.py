"""Figures of ranges: how far prices go within a bar and from one to the next."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rustybt.indicators import _blocks
from rustybt.indicators._indicator import FIELD, built_in
from rustybt.indicators._native import native_tables
from rustybt.indicators._oscillators import known_before
from rustybt.indicators._smoothed import decayed, smoothed
from rustybt.indicators._statistics import earlier, zeroed

type Floats = npt.NDArray[np.float64]

BARS = ("high", "low", "close")


def _true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    before = known_before(close)
    return np.maximum(high, before) - np.minimum(low, before)


@built_in("TrueRange", reads=BARS, unit="price", warm_up=lambda: 2)
def TrueRange(high: Floats, low: Floats, close: Floats) -> Floats:
    """The bar's range, with the close before it: the larger of high and last close, less the smaller of low and it.

    As TA-Lib's TRANGE. Source: Wilder (1978).

    >>> from rustybt.indicators import TrueRange
    >>> TrueRange([5.0, 9.0], [4.0, 8.0], [5.0, 8.5]).tolist()
    [nan, 4.0]
    """
    return _true_range(high, low, close)


@built_in("ATR", reads=BARS, unit="price", recursive=True, warm_up=lambda window: window + 1)
def ATR(high: Floats, low: Floats, close: Floats, *, window: int = 14) -> Floats:
    """Average true range, smoothed as Wilder does: the mean of the first `window`, then 1 / window of the way.

    Reaches back to the first bar of the data. As TA-Lib's ATR. Source: Wilder (1978).

    >>> from rustybt.indicators import ATR
    >>> ATR([5.0, 9.0, 9.0], [4.0, 8.0, 7.0], [5.0, 8.5, 8.0], window=2).tolist()
    [nan, nan, 3.0]
    """
    return smoothed(_true_range(high, low, close), 1 / window, window)


def _directions(high: Floats, low: Floats, close: Floats, window: int) -> tuple[Floats, Floats]:
    up, down = high - known_before(high), known_before(low) - low
    missing = (up + down) * 0.0  # NaN where a bar is
    plus = np.maximum(up, 0.0) * (up > down) + missing
    minus = np.maximum(down, 0.0) * (down > up) + missing
    seed = window - 1
    reach = decayed(_true_range(high, low, close), 1 / window, seed)
    share = zeroed(100 / reach, reach == 0)
    return decayed(plus, 1 / window, seed) * share, decayed(minus, 1 / window, seed) * share


@built_in("DI", reads=BARS, outputs=("plus", "minus"), recursive=True, warm_up=lambda window: window + 1)
def DI(high: Floats, low: Floats, close: Floats, *, window: int = 14) -> tuple[Floats, Floats]:
    """Directional indicators: how much of the smoothed true range went up, and how much down, from 0 to 100.

    As TA-Lib's PLUS_DI and MINUS_DI. Source: Wilder (1978).

    >>> from rustybt.indicators import DI
    >>> DI([2.0, 3.0, 4.0], [1.0, 2.0, 3.0], [2.0, 3.0, 4.0], window=2)["plus"].tolist()
    [nan, nan, 100.0]
    """
    return _directions(high, low, close, window)


@built_in("ADX", reads=BARS, recursive=True, warm_up=lambda window: 2 * window)
def ADX(high: Floats, low: Floats, close: Floats, *, window: int = 14) -> Floats:
    """Average directional index: how far apart the directional indicators are, smoothed as Wilder does, 0 to 100.

    As TA-Lib's ADX. Source: Wilder (1978).

    >>> from rustybt.indicators import ADX
    >>> ADX([2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0], window=2).tolist()
    [nan, nan, nan, 100.0]
    """
    plus, minus = _directions(high, low, close, window)
    both = plus + minus
    return smoothed(zeroed(100 * (np.abs(plus - minus) / both), both == 0), 1 / window, window)


BANDS = ("upper", "middle", "lower")


@built_in("BollingerBands", unit=FIELD, outputs=BANDS, warm_up=lambda window, width: window)
def BollingerBands(values: Floats, *, window: int = 20, width: float = 2.0) -> tuple[Floats, Floats, Floats]:
    """The mean of the last `window` values, and `width` of their standard deviations above and below.

    The deviation is a population's. As TA-Lib's BBANDS, and Pipeline's. Source: Bollinger (2001).

    >>> from rustybt.indicators import BollingerBands
    >>> [band.tolist() for band in BollingerBands([1.0, 3.0], window=2).values()]
    [[nan, 4.0], [nan, 2.0], [nan, 0.0]]
    """
    mean, squares = _blocks.moments(values, window)
    away = width * np.sqrt(squares / window)
    return mean + away, mean, mean - away


@built_in("DonchianChannels", reads=("high", "low"), unit="price", outputs=BANDS, warm_up=lambda window: window)
def DonchianChannels(high: Floats, low: Floats, *, window: int = 20) -> tuple[Floats, Floats, Floats]:
    """The highest high and the lowest low of the last `window` bars, the last one included, and their middle.

    A price can't be above a channel that it is part of: compare with `.history(2)[0]`, or with the bar before.

    >>> from rustybt.indicators import DonchianChannels
    >>> [band.tolist() for band in DonchianChannels([3.0, 5.0], [1.0, 2.0], window=2).values()]
    [[nan, 5.0], [nan, 3.0], [nan, 1.0]]
    """
    upper, lower = _blocks.highest(high, window), _blocks.lowest(low, window)
    return upper, (upper + lower) / 2, lower


@built_in(
    "KeltnerChannels", reads=BARS, unit="price", outputs=BANDS, recursive=True,
    warm_up=lambda window, atr, width: max(window, atr + 1),
)  # fmt: skip
def KeltnerChannels(
    high: Floats, low: Floats, close: Floats, *, window: int = 20, atr: int = 10, width: float = 2.0
) -> tuple[Floats, Floats, Floats]:
    """An EMA of the close, and `width` average true ranges of `atr` bars above and below. Source: Raschke's variant.

    >>> from rustybt.indicators import KeltnerChannels
    >>> bars = [5.0, 9.0, 9.0], [4.0, 8.0, 7.0], [5.0, 8.5, 8.0]
    >>> [band.tolist()[2] for band in KeltnerChannels(*bars, window=3, atr=2, width=1).values()]
    [10.166666666666668, 7.166666666666667, 4.166666666666667]
    """
    middle = smoothed(close, 2 / (window + 1), window)
    away = width * smoothed(_true_range(high, low, close), 1 / atr, atr)
    return middle + away, middle, middle - away


@built_in(
    "Ichimoku", reads=("high", "low"), unit="price", outputs=("conversion", "base", "span_a", "span_b"),
    warm_up=lambda conversion, base, span: span + base,
)  # fmt: skip
def Ichimoku(
    high: Floats, low: Floats, *, conversion: int = 9, base: int = 26, span: int = 52
) -> tuple[Floats, Floats, Floats, Floats]:
    """Conversion and base line, and the two spans of the cloud as they stand over this bar: computed `base` bars ago.

    Each line is the middle between the highest high and the lowest low of its bars. The lagging span, which is today's
    close drawn in the past, is left out: in the past it was not known. Source: Hosoda.

    >>> from rustybt.indicators import Ichimoku
    >>> found = Ichimoku([3.0, 5.0, 7.0], [1.0, 2.0, 3.0], conversion=1, base=1, span=1)
    >>> found["conversion"].tolist(), found["span_a"].tolist()
    ([2.0, 3.5, 5.0], [nan, 2.0, 3.5])
    """

    def middle(window: int) -> Floats:
        return (_blocks.highest(high, window) + _blocks.lowest(low, window)) / 2

    quick, slow = middle(conversion), middle(base)
    return quick, slow, earlier((quick + slow) / 2, base), earlier(middle(span), base)


@built_in(
    "SuperTrend", reads=BARS, unit="price", outputs=("level", "direction"), recursive=True,
    warm_up=lambda window, width: window + 1,
)  # fmt: skip
def SuperTrend(
    high: Floats, low: Floats, close: Floats, *, window: int = 10, width: float = 3.0
) -> tuple[Floats, Floats]:
    """A stop that trails the middle of the bars by `width` average true ranges, and turns when the close passes it.

    level: below the price while it rises, above while it falls. direction: 1 while it rises, -1 while it falls, times
    the unit of a price: read its sign. Begins rising. Source: Seban.

    >>> from rustybt.indicators import SuperTrend
    >>> SuperTrend([2.0, 3.0, 4.0], [1.0, 2.0, 3.0], [1.5, 2.5, 3.5], window=1, width=1)["level"].tolist()
    [nan, 1.0, 2.0]
    """
    away = width * smoothed(_true_range(high, low, close), 1 / window, window)
    middle = (high + low) / 2
    filled: tuple[Floats, Floats] | None = native_tables("trailed", (middle + away, middle - away, close), 2)
    if filled is not None:
        return filled
    flat = [one.reshape(len(close), -1) for one in (middle + away, middle - away, close)]
    found = [_trailed(*[one[:, place].tolist() for one in flat]) for place in range(flat[0].shape[1])]
    level, direction = [np.array([one[part] for one in found]).T.reshape(close.shape) for part in (0, 1)]
    return level, direction


def _trailed(above: list[float], below: list[float], close: list[float]) -> tuple[list[float], list[float]]:
    levels, directions = [], []
    top = bottom = math.nan
    last, direction = math.nan, 1.0
    for upper, lower, price in zip(above, below, close, strict=True):
        if math.isnan(upper) or math.isnan(price):
            levels.append(math.nan)
            directions.append(math.nan)
            continue
        # a band moves away from the price only after the price has passed it
        top = upper if not (upper > top and last <= top) else top
        bottom = lower if not (lower < bottom and last >= bottom) else bottom
        if direction > 0 and price < bottom:
            direction = -1.0
        elif direction < 0 and price > top:
            direction = 1.0
        levels.append(bottom if direction > 0 else top)
        directions.append(direction)
        last = price
    return levels, directions


@built_in(
    "HeikinAshi", reads=("open", "high", "low", "close"), unit="price", outputs=("open", "high", "low", "close"),
    recursive=True, warm_up=lambda: 1,
)  # fmt: skip
def HeikinAshi(opened: Floats, high: Floats, low: Floats, close: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Averaged candles: the close is the bar's mean of four, the open the middle of the last candle's open and close.

    The first open is the middle of the bar's open and close. Reaches back to the first bar of the data.

    >>> from rustybt.indicators import HeikinAshi
    >>> candles = HeikinAshi([1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [2.0, 3.0])
    >>> candles["open"].tolist(), candles["close"].tolist()
    ([1.5, 1.625], [1.75, 2.75])
    """
    mean = (opened + high + low + close) / 4
    here = ~np.isnan(mean)
    first = here & (np.cumsum(here, axis=0) == 1)
    moved = np.where(first, (opened + close) / 2, np.where(here, known_before(mean), np.nan))
    begun = smoothed(moved, 0.5, 1)
    return begun, np.maximum(high, np.maximum(begun, mean)), np.minimum(low, np.minimum(begun, mean)), mean


@built_in("OBV", reads=("close", "volume"), unit="volume", recursive=True, warm_up=lambda: 1)
def OBV(close: Floats, volume: Floats) -> Floats:
    """On-balance volume: the volume of bars that closed higher added up, less that of those that closed lower.

    Begins with the volume of the asset's first bar. As TA-Lib's OBV. Source: Granville (1963).

    >>> from rustybt.indicators import OBV
    >>> OBV([1.0, 2.0, 1.5], [5.0, 3.0, 1.0]).tolist()
    [5.0, 8.0, 7.0]
    """
    before = known_before(close)
    signs = np.where(np.isnan(before), 1.0, np.sign(close - before))
    return np.where(np.isnan(close), np.nan, np.cumsum(np.where(np.isnan(close), 0.0, signs * volume), axis=0))
