"""The strategy's side of a run: context, portfolio, rules, and which run is active."""

from rustybt.orders import Amounts, Weights
from rustybt.strategy._account_state import AccountBooks, AccountState
from rustybt.strategy._algorithm import API_METHODS, RunParts, TradingAlgorithm, parts_of
from rustybt.strategy._asset_lookup import AssetLookup, Labels
from rustybt.strategy._capital_flows import CapitalFlows
from rustybt.strategy._currencies import CashByCurrency
from rustybt.strategy._current import activate, active, current_algorithm, deactivate, no_run
from rustybt.strategy._events import Crossing, Event, Interval, Occurrence, Threshold, Trigger, Watch
from rustybt.strategy._forms import (
    Commission,
    FetchedRows,
    OnError,
    Restricting,
    SecurityList,
    Slippage,
    When,
)
from rustybt.strategy._guard import Context, guard_properties
from rustybt.strategy._listening import side_of
from rustybt.strategy._numbers import Numbers, numbers_named
from rustybt.strategy._order_views import OrderViews
from rustybt.strategy._ordering import Exit
from rustybt.strategy._portfolio import Account, Portfolio, Position, Positions
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
from rustybt.strategy._run_facts import RunFacts, RunPhase
from rustybt.strategy._run_settings import CancelPolicy, RunSettings
from rustybt.strategy._schedules import Registered, Schedule, Schedules
from rustybt.strategy._strategy import Strategy

__all__ = [
    "API_METHODS",
    "Account",
    "AccountBooks",
    "AccountState",
    "Amounts",
    "AssetLookup",
    "CancelPolicy",
    "CapitalFlows",
    "CashByCurrency",
    "Commission",
    "Context",
    "Crossing",
    "DateRule",
    "Event",
    "Exit",
    "FetchedRows",
    "Interval",
    "Labels",
    "Numbers",
    "Occurrence",
    "OnError",
    "OrderViews",
    "Portfolio",
    "Position",
    "Positions",
    "Registered",
    "Restricting",
    "RunFacts",
    "RunParts",
    "RunPhase",
    "RunSettings",
    "Schedule",
    "Schedules",
    "SecurityList",
    "Slippage",
    "Strategy",
    "Threshold",
    "TimeRule",
    "TradingAlgorithm",
    "Trigger",
    "Watch",
    "Weights",
    "When",
    "activate",
    "active",
    "bar_beside_break",
    "bar_of",
    "bars_elsewhere",
    "calendars",
    "current_algorithm",
    "date_rules",
    "deactivate",
    "guard_properties",
    "half_days",
    "no_run",
    "numbers_named",
    "once_in_24_hours",
    "parts_of",
    "side_of",
    "time_rules",
]
