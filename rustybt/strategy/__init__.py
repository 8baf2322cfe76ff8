"""The strategy's side of a run: context, portfolio, rules, and which run is active."""

from rustybt.strategy._algorithm import API_METHODS, Schedule, TradingAlgorithm
from rustybt.strategy._currencies import CashByCurrency
from rustybt.strategy._current import activate, active, current_algorithm, deactivate, no_run
from rustybt.strategy._desk import Desk, Labels
from rustybt.strategy._funding import Funding
from rustybt.strategy._guard import Context, guard_properties
from rustybt.strategy._numbers import Numbers, numbers_named
from rustybt.strategy._ordering import desk_of
from rustybt.strategy._portfolio import Account, Portfolio, Position, Positions, cost_per_unit
from rustybt.strategy._rules import (
    DateRule,
    TimeRule,
    bar_beside_break,
    bar_of,
    bars_elsewhere,
    calendars,
    date_rules,
    half_days,
    once_in_24_hours,
    time_rules,
)
from rustybt.strategy._strategy import Strategy

__all__ = [
    "API_METHODS",
    "Account",
    "CashByCurrency",
    "Context",
    "DateRule",
    "Desk",
    "Funding",
    "Labels",
    "Numbers",
    "Portfolio",
    "Position",
    "Positions",
    "Schedule",
    "Strategy",
    "TimeRule",
    "TradingAlgorithm",
    "activate",
    "active",
    "bar_beside_break",
    "bar_of",
    "bars_elsewhere",
    "calendars",
    "cost_per_unit",
    "current_algorithm",
    "date_rules",
    "deactivate",
    "desk_of",
    "guard_properties",
    "half_days",
    "no_run",
    "numbers_named",
    "once_in_24_hours",
    "time_rules",
]
