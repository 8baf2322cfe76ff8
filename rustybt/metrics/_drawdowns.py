"""The falls from a peak, and how long wealth lay below one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from rustybt.core import RATIO_SCALE, decimal_column, div_half_even
from rustybt.metrics._checks import check_count, labels_of
from rustybt.metrics._numbers import ONE, Numbers, ratio
from rustybt.metrics._sample import WEALTH_ONE, Sample, exact_ratio, sample_of


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall: rows of its last peak, its lowest and its recovery (None while it lasts); -1 is before the first."""

    depth: int
    peak: int
    trough: int
    recovery: int | None


def drawdowns(
    returns: Numbers | Sample, sessions: Sequence[date] | pl.Series | None = None, *, count: int = 5
) -> pl.DataFrame:
    """The deepest falls, the deepest first: from a peak to the session that reaches it again.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    sessions: the sessions' dates, as many as there are returns; without them, rows counted from 0 stand for them.
    count: how many at most.
    Returns a frame: depth (Decimal(38, 18), -0.25 for a fall of a quarter), peak (the last session at the peak; null
    where that is the start), trough, recovery (null where it has not come), length (sessions from the peak to the
    recovery or to the end), to_trough (sessions from the peak to the trough).
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or dates that are not as many.

    >>> drawdowns(["0.1", "-0.2", "0.3", "-0.1"]).select("depth", "peak", "trough", "recovery").rows()
    [(Decimal('-0.200000000000000000'), 0, 1, 2), (Decimal('-0.100000000000000000'), 2, 3, None)]
    """
    sample = sample_of(returns)
    labels = labels_of(sessions, sample.count)
    found = sorted(falls_of(sample), key=lambda fall: (fall.depth, fall.peak))[: check_count(count, "count")]
    ends = [sample.count - 1 if fall.recovery is None else fall.recovery for fall in found]

    def at(name: str, rows: Sequence[int | None]) -> pl.Series:
        picked = pl.Series([None if row is None or row < 0 else row for row in rows], dtype=pl.UInt32)
        return labels.gather(picked).alias(name)

    return pl.DataFrame(
        [
            decimal_column("depth", [fall.depth for fall in found], RATIO_SCALE),
            at("peak", [fall.peak for fall in found]),
            at("trough", [fall.trough for fall in found]),
            at("recovery", [fall.recovery for fall in found]),
            pl.Series("length", [end - fall.peak for fall, end in zip(found, ends, strict=True)], dtype=pl.Int64),
            pl.Series("to_trough", [fall.trough - fall.peak for fall in found], dtype=pl.Int64),
        ]
    )


def falls_of(sample: Sample) -> list[Fall]:
    """All falls, in the order of time; depths at scale 18."""
    falls: list[Fall] = []
    peak, deepest, trough = -1, 0, -1
    for row, fall in enumerate(sample.falls):
        if fall > deepest:
            deepest, trough = fall, row
        elif not fall:
            if deepest:
                falls.append(Fall(_depth(deepest), peak, trough, row))
            peak, deepest = row, 0
    return [*falls, Fall(_depth(deepest), peak, trough, None)] if deepest else falls


def _depth(fall: int) -> int:
    return -div_half_even(fall * ONE, WEALTH_ONE)


def under_water(returns: Numbers | Sample, sessions: Sequence[date] | pl.Series | None = None) -> pl.DataFrame:
    """How far below its highest so far, the start among it, wealth was at each session's end.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    sessions: their dates; without them, rows counted from 0 stand for them.
    Returns a frame: session, drawdown (Decimal(38, 18), -0.25 where a quarter is missing, 0 at a peak).
    Raises NonFiniteInput on NaN and infinities, InputError on nulls or dates that are not as many.

    >>> under_water(["0.1", "-0.2", "0.3"])["drawdown"].to_list()
    [Decimal('0E-18'), Decimal('-0.200000000000000000'), Decimal('0E-18')]
    """
    sample = sample_of(returns)
    labels = labels_of(sessions, sample.count)
    depths = [_depth(fall) for fall in sample.falls]
    return pl.DataFrame([labels, decimal_column("drawdown", depths, RATIO_SCALE)])


def time_under_water(returns: Numbers | Sample) -> Decimal | None:
    """The share of the sessions that end below an earlier peak, the start among them.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Returns 18 decimals, half-even; None for no return.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> time_under_water(["0.1", "-0.2", "0.3", "-0.1"])
    Decimal('0.500000000000000000')
    """
    sample = sample_of(returns)
    if not sample.count:
        return None
    return ratio(exact_ratio(sample.under_water[0], sample.count))


def longest_under_water(returns: Numbers | Sample) -> int:
    """The most sessions in a row that end below an earlier peak.

    returns: simple returns per session, 0.01 means one per cent; no nulls.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> longest_under_water(["0.1", "-0.2", "0.1", "0.3", "-0.1"])
    2
    """
    return sample_of(returns).under_water[1]
