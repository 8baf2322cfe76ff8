"""`run`: a strategy over data at hand, what reads them and what runs on them in one call."""

from __future__ import annotations

import difflib
import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from rustybt.engine._market_of_data import OPTIONS, load_data
from rustybt.engine._run import WithData, run_algorithm
from rustybt.errors import InputError
from rustybt.results import Result

if TYPE_CHECKING:
    from rustybt.strategy import Strategy

CAPITAL: Final = 100_000
OF_RUNS: Final = frozenset(inspect.signature(run_algorithm).parameters) - {"handle_data", "strategy", "data"}


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
    **options: Any,
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
    if strategy is None:
        raise InputError("strategy=None: give a Strategy, or a function of (context, data).")
    if data is None:
        raise InputError(
            "data=None: give a frame, a mapping of symbols to frames or a path; or leave it out, for the sample. A "
            "pandas method with inplace=True returns None."
        )
    _check_names(options)
    named = "strategy" if isinstance(strategy, type) or not callable(strategy) else "handle_data"
    arguments: dict[str, Any] = {named: strategy, "start": start, "end": end, "capital_base": capital_base}
    reading = {name: options.pop(name) for name in list(options) if name in OPTIONS - OF_RUNS}
    if data is THE_SAMPLE:
        if reading:
            raise InputError(f"{next(iter(reading))}= says how data are read, and there are none. Give data=.")
        return run_algorithm(**arguments, **options)
    if not reading:
        return run_algorithm(**arguments, data=data, **options)
    calendar, length = options.pop("trading_calendar", None), options.pop("data_frequency", None) or "daily"
    market = load_data(data, data_frequency=length, calendar=calendar, **reading)
    return run_algorithm(**arguments, market=market, **options)


def _check_names(options: dict[str, Any]) -> None:
    known = OPTIONS | OF_RUNS
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}=?" if near else "See help(rustybt.run_algorithm), help(rustybt.load_data)."
            raise InputError(f"run has no option {name}=. {hint}")
