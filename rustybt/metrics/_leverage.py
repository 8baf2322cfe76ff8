"""Leverage over the sessions of a run."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import polars as pl

from rustybt.core import RATIO_SCALE, Number, div_half_even, rescale_half_even
from rustybt.metrics._checks import check_rows
from rustybt.metrics._numbers import ONE, Numbers, exact_sum, ratio, scaled_numbers


def max_leverage(leverage: Numbers | Iterable[Number | None]) -> Decimal | None:
    """The highest leverage at any session's close at which the account had more than it owed.

    leverage: exposure per unit of portfolio value at each close; null where the portfolio value was 0. Below 0, the
        account was: such sessions are left out.
    Returns 18 decimals, half-even; None where none is left.

    >>> max_leverage(["0.5", None, "1.25"])
    Decimal('1.250000000000000000')
    """
    values, scale = scaled_numbers(_present(leverage), "leverage")
    highest = max(values, default=-1)
    return ratio(rescale_half_even(highest, scale, RATIO_SCALE)) if highest >= 0 else None


def average_leverage(leverage: Numbers | Iterable[Number | None]) -> Decimal | None:
    """The mean leverage over the sessions' closes, leaving out those where the portfolio value was 0 or less.

    leverage: exposure per unit of portfolio value at each close, gross or net; null where the value was 0 or less.
    Returns 18 decimals, half-even; None where there is no leverage at all.

    >>> average_leverage(["0.5", None, "1.5"])
    Decimal('1.000000000000000000')
    """
    present = _present(leverage)
    if isinstance(present, pl.Series) and isinstance(present.dtype, pl.Decimal):
        total, scale = exact_sum(present), present.dtype.scale
    else:
        values, scale = scaled_numbers(present, "leverage")
        total = sum(values)
    return ratio(div_half_even(total * ONE, len(present) * 10**scale)) if len(present) else None


def _present(numbers: Numbers | Iterable[Number | None]) -> Numbers:
    if isinstance(numbers, pl.Series):
        return numbers.drop_nulls()
    check_rows(numbers, "leverage")
    return [number for number in numbers if number is not None]
