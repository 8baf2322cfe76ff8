"""A run read three ways where bars don't say in which order their prices came: the worst, one path, and the best."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from rustybt.core import Notes
from rustybt.results import Interval, Result

READ: Final = {"low": "pessimistic", "base": "path:nearest", "high": "optimistic"}


def interval_run(run: Callable[..., Result], given: Mapping[str, Any]) -> Result:
    """The result of the run in the middle, which has all three. run: `run_algorithm`; given: its arguments by name."""
    found: dict[str, Result] = {}
    for name, same_bar in READ.items():
        strategy = given["strategy"]
        own = strategy if strategy is None or inspect.isclass(strategy) else copy.deepcopy(strategy)
        found[name] = run(**(dict(given) | {"same_bar": same_bar, "strategy": own}))
    base, interval = found["base"], Interval(**found)
    low, middle, high = (one.metrics["final_value"] for one in interval)
    bars = max(one.ambiguous.height for one in interval)
    base.interval = interval
    text = (
        f"Three runs, with same_bar {', '.join(map(repr, READ.values()))}, ended at {low:,.2f}, {middle:,.2f} and "
        f"{high:,.2f}; ambiguous bars: at most {bars}. They bound each group of orders, and not what a strategy "
        "makes of it."
    )
    notes = Notes()
    notes.add("interval", text, low=low, base=middle, high=high)
    base.notes = (*base.notes, *notes.all())
    return base
