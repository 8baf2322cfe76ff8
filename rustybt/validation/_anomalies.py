"""Layer "anomalies" on stored bars: what is possible, and rarely true. These are heuristics, computed in floats."""

from __future__ import annotations

from collections.abc import Iterator
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
    close = bars.close.astype(np.float64)
    if len(close) < 2 or (close <= 0).any():
        return
    ratios = close[1:] / close[:-1]
    expected = _expected(bars)
    yield from _splits(bars, ratios, expected)
    returns = np.log(ratios) - np.log(expected)
    yield from _spikes(bars, returns, policy)
    yield from _stale(bars, policy)
    yield from _turnover(bars, policy)


def _expected(bars: StoredBars) -> Floats:
    """What the close is expected to be multiplied by from bar to bar: 1, or the ratio of a split between them."""
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


def _splits(bars: StoredBars, ratios: Floats, expected: Floats) -> Iterator[Hit]:
    """Jumps that look like splits of which nobody told, and splits that the prices know nothing of."""
    some = like_a_split(ratios).any()
    opens = bars.open.astype(np.float64)[1:] / bars.close.astype(np.float64)[:-1] if some else ratios
    for like in SPLIT_LIKE if some else ():
        near = (np.abs(ratios / like - 1) < NEAR) & (np.abs(opens / like - 1) < 2 * NEAR) & (expected == 1)
        for at in np.flatnonzero(near).tolist():
            old, new = bars.price(bars.close, at), bars.price(bars.close, at + 1)
            message = f"the close went from {old} to {new}, like a split of {like:.4g}, and none is recorded"
            yield Hit(at + 1, "jump", f"{ratios[at]:.4g}", message)
    if not bars.splits:
        return
    recorded = (expected != 1) & (np.abs(np.log(expected)) > 0.2)
    ignored = recorded & (np.abs(np.log(ratios)) < np.abs(np.log(ratios) - np.log(expected)))
    for at in np.flatnonzero(ignored).tolist():
        message = (
            f"a split of {expected[at]:.4g} is recorded, and the price went to {ratios[at]:.4g} of what it was: "
            "are these prices adjusted already?"
        )
        yield Hit(at + 1, "split", f"{ratios[at]:.4g}", message)


def like_a_split(ratios: Floats) -> npt.NDArray[np.bool_]:
    """Which moves are as large as the smallest splits."""
    low = max(like for like in SPLIT_LIKE if like < 1) * (1 + NEAR)
    high = min(like for like in SPLIT_LIKE if like > 1) * (1 - NEAR)
    return np.asarray((ratios <= low) | (ratios >= high))


def _spikes(bars: StoredBars, returns: Floats, policy: Policy) -> Iterator[Hit]:
    if len(returns) < LEAST_RETURNS:
        return
    middle = float(np.median(returns))
    sigma = ROBUST * float(np.median(np.abs(returns - middle)))
    far = np.abs(returns - middle) > max(policy.sigmas * sigma, np.log1p(policy.least_move))
    for at in np.flatnonzero(far).tolist():
        move = float(np.expm1(returns[at]))
        times = f"{abs(returns[at] - middle) / sigma:.0f} robust standard deviations" if sigma else "others do not move"
        old, new = bars.price(bars.close, at), bars.price(bars.close, at + 1)
        yield Hit(at + 1, "spike", new, f"the close went from {old} to {new}, {move:+.1%}: {times}")


def _stale(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    """Runs of bars that all have one price."""
    still = (bars.high == bars.low) & np.concatenate(([True], bars.close[1:] == bars.close[:-1]))
    edges = np.diff(np.concatenate(([0], still.astype(np.int8), [0])))
    for start, stop in zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True):
        if stop - start >= max(policy.stale_bars, 2):
            price = bars.price(bars.close, start)
            yield Hit(start, "stale", price, f"{stop - start} bars in a row have the one price {price}")


def _turnover(bars: StoredBars, policy: Policy) -> Iterator[Hit]:
    volume = bars.volume.astype(np.float64)
    traded = volume[volume > 0]
    if len(traded) < LEAST_RETURNS:
        return
    middle = float(np.median(traded))
    for at in np.flatnonzero(volume > policy.turnover_factor * middle).tolist():
        value = shown(int(bars.volume[at]), bars.volume_scale)
        yield Hit(at, "turnover", value, f"volume {value} is {volume[at] / middle:.0f} times the median")
