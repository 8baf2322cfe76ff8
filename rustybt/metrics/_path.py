"""The path of a portfolio's value as if no capital had come or gone."""

from __future__ import annotations

from collections.abc import Sequence

from rustybt.core import div_half_even
from rustybt.errors import InputError
from rustybt.metrics._numbers import ONE

_GUARD = 10**40


def growth_path(values: Sequence[int], pnl: Sequence[int], returns: Sequence[int]) -> list[int]:
    """What the capital at the start grew to: one number at the start, then one per session.

    values, pnl: portfolio value at each close and profit of each session, integers of one scale.
    returns: the same sessions' simple returns at scale 18.
    Without capital changes the path is the exact values themselves. From the first session on that starts from other
    capital than the one before ended with, it is linked by returns and carries 40 decimals more than the values.
    Raises InputError where there are not as many of each.
    """
    if not len(values) == len(pnl) == len(returns):
        raise InputError(f"{len(values)} values, {len(pnl)} profits and {len(returns)} returns: give one per session.")
    if not values:
        return []
    bases = [value - gain for value, gain in zip(values, pnl, strict=True)]
    if bases[1:] == list(values[:-1]):
        return [bases[0], *values]
    path = [bases[0] * _GUARD]
    for value, base, session_return in zip(values, bases, returns, strict=True):
        if base > 0 and div_half_even((value - base) * ONE, base) == session_return:
            path.append(div_half_even(path[-1] * value, base))
        else:  # capital moved within the session: only its return tells how it grew
            path.append(div_half_even(path[-1] * (ONE + session_return), ONE))
    return path
