"""Markets that tests make up: bars and corporate actions as fractions, and how they become a bundle.

The sessions are stated here, from the exchange's published hours, not asked of the code under test.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any

import polars as pl

import rustybt

NS = 10**9
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Session:
    """A session with the stamps of its bars, ns UTC."""

    date: dt.date
    open: int
    close: int
    stamps: tuple[int, ...]


@dataclass(frozen=True)
class Bar:
    open: Fraction
    high: Fraction
    low: Fraction
    close: Fraction
    volume: Fraction


@dataclass(frozen=True)
class SplitOf:
    """Old prices times ratio are new prices: 1/2 for a two-for-one."""

    ex: dt.date
    ratio: Fraction


@dataclass(frozen=True)
class DividendOf:
    ex: dt.date
    amount: Fraction
    pay: dt.date | None


@dataclass(frozen=True)
class SharesOf:
    """A dividend of so many units of the asset at `payment` for each unit held."""

    ex: dt.date
    ratio: Fraction
    payment: int
    pay: dt.date | None


@dataclass(frozen=True)
class PaidOf:
    """What holders of a perpetual pay at a moment (ns UTC): a rate of the money, at a mark or else the last close."""

    moment: int
    rate: Fraction
    mark: Fraction | None


ROOT = "XX"
"""The root symbol of all futures."""


@dataclass(frozen=True)
class Listed:
    """An asset: its bars by position on the market's axis of bars. Of a future, auto_close is its expiration."""

    symbol: str
    bars: dict[int, Bar]
    step: Fraction = Fraction(1)
    tick: Fraction | None = None
    multiplier: Fraction = Fraction(1)
    splits: tuple[SplitOf, ...] = ()
    dividends: tuple[DividendOf, ...] = ()
    auto_close: dt.date | None = None
    lot: Fraction = Fraction(1)
    future: bool = False
    shares: tuple[SharesOf, ...] = ()
    scales: tuple[int, int] | None = None
    perpetual: bool = False
    funding: tuple[PaidOf, ...] = ()

    @property
    def settles(self) -> bool:
        """Whether its price's moves go to cash at each close, and fills post none."""
        return self.future or self.perpetual

    @cached_property
    def price_scale(self) -> int:
        """The fewest decimals that show every stored price; `scales` of bars that are made of others."""
        if self.scales is not None:
            return self.scales[0]
        return max(decimals(p) for b in self.bars.values() for p in (b.open, b.high, b.low, b.close))

    @cached_property
    def volume_scale(self) -> int:
        if self.scales is not None:
            return self.scales[1]
        return max(decimals(b.volume) for b in self.bars.values())

    @cached_property
    def tick_size(self) -> Fraction:
        return self.tick or (Fraction(1, 100) if self.price_scale <= 2 else Fraction(1, 10**self.price_scale))


@dataclass(frozen=True)
class Market:
    calendar: str
    frequency: str
    sessions: tuple[Session, ...]
    assets: tuple[Listed, ...]
    starts: tuple[int, ...] = field(default=())

    def __post_init__(self) -> None:
        starts = [0]
        for session in self.sessions:
            starts.append(starts[-1] + len(session.stamps))
        object.__setattr__(self, "starts", tuple(starts))

    @property
    def by_session(self) -> bool:
        """Whether a bar is a whole session, week or month."""
        return self.frequency in ("1d", "1w", "1mo")

    def session_on_or_after(self, date: dt.date) -> int:
        """The position of the first session that is not before a date."""
        return sum(session.date < date for session in self.sessions)


def decimals(number: Fraction) -> int:
    """Digits after the point of a number that is a finite decimal."""
    count = 0
    while number.denominator != 1:
        number, count = number * 10, count + 1
    return count


