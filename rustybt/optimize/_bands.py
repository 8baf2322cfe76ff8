"""How far a measure of returns moves when their sessions are drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

type Floats = np.ndarray[Any, np.dtype[np.float64]]


def stationary_rows(count: int, draws: int, seed: int, *, block: float | None = None) -> Any:
    """Rows of a stationary bootstrap: an array (draws, count) of places from 0 to count - 1.

    Blocks of geometric length, `block` on average (by default the cube root of the count), each from a place drawn at
    random, around the end to the beginning. Politis and Romano, "The stationary bootstrap", 1994.
    """
    drawn = np.random.PCG64(np.random.SeedSequence([seed, count, draws]))
    starts, chances = (
        ((drawn.random_raw(draws * count) >> np.uint64(11)) * 2.0**-53).reshape(draws, count) for _ in range(2)
    )
    begins = chances < 1.0 / (block or max(1.0, round(count ** (1 / 3))))
    begins[:, 0] = True
    places = np.arange(count)
    since = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
    first = np.take_along_axis((starts * count).astype(np.int64), since, axis=1)
    return (first + places - since) % count


def _total(returns: Floats, _: float) -> Floats:
    return np.asarray(np.prod(1 + returns, axis=-1) - 1)


def _volatility(returns: Floats, periods: float) -> Floats:
    return np.asarray(returns.std(axis=-1, ddof=1) * np.sqrt(periods))


def _sharpe(returns: Floats, periods: float) -> Floats:
    spread = returns.std(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, returns.mean(axis=-1) / spread * np.sqrt(periods), np.nan)


def _sortino(returns: Floats, periods: float) -> Floats:
    below = np.sqrt((np.minimum(returns, 0) ** 2).mean(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, returns.mean(axis=-1) / below * np.sqrt(periods), np.nan)


def _drawdown(returns: Floats, _: float) -> Floats:
    path = np.cumprod(1 + returns, axis=-1)
    highest = np.maximum(np.maximum.accumulate(path, axis=-1), 1.0)
    return np.asarray((path / highest - 1).min(axis=-1))


FIGURES: Final[dict[str, Callable[[Floats, float], Floats]]] = {
    "total_return": _total, "volatility": _volatility, "sharpe": _sharpe, "sortino": _sortino,
    "max_drawdown": _drawdown,
}  # fmt: skip
"""Measures of `rustybt.metrics` on floats, the last axis being the sessions: for thousands of draws."""
