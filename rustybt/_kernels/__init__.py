"""The one door to the native extension, with the pure-Python twins beside it.

`RUSTYBT_KERNELS=auto|rust|python` chooses, once in a process; the twins give the same integers and raise the same
errors. Raises KernelError on import where the choice can't be met.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from rustybt._kernels import _native, _python
from rustybt._kernels._native import describe
from rustybt._kernels._pocket import Rate

_loaded = _native.load()

if TYPE_CHECKING or _loaded is None:
    from rustybt._kernels._python import Books, Days, Intake, Rows, WorkingOrder, whole_steps
else:
    Books = _loaded.Books
    Days = _loaded.Days
    Intake = _loaded.Intake
    Rows = _loaded.Rows
    WorkingOrder = _loaded.WorkingOrder
    whole_steps = _loaded.whole_steps

Floor: Any = None if _loaded is None else _loaded.Floor
"""A whole bar of plain orders in one call; None where the Python kernels are in use, whose broker and ledger do it."""

Prices: Any = None if _loaded is None else _loaded.Prices
"""Prices that were asked for, at the bar; None where the Python kernels are in use, for which `BarData` has them."""

answering: Any = None if _loaded is None else _loaded.answering
"""Makes the method that asks `Prices` first; None where the Python kernels are in use."""

Weigher: Any = None if _loaded is None else _loaded.Weigher
"""A plain order of a weight in one call; None where the Python kernels are in use, for which `Ordering` does it."""


NativeLookup: Any = None if _loaded is None else _loaded.Lookup
"""What the frames of a run look up, for `Rows.sheet`; None where the Python kernels are in use."""

positions_sheet: Any = None if _loaded is None else _loaded.positions_sheet
"""The frame of the positions at each close; None where the Python kernels are in use."""


def kernel_in_use() -> str:
    """ "python" or "rust"."""
    return "python" if _loaded is None else "rust"


def twins() -> dict[str, ModuleType]:
    """Every kernel that could be used here, by name, whichever is in use: for tests and benchmarks."""
    native = _native._find().module
    return {"python": _python} if native is None else {"python": _python, "rust": native}


__all__ = [
    "Books",
    "Days",
    "Floor",
    "Intake",
    "NativeLookup",
    "Prices",
    "Rate",
    "Rows",
    "Weigher",
    "WorkingOrder",
    "answering",
    "describe",
    "kernel_in_use",
    "positions_sheet",
    "twins",
    "whole_steps",
]