def text(number: Fraction) -> str:
    """A finite decimal, written out."""
    places = decimals(number)
    digits = str(abs(number.numerator * 10**places // number.denominator)).rjust(places + 1, "0")
    whole, rest = (digits[:-places], digits[-places:]) if places else (digits, "")
    return ("-" if number < 0 else "") + whole + ("." + rest if rest else "")


def ns(moment: dt.datetime) -> int:
    return int((moment - EPOCH) // dt.timedelta(microseconds=1)) * 1000


MINUTES = {"1m": 1, "5m": 5, "30m": 30, "1h": 60}
"""Bars within a session, by their name."""
STRETCHES = {
    "24/7": ((0, 24 * 60),),
    "XNYS": ((14 * 60 + 30, 21 * 60),),
    "XLON": ((8 * 60, 16 * 60 + 30),),
    # Tokyo, 9:00 to 15:00 with an hour of lunch
    "XTKS": ((0, 2 * 60 + 30), (3 * 60 + 30, 6 * 60)),
}
"""From when to when, in minutes of the UTC day, markets are open in the winter of 2021."""
HOLIDAYS = {"XNYS": ((1, 1), (1, 18), (2, 15)), "XTKS": ((2, 11), (2, 23))}


def sessions_of(calendar: str, first: dt.date, count: int, frequency: str = "1d") -> tuple[Session, ...]:
    """The first sessions from a day on; from 1 January to 12 March 2021, on weekdays that are no holidays."""
    days = [first + dt.timedelta(days=k) for k in range(3 * count + 7)]
    if calendar != "24/7":
        closed = [dt.date(2021, *day) for day in HOLIDAYS.get(calendar, ())]
        days = [day for day in days if day.weekday() < 5 and day not in closed]
    days = days[:count]
    if not dt.date(2021, 1, 1 if calendar in ("24/7", "XNYS") else 19) <= days[0] <= days[-1] <= dt.date(2021, 3, 12):
        raise ValueError("only 1 January, elsewhere than in New York 19 January, to 12 March 2021 is stated here")
    return tuple(_session(calendar, day, frequency) for day in days)


def _session(calendar: str, day: dt.date, frequency: str) -> Session:
    midnight = ns(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))
    stretches = STRETCHES[calendar]
    ends = [stretches[-1][1]]
    if frequency != "1d":
        step = MINUTES[frequency]
        ends = [min(k + step, end) for begin, end in stretches for k in range(begin, end, step)]
    stamps = tuple(midnight + k * 60 * NS for k in ends)
    return Session(day, midnight + stretches[0][0] * 60 * NS, stamps[-1], stamps)


def ingest(market: Market, bundle: str) -> None:
    """Writes the market as a bundle, all numbers as text."""
    daily = market.frequency == "1d"
    stamps = [stamp for session in market.sessions for stamp in session.stamps]
    rows: dict[str, list[Any]] = {n: [] for n in ("symbol", "timestamp", "open", "high", "low", "close", "volume")}
    for asset in market.assets:
        for place, bar in sorted(asset.bars.items()):
            rows["symbol"].append(asset.symbol)
            rows["timestamp"].append(market.sessions[place].date if daily else stamps[place])
            for name in ("open", "high", "low", "close", "volume"):
                rows[name].append(text(getattr(bar, name)))
    bars = pl.DataFrame(rows)
    if not daily:
        bars = bars.with_columns(pl.col("timestamp").cast(pl.Datetime("ns", "UTC")))
    splits = [(a.symbol, s.ex, f"{s.ratio.numerator}/{s.ratio.denominator}") for a in market.assets for s in a.splits]
    paid = [(a.symbol, d.ex, text(d.amount), d.pay) for a in market.assets for d in a.dividends]
    in_shares = [
        (a.symbol, s.ex, f"{s.ratio.numerator}/{s.ratio.denominator}", market.assets[s.payment].symbol, s.pay)
        for a in market.assets
        for s in a.shares
    ]
    funding = [
        (a.symbol, f.moment, text(f.rate), None if f.mark is None else text(f.mark))
        for a in market.assets
        for f in a.funding
    ]
    rustybt.ingest(
        bundle,
        bars,
        frequency=market.frequency,
        calendar=market.calendar,
        stamp=None if daily else "end",
        assets=pl.DataFrame(
            {
                "symbol": [a.symbol for a in market.assets],
                "quantity_step": [text(a.step) for a in market.assets],
                "tick_size": [text(a.tick_size) for a in market.assets],
                "multiplier": [text(a.multiplier) for a in market.assets],
                "auto_close_date": _closing(market, future=False),
                "type": ["future" if a.future else "perpetual" if a.perpetual else "equity" for a in market.assets],
                "root_symbol": [ROOT if a.future else None for a in market.assets],
                "expiration_date": _closing(market, future=True),
            }
        ),
        stock_dividends=pl.DataFrame(
            in_shares,
            schema={
                "symbol": pl.String,
                "ex_date": pl.Date,
                "ratio": pl.String,
                "payment_symbol": pl.String,
                "pay_date": pl.Date,
            },
            orient="row",
        )
        if in_shares
        else None,
        splits=pl.DataFrame(splits, schema=["symbol", "ex_date", "ratio"], orient="row") if splits else None,
        dividends=pl.DataFrame(
            paid,
            schema={"symbol": pl.String, "ex_date": pl.Date, "amount": pl.String, "pay_date": pl.Date},
            orient="row",
        )
        if paid
        else None,
        funding=pl.DataFrame(
            funding,
            schema={
                "symbol": pl.String,
                "timestamp": pl.Datetime("ns", "UTC"),
                "rate": pl.String,
                "mark_price": pl.String,
            },
            orient="row",
        )
        if funding
        else None,
    )


def _closing(market: Market, *, future: bool) -> pl.Series:
    return pl.Series([a.auto_close if a.future == future else None for a in market.assets], dtype=pl.Date)


# -- markets drawn from a seed ---------------------------------------------------------------------------------------

RATIOS = [Fraction(*r) for r in ((1, 2), (1, 3), (2, 1), (2, 3), (5, 6), (7, 3), (1, 10), (10, 1), (3, 7))]


@dataclass(frozen=True)
class Regime:
    """Which prices and volumes: digits of both, and their ranges. wide: prices from 1e-10 to 1e9 in one asset."""

    price_scale: int
    prices: tuple[float, float]
    volume_scale: int
    volumes: tuple[float, float]
    step: Fraction
    wide: bool = False


REGIMES = (
    Regime(2, (1.0, 500.0), 0, (1_000, 1e6), Fraction(1)),
    Regime(3, (1.0, 50.0), 0, (100, 1e5), Fraction(1)),
    Regime(8, (1e-8, 1e-5), 0, (1e9, 1e13), Fraction(1)),
    Regime(2, (1e6, 1e9), 0, (10, 1e4), Fraction(1)),
    Regime(6, (0.1, 7e4), 8, (0.5, 1e4), Fraction(1, 10**8)),
    Regime(8, (1e-4, 10.0), 8, (1e3, 1e6), Fraction(1, 1000)),
    Regime(10, (1e-10, 1e9), 0, (10, 1e3), Fraction(1), wide=True),
)


def drawn(
    seed: int,
    *,
    minutes: bool = False,
    frequency: str | None = None,
    calendar: str | None = None,
    weeks: bool = False,
    months: bool = False,
) -> Market:
    """The market of a seed: one to three assets, gaps, bars without volume, splits and dividends.

    frequency: of the stored bars, a day's or, with `minutes`, a minute's unless it is given. calendar: New York or one
    that never closes unless it is given. weeks: whole weeks, from a Monday on. months: January and February.
    """
    random = Random(seed)
    frequency = frequency or ("1m" if minutes else "1d")
    calendar = calendar or ("XNYS" if seed % 2 == 1 else "24/7")
    within = frequency != "1d"
    count = random.randint(1, 3) if within else random.randint(8, 24)
    first = dt.date(2021, 2, 1)
    if weeks:
        # the week with a holiday too
        count = {"24/7": 7, "XNYS": 5}[calendar] * random.randint(3, 4) - (calendar == "XNYS")
        first = dt.date(2021, 2, 1) if calendar == "24/7" else dt.date(2021, 2, 8)
    elif months:
        first, count = dt.date(2021, 1, 1), {"24/7": 59, "XNYS": 38}[calendar]
    elif calendar != "24/7":
        first = dt.date(2021, 1, 20 + random.randint(0, 5))
    elif frequency == "1m":
        count = 1
    market = Market(calendar, frequency, sessions_of(calendar, first, count, frequency), ())
    assets = tuple(_asset(random, market, k) for k in range(random.randint(1, 3)))
    if within and frequency != "1m":
        market, assets = _where_bars_are(market, assets)
    return replace(market, assets=tuple(_with_shares(random, market, assets, asset) for asset in assets))


def _where_bars_are(market: Market, assets: tuple[Listed, ...]) -> tuple[Market, tuple[Listed, ...]]:
    """The market with those stamps alone that some asset has: bars of other lengths than a minute have no grid."""
    kept = sorted({place for asset in assets for place in asset.bars})
    moved = {place: new for new, place in enumerate(kept)}
    sessions = []
    for k, session in enumerate(market.sessions):
        stamps = tuple(stamp for place, stamp in enumerate(session.stamps, market.starts[k]) if place in moved)
        sessions.append(replace(session, stamps=stamps))
    return (
        Market(market.calendar, market.frequency, tuple(sessions), ()),
        tuple(replace(one, bars={moved[place]: bar for place, bar in one.bars.items()}) for one in assets),
    )


def aggregated(market: Market, frequency: str) -> Market:
    """The same market in longer bars: within sessions, of a session, a week or a month.

    Those of weeks and months are not restated by what happens within them.
    """
    sessions: list[Session] = []
    for session in market.sessions:
        if frequency in ("1w", "1mo"):
            if sessions and _period(sessions[-1].date, frequency) == _period(session.date, frequency):
                session = replace(session, open=sessions.pop().open)  # noqa: PLW2901
            sessions.append(session)
        else:
            sessions.append(_session(market.calendar, session.date, frequency))
    longer = Market(market.calendar, frequency, tuple(sessions), ())
    ends = [stamp for session in longer.sessions for stamp in session.stamps]
    stamps = [stamp for session in market.sessions for stamp in session.stamps]
    of = {place: bisect_left(ends, stamp) for place, stamp in enumerate(stamps)}
    return replace(longer, assets=tuple(_in_longer_bars(asset, of) for asset in market.assets))


def _period(day: dt.date, frequency: str) -> tuple[int, int]:
    return day.isocalendar()[:2] if frequency == "1w" else (day.year, day.month)


def _in_longer_bars(asset: Listed, of: dict[int, int]) -> Listed:
    groups: dict[int, list[Bar]] = {}
    for place, bar in sorted(asset.bars.items()):
        groups.setdefault(of[place], []).append(bar)
    bars = {
        place: Bar(
            group[0].open,
            max(bar.high for bar in group),
            min(bar.low for bar in group),
            group[-1].close,
            sum((bar.volume for bar in group), Fraction(0)),
        )
        for place, group in groups.items()
    }
    return replace(asset, bars=bars, scales=(asset.price_scale, asset.volume_scale))


def _with_shares(random: Random, market: Market, assets: tuple[Listed, ...], asset: Listed) -> Listed:
    """Dividends in shares, of any asset that does not settle; two of one day pay in different ones."""
    payers = [k for k, other in enumerate(assets) if not other.settles]
    if asset.settles or random.random() < 0.5:
        return asset
    found = []
    for day in _dates(random, market, random.choice([1, 1, 2])):
        pay = None if random.random() < 0.3 else day + dt.timedelta(days=random.randint(0, 5))
        ratio = random.choice([Fraction(1, 20), Fraction(2, 7), Fraction(1, 3), Fraction(1), Fraction(5, 2)])
        payment = random.choice([assets.index(asset), *payers])
        # a lot of the one for a lot of the other: coins at 1e-8 do not pay in shares at 1e9
        found.append(SharesOf(day, ratio * assets[payment].lot / asset.lot, payment, pay))
    return replace(asset, shares=tuple(found))


def _asset(random: Random, market: Market, number: int) -> Listed:
    regime = random.choice(REGIMES)
    places = market.starts[-1]
    first, last = 0, places - 1
    if number and random.random() < 0.4:
        first = random.randrange(places // 2)
        last = random.randrange(places // 2, places)
    gap = random.choice([0.0, 0.1, 0.4])
    bars: dict[int, Bar] = {}
    unit = Fraction(1, 10**regime.price_scale)
    price = _start(random, regime)
    for place in range(first, last + 1):
        if regime.wide and random.random() < 0.1:
            price = _start(random, regime)
        price = max(1, int(price * random.uniform(0.93, 1.07)) + random.randint(-1, 1))
        if random.random() < gap and place not in (first, last):
            continue
        opened = max(1, int(price * random.uniform(0.97, 1.03)))
        high, low = max(opened, price), min(opened, price)
        high, low = high + random.randint(0, 1 + high // 50), max(1, low - random.randint(0, 1 + low // 50))
        volume = Fraction(0)
        if random.random() > 0.1:
            volume = Fraction(int(random.uniform(*regime.volumes) * 10**regime.volume_scale), 10**regime.volume_scale)
        bars[place] = Bar(*(p * unit for p in (opened, high, low, price)), volume)
    multiplier = random.choice([Fraction(1)] * 4 + [Fraction(10), Fraction(1, 2)])
    sort = random.random()
    future, perpetual = sort < 0.3, sort > 0.75
    settles = future or perpetual
    return Listed(
        symbol=f"{'ABC'[number]}{random.randint(1, 9)}",
        bars=bars,
        step=regime.step,
        multiplier=multiplier,
        splits=() if settles else _splits(random, market),
        dividends=_dividends(random, market, bars) if multiplier == 1 and not settles else (),
        future=future,
        perpetual=perpetual,
        funding=_funding(random, market, bars) if perpetual else (),
        auto_close=_auto_close(random, market, last),
        lot=max(regime.step, Fraction(int(regime.volumes[1] / 200))),
    )


def _start(random: Random, regime: Regime) -> int:
    low, high = regime.prices
    exponent = random.uniform(0.0, 1.0)
    return max(1, int(low * (high / low) ** exponent * 10**regime.price_scale))


def _dates(random: Random, market: Market, count: int) -> list[dt.date]:
    first, last = market.sessions[0].date, market.sessions[-1].date
    days = [first + dt.timedelta(days=k) for k in range((last - first).days + 1)]
    return sorted(random.sample(days, min(count, len(days))))


def _splits(random: Random, market: Market) -> tuple[SplitOf, ...]:
    days = _dates(random, market, random.choice([0, 1, 1, 2]))
    mondays = [s.date for s in market.sessions[1:] if s.date.weekday() == 0]
    if mondays and random.random() < 0.4:
        # two splits that take effect with the same session, where weekends have none
        monday = random.choice(mondays)
        days = [monday - dt.timedelta(days=1), monday]
    return tuple(SplitOf(day, random.choice(RATIOS)) for day in days)


def _dividends(random: Random, market: Market, bars: dict[int, Bar]) -> tuple[DividendOf, ...]:
    found = []
    for day in _dates(random, market, random.choice([0, 1, 2, 3])):
        near = random.choice(sorted(bars))
        share = random.choice([Fraction(1, 100), Fraction(1, 20), Fraction(3, 7), Fraction(2)])
        amount = max(round(bars[near].close * share, 10), Fraction(1, 10**10))
        pay = None if random.random() < 0.3 else day + dt.timedelta(days=random.randint(0, 9))
        found.append(DividendOf(day, amount, pay))
    return tuple(found)


def _funding(random: Random, market: Market, bars: dict[int, Bar]) -> tuple[PaidOf, ...]:
    """Rates on full hours, at the end of bars and at odd moments, from before the market's sessions to after them."""
    first, last = market.sessions[0].open - 3600 * NS, market.sessions[-1].close + 3600 * NS
    stamps = [stamp for session in market.sessions for stamp in session.stamps]
    found = []
    moments = {
        *random.sample(stamps, min(len(stamps), random.choice([0, 2, 5]))),
        *(random.randrange(first, last) // (3600 * NS) * 3600 * NS for _ in range(random.choice([0, 6, 20]))),
        *(random.randrange(first, last) // 10**6 * 10**6 for _ in range(random.choice([0, 3]))),
        *(session.open for session in market.sessions if random.random() < 0.2),
    }
    for moment in sorted(moments):
        rate = Fraction(random.choice([1, -1, random.randint(-375_000, 375_000)]), random.choice([10**4, 10**8]))
        mark = round(bars[random.choice(sorted(bars))].close * Fraction(random.randint(900, 1100), 1000), 12)
        found.append(PaidOf(moment, rate, mark if mark and random.random() < 0.5 else None))
    return tuple(found)


def _auto_close(random: Random, market: Market, last: int) -> dt.date | None:
    if random.random() < 0.6:
        return None
    session = sum(start <= last for start in market.starts[1:])
    return market.sessions[min(session, len(market.sessions) - 1)].date + dt.timedelta(days=random.randint(0, 3))
