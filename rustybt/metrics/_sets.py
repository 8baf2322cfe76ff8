"""Sets of metrics by name, as `zipline.finance.metrics` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from rustybt.errors import InputError

type MetricsSet = set[Any]
type SetFunction = Callable[[], Iterable[Any]]

HOOKS: Final = ("start_of_simulation", "end_of_simulation", "start_of_session", "end_of_session", "end_of_bar")
"""The methods that a metric may have; one is enough."""


@dataclass(frozen=True, slots=True)
class DailyColumns:
    """Zipline's default columns, in `to_pandas()`. The run keeps them anyway, exactly, so this metric has no hook."""


@dataclass(frozen=True, slots=True)
class ClassicRiskReport:
    """The risk report over 1, 3, 6 and 12 months: `result.risk_report`. Computed at the end; it has no hook."""


_SETS: dict[str, SetFunction] = {
    "none": set,
    "default": lambda: {DailyColumns()},
    "classic": lambda: {DailyColumns(), ClassicRiskReport()},
}
metrics_sets: Final[Mapping[str, SetFunction]] = MappingProxyType(_SETS)
"""The functions that make the sets, by name; `register` adds one."""


def register(name: str, function: SetFunction | None = None) -> Any:
    """Registers a function that makes a set of metrics, under a name that `run_algorithm(metrics_set=)` takes.

    Without a function it returns a decorator. Raises InputError where the name is taken.

    >>> @register("with mine")
    ... def with_mine():
    ...     return load("default") | {object()}
    >>> len(load("with mine"))
    2
    >>> unregister("with mine")
    """
    if function is None:
        return partial(register, name)
    if name in _SETS:
        raise InputError(f"The metrics set {name!r} is registered already. Choose another name, or unregister it.")
    _SETS[name] = function
    return function


def unregister(name: str) -> None:
    """Removes a set. Raises InputError where there is none of that name.

    >>> from rustybt.metrics import metrics_sets, register, unregister
    >>> _ = register("nothing else", lambda: set())
    >>> unregister("nothing else")
    >>> "nothing else" in metrics_sets
    False
    """
    _known(name)
    del _SETS[name]


def load(name: str) -> MetricsSet:
    """A new set of that name. Raises InputError where there is none.

    >>> from rustybt.metrics import load
    >>> sorted(type(metric).__name__ for metric in load("classic"))
    ['ClassicRiskReport', 'DailyColumns']
    """
    return set(_known(name)())


def _known(name: str) -> SetFunction:
    function = _SETS.get(name)
    if function is None:
        raise InputError(f"There is no metrics set {name!r}. Choose one of {', '.join(sorted(_SETS))}, or register it.")
    return function


def metrics_of(wanted: Any) -> tuple[Any, ...]:
    """The metrics that `run_algorithm(metrics_set=)` asks for: a name, or the metrics themselves.

    They keep the order that was given; those of a set, which has none, are taken by the names of their classes.
    Raises InputError where one of them has no hook.
    """
    if isinstance(wanted, str):
        wanted = load(wanted)
    if not isinstance(wanted, Iterable):
        raise InputError(f"metrics_set={wanted!r}: pass a name, or a set of metrics.")
    found = list(wanted)
    if isinstance(wanted, set | frozenset):
        found.sort(key=lambda metric: type(metric).__qualname__)
    for metric in found:
        known = isinstance(metric, DailyColumns | ClassicRiskReport)
        if isinstance(metric, type) or not (known or any(hasattr(metric, hook) for hook in HOOKS)):
            raise InputError(
                f"metrics_set: {metric!r} has none of the methods {', '.join(HOOKS)}. Pass objects that have one."
            )
    return tuple(found)
