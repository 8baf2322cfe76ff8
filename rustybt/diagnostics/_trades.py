"""Checks of what was bought and sold: whether the profit hangs on a part of it."""

from __future__ import annotations

import polars as pl

from rustybt.diagnostics._evidence import Evidence
from rustybt.diagnostics._finding import Finding, found

MANY = 20


def few_trades(evidence: Evidence) -> Finding | None:
    """Too few closed trades to know a win rate."""
    closed = evidence.round_trips.filter(~pl.col("open")).height
    if not closed or closed >= 30:
        return None
    error = 0.5 / closed**0.5
    return found(
        "few_trades",
        "info",
        f"{closed} {'position was' if closed == 1 else 'positions were'} opened and closed: a win rate is known to "
        f"within {error:.0%} at best, and so is all that follows from it.",
        "Judge it by more trades: a longer run, or more assets.",
        trades=closed,
        win_rate_error=error,
    )


def profit_from_few_trades(evidence: Evidence) -> Finding | None:
    """A profit that some trades make."""
    net = _net(evidence)
    if net is None or net.len() < MANY or (total := net.sum()) <= 0:
        return None
    count = max(1, net.len() // 20)
    best = float(net.top_k(count).sum())
    if best < total:
        return None
    which = "trade" if count == 1 else f"{count} trades"
    fewer = float(net.top_k(max(1, net.len() // 100)).sum())
    return found(
        "profit_from_few_trades",
        "warning" if fewer >= total else "info",
        f"The best {which} of {net.len()} earned {best:,.2f}, all together {total:,.2f}: the others lost money.",
        "Look at these trades, and at what the strategy does without them.",
        trades=count,
        of=net.len(),
        best=best,
        total=total,
    )


def one_asset(evidence: Evidence) -> Finding | None:
    """A profit that one of many assets makes."""
    if _net(evidence) is None:
        return None
    trades = evidence.round_trips
    by_asset = trades.group_by("symbol").agg(pl.col("net").cast(float).sum()).sort("net", descending=True)
    total = float(by_asset["net"].sum())
    if by_asset.height < 5 or total <= 0 or by_asset["net"][0] < 0.8 * total:
        return None
    symbol, best = by_asset.row(0)
    return found(
        "one_asset",
        "warning",
        f"{symbol} earned {best:,.2f} of {total:,.2f}, one of {by_asset.height} assets.",
        "Run without it, and look at its prices.",
        symbol=symbol,
        best=best,
        total=total,
        assets=by_asset.height,
    )


def one_side(evidence: Evidence) -> Finding | None:
    """Longs or shorts that only lose."""
    if _net(evidence) is None:
        return None
    sides = evidence.round_trips.group_by("side").agg(pl.col("net").cast(float).sum(), pl.len()).sort("net")
    if sides.height < 2 or sides["len"].min() < MANY or sides["net"][0] >= 0 or sides["net"].sum() <= 0:  # type: ignore[operator]  # a count
        return None
    (bad, lost, count), (good, earned, _) = sides.rows()
    return found(
        "one_side",
        "info",
        f"The {good}s earned {earned:,.2f}, the {bad}s lost {-lost:,.2f} in {count} trades.",
        f"Ask what the {bad}s are for: a hedge may lose, a signal may not.",
        earned=earned,
        lost=-lost,
        side=bad,
        trades=count,
    )


def open_profit(evidence: Evidence) -> Finding | None:
    """A profit that was not taken yet."""
    if _net(evidence) is None:
        return None
    trades = evidence.trades.select("open", pl.col("net").cast(float))
    still, total = float(trades.filter("open")["net"].sum()), float(trades["net"].sum())
    closed = trades.filter(~pl.col("open"))["net"]
    if total <= 0 or still < 0.5 * total:
        return None
    return found(
        "open_profit",
        "warning" if closed.len() >= MANY and closed.sum() <= 0 else "info",
        f"Of the profit of {total:,.2f}, {still:,.2f} is of positions that are open at the end: it is what they are "
        "marked at, before the costs of selling.",
        "Close the positions at the end, or look at the closed trades alone.",
        open=still,
        total=total,
        closed_trades=closed.len(),
    )


def _net(evidence: Evidence) -> pl.Series | None:
    """What each round trip earned; None where they are of several currencies."""
    trades = evidence.round_trips
    return None if trades["currency"].n_unique() > 1 else trades["net"].cast(float)
