"""Statistics of an array of returns in floats, as Zipline's columns have them at the end of each session.

A run on Zipline's own set has the exact ones; these are for sets that a script puts together. NaN where a
statistic has no meaning. returns: simple returns by session, 0.01 means one per cent.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

YEAR: Final = 252
"""Sessions a year, on any calendar."""
LEAST_VARIANCE: Final = 1e-30
"""Below it a benchmark does not move, and nothing can be measured against it."""


def annual_volatility(returns: Any) -> float:
    """The sample's standard deviation a year."""
    return float(np.nanstd(returns, ddof=1) * np.sqrt(YEAR)) if len(returns) > 1 else np.nan


def sharpe_ratio(returns: Any) -> float:
    """The mean over the standard deviation, a year, without a risk-free rate."""
    if len(returns) < 2:
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nanmean(returns) / np.nanstd(returns, ddof=1) * np.sqrt(YEAR))


def sortino_ratio(returns: Any) -> float:
    """The mean over the root of the mean square of what is below zero, a year."""
    if len(returns) < 2:
        return np.nan
    downside = np.sqrt(np.nanmean(np.minimum(returns, 0.0) ** 2)) * np.sqrt(YEAR)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(np.nanmean(returns) * YEAR, downside))


def max_drawdown(returns: Any) -> float:
    """The deepest fall from a peak, the start counted as one; zero or negative."""
    if not len(returns):
        return np.nan
    path = np.concatenate(([1.0], np.cumprod(1.0 + np.nan_to_num(returns))))
    peaks = np.maximum.accumulate(path)
    return float(np.min((path - peaks) / peaks))


def alpha_beta(returns: Any, benchmark: Any) -> tuple[float, float]:
    """What is earned beyond the benchmark a year, and the slope against it."""
    if len(returns) < 2:
        return np.nan, np.nan
    known = ~(np.isnan(returns) | np.isnan(benchmark))
    returns, benchmark = np.asarray(returns)[known], np.asarray(benchmark)[known]
    around = benchmark - benchmark.mean()
    variance = float(np.mean(around**2))
    if variance < LEAST_VARIANCE:
        return np.nan, np.nan
    beta = float(np.mean(around * returns)) / variance
    return float((np.mean(returns - beta * benchmark) + 1) ** YEAR - 1), beta
