"""Checks of the returns: whether they are too good, too smooth, or too few to say anything."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding, found

FEWEST = 60
"""Sessions below which returns are not looked at for what is usual."""
OUTLIER = 10
"""Standard deviations of the other sessions, beyond which one looks like an error of the data."""


def few_days(evidence: Evidence) -> Finding | None:
    """A gain that one session in a thousand makes, or the best one of fewer."""
    logs = np.sort(_logs(evidence))
    if len(logs) < FEWEST or logs.sum() <= 0:
        return None
    count = max(1, len(logs) // 1000)
    best, spread = logs[-count:].sum(), logs[:-count].std()
    if best < logs.sum():
        return None
    which = "session" if count == 1 else f"{count} sessions"
    far = logs[-1] - logs[:-count].mean() > OUTLIER * spread
    error = f" One is beyond {OUTLIER} standard deviations of the others: a data error looks like this."
    return found(
        "few_days",
        # of few sessions the best is often worth all of a small gain
        "warning" if far or len(logs) >= 250 else "info",
        f"The best {which} of {len(logs):,} came to {math.expm1(best):.2%}, all together to "
        f"{math.expm1(logs.sum()):.2%}: the others gained nothing.",
        f"Look at what happened then, and whether it comes again.{error if far else ''}",
        sessions=count,
        of=len(logs),
        best=math.expm1(best),
        total=math.expm1(logs.sum()),
        outlier=bool(far),
    )


def smooth_returns(evidence: Evidence) -> Finding | None:
    """Returns that follow the one before."""
    returns = evidence.returns
    if len(returns) < FEWEST or not returns.std():
        return None
    centred = returns - returns.mean()
    rho = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    if rho < 0.2 or rho < 3 / math.sqrt(len(returns)):
        return None
    factor = math.sqrt((1 + rho) / (1 - rho))
    return found(
        "smooth_returns",
        "warning",
        f"Returns follow the one before (autocorrelation {rho:.2f}): prices are marked late, and volatility and Sharpe "
        f"ratio look better than they are, by a factor of about {factor:.2f}.",
        "Mark at prices of trades; look for assets that seldom trade.",
        autocorrelation=rho,
        factor=factor,
    )


def high_sharpe(evidence: Evidence) -> Finding | None:
    """A Sharpe ratio that hardly anybody has."""
    sharpe = evidence.figure("sharpe")
    if sharpe is None or len(evidence.returns) < FEWEST or sharpe <= 3:
        return None
    return found(
        "high_sharpe",
        "serious" if sharpe > 5 else "warning",
        f"The Sharpe ratio is {sharpe:.2f} over {len(evidence.returns)} sessions: hardly any strategy has that, and "
        "most that seem to look ahead, pay nothing, or trade what nobody sells.",
        "Look for a signal that knows what comes, and at the costs.",
        sharpe=sharpe,
        sessions=len(evidence.returns),
    )


def uncertain_sharpe(evidence: Evidence) -> Finding | None:
    """A Sharpe ratio that might as well be none."""
    sharpe, low = evidence.figure("sharpe"), evidence.figure("sharpe_low")
    if sharpe is None or low is None or sharpe <= 1 or low > 0:
        return None
    years = len(evidence.returns) / evidence.result.periods
    return found(
        "uncertain_sharpe",
        "warning",
        f"A Sharpe ratio of {sharpe:.2f} over {years:.1f} years may as well be {low:.2f}: its 95 % interval holds 0.",
        "Run over more years before believing it.",
        sharpe=sharpe,
        low=low,
        years=years,
    )


def short_run(evidence: Evidence) -> Finding | None:
    """Less than a year."""
    sessions = evidence.result.daily.height
    if sessions >= evidence.result.periods:
        return None
    return found(
        "short_run",
        "info",
        f"The run has {sessions} sessions, less than a year of {evidence.result.periods}: yearly figures are "
        "extrapolated.",
        "Run over some years, good ones and bad ones.",
        sessions=sessions,
        periods=evidence.result.periods,
    )


def one_year(evidence: Evidence) -> Finding | None:
    """All profit in one of some years."""
    daily = evidence.result.daily.select("session", pl.col("returns").cast(float)).drop_nulls()
    logs = daily.filter(pl.col("returns") > -1).with_columns(pl.col("returns").log1p())
    years = logs.group_by(pl.col("session").dt.year()).agg(pl.col("returns").sum()).sort("session")
    total, best = years["returns"].sum(), years["returns"].max()
    if years.height < 3 or total <= 0 or not isinstance(best, float) or best < total:
        return None
    year = years.filter(pl.col("returns") == best)["session"][0]
    return found(
        "one_year",
        "warning",
        f"The year {year} returned {math.expm1(best):.1%}, the whole run from {daily['session'][0]} to "
        f"{daily['session'][-1]} {math.expm1(total):.1%}: without it nothing was gained.",
        "Ask what was special about that year, and whether it comes again.",
        year=year,
        best=math.expm1(best),
        total=math.expm1(total),
        years=years.height,
    )


def jump_in_value(evidence: Evidence) -> Finding | None:
    """A session that returned what no market does."""
    daily = evidence.result.daily.select("session", pl.col("returns").cast(float)).drop_nulls()
    wild = daily.filter(pl.col("returns").abs() > 0.25)
    if not wild.height:
        return None
    worst = wild.sort(pl.col("returns").abs(), descending=True).row(0)
    return found(
        "jump_in_value",
        "warning",
        f"On {wild.height} {'session' if wild.height == 1 else 'sessions'} the account moved by more than 25 %, by "
        f"{worst[1]:+.1%} on {worst[0]}: a split that is not recorded, a wrong price, or far too much risk.",
        "Look at the prices of what was held on that day.",
        sessions=wild.height,
        day=worst[0],
        returns=worst[1],
    )


def _logs(evidence: Evidence) -> np.ndarray:
    return np.log1p(evidence.returns[evidence.returns > -1])
