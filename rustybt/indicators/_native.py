"""Which kernel the indicators of a run are computed with: the same bits in either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt._kernels import Kernel

type Floats = npt.NDArray[np.float64]

_KERNEL: Final[ContextVar[Kernel | None]] = ContextVar("kernel of indicators", default=None)


@contextmanager
def computed_with(kernel: Kernel | None) -> Iterator[None]:
    """Within it, and in this thread, indicators are computed with a kernel; None for NumPy alone."""
    before = _KERNEL.set(kernel)
    try:
        yield
    finally:
        _KERNEL.reset(before)


def native(name: str, tables: tuple[Floats, ...], *given: Any) -> Floats | None:
    """The table that a function of the native kernel makes of others of one shape; None where it doesn't compute."""
    kernel = _KERNEL.get()
    fill: Callable[..., None] | None = None if kernel is None else getattr(kernel, name)
    if fill is None or not tables[0].size:
        return None
    found = np.empty(tables[0].shape)
    fill(*map(np.ascontiguousarray, tables), found, tables[0][0].size, *given)
    return found


def native_tables(name: str, tables: tuple[Floats, ...], count: int, *given: Any, figure: str = "") -> Any:
    """The same of one that makes several. figure: which of them, of a function that has several."""
    kernel = _KERNEL.get()
    fill: Callable[..., None] | None = None if kernel is None else getattr(kernel, name)
    if fill is None or not tables[0].size:
        return None
    found = tuple([np.empty(tables[0].shape) for _ in range(count)])
    named = (figure,) if figure else ()
    fill(*named, [*map(np.ascontiguousarray, tables)], found, tables[0][0].size, *given)
    return found
