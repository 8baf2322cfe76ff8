"""The benchmark of a run: one return a session, from an asset's bars or from what the caller gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from rustybt.core import DAY_NS, RATIO_SCALE, Asset, Notes, date_of, day_of, div_half_even
from rustybt.engine._given_returns import given_returns
from rustybt.errors import (
    BenchmarkAssetNotAvailableTooEarly,
    BenchmarkAssetNotAvailableTooLate,
    InputError,
    InvalidBenchmarkAsset,
)
from rustybt.view import Instrument, MarketView

ONE = 10**RATIO_SCALE


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Benchmark:
    """The returns that a run is compared with.

    name: what the manifest calls it. returns: one a session of the run, at scale 18.
    """

    name: str
    returns: list[int]


def benchmark_of(
    market: MarketView, notes: Notes, context: Any, asset: Asset | None, named: Any, given: Any, *, in_ticks: bool
) -> Benchmark | None:
    """The benchmark of a run, after `initialize`; None where it has none.

    asset: that of `set_benchmark`, which comes before both others. named: `run_algorithm(benchmark=)`, a symbol, sid or
    asset. given: `run_algorithm(benchmark_returns=)`. Raises InputError where these two are both there, or can't be
    read. in_ticks: its prices have the decimals of the tick and no more, as in Zipline.
    """
    if named is not None and given is not None:
        raise InputError("Both benchmark= and benchmark_returns= were given. Pass one of them.")
    if asset is None and named is not None:
        asset = named if isinstance(named, Asset) else context.sid(named) if isinstance(named, int) else None
        asset = asset or context.symbol(named)
    if asset is not None:
        return Benchmark(asset.symbol, _asset_returns(market, asset, in_ticks=in_ticks))
    if given is None:
        return None
    axis = market.axis
    sessions = axis.calendar if axis.calendar.period == "session" else market.version.calendar
    found = given_returns(given, axis, sessions)
    if found.missing:
        notes.add(
            "benchmark_incomplete",
            f"benchmark_returns lacks {len(found.missing)} of {axis.sessions} {axis.calendar.period}s of the run, the "
            f"first on {found.missing[0]}; each counts as a return of 0. Fill them in, or choose other dates.",
            missing=len(found.missing),
            first=found.missing[0],
        )
    if found.left_out:
        notes.add(
            "benchmark_left_out",
            f"{len(found.left_out)} of the benchmark's returns, the first of {found.left_out[0]}, are dated on days "
            f"that are no session of {axis.calendar.name}, and do not count. Compound them into the next session's.",
            left_out=len(found.left_out),
            first=found.left_out[0],
        )
    name = str(given) if isinstance(given, str | Path) else "returns"
    return Benchmark(name, found.returns)


# an asset


def _asset_returns(market: MarketView, asset: Asset, *, in_ticks: bool) -> list[int]:
    """Close to close, adjusted; the first session starts from the close before the run, or from its own open where
    the asset is listed in it."""
    axis = market.axis
    days = axis.calendar.days
    first, last = int(days[axis.first_session]), int(days[axis.first_session + axis.sessions - 1])
    began, ended = (axis.calendar.day_of_period(day_of(day)) for day in (asset.start_date, asset.end_date))
    _check_life(asset, began > first, ended < last, first, last)
    instrument = market.instrument(asset)
    _check_actions(market, asset, axis.first_key(axis.first_session) // DAY_NS if axis.steps else first, last)
    ends = [0] if began < first else []
    ends += [start - 1 for start in axis.starts[1:]]
    rows = (np.searchsorted(instrument.raw.stamps, axis.keys[ends], side="right") - 1).tolist()
    if in_ticks:
        sessions = range(axis.first_session + axis.sessions - len(ends), axis.first_session + axis.sessions)
        starts = [axis.first_key(session) if session >= 0 else 0 for session in sessions]
        prices = _prices_in_thousandths(instrument, rows, starts)
        now = int(axis.keys[-1])
        returns = [
            0 if a is None or b is None or a == b != 0 else _change(a, b, instrument, now) for a, b in pairwise(prices)
        ]
    else:
        step = _exact_step(instrument)
        returns = [step(before, now) for before, now in pairwise(rows)]
    if len(returns) == axis.sessions:
        return returns
    return [_first_session(instrument, rows[0], _last_day(market, instrument, rows[0])), *returns]


def _check_life(asset: Asset, too_early: bool, too_late: bool, first: int, last: int) -> None:
    if too_early:
        raise BenchmarkAssetNotAvailableTooEarly(
            f"{asset.symbol} can't be the benchmark of a run that starts on {date_of(first)}: its first session is "
            f"{asset.start_date}. Start the run there, or choose another benchmark."
        )
    if too_late:
        raise BenchmarkAssetNotAvailableTooLate(
            f"{asset.symbol} can't be the benchmark of a run that ends on {date_of(last)}: its last session is "
            f"{asset.end_date}. End the run there, or choose another benchmark."
        )


def _check_actions(market: MarketView, asset: Asset, first: int, last: int) -> None:
    for dividend in market.version.stock_dividends():
        if dividend.sid == asset.sid and first <= dividend.ex_day <= last:
            raise InvalidBenchmarkAsset(
                f"{asset.symbol} pays a dividend in stock on {date_of(dividend.ex_day)}, and returns from its "
                "closes leave that out. Choose another benchmark."
            )


def _change(before: Fraction, now: Fraction, instrument: Instrument, key: int) -> int:
    """A simple return at scale 18."""
    if not before:
        raise InvalidBenchmarkAsset(
            f"{instrument.asset.symbol} has a price of 0 at or before {date_of(key // (86_400 * 10**9))}, from which "
            "no return can be told. Choose another benchmark."
        )
    change = (now - before) / before
    return div_half_even(change.numerator * ONE, change.denominator)


def _exact_step(instrument: Instrument) -> Callable[[int, int], int]:
    """The return from one row of bars to another, exact but for the one rounding to 18 decimals."""
    close, stamps = instrument.raw.close, instrument.raw.stamps

    def step(before: int, now: int) -> int:
        if before < 0 or before == now:
            return 0
        factor = instrument.price_factor(int(stamps[before]), int(stamps[now]))
        return _change(int(close[before]) * factor, Fraction(int(close[now])), instrument, int(stamps[now]))

    return step


def _prices_in_thousandths(instrument: Instrument, rows: list[int], starts: list[int]) -> list[Fraction | None]:
    """Zipline's way: closes restated as of the run's end and rounded to 3 decimals, as its history gives them.

    rows: the last row up to the end of each session. starts: the smallest key that a bar of the session can have. A
    price carried in from before the first session is, as in any window of Zipline's, that of the last bar with a trade
    and keeps its digits.
    """
    close, stamps, scale = instrument.raw.close, instrument.raw.stamps, instrument.raw_scale
    end = int(stamps[rows[-1]]) if rows[-1] >= 0 else 0

    def price(row: int) -> Fraction:
        factor = instrument.price_factor(int(stamps[row]), max(end, starts[-1]))
        return Fraction(int(close[row]), 10**scale) * factor

    prices: list[Fraction | None] = []
    carried = True
    for row, start in zip(rows, starts, strict=True):
        carried = carried and (row < 0 or int(stamps[row]) < start)
        if carried:
            seed = instrument.traded_row(rows[0]) if rows[0] >= 0 else -1
            prices.append(price(seed) if seed >= 0 else None)
            continue
        thousandths = price(row) * 1000
        prices.append(Fraction(div_half_even(thousandths.numerator, thousandths.denominator), 1000))
    return prices


def _first_session(instrument: Instrument, row: int, until: int) -> int:
    """From the open of the asset's first session to its close; of a week or month with what it paid in its course.

    until: the key of the last day that the row has a price of.
    """
    opened, closed = int(instrument.raw.open[0]), int(instrument.raw.close[row])
    begins, kept = day_of(instrument.asset.start_date) * DAY_NS, Fraction(1)
    for one in instrument.adjustments:
        if one.in_cash and begins < one.key <= until:
            kept *= one.price
    return _change(opened * kept, Fraction(closed), instrument, int(instrument.raw.stamps[row]))


def _last_day(market: MarketView, instrument: Instrument, row: int) -> int:
    """The key of the last shorter bar in a row of bars; its own where it is not made of such."""
    key = int(instrument.raw.stamps[row])
    if market.inner is None:
        return key
    stamps = market.inner.instrument(instrument.asset).raw.stamps
    return int(stamps[np.searchsorted(stamps, key, side="right") - 1])
