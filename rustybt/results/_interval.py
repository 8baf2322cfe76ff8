"""Three results of one strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rustybt.results._result import Result


class Interval(NamedTuple):
    """The results of `run_algorithm(same_bar="interval")`: bars read at their worst, on one path, and at their best."""

    low: Result
    base: Result
    high: Result
