"""The class of `data` on a kernel."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from rustybt._kernels import Kernel
from rustybt.view._data import BarData


def data_class(kernel: Kernel) -> type[BarData[Any]]:
    """`BarData`, or one of it whose `current` the kernel answers before Python does."""
    return BarData if kernel.answering is None else _answered(kernel.answering)


@functools.cache
def _answered(answering: Callable[[type, str, str], Any]) -> type[BarData[Any]]:
    # described as methods of C are
    described = f"current($self, assets, fields, dtype=None, default=...)\n--\n\n{inspect.getdoc(BarData.current)}"

    class NativeBarData(BarData[Any]):
        """`BarData` of a run on the native kernel."""

        # of this class itself, as the method is: C is quicker to see that an object is of it than of one above it
        __slots__ = ("_kernel",)
        # what the kernel passes on to
        _current = BarData.current

    NativeBarData.current = answering(NativeBarData, "_kernel", described)  # type: ignore[method-assign]
    # errors call an object by the name of its class
    NativeBarData.__name__ = NativeBarData.__qualname__ = BarData.__name__
    return NativeBarData
