"""Tables of many assets that are filled some assets at a time, in as many threads as there are cores for them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

AT_ONCE: Final = 1 << 16
"""Values of a column that are computed at once, of all bars of some assets: with what comes of them on the way they
stay in a processor's cache, and take no memory to speak of."""
LEAST_ASSETS: Final = 8
MOST_THREADS: Final = 8
_PAGE: Final = 4096


def filled(
    shape: tuple[int, int], outputs: int, make: Callable[[int, int], Sequence[Floats]], *, threads: int | None = None
) -> list[Floats]:
    """Tables of a shape, (bars, assets). make: those of the assets from one place to another.

    threads: by default as many as this process may use cores. Assets have nothing to do with each other, so that it
    makes no difference to what is found.
    """
    count, wide = shape
    step = max(LEAST_ASSETS, AT_ONCE // max(count, 1) // LEAST_ASSETS * LEAST_ASSETS)
    if wide <= step:
        return [np.ascontiguousarray(one) for one in make(0, wide)]
    tables = [np.empty(shape) for _ in range(outputs)]
    todo = deque(range(0, wide, step))

    def work() -> None:
        while todo:
            try:
                first = todo.popleft()
            except IndexError:  # another thread took it
                return
            try:
                made = make(first, min(first + step, wide))
            except BaseException:
                todo.clear()  # the others end with their part
                raise
            for table, one in zip(tables, made, strict=True):
                table[:, first : first + step] = one

    used = min(threads or _cores(), MOST_THREADS, len(todo))
    if used == 1:
        work()
        return tables
    from concurrent.futures import ThreadPoolExecutor  # of many assets only

    with ThreadPoolExecutor(used, "rustybt-terms") as pool:
        # memory of a new table is cleared where it is first touched: each thread a part, not all of them the same
        for table in tables:
            list(pool.map(_touch, np.array_split(table.reshape(-1), used)))
        try:
            list(pool.map(lambda _: work(), range(used)))
        finally:
            todo.clear()
    return tables


def _touch(part: Floats) -> None:
    part[:: _PAGE // part.itemsize] = 0.0


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
