"""A kernel as a value: what a run is handed, and computes with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from rustybt._kernels import _native, _python

if TYPE_CHECKING:
    from rustybt._kernels import _rustybt
    from rustybt._kernels._python import Books, Days, Intake, Rows, Wake, WorkingOrder


@dataclass(frozen=True, slots=True, repr=False)
class Kernel:
    """The constructors and functions of one implementation.

    The classes in Python are the specification, and the types: those of the other kernel have the same methods, give
    the same integers and raise the same errors. What the second half names does several of their steps in one call;
    None where there is no such call, and the steps are done one by one.

    name: "python" or "rust".
    books: cash and positions. days: the rows of the days. rows: rows of plain values. order: an order at work.
    intake: takes orders in. wake: which of them sleep.
    whole_steps: a size in whole steps from a numerator and a denominator.

    applier: applies the reports to open orders that are arithmetic. executor: executes orders that are ready.
    weigher: turns weights into market orders. prices: has answers of `data.current`. answering: makes the method that
    asks `prices` first. lookup: what frames look up by slot and session, for `rows.sheet`. positions_sheet: the frame
    of the positions at each close.
    """

    name: str
    books: type[Books]
    days: type[Days]
    rows: type[Rows]
    order: type[WorkingOrder]
    intake: type[Intake]
    wake: type[Wake]
    whole_steps: Callable[[int, int], int]

    applier: type[_rustybt.Applier] | None = None
    executor: Callable[..., _rustybt.Executor] | None = None
    weigher: type[_rustybt.Weigher] | None = None
    prices: type[_rustybt.Prices] | None = None
    answering: Callable[[type, str, str], Any] | None = None
    lookup: type[_rustybt.Lookup] | None = None
    positions_sheet: Callable[..., _rustybt.Sheet | None] | None = None

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"


PYTHON: Final = Kernel(
    "python",
    _python.Books,
    _python.Days,
    _python.Rows,
    _python.WorkingOrder,
    _python.Intake,
    _python.Wake,
    _python.whole_steps,
)
"""The specification, which is always there."""


def kernel_named(name: str) -> Kernel:
    """The kernel that `run_algorithm(kernel=)` asks for: "python", "rust", or "auto".

    "auto" is what the environment variable RUSTYBT_KERNELS says, by default the native one where a matching binary is.
    Raises InputError for another name, KernelError where "rust" is asked for and no matching binary is there.
    """
    module = _native.load(name)
    return PYTHON if module is None else _native_kernel(module)


@functools.cache
def _native_kernel(module: ModuleType) -> Kernel:
    return Kernel(
        "rust",
        module.Books,
        module.Days,
        module.Rows,
        module.WorkingOrder,
        module.Intake,
        module.Wake,
        module.whole_steps,
        module.Applier,
        module.Executor,
        module.Weigher,
        module.Prices,
        module.answering,
        module.Lookup,
        module.positions_sheet,
    )
