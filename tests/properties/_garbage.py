"""A market whose future is another one: up to a bar the same, after it garbage."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from random import Random

from tests.properties._market import NS, RATIOS, Bar, DividendOf, Listed, Market, PaidOf, SharesOf, SplitOf, ns


def anchored(market: Market) -> Market:
    """The market with prices and volumes at the first bar of each asset that use all of its decimals.

    The scales of an asset are facts of its version, as its name is: garbage must not change them.
    """
    return replace(market, assets=tuple(_anchored(asset) for asset in market.assets))


def _anchored(asset: Listed) -> Listed:
    price, volume = Fraction(1, 10**asset.price_scale), Fraction(1, 10**asset.volume_scale)
    first = min(asset.bars)
    bar = asset.bars[first]
    low = bar.low // (10 * price) * (10 * price) + price
    anchor = Bar(max(bar.open, low), max(bar.high, low), low, max(bar.close, low), bar.volume // 1 + volume)
    return replace(asset, bars={**asset.bars, first: anchor})


def with_garbage_after(market: Market, cut: int, seed: int, known: dt.date) -> Market:
    """Other bars after position `cut`, and other corporate actions after the day `known`.

    What is known of an asset from the start stays: its first and last session, when it is closed out.
    """
    random = Random(seed)
    return replace(market, assets=tuple(_spoiled(random, market, asset, cut, known) for asset in market.assets))


def known_at(run: Market, moment: int) -> dt.date:
    """The last day whose corporate actions count at a moment of a run: the end of the session that it lies in.

    With a session's last bar over, the actions of the next one are the next thing that happens.
    """
    session = sum(one.close <= moment for one in run.sessions)
    return run.sessions[min(session, len(run.sessions) - 1)].date


def _spoiled(random: Random, market: Market, asset: Listed, cut: int, known: dt.date) -> Listed:
    first, last = min(asset.bars), max(asset.bars)
    unit, lot = Fraction(1, 10**asset.price_scale), Fraction(1, 10**asset.volume_scale)
    bars = {place: bar for place, bar in asset.bars.items() if place <= cut or place == first}
    biggest = max(int(bar.close / unit) for bar in asset.bars.values())
    for place in range(max(cut, first) + 1, last + 1):
        if random.random() < 0.3 and place != last:
            continue
        low = random.randint(1, biggest)
        high = low + random.randint(0, biggest)
        opened, close = random.randint(low, high), random.randint(low, high)
        volume = random.choice([0, 1, 10**4]) * lot
        bars[place] = Bar(opened * unit, high * unit, low * unit, close * unit, volume)
    splits = [s for s in asset.splits if s.ex <= known]
    dividends = [d for d in asset.dividends if d.ex <= known]
    shares = [s for s in asset.shares if s.ex <= known]
    if asset.settles:
        end = ns(dt.datetime.combine(known, dt.time(), dt.UTC)) + 24 * 3600 * NS
        later = [PaidOf(paid.moment, -2 * paid.rate, None) for paid in asset.funding if paid.moment >= end]
        return replace(asset, bars=bars, funding=(*(p for p in asset.funding if p.moment < end), *later))
    for later in [session for session in market.sessions if session.date > known]:
        # what pays in shares can be no benchmark, which is said at the start: a first asset that does not, never does
        if random.random() < 0.3 and (asset.shares or asset is not market.assets[0]):
            shares.append(SharesOf(later.date, Fraction(1, 2), market.assets.index(asset), None))
        if random.random() < 0.3:
            splits.append(SplitOf(later.date, random.choice(RATIOS)))
        if random.random() < 0.3:
            dividends.append(DividendOf(later.date, random.randint(1, biggest) * unit, None))
    return replace(asset, bars=bars, splits=tuple(splits), dividends=tuple(dividends), shares=tuple(shares))
