"""Hints for names that a result does not have: the figure of `metrics`, or the column of `daily`, that was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from rustybt.core import facts_html

OTHER_NAMES = {
    "sharpe_ratio": "sharpe",
    "sortino_ratio": "sortino",
    "cagr": "annual_return",
    "annualized_return": "annual_return",
    "annual_volatility": "volatility",
    "drawdown": "max_drawdown",
    "total_returns": "total_return",
    "algorithm_period_return": "total_return",
    "num_trades": "transactions",
}
"""Other libraries' names of figures of `metrics`."""
OTHER_PLACES = {
    **dict.fromkeys(("fills", "executions"), "result.transactions, a row a fill"),
    "trade_log": "result.trades, a row for what was bought and sold",
    **dict.fromkeys(("equity", "equity_curve", "value", "nav"), 'result.daily["portfolio_value"]'),
    **dict.fromkeys(("stats", "statistics", "summary", "performance"), "result.metrics, or print(result)"),
    **dict.fromkeys(("perf", "results"), "result.to_pandas() as Zipline has it, or result.daily"),
    "ledger": "result.entries",
    "holdings": "result.positions",
}
"""Other libraries' names of the frames of a result, and where it has them."""


class NamedFigures(dict[str, Decimal | int | None]):
    """Figures by name, which know what was meant by a name that none has."""

    def __missing__(self, name: object) -> NoReturn:
        error = KeyError(name)
        near = _near(name, self)
        error.add_note(f"Did you mean {near!r}?" if near else f"There are {', '.join(self)}.")
        raise error

    def _repr_html_(self) -> str:
        return facts_html("Figures", [(name, _shown(value)) for name, value in self.items()])


def _shown(value: Decimal | int | None) -> str:
    """A figure with as many digits as one reads."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


class Asked:
    """The part of `Result` that says where something is which it has not."""

    __slots__ = ()

    if not TYPE_CHECKING:  # type checkers tell of unknown attributes themselves

        def __getattr__(self, name: str) -> NoReturn:
            if hasattr(type(self), name):  # what a property of its own raised is raised again
                object.__getattribute__(self, name)
            error = AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            if not name.startswith("_") and (place := _place(self, name)):
                error.add_note(f"It is {place}.")
            raise error

        def __getitem__(self, name: object) -> NoReturn:
            error = TypeError(f"{type(self).__name__!r} object is not subscriptable")
            if place := _place(self, name):
                error.add_note(f"It is {place}.")
            raise error


def _place(result: Any, name: object) -> str | None:
    """The place in a result of that name, or of one like it."""
    if not isinstance(name, str):
        return None
    if name in OTHER_PLACES:
        return OTHER_PLACES[name]
    metrics, daily = result.metrics, result.daily
    if name in daily.columns and name not in metrics:
        return f"result.daily[{name!r}]"
    near = _near(name, metrics)
    return None if near is None else f"result.metrics[{near!r}]"


def _near(name: object, names: Iterable[str]) -> str | None:
    known = list(names)
    if name in known or not isinstance(name, str):
        return name if isinstance(name, str) else None
    if OTHER_NAMES.get(name) in known:
        return OTHER_NAMES[name]
    return next(iter(difflib.get_close_matches(name, known, 1)), None)
