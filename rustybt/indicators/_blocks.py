"""Figures of each window of a series, in a time that does not grow with the window, and without running sums.

A series is cut into blocks as long as the window. Each window is the end of one block and the beginning of the next:
what was gathered from a block's end backwards and from the next one's beginning forwards is joined once. Nothing is
ever subtracted again, so that no error builds up over a long series, and a value that is missing spoils only the
windows that hold it (van Herk 1992 and Gil and Werman 1993, who did it for maxima).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rustybt.indicators._native import native_tables

type Floats = npt.NDArray[np.float64]
type State = tuple[Floats, ...]
type Joined = Callable[[State, int, State, int], State]
"""What two stretches, one after the other, of so many values each, are together."""

ACROSS: Final = 1 << 14
"""Values that are worked on at once: they fit into a processor's cache, with what comes of them."""


class Figure(NamedTuple):
    """What is told of windows: of single values, and of two stretches together."""

    of: Callable[..., State]
    join: Joined


def rolled(name: str, columns: tuple[Floats, ...], window: int) -> State:
    """A figure's state of the window that ends with each value; NaN up to the first whole window.

    columns: of one shape, time along the first axis.
    """
    figure = FIGURES[name]
    shape, count = columns[0].shape, len(columns[0])
    wide = int(np.prod(shape[1:], dtype=np.int64))
    states = len(figure.of(*[np.zeros(1) for _ in columns]))
    if count < window or not wide:
        return tuple([np.full(shape, np.nan) for _ in range(states)])
    filled: State | None = native_tables("rolled", columns, states, window, figure=name)
    if filled is not None:
        return filled
    flat = [column.reshape(count, wide) for column in columns]
    found = [np.empty((count, wide)) for _ in range(states)]
    step = max(1, ACROSS * window // (count + window))
    for first in range(0, wide, step):
        part = slice(first, first + step)
        for whole, one in zip(found, _rolled([column[:, part] for column in flat], window, *figure), strict=True):
            whole[:, part] = one
    return tuple([one.reshape(shape) for one in found])


def _rolled(columns: list[Floats], window: int, of: Callable[..., State], join: Joined) -> list[Floats]:
    count, wide = columns[0].shape
    blocks = -(-count // window)
    laid = []
    for column in columns:
        padded = np.zeros((blocks * window, wide))
        padded[:count] = column
        laid.append(np.ascontiguousarray(padded.reshape(blocks, window, wide).swapaxes(0, 1)))
    single = [of(*[column[place] for column in laid]) for place in range(window)]
    ends = [single[-1]]
    for place in range(window - 2, -1, -1):
        ends.append(join(single[place], 1, ends[-1], window - 1 - place))
    ends.reverse()
    found = [np.full((window, blocks, wide), np.nan) for _ in single[0]]
    begun = single[0]
    for place in range(window):
        if place:
            begun = join(begun, place, single[place], 1)
        whole = begun
        if place < window - 1:
            left, right = [one[:-1] for one in ends[place + 1]], [one[1:] for one in begun]
            whole = join(tuple(left), window - 1 - place, tuple(right), place + 1)
        for laid_out, one in zip(found, whole, strict=True):
            laid_out[place, blocks - len(one) :] = one
    return [one.swapaxes(0, 1).reshape(blocks * window, wide)[:count] for one in found]


def sums(values: Floats, window: int) -> Floats:
    """The sum of each window."""
    return rolled("sum", (values,), window)[0]


def means(values: Floats, window: int) -> Floats:
    """The mean of each window."""
    total = sums(values, window)
    total /= window
    return total


def highest(values: Floats, window: int) -> Floats:
    """The largest value of each window."""
    return rolled("highest", (values,), window)[0]


def lowest(values: Floats, window: int) -> Floats:
    """The smallest value of each window."""
    return rolled("lowest", (values,), window)[0]


def weighted_sums(values: Floats, window: int) -> tuple[Floats, Floats]:
    """The sum of each window, and the sum of its values times their places, 1 for the oldest."""
    total, weighted = rolled("weighted", (values,), window)
    return total, weighted


def moments(values: Floats, window: int) -> tuple[Floats, Floats]:
    """The mean of each window, and the sum of squares about it.

    Source: Chan, Golub and LeVeque (1983), for joining two stretches.
    """
    mean, squares = rolled("moments", (values,), window)
    return mean, squares


def comoments(left: Floats, right: Floats, window: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Of two series in each window: both means, both sums of squares about them, and that of the products."""
    mean, other, squares, others, products = rolled("comoments", (left, right), window)
    return mean, other, squares, others, products


def trends(values: Floats, window: int) -> tuple[Floats, Floats, Floats]:
    """The mean of each window, the sum of squares about it, and that of products with the places 0 to window - 1."""
    mean, squares, products = rolled("trends", (values,), window)
    return mean, squares, products


def _join_weighted(a: State, count: int, b: State, _: int) -> State:
    return a[0] + b[0], a[1] + b[1] + count * b[0]


def _join_moments(a: State, count: int, b: State, more: int) -> State:
    apart, together = b[0] - a[0], count + more
    return a[0] + apart * (more / together), a[1] + b[1] + apart * apart * (count * more / together)


def _join_comoments(a: State, count: int, b: State, more: int) -> State:
    together = count + more
    share, weight = more / together, count * more / together
    first, second = b[0] - a[0], b[1] - a[1]
    return (
        a[0] + first * share,
        a[1] + second * share,
        a[2] + b[2] + first * first * weight,
        a[3] + b[3] + second * second * weight,
        a[4] + b[4] + first * second * weight,
    )


def _join_trends(a: State, count: int, b: State, more: int) -> State:
    mean, squares = _join_moments(a, count, b, more)
    # the middles of the places of two stretches that touch are half of both apart
    return mean, squares, a[2] + b[2] + (b[0] - a[0]) * (count * more / 2)


FIGURES: Final = {
    "sum": Figure(lambda x: (x,), lambda a, _, b, __: (a[0] + b[0],)),
    # of 0 and -0 which is larger is anybody's choice: there is one zero
    "highest": Figure(lambda x: (x + 0.0,), lambda a, _, b, __: (np.maximum(a[0], b[0]),)),
    "lowest": Figure(lambda x: (x + 0.0,), lambda a, _, b, __: (np.minimum(a[0], b[0]),)),
    "weighted": Figure(lambda x: (x, x), _join_weighted),
    "moments": Figure(lambda x: (x, x * 0.0), _join_moments),
    "comoments": Figure(lambda x, y: (x, y, x * 0.0, y * 0.0, x * y * 0.0), _join_comoments),
    "trends": Figure(lambda x: (x, x * 0.0, x * 0.0), _join_trends),
}
"""By the name that the native twin, rust/crates/rustybt-kernels/src/windows.rs, has for each too."""
