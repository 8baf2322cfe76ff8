"""`run`: a strategy over data at hand, what reads them and what runs on them in one call."""

from __future__ import annotations

import difflib
import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Unpack

from rustybt.core import Folded
from rustybt.engine._market_of_data import OPTIONS, load_data
from rustybt.engine._run import run_algorithm
from rustybt.engine._run_options import RunOptions, WithData
from rustybt.errors import InputError
from rustybt.results import Result

if TYPE_CHECKING:
    from rustybt.strategy import Strategy

CAPITAL: Final = 100_000
OF_RUNS: Final = frozenset(inspect.signature(run_algorithm).parameters) - {"handle_data", "strategy", "data"}

_COSTS: Final = "Costs are set in initialize, which a rustybt.Strategy has: "
ELSEWHERE: Final = {
    **dict.fromkeys(("cash", "init_cash", "initial_cash", "initial_capital"), "Cash at the start is capital_base=."),
    **dict.fromkeys(
        ("frequency", "freq", "interval", "timeframe"), "The length of the bars is data_frequency=, such as '1m'."
    ),
    **dict.fromkeys(
        ("commission", "commissions", "fees"), f"{_COSTS}set_commission(commission.PerDollar(cost='0.002'))."
    ),
    "handle_data": "It is the first argument: run(handle_data, data, initialize=...), or a Strategy class.",
    "slippage": f"{_COSTS}set_slippage(slippage.FixedBasisPointsSlippage(5)).",
}
"""What other libraries call it, and what it is here."""


class _TheSample:
    """The default of `data`: None is what a frame's method gives that changed it in place, and no choice."""

    def __repr__(self) -> str:
        return "the sample"


THE_SAMPLE: Final = _TheSample()


def run[S: (Decimal, float)](
    strategy: Strategy[S] | type[Strategy[S]] | WithData[S],
    data: Any = THE_SAMPLE,
    *,
    start: Any = None,
    end: Any = None,
    capital_base: Any = CAPITAL,
    **options: Unpack[RunOptions],
) -> Result:
    """Runs a strategy over data at hand, and returns its Result: `run_algorithm` for a first try.

    strategy: a Strategy class or object, or a function of (context, data) that is called with each bar.
    data: as `load_data` takes them, a frame or a mapping of symbols to frames or a path; left out, the sample.
    start, end: by default the first and last day of the data. capital_base: cash at the start.
    options: those of `load_data`, such as price_decimals, splits or tz, and those of `run_algorithm`.
    Raises InputError for an option that neither has, and what run_algorithm and load_data do.

    >>> import polars as pl
    >>> from rustybt import run
    >>> from rustybt.api import order_target_percent, symbol
    >>> prices = pl.DataFrame({"date": ["2024-01-02", "2024-01-03", "2024-01-04"], "close": [10, 11, 12]})
    >>> frame = prices.with_columns(open="close", high="close", low="close", volume=10_000)
    >>> result = run(lambda context, data: order_target_percent(symbol("A"), 1), {"A": frame})
    >>> result.transactions.height
    2
    """
    with Folded():
        return _run(strategy, data, {"start": start, "end": end, "capital_base": capital_base}, dict(options))


def _run(strategy: Any, data: Any, arguments: dict[str, Any], options: dict[str, Any]) -> Result:
    """arguments: of `run_algorithm`. options: the others, of it and of `load_data`."""
    if strategy is None:
        raise InputError("strategy=None: pass a Strategy, or a function of (context, data).")
    if data is None:
        raise InputError(
            "data=None: pass a frame, a mapping of symbols to frames or a path; or leave it out, for the sample. A "
            "pandas method with inplace=True returns None."
        )
    _check_names(options)
    named = "strategy" if isinstance(strategy, type) or not callable(strategy) else "handle_data"
    if named == "handle_data":
        _refuse_initialize(strategy)
    arguments[named] = strategy
    reading = {name: options.pop(name) for name in list(options) if name in OPTIONS - OF_RUNS}
    if data is THE_SAMPLE:
        if reading:
            raise InputError(f"{next(iter(reading))}= says how data are read, and there are none. Pass data=.")
        return run_algorithm(**arguments, **options)
    if not reading:
        return run_algorithm(**arguments, data=data, **options)
    calendar, length = options.pop("trading_calendar", None), options.pop("data_frequency", None) or "daily"
    market = load_data(data, data_frequency=length, calendar=calendar, **reading)
    return run_algorithm(**arguments, market=market, **options)


def _refuse_initialize(function: Any) -> None:
    """Raises InputError for a function that is called once, where one is asked for that is called with each bar."""
    try:
        second = list(inspect.signature(function).parameters.values())[1:2]
    except (TypeError, ValueError):  # no function of Python
        second = []
    name = getattr(function, "__name__", "")
    if name == "initialize" or any(one.default is not one.empty and one.name != "data" for one in second):
        raise InputError(
            f"{name} is called once, and run() takes a function of (context, data), which is called with each bar, or "
            "a Strategy class. rustybt.run_algorithm(initialize=..., handle_data=..., data=...) takes both functions."
        )


def _check_names(options: dict[str, Any]) -> None:
    known = OPTIONS | OF_RUNS
    for name in options:
        if name not in known:
            raise InputError(f"run has no option {name}=. {_hint(name, known)}")


def _hint(name: str, known: frozenset[str]) -> str:
    """What to write instead of an option that there is not."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {near[0]}=?" if near else "See help(rustybt.run_algorithm), help(rustybt.load_data)."
