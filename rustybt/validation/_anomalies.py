"""Layer "anomalies" on stored bars: what is possible, and rarely true. These are heuristics, computed in floats."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from rustybt.core import DAY_NS
from rustybt.validation._policy import Policy
from rustybt.validation._stored import Hit, StoredBars, shown

ROBUST: Final = 1.4826
"""Median absolute deviation to standard deviation, where returns are normal."""
LEAST_RETURNS: Final = 20
SPLIT_LIKE: Final = (1 / 20, 1 / 10, 1 / 5, 1 / 4, 1 / 3, 1 / 2, 3 / 2, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
NEAR: Final = 0.03

type Floats = npt.NDArray[np.float64]


def anomalies(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    """Findings of the rules spike, jump, split, stale and turnover."""
    for check in (jumps, spikes, stale, turnover):
        yield from check(bars, policy)


def _can_be_judged(bars: StoredBars) -> bool:
    return len(bars.close) >= 2 and bool((bars.close > 0).all())


def _ratios(bars: StoredBars) -> Floats:
    """The ratio of each close to the one before it."""
    close = bars.close.astype(np.float64)
    return np.asarray(close[1:] / close[:-1])


def _expected(bars: StoredBars) -> Floats:
    """The expected ratio of each close to the one before it: 1, or that of a split between them."""
    expected = np.ones(len(bars.stamps) - 1)
    if bars.splits:
        days = _days(bars)
        for day, ratio in bars.splits.items():
            at = int(np.searchsorted(days, day))
            if 0 < at < len(days):
                expected[at - 1] *= ratio
    return expected


def _days(bars: StoredBars) -> npt.NDArray[np.int64]:
    if bars.daily:
        return np.asarray(bars.stamps // DAY_NS)
    at = np.minimum(np.searchsorted(bars.calendar.closes, bars.stamps), len(bars.calendar.days) - 1)
    return np.asarray(bars.calendar.days[at].astype(np.int64))


def jumps(bars: StoredBars, _: Policy | None = None) -> Iterator[Hit]:
    """Jumps that look like splits of which nobody told, and splits that the prices know nothing of."""
    if not _can_be_judged(bars):
        return
    ratios, expected = _ratios(bars), _expected(bars)
    some = like_a_split(ratios).any()
    opens = bars.open.astype(np.float64)[1:] / bars.close.astype(np.float64)[:-1] if some else ratios
    for like in SPLIT_LIKE if some else ():
        near = (np.abs(ratios / like - 1) < NEAR) & (np.abs(opens / like - 1) < 2 * NEAR) & (expected == 1)
        for at in np.flatnonzero(near).tolist():
            yield Hit(at + 1, "jump", partial(_jump, bars, at, float(ratios[at]), like))
    if not bars.splits:
        return
    recorded = (expected != 1) & (np.abs(np.log(expected)) > 0.2)
    ignored = recorded & (np.abs(np.log(ratios)) < np.abs(np.log(ratios) - np.log(expected)))
    for at in np.flatnonzero(ignored).tolist():
        yield Hit(at + 1, "split", partial(_split, float(expected[at]), float(ratios[at])))


def _jump(bars: StoredBars, at: int, ratio: float, like: float) -> tuple[str, str]:
    old, new = bars.price(bars.close, at), bars.price(bars.close, at + 1)
    return f"{ratio:.4g}", f"the close went from {old} to {new}, like a split of {like:.4g}, and none is recorded"


def _split(expected: float, ratio: float) -> tuple[str, str]:
    message = (
        f"a split of {expected:.4g} is recorded, and the price went to {ratio:.4g} of what it was: "
        "are these prices adjusted already?"
    )
    return f"{ratio:.4g}", message


def like_a_split(ratios: Floats) -> npt.NDArray[np.bool_]:
    """Whether each move is as large as the smallest splits."""
    low = max(like for like in SPLIT_LIKE if like < 1) * (1 + NEAR)
    high = min(like for like in SPLIT_LIKE if like > 1) * (1 - NEAR)
    return np.asarray((ratios <= low) | (ratios >= high))


def spikes(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    """Moves that lie far from the others."""
    if not _can_be_judged(bars) or len(bars.close) <= LEAST_RETURNS:
        return
    returns = np.log(_ratios(bars)) - np.log(_expected(bars))
    middle = float(np.median(returns))
    sigma = ROBUST * float(np.median(np.abs(returns - middle)))
    far = np.abs(returns - middle) > max(policy.sigmas * sigma, np.log1p(policy.least_move))
    for at in np.flatnonzero(far).tolist():
        yield Hit(at + 1, "spike", partial(_spike, bars, at, float(returns[at]), middle, sigma))


def _spike(bars: StoredBars, at: int, change: float, middle: float, sigma: float) -> tuple[str, str]:
    times = f"{abs(change - middle) / sigma:.0f} robust standard deviations" if sigma else "others do not move"
    old, new = bars.price(bars.close, at), bars.price(bars.close, at + 1)
    return new, f"the close went from {old} to {new}, {float(np.expm1(change)):+.1%}: {times}"


def stale(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    """Runs of bars that all have one price."""
    if not _can_be_judged(bars):
        return
    still = (bars.high == bars.low) & np.concatenate(([True], bars.close[1:] == bars.close[:-1]))
    edges = np.diff(np.concatenate(([0], still.astype(np.int8), [0])))
    for start, stop in zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True):
        if stop - start >= max(policy.stale_bars, 2):
            yield Hit(start, "stale", partial(_stale, bars, start, stop - start))


def _stale(bars: StoredBars, start: int, count: int) -> tuple[str, str]:
    price = bars.price(bars.close, start)
    return price, f"{count} bars in a row have the one price {price}"


def turnover(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    """Volumes that are many times the median."""
    if not _can_be_judged(bars):
        return
    volume = bars.volume.astype(np.float64)
    traded = volume[volume > 0]
    if len(traded) < LEAST_RETURNS:
        return
    middle = float(np.median(traded))
    for at in np.flatnonzero(volume > policy.turnover_factor * middle).tolist():
        yield Hit(at, "turnover", partial(_turnover, bars, at, float(volume[at]) / middle))


def _turnover(bars: StoredBars, at: int, times: float) -> tuple[str, str]:
    value = shown(int(bars.volume[at]), bars.volume_scale)
    return value, f"volume {value} is {times:.0f} times the median"
