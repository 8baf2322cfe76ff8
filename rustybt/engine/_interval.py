"""A run read three ways where bars don't say in which order their prices came: the worst, one path, and the best."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from rustybt.core import Notes
from rustybt.results import Interval, Result

READ: Final = {"low": "pessimistic", "base": "path:nearest", "high": "optimistic"}


class OneRun(Protocol):
    """A run that can be gone through to its result.

    complete: is given the result before the strategy's analyze is. analyze: whether that is called.
    """

    def _finish(self, complete: Callable[[Result], None] | None = None, *, analyze: bool = True) -> Result: ...


def interval_run(begin: Callable[[dict[str, Any]], OneRun], given: Mapping[str, Any]) -> Result:
    """The result of the run in the middle, which has all three. begin: a run of these arguments of `run_algorithm`.

    The strategy's analyze is called once, with that result.
    """

    def read(name: str) -> OneRun:
        strategy = given["strategy"]
        own = strategy if strategy is None or inspect.isclass(strategy) else copy.deepcopy(strategy)
        return begin(dict(given) | {"same_bar": READ[name], "strategy": own})

    low, high = (read(name)._finish(analyze=False) for name in ("low", "high"))
    return read("base")._finish(lambda base: _join(low, base, high))


def _join(low: Result, base: Result, high: Result) -> None:
    base.interval = interval = Interval(low, base, high)
    ends = [one.first_figures["final_value"] for one in interval]
    bars = max(one.ambiguous.height for one in interval)
    text = (
        f"Three runs, with same_bar {', '.join(map(repr, READ.values()))}, ended at {ends[0]:,.2f}, {ends[1]:,.2f} and "
        f"{ends[2]:,.2f}; ambiguous bars: at most {bars}. They bound each group of orders, and not what a strategy "
        "makes of it."
    )
    notes = Notes()
    notes.add("interval", text, low=ends[0], base=ends[1], high=ends[2])
    base.notes = (*base.notes, *notes.all())
