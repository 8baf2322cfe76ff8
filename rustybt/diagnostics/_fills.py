"""Checks of fills: how much of a bar they took, and at which of its prices."""

from __future__ import annotations

import numpy as np

from rustybt.diagnostics._evidence import Evidence, Fills, moment
from rustybt.diagnostics._finding import Finding, found

MUCH_OF_A_BAR = 0.1
"""Share of a bar's volume beyond which orders move the price."""
UNCHANGED = 5
"""Bars without a range that close at one price, the last of which is a stale one."""
SHARES = ("equity", "etf")


def volume_share(evidence: Evidence) -> Finding | None:
    """Fills that took much of what was traded."""
    fills = evidence.fills
    # of each bar of an asset the fills together, at the place of the first of them
    _, first, of_bar = np.unique(
        fills.sids * len(evidence.bars.stamps) + fills.bars, return_index=True, return_inverse=True
    )
    volumes = np.where(evidence.of_kind(fills.sids, "forex", "index"), 0, fills.volumes)[first]
    units = np.bincount(of_bar, weights=np.abs(fills.amounts), minlength=len(first))
    shares = np.where(volumes > 0, units / np.where(volumes > 0, volumes, 1), 0)
    beyond = int((shares > MUCH_OF_A_BAR * (1 + 1e-9)).sum())
    if not beyond:
        return None
    place = int(first[int(np.argmax(shares))])
    most, when = float(shares.max()), moment(evidence.bars.stamps[fills.bars[place]])
    symbol = evidence.bars_of(int(fills.sids[place])).asset.symbol
    return found(
        "volume_share",
        "serious" if most > 1 else "warning",
        f"On {beyond} of {len(first)} bars fills took more than {MUCH_OF_A_BAR:.0%} of the volume, {most:.0%} "
        f"of {symbol} on {when} at the most: that much is not had at the bar's price.",
        "Set a slippage model with a volume limit, such as VolumeShareSlippage(0.025), or trade less.",
        bars=beyond,
        of=len(first),
        most=most,
        symbol=symbol,
        when=when,
    )


def stale_fills(evidence: Evidence) -> Finding | None:
    """Fills at prices that did not move for some bars."""
    fills = evidence.fills
    stale = _stale(evidence, fills)
    count = int(stale.sum())
    if not count:
        return None
    first = int(np.argmax(stale))
    symbol, when = evidence.bars_of(int(fills.sids[first])).asset.symbol, moment(fills.stamps[first])
    return found(
        "stale_fills",
        "warning" if count / len(stale) > 0.01 else "info",
        f"{count} of {len(stale)} fills are at a price that had not moved for {UNCHANGED} bars without a range, "
        f"such as those of {symbol} on {when}: the data are stale there, or were filled in.",
        "Look at the source of these bars; leave filled-in rows out when ingesting.",
        fills=count,
        of=len(stale),
        symbol=symbol,
        when=when,
    )


def _stale(evidence: Evidence, fills: Fills) -> np.ndarray:
    stale = np.zeros(len(fills.sids), dtype=bool)
    for sid in evidence.traded():
        bars, own = evidence.bars_of(sid), fills.sids == sid
        at = fills.bars[own]
        still = (bars.high == bars.low) & (bars.open == bars.close)
        alike = still.copy()
        for back in range(1, UNCHANGED):
            alike[back:] &= still[:-back] & (bars.close[back:] == bars.close[:-back])
            alike[:back] = False
        stale[own] = alike[at]
    return stale


def fills_at_extreme(evidence: Evidence) -> Finding | None:
    """Many buys at the low of their bar and sales at its high."""
    fills = evidence.fills
    wide = fills.highs > fills.lows
    best = np.where(fills.amounts > 0, fills.lows, fills.highs)
    lucky = wide & (fills.prices == best)
    share = lucky.sum() / max(wide.sum(), 1)
    if lucky.sum() < 5 or share < 0.2:
        return None
    return found(
        "fills_at_extreme",
        "warning",
        f"{int(lucky.sum())} of {int(wide.sum())} fills are buys at the low of their bar or sales at its high: nobody "
        "knows these prices before the bar is over.",
        "Look for a limit or a model that reads the bar it fills on; touch='through' asks for more than a touch.",
        fills=int(lucky.sum()),
        of=int(wide.sum()),
        share=share,
    )


