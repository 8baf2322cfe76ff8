"""Riskless rates and targets: a yearly rate, or one return for each session."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import polars as pl

from rustybt.core import Number, exact_number
from rustybt.errors import InputError
from rustybt.metrics._numbers import Numbers, align, scaled_numbers
from rustybt.metrics._sample import PRECISE, Sample

type Rate = Number | Numbers
"""A yearly rate, 0.03 means three per cent; or the rate's simple return in each of the sessions."""

_DECIMALS: Final = Decimal("1e-40")


def session_rate(rate: Number, periods: int, what: str) -> Decimal:
    """What a yearly rate is per session, compounded: `(1 + rate) ** (1 / periods) - 1`, with 40 decimals.

    Raises InputError for -100 % a year or less, NonFiniteInput for what is no number.
    """
    yearly = exact_number(rate, what)
    if not yearly:
        return yearly
    if yearly <= -1:
        raise InputError(f"{what}: {rate!r} a year leaves nothing. Pass a yearly rate such as 0.03 for three per cent.")
    growth = PRECISE.power(PRECISE.add(Decimal(1), yearly), PRECISE.divide(Decimal(1), Decimal(periods)))
    return PRECISE.quantize(PRECISE.subtract(growth, Decimal(1)), _DECIMALS)


def excess_over(sample: Sample, rate: Rate, periods: int, what: str) -> Sample:
    """The returns less the rate's, session by session; the same sample where the rate is 0.

    Raises InputError where the rate's returns are not as many as the sample's.
    """
    if isinstance(rate, str | int | float | Decimal) or not isinstance(rate, pl.Series | list | tuple):
        own = session_rate(rate, periods, what)  # type: ignore[arg-type]
        if not own:
            return sample
        values, least, scale = align(sample.values, sample.scale, own, what)
        return Sample([value - least for value in values], scale)
    others, own_scale = scaled_numbers(rate, what)
    if len(others) != sample.count:
        raise InputError(
            f"{what}: {len(others)} returns for {sample.count} sessions. Pass one for each session, or a yearly rate."
        )
    scale = max(sample.scale, own_scale)
    up, other_up = 10 ** (scale - sample.scale), 10 ** (scale - own_scale)
    return Sample([a * up - b * other_up for a, b in zip(sample.values, others, strict=True)], scale)
