"""What a drawn run is made of: bars, actions, settings and a plan of what the strategy does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Bar:
    """Prices and volume of an asset at a moment."""

    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction
    volume: Fraction


@dataclass(frozen=True)
class Moment:
    """A bar of the run: when it begins and ends, and its place in its session."""

    begin: dt.datetime
    end: dt.datetime
    session: int
    first: bool
    last: bool


@dataclass(frozen=True)
class Dividend:
    """Cash for each share: who holds at the opening of `ex` has it at that of `pay`."""

    ex: int
    pay: int
    amount: Fraction


@dataclass(frozen=True)
class ShareDividend:
    """Units for each unit, of the asset itself."""

    ex: int
    pay: int
    ratio: Fraction


@dataclass
class Asset:
    """An asset; `bars` by the number of the moment, actions by that of the session."""

    name: str
    tick: Fraction
    step: Fraction
    decimals: int
    bars: dict[int, Bar]
    splits: dict[int, list[Fraction]] = field(default_factory=dict)
    dividends: list[Dividend] = field(default_factory=list)
    share_dividends: list[ShareDividend] = field(default_factory=list)
    auto_close: int | None = None
    currency: str = "USD"

    def prices(self) -> int:
        """The decimals that prices of fills are rounded to."""
        return self.decimals + 10


@dataclass
class World:
    """All that decides a run.

    tied: a bar had two results that are worth the same, of which the documents choose neither; fill_ties: the one that
    fills more is taken.
    """

    seed: int
    daily: bool
    sessions: list[dt.date]
    moments: list[Moment]
    assets: dict[str, Asset]
    cash: Fraction
    fill_at: str
    trigger: str
    same_bar: str
    touch: str
    slippage: tuple[Any, ...]
    commission: tuple[Any, ...]
    plan: dict[int, list[dict[str, Any]]]
    cancel_at_close: bool = False
    linked: float = 0
    carrying: dict[str, Any] = field(default_factory=dict)
    settlement: int | None = None
    tied: bool = False
    fill_ties: bool = True
    euro: dict[int, Bar] = field(default_factory=dict)
    latency: dt.timedelta | None = None


def half_even(value: Fraction, decimals: int) -> Fraction:
    """To so many decimals; a half goes to the even digit, as Python's `round` of a fraction does."""
    return Fraction(round(value * 10**decimals), 10**decimals)


def money(value: Fraction) -> Fraction:
    """What a posting is rounded to: twenty decimals."""
    return half_even(value, 20)


def cut(value: Fraction, step: Fraction) -> Fraction:
    """Towards zero, to whole steps."""
    steps = abs(value) // step
    return step * steps if value >= 0 else -step * steps


def size(value: Fraction, step: Fraction) -> Fraction:
    """The size of an order: cut to whole steps, but for what lies within 1/10,000 of a step below the next."""
    return cut(abs(value) + step / 10_000, step) * (1 if value >= 0 else -1)


def to_tick(price: Fraction, tick: Fraction, *, up: bool) -> Fraction:
    """To the grid on the side that is asked for, but for what lies within 5 % of a tick of the other side."""
    ticks = price / tick
    down = ticks.__floor__()
    if ticks == down:
        return price
    part = ticks - down
    if up:
        return tick * (down if part <= Fraction(1, 20) else down + 1)
    return tick * (down + 1 if part >= Fraction(19, 20) else down)
