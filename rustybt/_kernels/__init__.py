"""The one door to the native extension, with the twins in Python beside it.

A run is handed a `Kernel` and makes everything of it; nothing here says which one that is. The classes are exported as
types: what both kernels have.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from rustybt._kernels import _native
from rustybt._kernels._native import describe
from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt._kernels._kernel import PYTHON, Kernel, Returns, kernel_named
    from rustybt._kernels._python import Books, Days, OrderStore, Rows, Wake, WorkingOrder
else:  # to say which kernel there is takes neither of them, nor Polars
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt._kernels._kernel": ("PYTHON", "Kernel", "Returns", "kernel_named"),
            "rustybt._kernels._python": ("Books", "Days", "OrderStore", "Rows", "Wake", "WorkingOrder"),
        },
    )


def twins() -> dict[str, ModuleType]:
    """Every kernel that there is here, by name, as the module that has its classes: for tests and benchmarks."""
    from rustybt._kernels import _python

    native = _native._find().module
    return {"python": _python} if native is None else {"python": _python, "rust": native}


__all__ = [
    "PYTHON",
    "Books",
    "Days",
    "Kernel",
    "OrderStore",
    "Returns",
    "Rows",
    "Wake",
    "WorkingOrder",
    "describe",
    "kernel_named",
    "twins",
]