def better_than_bar(evidence: Evidence) -> Finding | None:
    """Fills at prices that the bar never had, to one's own advantage."""
    fills = evidence.fills
    known, of_fill = np.unique(fills.sids, return_inverse=True)
    ticks = np.array([evidence.tick(sid) for sid in known.tolist()], dtype=float)[of_fill]
    slack = np.maximum(ticks, 1e-9 * np.abs(fills.prices))
    cheap = (fills.amounts > 0) & (fills.prices < fills.lows - slack)
    dear = (fills.amounts < 0) & (fills.prices > fills.highs + slack)
    bad = cheap | dear
    if not bad.any():
        return None
    first = int(np.argmax(bad))
    symbol, when = evidence.bars_of(int(fills.sids[first])).asset.symbol, moment(fills.stamps[first])
    side = "bought below its low" if cheap[first] else "sold above its high"
    return found(
        "better_than_bar",
        "serious",
        f"{int(bad.sum())} of {len(bad)} fills are at better prices than their bars had, as {symbol} on {when}, "
        f"{side} at {fills.prices[first]:g}.",
        "The slippage model gives these prices: make it give worse ones than the bar, not better ones.",
        fills=int(bad.sum()),
        of=len(bad),
        symbol=symbol,
        when=when,
    )


def penny_prices(evidence: Evidence) -> Finding | None:
    """Shares bought and sold below 1."""
    rows = evidence.result.transactions.filter(evidence.is_kind(*SHARES))
    prices, amounts = (rows[name].cast(float).to_numpy() for name in ("price", "amount"))
    cheap, value = prices < 1, prices * np.abs(amounts)
    if not cheap.any():
        return None
    share = value[cheap].sum() / value.sum()
    names = sorted(set(rows.filter(cheap)["symbol"].to_list()))
    return found(
        "penny_prices",
        "warning" if share > 0.1 else "info",
        f"{int(cheap.sum())} of {len(cheap)} fills of shares, {share:.0%} of their value, are at prices below 1 "
        f"({', '.join(names[:3])}): a tick is a large part of such a price, and few shares are to be had.",
        "Leave such shares out, or charge a spread of a tick.",
        fills=int(cheap.sum()),
        of=len(cheap),
        share=share,
        symbols=names[:10],
    )


def same_bar_round_trips(evidence: Evidence) -> Finding | None:
    """Trades that were opened and closed within one bar."""
    trades = evidence.trades
    within = trades.filter(trades["entry"] == trades["exit"])
    if not within.height:
        return None
    share = within.height / trades.height
    return found(
        "same_bar_round_trips",
        "warning" if share > 0.05 else "info",
        f"{within.height} of {trades.height} trades begin and end on one bar: which of the two prices came first, the "
        "bar does not say.",
        "Run on shorter bars, or with same_bar='interval', which has the worst and the best.",
        trades=within.height,
        of=trades.height,
        share=share,
    )


def later_prices(evidence: Evidence) -> Finding | None:
    """Profit that is gone when each fill has the price of the bar after it."""
    fills = evidence.fills
    gross = evidence.gross
    moved = evidence.moved_after
    known = ~np.isnan(moved)
    if gross <= 0 or known.sum() < 20 or evidence.several_currencies:
        return None
    lost = moved[known]
    total, spread = float(lost.sum()), float(np.sqrt((lost**2).sum()))
    if total <= 0.5 * gross or total < 2 * spread:
        return None
    return found(
        "later_prices",
        "serious" if total >= gross else "warning",
        f"With each fill at the price of the bar after it, the profit before costs would be {gross - total:,.2f} and "
        f"not {gross:,.2f}: it hangs on trading at once.",
        "Look whether a signal knows the price that it fills at; run with a latency, or with fill_at='open'.",
        gross=gross,
        later=gross - total,
        fills=len(fills.sids),
    )
