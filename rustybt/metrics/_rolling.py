"""Figures over a window that moves through the sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final, Literal

import polars as pl

from rustybt.core import RATIO_SCALE, ExactColumn, frame_of
from rustybt.errors import InputError
from rustybt.metrics._against import pair_of
from rustybt.metrics._beta import scaled_beta
from rustybt.metrics._checks import check_choice, labels_of
from rustybt.metrics._numbers import Numbers, check_periods, root_half_even, signed_root_half_even
from rustybt.metrics._sample import Sample, sample_of
from rustybt.metrics._sharpe import scaled_sharpe
from rustybt.metrics._sortino import scaled_sortino

type RollingFigure = Literal["volatility", "sharpe", "sortino", "beta", "correlation"]
_NEED_BENCHMARK: Final = ("beta", "correlation")
_ONE_SQUARED: Final = 10 ** (2 * RATIO_SCALE)


@dataclass(frozen=True, slots=True)
class _Sums:
    """The sums over one window, exact integers at the scale's powers."""

    count: int
    one: int
    periods: int
    total: int
    squares: int
    below: int
    other: int
    other_squares: int
    products: int

    def spread(self) -> int:
        return self.count * self.squares - self.total * self.total

    def other_spread(self) -> int:
        return self.count * self.other_squares - self.other * self.other

    def shared(self) -> int:
        return self.count * self.products - self.total * self.other


def _volatility(sums: _Sums) -> int:
    unit = sums.count * (sums.count - 1) * sums.one**2
    return root_half_even(sums.spread() * sums.periods * _ONE_SQUARED, unit)


def _correlation(sums: _Sums) -> int | None:
    spread = sums.spread() * sums.other_spread()
    return signed_root_half_even(sums.shared(), sums.shared() ** 2 * _ONE_SQUARED, spread) if spread else None


_FIGURES: Final[dict[str, Callable[[_Sums], int | None]]] = {
    "volatility": _volatility,
    "sharpe": lambda sums: scaled_sharpe(sums.count, sums.total, sums.squares, sums.periods),
    "sortino": lambda sums: scaled_sortino(sums.count, sums.total, sums.below, sums.periods),
    "beta": lambda sums: scaled_beta(sums.shared(), sums.other_spread()),
    "correlation": _correlation,
}


def rolling(
    returns: Numbers | Sample,
    sessions: Sequence[date] | pl.Series | None = None,
    *,
    window: int,
    periods: int,
    figures: Sequence[RollingFigure] = ("volatility", "sharpe"),
    benchmark: Numbers | Sample | None = None,
) -> pl.DataFrame:
    """Figures of the last `window` sessions at each session's end, as the functions of their names define them.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    sessions: their dates; without them, rows counted from 0 stand for them.
    window: sessions, two or more. periods: sessions per year of the run's calendar.
    figures: of "volatility", "sharpe", "sortino", "beta" and "correlation"; the last two need a benchmark.
    benchmark: the same sessions' returns.
    Returns a frame: session, and a Decimal(38, 18) for each figure: null until the window is full, and where the
    figure has no value. The sums of a window are exact, so that nothing drifts however long the series.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls, a window below 2, an unknown figure, or dates or a
    benchmark that are not as many.

    >>> rolling(["0.01", "-0.01", "0.01"], window=2, periods=2, figures=["volatility"])["volatility"].to_list()
    [None, Decimal('0.020000000000000000'), Decimal('0.020000000000000000')]
    """
    annual = check_periods(periods)
    _check(window, figures, benchmark)
    sample = sample_of(returns)
    labels = labels_of(sessions, sample.count)
    pair = pair_of(sample, sample if benchmark is None else benchmark)
    own, other = pair.own.values, pair.other.values
    series = (own, pair.own.squared, [value * value if value < 0 else 0 for value in own])
    products = [a * b for a, b in zip(own, other, strict=True)]
    running = [[0, *accumulate(each)] for each in (*series, other, pair.other.squared, products)]
    windows = [
        _Sums(window, pair.own.one, annual, *(sums[end] - sums[end - window] for sums in running))
        for end in range(window, sample.count + 1)
    ]
    empty: list[int | None] = [None] * min(window - 1, sample.count)
    columns = [ExactColumn(name, [*empty, *map(_FIGURES[name], windows)], RATIO_SCALE) for name in figures]
    return frame_of([labels, *columns])


def _check(window: int, figures: Sequence[str], benchmark: object) -> None:
    if type(window) is not int or window < 2:
        raise InputError(f"window: {window!r} is not a number of sessions from 2 on.")
    if isinstance(figures, str) or not isinstance(figures, Iterable):
        raise InputError(f"figures: {figures!r} was given. Pass a list of names, such as ['sharpe'].")
    for name in figures:
        check_choice(name, _FIGURES, "figures")
        if name in _NEED_BENCHMARK and benchmark is None:
            raise InputError(f"figures: {name!r} needs a benchmark. Pass benchmark=, the same sessions' returns.")
