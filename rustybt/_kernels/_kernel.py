"""A kernel as a value: what a run is handed, and computes with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Protocol

from rustybt._kernels import _native, _python

if TYPE_CHECKING:
    import polars as pl

    from rustybt._kernels import _rustybt
    from rustybt._kernels._python import Books, Days, OrderStore, Rows, Wake, WorkingOrder


class Returns(Protocol):
    """Returns of sessions at scale 18, each below 9.2, and what a native kernel counts of them.

    sums: of the first to the fourth power; of the losses and of their squares, above zero; how many win and lose.
    lowest: None without one. products: the sum of the products with as many others. less, picked: what each is beyond
    another; those of the sessions in which another is above zero, or below it. streaks: most winners and losers in a
    row. path: of wealth with 45 decimals the end and the lowest; the deepest fall, the sum of the squares of all, how
    many sessions are below a peak, and how many in a row. growth: the first digits of products, as
    `Sample.growth_parts`. Each of the last is None for what leaves its widths.
    """

    def __len__(self) -> int: ...
    def values(self) -> list[int]: ...
    def ascending(self) -> list[int]: ...
    def sums(self) -> tuple[list[int], list[int], list[int]]: ...
    def lowest(self) -> int | None: ...
    def products(self, other: Any, /) -> int | None: ...
    def less(self, other: Any, /) -> Returns | None: ...
    def picked(self, other: Any, above: bool, /) -> Returns | None: ...
    def streaks(self) -> tuple[int, int]: ...
    def path(self) -> tuple[int, int, int, int, int, int] | None: ...
    def growth(self) -> list[tuple[int, int, int]] | None: ...


@dataclass(frozen=True, slots=True, repr=False)
class Kernel:
    """The constructors and functions of one implementation.

    The classes in Python are the specification, and the types: those of the other kernel have the same methods, give
    the same integers and raise the same errors. What the second half names does several of their steps in one call;
    None where there is no such call, and the steps are done one by one.

    name: "python" or "rust".
    books: cash and positions. days: the rows of the days. rows: rows of plain values. order: an order at work.
    order_store: takes orders in. wake: which of them sleep.
    whole_steps: a size in whole steps from a numerator and a denominator.

    applier: applies the reports to open orders that are arithmetic. executor: executes orders that are ready.
    target_sizer: turns weights into market orders. prices: has answers of `data.current`. answering: makes the method
    that asks `prices` first. asset_table: what frames look up by slot and session, for `rows.frame`. positions_frame:
    the frame of the positions at each close.

    returns_of: a Decimal column of scale 18 as returns that know their sums. shares: the sum of what parts are of
    wholes. grows_by_values: whether a portfolio's values alone say how it grew. matched_lots: bookings of assets as
    trades. Each gives None for what it can't read.

    rolled, smoothed, known_before, distances, ranked, trailed: fill columns of indicators; lay: those of bars.
    """

    name: str
    books: type[Books]
    days: type[Days]
    rows: type[Rows]
    order: type[WorkingOrder]
    order_store: type[OrderStore]
    wake: type[Wake]
    whole_steps: Callable[[int, int], int]

    applier: type[_rustybt.Applier] | None = None
    executor: Callable[..., _rustybt.Executor] | None = None
    target_sizer: type[_rustybt.TargetSizer] | None = None
    prices: type[_rustybt.Prices] | None = None
    answering: Callable[[type, str, str], Any] | None = None
    asset_table: type[_rustybt.AssetTable] | None = None
    positions_frame: Callable[..., _rustybt.ArrowFrame | None] | None = None
    returns_of: Callable[[pl.Series], Returns | None] | None = None
    shares: Callable[[pl.Series, pl.Series], tuple[int, int] | None] | None = None
    grows_by_values: Callable[[pl.Series, pl.Series, pl.Series], bool | None] | None = None
    matched_lots: Callable[..., tuple[Any, list[tuple[int, list[tuple[int, int, int]]]]] | None] | None = None
    rolled: Callable[..., None] | None = None
    smoothed: Callable[..., None] | None = None
    known_before: Callable[..., None] | None = None
    distances: Callable[..., None] | None = None
    ranked: Callable[..., None] | None = None
    trailed: Callable[..., None] | None = None
    lay: Callable[..., None] | None = None

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"


PYTHON: Final = Kernel(
    "python",
    _python.Books,
    _python.Days,
    _python.Rows,
    _python.WorkingOrder,
    _python.OrderStore,
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
        module.OrderStore,
        module.Wake,
        module.whole_steps,
        module.Applier,
        module.Executor,
        module.TargetSizer,
        module.Prices,
        module.answering,
        module.AssetTable,
        module.positions_frame,
        module.returns_of,
        module.shares,
        module.grows_by_values,
        module.matched_lots,
        module.rolled,
        module.smoothed,
        module.known_before,
        module.distances,
        module.ranked,
        module.trailed,
        module.lay,
    )
