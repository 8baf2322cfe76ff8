"""How much of the portfolio was in the market."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from rustybt.core import div_half_even
from rustybt.errors import InputError
from rustybt.metrics._numbers import ONE, Numbers, ratio, scaled_numbers

_GUARD = 10**40


def average_exposure(exposure: Numbers, values: Numbers) -> Decimal | None:
    """The mean over the sessions of exposure / portfolio value, leaving out sessions where the value is 0 or less.

    exposure: long, short, gross or net exposure at each close, in money; no nulls.
    values: the portfolio value at each close; as many, no nulls.
    Returns 18 decimals, half-even; each session's share is carried with 40. None where no session is left.
    Raises InputError where there are not as many of one as of the other.

    >>> average_exposure([50, 100], [100, 100])
    Decimal('0.750000000000000000')
    """
    found = _counted_shares(exposure, values)
    if found is not None:
        return ratio(div_half_even(found[0] * ONE, found[1] * _GUARD)) if found[1] else None
    held, held_scale = scaled_numbers(exposure, "exposure")
    worth, worth_scale = scaled_numbers(values, "values")
    if len(held) != len(worth):
        raise InputError(f"{len(held)} exposures and {len(worth)} values: pass one of each per session.")
    up, down = 2 * 10 ** max(worth_scale - held_scale, 0) * _GUARD, 10 ** max(held_scale - worth_scale, 0)
    shares = [
        part and (part * up + (unit := whole * down)) // (unit + unit)
        for part, whole in zip(held, worth, strict=True)
        if whole > 0
    ]
    return ratio(div_half_even(sum(shares) * ONE, len(shares) * _GUARD)) if shares else None


def _counted_shares(exposure: Numbers, values: Numbers) -> tuple[int, int] | None:
    """Their sum at scale 40 and their number, as the native kernel counts them; None where it does not."""
    if not (isinstance(exposure, pl.Series) and isinstance(values, pl.Series) and len(exposure) == len(values)):
        return None
    from rustybt.metrics._counted import shares

    return shares(exposure, values)
