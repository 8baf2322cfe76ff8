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
    Where each return is that of the values alone, the path is those exact values. Where a session starts from other
    capital than the one before ended with, it is linked session by session and carries 40 decimals more. Where so much
    left within the first session that the profit alone stands against it, the path is of one unit that grew as much.
    Raises InputError where there are not as many of each.
    """
    if not len(values) == len(pnl) == len(returns):
        raise InputError(f"{len(values)} values, {len(pnl)} profits and {len(returns)} returns: pass one per session.")
    if not values:
        return []
    bases = [value - gain for value, gain in zip(values, pnl, strict=True)]
    before = [bases[0], *values[:-1]]
    # a run begins with capital: where the profit alone stands against it, more than that left within the session
    left = bases[0] <= 0 and returns[0] != 0
    if not left and _all_plain(returns, values, before, bases):
        return [bases[0], *values]
    path = [(ONE if left else bases[0]) * _GUARD]
    for session_return, value, own_base, last in zip(returns, values, bases, before, strict=True):
        base = next((b for b in (last, own_base) if explains(session_return, value, b)), None)
        if base is None:  # capital moved within the session: only its return tells how it grew
            path.append(div_half_even(path[-1] * (ONE + session_return), ONE))
        else:
            path.append(div_half_even(path[-1] * value, base))
    return path


def _all_plain(returns: Sequence[int], values: Sequence[int], before: Sequence[int], bases: Sequence[int]) -> bool:
    """Whether each session's values alone say how it grew."""
    for session_return, value, last, base in zip(returns, values, before, bases, strict=True):
        # nearer than half of the last digit: no tie, and so no rule for ties
        if last > 0 and -last < 2 * ((value - last) * ONE - session_return * last) < last:
            continue
        if not _is_plain(session_return, value, last, base):
            return False
    return True


def _is_plain(session_return: int, value: int, last: int, base: int) -> bool:
    """Whether a session's values alone say how it grew; a return on nothing, or on a debt, says nothing else."""
    return explains(session_return, value, last) or (last <= 0 and last == base)


def explains(session_return: int, value: int, base: int) -> bool:
    """Whether the session's return is what lies between the two values."""
    return base > 0 and div_half_even((value - base) * ONE, base) == session_return
