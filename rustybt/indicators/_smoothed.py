"""Averages that reach back to the first value: each new one moves the last one by a share of the way."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rustybt.indicators._native import native

type Floats = npt.NDArray[np.float64]


def smoothed(values: Floats, share: float, seed: int) -> Floats:
    """The mean of the first `seed` values, then the last average plus `share` of its distance to each new value.

    A missing value gives none, and changes nothing. Time along the first axis.
    """
    return _each(values, share, seed, total=False)


def decayed(values: Floats, share: float, seed: int) -> Floats:
    """The sum of the first `seed` values, which is none yet; then the last sum less a share, plus each new value."""
    return _each(values, share, seed, total=True)


def _each(values: Floats, share: float, seed: int, *, total: bool) -> Floats:
    filled = native("smoothed", (values,), share, seed, total)
    if filled is not None:
        return filled
    if values.ndim > 1 and values[0].size == 1:
        return _each(values.ravel(), share, seed, total=total).reshape(values.shape)
    return _of_one(values, share, seed, total) if values.ndim == 1 else _of_many(values, share, seed, total)


def _of_one(values: Floats, share: float, seed: int, total: bool) -> Floats:
    numbers: list[float] = values.tolist()
    found: list[float] = []
    count, state, missing, isnan = 0, 0.0, math.nan, math.isnan
    append = found.append
    for number in numbers:
        if isnan(number):
            append(missing)
        elif count < seed:
            count += 1
            state += number
            if count == seed and not total:
                state /= seed
            append(state if count == seed and not total else missing)
        else:
            state = state - state * share + number if total else state + (number - state) * share
            append(state)
    return np.array(found, dtype=np.float64)


def _of_many(values: Floats, share: float, seed: int, total: bool) -> Floats:
    found = np.full(values.shape, np.nan)
    count, state = np.zeros(values.shape[1:], dtype=np.int64), np.zeros(values.shape[1:])
    for place, numbers in enumerate(values):
        here = ~np.isnan(numbers)
        begun = count >= seed
        moved = state - state * share + numbers if total else state + (numbers - state) * share
        if begun.all() and here.all():
            state = found[place] = moved
            continue
        gathered = state + numbers
        count = count + (here & ~begun)
        full = here & ~begun & (count == seed)
        if not total:
            gathered = np.where(full, gathered / seed, gathered)
        state = np.where(here, np.where(begun, moved, gathered), state)
        told = here & (begun if total else begun | full)
        found[place] = np.where(told, state, np.nan)
    return found
